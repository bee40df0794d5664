//! Links nothing but what the program itself names, and keeps what nobody uses.

fn main() {
    let nothing_else = ["-nostartfiles", "-nostdlib", "-static", "-no-pie"];
    for argument in nothing_else.iter().chain(&["-Wl,--no-gc-sections"]) {
        println!("cargo:rustc-link-arg-bins={argument}");
    }
}
