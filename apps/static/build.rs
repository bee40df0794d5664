//! Links static programs: nothing but what they name, laid out by the runtime's `linker/worker.ld`.

fn main() {
    let linker = std::env::var("DEP_PHALANX_WORKER_LINKER");
    let linker =
        linker.expect("the package depends on phalanx-worker, which says where its scripts are");
    let nothing_else = ["-nostartfiles", "-nostdlib", "-static", "-no-pie"];
    for argument in nothing_else {
        println!("cargo:rustc-link-arg-bins={argument}");
    }
    println!("cargo:rustc-link-arg-bins=-Wl,--build-id=sha1,--no-eh-frame-hdr,--icf=all");
    println!("cargo:rustc-link-arg-bins=-Wl,-L,{linker},-T,{linker}/worker.ld");
    for script in ["worker.ld", "window.ld", "log.ld"] {
        println!("cargo:rerun-if-changed={linker}/{script}");
    }
}
