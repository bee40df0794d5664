//! Has the linker check that the program and its script agree on the shared window.

fn main() {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/../../linker/window.ld");
    println!("cargo:rerun-if-changed={script}");
    println!("cargo:rustc-link-arg-bins=-Wl,-T,{script}");
}
