//! One line, for people and for programs.

use core::fmt;
use std::path::{Path, PathBuf};

use phalanx_core::log::Program;
use serde::Serialize;

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
    Text {
        level: Option<&'static str>,
        text: String,
        file: Option<PathBuf>,
        line: Option<u64>,
        module: Option<String>,
    },
    /// A line that was not, and why.
    Undecoded { why: String, frame: String },
    /// So many lines were not written: there was no room, or no log yet.
    Dropped { lines: u32 },
    /// So many records were overwritten before they were read.
    Missed { records: u32 },
    /// The log holds what no process wrote as a record.
    Damaged,
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
            Said::Text { level, text, file, line, .. } => {
                write!(f, " {:5} {}", level.unwrap_or("-"), printable(text))?;
                let Some(file) = file else { return Ok(()) };
                write!(f, " ({}:{})", near(file).display(), line.unwrap_or(0))
            }
            Said::Undecoded { why, frame } => {
                write!(f, " a line of {} bytes cannot be decoded: {why}", frame.len() / 2)
            }
            Said::Dropped { lines: 1 } => f.write_str(" 1 line was dropped here"),
            Said::Dropped { lines } => write!(f, " {lines} lines were dropped here"),
            Said::Missed { records: 1 } => {
                f.write_str(" 1 line was overwritten before it was read")
            }
            Said::Missed { records } => {
                write!(f, " {records} lines were overwritten before they were read")
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

/// What a process said, so that it cannot steer the terminal.
fn printable(text: &str) -> String {
    let shown = |character: char| match character {
        character if character.is_control() => character.escape_default().to_string(),
        character => character.to_string(),
    };
    text.chars().map(shown).collect()
}
