//! One judgement: how it stands with a subject, and what to do.

use core::fmt;

use phalanx_linux::kernel_files::KernelFileError;
use serde::ser::SerializeStruct;
use serde::{Serialize, Serializer};

use super::Subject;

/// How it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum State {
    /// As it should be.
    Good,
    /// It works, and loses something that the line names.
    Poor,
    /// It does not work.
    Missing,
    /// The machine does not say.
    Unknown,
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Good => "good",
            Self::Poor => "poor",
            Self::Missing => "missing",
            Self::Unknown => "unknown",
        })
    }
}

/// What was found of one subject.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Check {
    pub subject: Subject,
    pub state: State,
    /// What is there, in one line.
    pub found: String,
    /// The command that mends it; none if nothing has to be.
    pub mend: Option<String>,
    /// More of what is there, a line each.
    pub details: Vec<String>,
}

impl Check {
    fn new(subject: Subject, state: State, found: String, mend: Option<String>) -> Self {
        Self { subject, state, found, mend, details: Vec::new() }
    }

    /// As it should be.
    pub(super) fn good(subject: Subject, found: impl Into<String>) -> Self {
        Self::new(subject, State::Good, found.into(), None)
    }

    /// It works, but.
    pub(super) fn poor(
        subject: Subject,
        found: impl Into<String>,
        mend: impl Into<String>,
    ) -> Self {
        Self::new(subject, State::Poor, found.into(), Some(mend.into()))
    }

    /// It does not work.
    pub(super) fn missing(
        subject: Subject,
        found: impl Into<String>,
        mend: impl Into<String>,
    ) -> Self {
        Self::new(subject, State::Missing, found.into(), Some(mend.into()))
    }

    /// It cannot be read.
    pub(super) fn unknown(subject: Subject, why: &KernelFileError) -> Self {
        let mend = "look at that file, and mount /sys and /proc where they are not".to_owned();
        Self::new(subject, State::Unknown, why.to_string(), Some(mend))
    }

    /// The same with details.
    pub(super) fn with(self, details: Vec<String>) -> Self {
        Self { details, ..self }
    }
}

impl Serialize for Check {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut all = serializer.serialize_struct("Check", 6)?;
        all.serialize_field("name", &self.subject)?;
        all.serialize_field("state", &self.state)?;
        all.serialize_field("found", &self.found)?;
        all.serialize_field("needed_for", &self.subject.needed_for())?;
        all.serialize_field("mend", &self.mend)?;
        all.serialize_field("details", &self.details)?;
        all.end()
    }
}
