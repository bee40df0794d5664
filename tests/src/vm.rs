//! Guests: machines of a test's own, with devices that this one lacks (`tests/vm/run`).
//!
//! A guest takes seconds to boot, so one serves many tests: its script runs each thing as a `check`
//! with a name, and every test looks at its own. One guest runs at a time.
//!
//! ```no_run
//! use phalanx_tests::{require, vm::Guest};
//! let Some(vm) = require::vm() else { return };
//! let told = Guest::new(vm).edu().run("check who uname -s");
//! assert_eq!(told.check("who").assert_success(), "Linux\n");
//! ```

use core::fmt;
use std::ffi::OsString;
use std::io::{self, Write};
use std::path::Path;
use std::process::Command;
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use crate::cargo::workspace;
use crate::netns::Namespace;
use crate::require::Vm;
use crate::scratch::Scratch;

/// Functions for scripts, of programs that answer each line with one line: `serve NAME COMMAND...`,
/// `ask NAME WORD...`, `pid NAME`, `dismiss NAME`.
pub const SERVING: &str = include_str!("vm/serving.sh");

/// Functions for scripts, of `phalanx-wire`: `give DRIVER DEVICE...`, `wires`, `naps`.
pub const WIRES: &str = include_str!("vm/wires.sh");

/// Held while a guest runs.
static TURN: Mutex<()> = Mutex::new(());

/// A guest to be.
#[derive(Clone, Debug)]
pub struct Guest {
    options: Vec<OsString>,
    /// The network namespace that QEMU is run in, if it is not this process's.
    place: Option<String>,
}

/// All that a guest said, and how it ended.
#[derive(Debug)]
pub struct Told {
    status: Option<i32>,
    text: String,
    errors: String,
    checks: Vec<Check>,
}

/// One thing that a guest's script ran.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Check {
    name: String,
    status: i32,
    text: String,
}

impl Guest {
    /// Two CPUs, 512 MB, no devices.
    #[must_use]
    pub fn new(_: Vm) -> Self {
        Self { options: Vec::new(), place: None }
    }

    /// Options as `tests/vm/README.md` has them.
    #[must_use]
    pub fn with(mut self, options: &[&str]) -> Self {
        self.options.extend(options.iter().map(OsString::from));
        self
    }

    /// With QEMU's teaching device at 0000:00:10.0.
    #[must_use]
    pub fn edu(self) -> Self {
        self.with(&["--edu"])
    }

    /// Behind an IOMMU.
    #[must_use]
    pub fn iommu(self) -> Self {
        self.with(&["--iommu"])
    }

    /// Without an IOMMU, and with VFIO's unsafe mode for that: ask for
    /// [`require::vm_noiommu`](crate::require::vm_noiommu).
    #[must_use]
    pub fn noiommu(self) -> Self {
        self.with(&["--noiommu"])
    }

    /// With one more network card: `e1000e@wire`. The first is at 0000:00:11.0, the next at 0000:00:12.0.
    #[must_use]
    pub fn nic(self, card: &str) -> Self {
        self.with(&["--nic", card])
    }

    /// Has QEMU run in `namespace`, whose taps its cards may have for wires. It must be there until the guest has ended.
    #[must_use]
    pub fn within(mut self, namespace: &Namespace) -> Self {
        self.place = Some(namespace.name().to_owned());
        self
    }

    /// With these kernel modules loaded, and what they need.
    #[must_use]
    pub fn modules(self, names: &str) -> Self {
        self.with(&["--modules", names])
    }

    /// With hugepages of 2 MB on each node.
    #[must_use]
    pub fn pages_2m(self, pages: u32) -> Self {
        self.with(&["--pages-2m", &pages.to_string()])
    }

    /// Takes a program or another file along: `/w/<name>`, which the script finds by its name.
    #[must_use]
    pub fn file(mut self, path: &Path) -> Self {
        self.options.extend([OsString::from("--file"), path.into()]);
        self
    }

    /// Takes a program that is installed on this machine along, as `name`.
    ///
    /// # Panics
    /// If it is not installed.
    #[must_use]
    pub fn installed(mut self, program: &str, name: &str) -> Self {
        let path = std::env::var_os("PATH").unwrap_or_default();
        let found =
            std::env::split_paths(&path).map(|dir| dir.join(program)).find(|it| it.is_file());
        let Some(found) = found else { panic!("there is no {program} in PATH") };
        self.options.extend(["--file".into(), format!("{}:w/{name}", found.display()).into()]);
        self
    }

