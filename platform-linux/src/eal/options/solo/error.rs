//! What is wrong with a static worker's command line, as one sentence.

use core::fmt::{self, Write};

use super::super::LCORE_MAX;

/// Why a command line is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SoloError<'a> {
    /// No option has this name.
    Unknown {
        /// The argument.
        word: &'a str,
        /// The option probably meant.
        nearest: Option<&'static str>,
    },
    /// An argument that is no option stands before `--`.
    Stray {
        /// It.
        word: &'a str,
    },
    /// The option needs a value and has none.
    MissingValue {
        /// The argument.
        word: &'a str,
    },
    /// The option is a switch and was given a value.
    UnexpectedValue {
        /// The argument.
        word: &'a str,
    },
    /// The option was given twice, with different values.
    Repeated {
        /// The second argument.
        word: &'a str,
    },
    /// The value is not one that the option takes.
    Invalid {
        /// The option's long name.
        option: &'static str,
        /// The value.
        text: &'a str,
        /// What it takes.
        accepts: &'static str,
    },
    /// The option is for groups that nobody can join.
    Private {
        /// Its long name.
        option: &'static str,
    },
    /// The option names a device, and who only joins makes none.
    Device {
        /// Its long name.
        option: &'static str,
    },
    /// Who can only join was to be a primary.
    OnlySecondary,
    /// Both a list and a mask choose the lcore.
    Both,
    /// Not one lcore.
    OneLcore {
        /// How many.
        asked: usize,
    },
    /// The lcore would run on a CPU that this process may not use.
    Unavailable {
        /// The CPU.
        cpu: u16,
    },
}

/// What somebody typed, fit to show.
struct Typed<'a>(&'a str);

impl fmt::Display for Typed<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let plain = |it: char| if it.is_control() { '?' } else { it };
        self.0.chars().take(64).try_for_each(|character| f.write_char(plain(character)))
    }
}

impl fmt::Display for SoloError<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Unknown { word, nearest: Some(nearest) } => {
                write!(f, "Unknown option '{}'; did you mean '--{nearest}'?", Typed(word))
            }
            Self::Unknown { word, nearest: None } => write!(
                f,
                "Unknown option '{}'; see --help, and put the program's own after '--'",
                Typed(word)
            ),
            Self::Stray { word } => write!(
                f,
                "'{}' is not an option; put arguments of the program after '--'",
                Typed(word)
            ),
            Self::MissingValue { word } => {
                write!(f, "Option '{}' needs a value; see --help", Typed(word))
            }
            Self::UnexpectedValue { word } => {
                write!(f, "'{}': the option takes no value; leave it out", Typed(word))
            }
            Self::Repeated { word } => write!(
                f,
                "'{}': the option was given before with another value; give it once",
                Typed(word)
            ),
            Self::Invalid { option, text, accepts } => {
                write!(f, "Option '--{option}' was given '{}'; give {accepts}", Typed(text))
            }
            Self::Private { option } => write!(
                f,
                "--{option} makes a group that nobody else can join, and a static worker only joins; leave it out"
            ),
            Self::Device { option } => write!(
                f,
                "--{option} names a device, and a static worker learns its ports from the group; leave it out"
            ),
            Self::OnlySecondary => f.write_str(
                "a static worker joins a group and cannot make one; give it --proc-type=secondary (or auto)",
            ),
            Self::Both => f.write_str("-c and -l both choose the lcore; leave one of them out"),
            Self::OneLcore { asked } => write!(
                f,
                "a static worker has one thread and so one lcore, and {asked} were asked for; name one, e.g. -l 1"
            ),
            Self::Unavailable { cpu } => write!(
                f,
                "this process may not use CPU {cpu}; name one of Cpus_allowed_list in /proc/self/status, as in --lcores \
                 '1@(0)' (lcore ids are below {LCORE_MAX})"
            ),
        }
    }
}

impl core::error::Error for SoloError<'_> {}
