//! Guests: QEMU, and what they are made of.

use std::process::Command;
use std::sync::OnceLock;

use super::{Need, unmet};
use crate::cargo::workspace;

/// That this machine can run guests.
#[derive(Clone, Copy, Debug)]
pub struct Vm(());

/// That guests can be run here: QEMU is installed, and the kernel's package is fetched, now if it was
/// not before.
///
/// # Panics
/// If it is not so, and must be.
#[must_use]
pub fn vm() -> Option<Vm> {
    static PREPARED: OnceLock<Result<(), String>> = OnceLock::new();
    met(Need::Vm, PREPARED.get_or_init(|| run("prepare")))
}

/// The same, and VFIO's module with its no-IOMMU mode is built for them.
///
/// # Panics
/// If it is not so, and must be.
#[must_use]
pub fn vm_noiommu() -> Option<Vm> {
    static BUILT: OnceLock<Result<(), String>> = OnceLock::new();
    vm()?;
    met(Need::VmNoiommu, BUILT.get_or_init(|| run("noiommu")))
}

fn met(need: Need, prepared: &Result<(), String>) -> Option<Vm> {
    match prepared {
        Ok(()) => Some(Vm(())),
        Err(why) => unmet(need, why),
    }
}

/// Runs a script beside `tests/vm/run`; its last words if it fails.
fn run(script: &str) -> Result<(), String> {
    let mut command = Command::new(workspace().join("tests/vm").join(script));
    let output = command.output().map_err(|error| format!("{command:?} did not start: {error}"))?;
    let said = String::from_utf8_lossy(&output.stderr);
    let why = said.lines().last().unwrap_or("it ended without a word").to_owned();
    if output.status.success() { Ok(()) } else { Err(why) }
}
