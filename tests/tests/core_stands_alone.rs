//! The core needs nothing: no standard library, no allocator, no libc, no platform.
//!
//! That is what lets it run in a static worker and be ported to another kernel, so it is proved
//! by building it that way: `tests/core_alone` is a program that has nothing but the core.

use std::collections::BTreeSet;
use std::fs;
use std::process::Command;

use phalanx_tests::cargo::{cargo, cargo_apart, sources, target_dir, workspace};

/// What the core may stand on: both are `no_std`, have no `alloc`, and are gone after compiling.
const ALLOWED: [&str; 2] = ["memoffset", "static_assertions"];

/// What the feature `defmt` brings; both are `no_std` and have no `alloc`.
const ALLOWED_FOR_DEFMT: [&str; 2] = ["bitflags", "defmt"];

fn output_of(command: &mut Command) -> String {
    let output = command.output().expect("cargo starts");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?} failed:\n{errors}");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// The names of the packages that `cargo tree -p phalanx-core` shows, the core left out.
fn tree(arguments: &[&str]) -> BTreeSet<String> {
    let mut command = cargo();
    command.args(["tree", "-p", "phalanx-core", "--prefix", "none"]).args(arguments);
    let text = output_of(&mut command);
    let names = text.lines().filter_map(|line| line.split(' ').next());
    names.filter(|name| !name.is_empty() && *name != "phalanx-core").map(str::to_owned).collect()
}

#[test]
fn the_core_depends_on_two_crates_that_have_neither_std_nor_alloc() {
    let found = tree(&["-e", "normal,no-proc-macro"]);
    assert_eq!(found, ALLOWED.map(str::to_owned).into());
}

#[test]
fn its_optional_log_brings_no_std_either() {
    let found = tree(&["-e", "normal,no-proc-macro", "--all-features"]);
    let allowed = ALLOWED.iter().chain(&ALLOWED_FOR_DEFMT).copied().map(str::to_owned).collect();
    assert_eq!(found, allowed);
    // `-e features` shows every feature that is on, as `name feature "std"`.
    let mut command = cargo();
    command.args(["tree", "-p", "phalanx-core", "-e", "features,no-proc-macro,no-build,no-dev"]);
    let features = output_of(command.args(["--all-features", "--prefix", "none"]));
    let forbidden = |line: &&str| line.contains("\"std\"") || line.contains("\"alloc\"");
    assert_eq!(features.lines().find(forbidden), None);
}

#[test]
fn the_core_is_built_and_tested_without_the_platform() {
    let found = tree(&["-e", "all", "--target", "all"]);
    assert!(!found.contains("phalanx-linux"), "{found:?}");
    assert!(!found.contains("rustix"), "{found:?}");
}

#[test]
fn the_core_says_that_it_has_no_std_and_no_file_brings_an_allocator() {
    let lib = fs::read_to_string(workspace().join("core/src/lib.rs")).expect("the core has a root");
    assert!(lib.contains("#![cfg_attr(not(test), no_std)]"));
    for (path, text) in sources("core/src") {
        assert!(!text.contains("extern crate alloc"), "{}", path.display());
    }
}

#[test]
fn the_core_links_into_a_program_that_has_nothing_else() {
    let package = workspace().join("tests/core_alone");
    // The versions of this workspace, of which cargo keeps what the program needs.
    fs::copy(workspace().join("Cargo.lock"), package.join("Cargo.lock")).expect("a lock file");
    let mut build = cargo_apart("core-alone");
    // Flags of a sanitizer or a coverage run are for programs that have a runtime.
    build.env_remove("RUSTFLAGS").env_remove("CARGO_ENCODED_RUSTFLAGS").arg("build");
    output_of(build.current_dir(package));

    let program = target_dir().join("core-alone/debug/core-alone");
    let bytes = fs::read(&program).expect("the program was built");
    // Nothing calls it, so it is there because all of the core is.
    assert!(contains(&bytes, b"claim_any_lcore"), "the linker dropped parts of the core");
    for forbidden in
        ["__rust_alloc", "__rust_realloc", "__rdl_alloc", "malloc", "__libc_start_main"]
    {
        // As an entry of the symbol table's strings, not as a part of some message.
        let symbol = format!("\0{forbidden}\0");
        assert!(!contains(&bytes, symbol.as_bytes()), "{forbidden} is in {}", program.display());
    }
}

fn contains(bytes: &[u8], text: &[u8]) -> bool {
    bytes.windows(text.len()).any(|window| window == text)
}
