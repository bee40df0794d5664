//! The build script of every program with a standard library (`build = "../../linker/build.rs"`): links it so
//! that it agrees with the scripts here on the shared window, and so that `phalanx logs` can decode what it
//! says: at a fixed address, with a build id.

use std::path::Path;

fn main() -> Result<(), &'static str> {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut places = package.ancestors().map(|above| above.join("linker"));
    let linker = places.find(|it| it.join("window.ld").is_file());
    let linker = linker.ok_or("no directory above the package has linker/window.ld")?;
    for script in ["window.ld", "log.ld"] {
        let script = linker.join(script);
        println!("cargo:rerun-if-changed={}", script.display());
        println!("cargo:rustc-link-arg-bins=-Wl,-T,{}", script.display());
    }
    println!("cargo:rustc-link-arg-bins=-no-pie");
    println!("cargo:rustc-link-arg-bins=-Wl,--build-id=sha1");
    Ok(())
}
