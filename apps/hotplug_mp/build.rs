//! Links the program so that it agrees with its scripts on the shared window, and so that
//! `phalanx logs` can decode what it says: at a fixed address, with a build id.

fn main() {
    let linker = concat!(env!("CARGO_MANIFEST_DIR"), "/../../linker");
    for script in ["window.ld", "log.ld"] {
        println!("cargo:rerun-if-changed={linker}/{script}");
        println!("cargo:rustc-link-arg-bins=-Wl,-T,{linker}/{script}");
    }
    println!("cargo:rustc-link-arg-bins=-no-pie");
    println!("cargo:rustc-link-arg-bins=-Wl,--build-id=sha1");
}
