//! Links static programs: nothing but what they name, laid out by `linker/worker.ld`.

fn main() {
    let linker = concat!(env!("CARGO_MANIFEST_DIR"), "/../../linker");
    let nothing_else = ["-nostartfiles", "-nostdlib", "-static", "-no-pie"];
    for argument in nothing_else {
        println!("cargo:rustc-link-arg-bins={argument}");
    }
    println!("cargo:rustc-link-arg-bins=-Wl,--build-id=sha1,--no-eh-frame-hdr,--icf=all");
    println!("cargo:rustc-link-arg-bins=-Wl,-L,{linker},-T,{linker}/worker.ld");
    println!("cargo:rerun-if-changed={linker}/worker.ld");
    println!("cargo:rerun-if-changed={linker}/window.ld");
    println!("cargo:rerun-if-changed={linker}/log.ld");
}