    /// Boots, runs `script` in the guest's `sh`, and waits for its end. Says aloud what that took.
    ///
    /// # Panics
    /// If `tests/vm/run` cannot be started. That the guest fails is for the test to see.
    #[must_use]
    pub fn run(&self, script: &str) -> Told {
        let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
        let scratch = Scratch::new();
        let path = scratch.path().join("script");
        let written = std::fs::write(&path, format!("{script}\n"));
        assert!(written.is_ok(), "{} cannot be written: {written:?}", path.display());
        let run = workspace().join("tests/vm/run");
        let mut command = match &self.place {
            None => Command::new(run),
            Some(place) => {
                let mut there = Command::new("ip");
                there.args(["netns", "exec", place]).arg(run);
                there
            }
        };
        command.args(&self.options).arg("--script").arg(&path).env("TMPDIR", scratch.path());
        let begun = Instant::now();
        let output = match command.output() {
            Ok(output) => output,
            Err(error) => panic!("{command:?} did not start: {error}"),
        };
        // Not `eprintln!`, whose text the test runner keeps to itself.
        let name = std::thread::current().name().unwrap_or("a test").to_owned();
        let _ = writeln!(io::stderr(), "GUEST {name}: {:.1} s", begun.elapsed().as_secs_f64());
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        Told {
            status: output.status.code(),
            checks: checks(&text),
            text,
            errors: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }
}

impl Told {
    /// What the guest's script ended with; 124 for a guest that did not end, 125 for one that has died.
    pub fn status(&self) -> Option<i32> {
        self.status
    }

    /// What `tests/vm/run` had to say.
    pub fn errors(&self) -> &str {
        &self.errors
    }

    /// What a `check` of the script has said.
    ///
    /// # Panics
    /// If there was none of that name, or it did not end.
    #[track_caller]
    pub fn check(&self, name: &str) -> &Check {
        match self.checks.iter().find(|check| check.name == name) {
            Some(check) => check,
            None => panic!("the guest has not come to the end of check {name}: {self}"),
        }
    }

    /// Asserts that the script ended with 0.
    ///
    /// # Panics
    /// If it did not.
    #[track_caller]
    pub fn assert_success(&self) -> &Self {
        assert_eq!(self.status, Some(0), "{self}");
        self
    }
}

impl fmt::Display for Told {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "status {:?}\nsaid:\n{}\nerrors:\n{}", self.status, self.text, self.errors)
    }
}

impl Check {
    /// What it said.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// What it ended with.
    pub fn status(&self) -> i32 {
        self.status
    }

    /// Asserts that it ended with 0; what it said.
    ///
    /// # Panics
    /// If it did not.
    #[track_caller]
    pub fn assert_success(&self) -> &str {
        assert_eq!(self.status, 0, "{}: {}", self.name, self.text);
        &self.text
    }

    /// Asserts the refusal that every program owes to bad input: status 1 and one line, which is
    /// returned.
    ///
    /// # Panics
    /// If it ended otherwise.
    #[track_caller]
    pub fn assert_refused(&self) -> &str {
        assert_eq!(self.status, 1, "{}: {}", self.name, self.text);
        assert_eq!(self.text.lines().count(), 1, "one line was expected: {}", self.text);
        self.text.trim_end()
    }
}

/// Takes apart what a guest said: `=== begin NAME`, lines, `=== end NAME STATUS`. What does not end in a
/// line of its own has the mark behind it.
fn checks(text: &str) -> Vec<Check> {
    let mut found = Vec::new();
    let mut rest = text;
    while let Some((_, begun)) = rest.split_once("=== begin ") {
        let Some((name, behind)) = begun.split_once('\n') else { break };
        let Some((said, end)) = behind.split_once(&format!("=== end {name} ")) else {
            rest = behind;
            continue;
        };
        let (status, after) = end.split_once('\n').unwrap_or((end, ""));
        let status = status.trim().parse().unwrap_or(-1);
        found.push(Check { name: name.to_owned(), status, text: said.to_owned() });
        rest = after;
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_guest_said_is_taken_apart_by_the_marks() {
        let text = "noise\n=== begin a\none\ntwo\n=== end a 0\n=== begin b\nhalf=== end b 3\n=== begin c\nlost";
        let check = |name: &str, status, text: &str| Check {
            name: name.to_owned(),
            status,
            text: text.to_owned(),
        };
        assert_eq!(checks(text), [check("a", 0, "one\ntwo\n"), check("b", 3, "half")]);
    }
}
