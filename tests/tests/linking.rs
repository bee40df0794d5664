//! How programs are linked: where a number or a name is not what it should be, the link stops.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use phalanx_tests::cargo;
use phalanx_tests::scratch::Scratch;

/// What a program brings that `linker/worker.ld` looks for, with the library's idea of where the window is.
fn assembly(base: &str) -> String {
    let mut text = format!(".globl __phx_core_window_base\n.set __phx_core_window_base, {base}\n");
    text.push_str(".globl __phx_core_window_len\n.set __phx_core_window_len, 0x10000000000\n");
    for function in ["_start", "_defmt_acquire", "_defmt_release", "__defmt_default_panic"] {
        text.push_str(&format!(".globl {function}\n{function}: ret\n"));
    }
    text
}

/// Links it as a static worker is linked.
fn link(dir: &Path, base: &str) -> Output {
    let (source, program) = (dir.join("worker.s"), dir.join("worker"));
    fs::write(&source, assembly(base)).expect("the directory is ours");
    let linker = cargo::workspace().join("linker").display().to_string();
    let mut cc = Command::new("cc");
    cc.args(["-nostartfiles", "-nostdlib", "-static", "-no-pie", "-Wl,--build-id=sha1"]);
    cc.arg(format!("-Wl,-L,{linker},-T,{linker}/worker.ld")).arg(source).arg("-o").arg(program);
    cc.output().expect("there is a C compiler, for Rust links by it")
}

#[test]
fn a_program_that_has_the_window_elsewhere_than_the_script_does_not_link() {
    let scratch = Scratch::new();
    let output = link(scratch.path(), "0x200000000000");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let output = link(scratch.path(), "0x210000000000");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success(), "the window is elsewhere");
    assert!(errors.contains("differs from phalanx_core::window::BASE"), "{errors}");
}

/// The block of the README behind `heading` that is of `language`.
fn recipe(heading: &str, language: &str) -> String {
    let readme = fs::read_to_string(cargo::workspace().join("README.md")).expect("it is there");
    let (_, chapter) = readme.split_once(heading).expect("the chapter is there");
    let (_, block) = chapter.split_once(&format!("```{language}\n")).expect("it has a block");
    block.split_once("```").expect("the block ends").0.to_owned()
}

#[test]
fn somebody_elses_package_is_a_static_worker_by_the_readmes_recipe() {
    let (scratch, root) = (Scratch::new(), cargo::workspace());
    let own = scratch.path().join("mine");
    fs::create_dir_all(own.join("src")).expect("the directory is ours");
    let here = root.display().to_string();
    let manifest = recipe("## Static workers", "toml").replace("../phalanx", &here);
    fs::write(own.join("Cargo.toml"), manifest).expect("it is ours");
    let copy = |from: &str, to: &str| {
        fs::copy(root.join(from), own.join(to)).expect("both are there");
    };
    copy("apps/static/build.rs", "build.rs");
    copy("apps/static/examples/echo.rs", "src/main.rs");
    copy("apps/static/Cargo.lock", "Cargo.lock");
    let mut build = cargo::cargo();
    build.current_dir(&own).args(["build", "--release", "--offline"]);
    build.env_remove("RUSTFLAGS").env_remove("CARGO_ENCODED_RUSTFLAGS");
    // What it depends on is built there already, in the same way.
    let target = root.join("apps/static/target");
    build.env("CARGO_TARGET_DIR", &target).env("DEFMT_LOG", "debug");
    let output = build.output().expect("cargo runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let help = Command::new(target.join("release/mine")).arg("--help").output();
    let help = String::from_utf8_lossy(&help.expect("it starts").stdout).into_owned();
    assert!(help.contains("--file-prefix"), "{help}");
}
