//! One line, for people and for programs.

use core::fmt;
use std::path::Path;

use phalanx_core::log::Program;
use serde::{Deserialize, Serialize};

/// What one process said at one moment, or what is known of what it said.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Line {
    /// Nanoseconds of the monotonic clock.
    pub ns: u64,
    pub slot: u16,
    pub generation: Option<u32>,
    pub pid: Option<u32>,
    /// The program's path when it was started.
    pub program: Option<String>,
    pub build_id: Option<String>,
    #[serde(flatten)]
    pub said: Said,
}

/// What a line is about.
#[derive(Clone, Debug, Serialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub(super) enum Said {
    /// A line that was decoded.
    #[serde(rename = "said")]
    Text(Text),
    /// A line that was not, and why.
    Undecoded { why: String, frame: String },
    /// So many lines were not written: there was no room, or no log yet.
    Dropped { lines: u32 },
    /// So many records were overwritten before they were read.
    Missed { records: u32 },
    /// The log holds what no process wrote as a record.
    Damaged,
}

/// What a line says, how loud, and where in its program that stands.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Text {
    pub level: Option<String>,
    pub text: String,
    pub file: Option<String>,
    pub line: Option<u64>,
    pub module: Option<String>,
}

impl Line {
    /// A line of `slot`, of nobody known yet.
    pub(super) fn of_slot(slot: u16, ns: u64, said: Said) -> Self {
        Self { ns, slot, generation: None, pid: None, program: None, build_id: None, said }
    }

    /// The same, said by `program`.
    pub(super) fn by(self, program: &Program) -> Self {
        let path = program.path();
        Self {
            generation: Some(program.generation),
            pid: Some(program.pid),
            program: (!path.is_empty()).then(|| String::from_utf8_lossy(path).into_owned()),
            build_id: (!program.build_id().is_empty()).then(|| hex(program.build_id())),
            ..self
        }
    }
}

/// Bytes as hexadecimal digits.
pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

impl fmt::Display for Line {
    /// `  812.004120 slot 1 worker(4711) INFO  turned 3 packets (src/worker.rs:40)`
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (seconds, micros) = (self.ns / 1_000_000_000, self.ns / 1000 % 1_000_000);
        write!(f, "{seconds:6}.{micros:06} slot {}", self.slot)?;
        if let Some(pid) = self.pid {
            let path = self.program.as_deref().map(Path::new);
            let name = path.and_then(Path::file_name).unwrap_or_default().to_string_lossy();
            write!(f, " {}({pid})", printable(&name))?;
        }
        match &self.said {
            Said::Text(Text { level, text, file, line, .. }) => {
                write!(f, " {:5} {}", level.as_deref().unwrap_or("-"), printable(text))?;
                let Some(file) = file else { return Ok(()) };
                let near = near(Path::new(file)).to_string_lossy();
                write!(f, " ({}:{})", printable(&near), line.unwrap_or(0))
            }
            Said::Undecoded { why, frame } => {
                let (bytes, why) = (frame.len() / 2, printable(why));
                write!(f, " a line of {bytes} bytes cannot be decoded: {why}")
            }
            Said::Dropped { lines: 1 } => f.write_str(" 1 line was dropped here"),
            Said::Dropped { lines } => write!(f, " {lines} lines were dropped here"),
            Said::Missed { records: 1 } => {
                f.write_str(" 1 earlier line was overwritten before it was read")
            }
            Said::Missed { records } => {
                write!(f, " {records} earlier lines were overwritten before they were read")
            }
            Said::Damaged => f.write_str(
                " its log holds what no process wrote; somebody wrote where he had no business",
            ),
        }
    }
}

/// A file as seen from where the tool runs.
fn near(file: &Path) -> &Path {
    let here = std::env::current_dir().ok();
    here.and_then(|here| file.strip_prefix(here).ok()).unwrap_or(file)
}

/// What a process or a file of its has said, so that it cannot steer the terminal, nor turn round what
/// is read.
fn printable(text: &str) -> String {
    let turns = |it: char| matches!(it, '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    let shown = |character: char| match character {
        it if it.is_control() || turns(it) => it.escape_default().to_string(),
        it => it.to_string(),
    };
    text.chars().map(shown).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(said: Said) -> String {
        Line::of_slot(1, 2_000_003_000, said).to_string()
    }

    #[test]
    fn nothing_that_a_peer_may_have_named_steers_the_terminal() {
        let wild = || "a\u{1b}[2Jb\u{202e}c\n".to_owned();
        let text = Text { level: None, text: wild(), file: Some(wild()), line: None, module: None };
        for said in [Said::Text(text), Said::Undecoded { why: wild(), frame: String::new() }] {
            let line = shown(said);
            assert!(!line.contains(['\u{1b}', '\u{202e}', '\n']), "{line:?}");
            assert!(line.contains(r"a\u{1b}[2Jb\u{202e}c\n"), "{line}");
        }
    }

    #[test]
    fn lines_that_a_reader_came_too_late_for_are_counted() {
        let said = |records| shown(Said::Missed { records });
        assert!(said(1).ends_with("slot 1 1 earlier line was overwritten before it was read"));
        assert!(said(7).ends_with("slot 1 7 earlier lines were overwritten before they were read"));
    }
}
