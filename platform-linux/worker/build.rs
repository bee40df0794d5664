//! Tells the build scripts of static programs where the linker scripts are.

fn main() {
    println!("cargo::metadata=linker={}/../../linker", env!("CARGO_MANIFEST_DIR"));
    println!("cargo::rerun-if-changed=build.rs");
}
