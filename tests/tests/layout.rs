//! The bytes that processes share lie where the golden file says.
//!
//! Two builds whose layouts differ cannot join one group. So a change of any shared structure
//! must be seen in review: here it is a diff of `tests/golden/layout.txt`.

use core::fmt::Write as _;
use std::path::PathBuf;

use phalanx_core::group::{ABI_VERSION, MANIFEST, fingerprint};
use phalanx_core::layout::Layout;
use phalanx_tests::cargo::sources;

/// Rewrites the golden file instead of comparing it, if set.
const BLESS: &str = "PHALANX_BLESS";

fn golden_file() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("golden/layout.txt")
}

/// Every shared structure, a line for each field.
fn layouts() -> String {
    let mut text = String::from(
        "# Every structure that processes share: offset, size, field, type. Made by\n\
         #   PHALANX_BLESS=1 cargo test -p phalanx-tests --test layout\n\
         # A change of this file is a change of the ABI: say so in CHANGELOG.md.\n\n",
    );
    let all = fingerprint();
    // Writing to a string does not fail.
    let _ = writeln!(
        text,
        "ABI version {ABI_VERSION}, {} structures, fingerprint {all:016x}",
        MANIFEST.len()
    );
    for layout in MANIFEST {
        let _ = write_layout(&mut text, layout);
    }
    text
}

fn write_layout(text: &mut String, layout: &Layout) -> core::fmt::Result {
    let Layout { name, size, align, fields } = layout;
    let print = layout.fingerprint();
    writeln!(text, "\n{name}: {size} bytes, aligned to {align}, fingerprint {print:016x}")?;
    for field in *fields {
        let at = field.at;
        writeln!(text, "{at:8} {:8}  {}: {}", field.size, field.name, field.type_name)?;
    }
    Ok(())
}

/// The lines that only one of two texts has, in order, with `-` and `+` before them.
fn difference(golden: &str, found: &str) -> String {
    let golden_lines: Vec<&str> = golden.lines().collect();
    let found_lines: Vec<&str> = found.lines().collect();
    let gone = golden_lines.iter().filter(|line| !found_lines.contains(line));
    let new = found_lines.iter().filter(|line| !golden_lines.contains(line));
    let gone = gone.map(|line| format!("- {line}\n"));
    gone.chain(new.map(|line| format!("+ {line}\n"))).collect()
}

#[test]
fn every_shared_structure_lies_as_the_golden_file_says() {
    let (path, found) = (golden_file(), layouts());
    if std::env::var_os(BLESS).is_some() {
        std::fs::write(&path, &found).expect("the golden file can be written");
        return;
    }
    let golden = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        golden == found,
        "the layout of shared memory has changed:\n{}\n\
         Programs built before cannot join a group of programs built now. If that is meant: run\n  \
         {BLESS}=1 cargo test -p phalanx-tests --test layout\n\
         commit tests/golden/layout.txt with the change, and name it in CHANGELOG.md under \"ABI\". \
         If only the meaning of the bytes changed, raise ABI_VERSION.",
        difference(&golden, &found)
    );
}

#[test]
fn every_layout_table_of_the_core_is_in_the_manifest() {
    let known: Vec<&str> = MANIFEST.iter().map(|layout| layout.name).collect();
    for (path, text) in sources("core/src") {
        // The tables stand in files called `layout.rs`; the one beside `lib.rs` is the macro's.
        let is_table = path.ends_with("layout.rs") && !path.ends_with("src/layout.rs");
        let tables = text.lines().filter_map(|line| line.strip_prefix("layout!("));
        for name in tables.filter_map(|rest| rest.split(',').next()).filter(|_| is_table) {
            assert!(known.contains(&name), "{name} of {} is not in MANIFEST", path.display());
        }
    }
}

#[test]
fn every_structure_of_the_manifest_has_a_name_of_its_own() {
    let mut names: Vec<&str> = MANIFEST.iter().map(|layout| layout.name).collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), MANIFEST.len());
}
