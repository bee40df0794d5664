//! What is wrong with a command line, as one sentence.
//!
//! An error owns its text (escaped and cut, see [`Shown`]), so it outlives the arguments, and is small
//! enough to be passed up by value: there is no allocator to box it.

use core::fmt;

use super::{Fault, Given, LCORE_MAX, Shown, Value};

/// Why a command line is refused. Displayed, it is one line: what was written, why not, what to do.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum OptionError {
    /// No option has this name.
    Unknown {
        /// The name with its dashes.
        text: Shown<64>,
        /// The option probably meant.
        nearest: Option<Given>,
    },
    /// DPDK has this option and Phalanx has not.
    NotSupported {
        /// Its long name, without dashes.
        long: &'static str,
    },
    /// The option needs a value and has none.
    MissingValue {
        /// The option.
        option: Given,
        /// The argument that stands where the value should.
        next: Option<Shown<64>>,
    },
    /// The option is a switch and was given a value.
    UnexpectedValue {
        /// The option.
        option: Given,
        /// The value.
        text: Shown<64>,
    },
    /// An argument that is no option stands before `--`.
    StrayPositional {
        /// The argument.
        text: Shown<64>,
        /// The option before it, if that takes an optional value.
        after: Option<Given>,
    },
    /// The option was given twice, with different values.
    Repeated {
        /// The option, as written the second time.
        option: Given,
        /// The first value.
        first: Shown<40>,
        /// The second value.
        second: Shown<40>,
    },
    /// Two options contradict each other (`OP-33`).
    Conflict {
        /// One.
        first: Given,
        /// The other.
        second: Given,
        /// Why.
        because: &'static str,
    },
    /// The value is not one that the option takes.
    Invalid {
        /// The option.
        option: Given,
        /// The value.
        text: Shown<64>,
        /// Why.
        fault: Fault,
    },
    /// An lcore would run on a CPU that this process may not use (`LC-2`).
    LcoreUnavailable {
        /// The option.
        option: Given,
        /// The lcore.
        lcore: u16,
        /// The CPU.
        cpu: u16,
        /// The CPUs that it may use.
        available: Shown<64>,
    },
    /// An lcore id is not below [`LCORE_MAX`] (`LC-2`).
    LcoreTooHigh {
        /// The option.
        option: Given,
        /// The lcore.
        lcore: u16,
        /// The CPU it should run on.
        cpu: u16,
    },
    /// No lcore was asked for, and every CPU has a number too high for an lcore of its own (`LC-3`).
    NoLcore {
        /// The first CPU.
        first_cpu: u16,
        /// The CPUs that this process may use.
        available: Shown<64>,
    },
    /// This process may use no CPU at all.
    NoCpu,
    /// The main lcore is none of the lcores (`LC-4`).
    MainNotEnabled {
        /// The lcore asked for.
        lcore: u16,
        /// The lcores there are.
        enabled: Shown<64>,
    },
    /// More entries than the machine has NUMA nodes (`OP-9`).
    TooManyNodes {
        /// The option.
        option: Given,
        /// How many entries were given.
        entries: u16,
        /// How many nodes there are.
        nodes: u16,
    },
}

impl OptionError {
    /// A value that is not one that the option takes.
    pub(super) fn invalid(option: Given, text: &str, fault: Fault) -> Self {
        Self::Invalid { option, text: Shown::of(text), fault }
    }
}

impl fmt::Display for OptionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown { text, nearest: Some(nearest) } => {
                write!(f, "Unknown option '{text}'; did you mean '{nearest}'?")
            }
            Self::Unknown { text, nearest: None } => write!(
                f,
                "Unknown option '{text}'; see --help for those known, and put the application's own after '--'"
            ),
            Self::NotSupported { long } => write!(
                f,
                "Option '--{long}' of DPDK is not supported by Phalanx; leave it out, or put it after '--' if it is the application's own"
            ),
            Self::MissingValue { option, next } => missing_value(f, *option, next.as_ref()),
            Self::UnexpectedValue { option, text } => {
                write!(
                    f,
                    "Option '{option}' takes no value, but was given '{text}'; leave the value out"
                )
            }
            Self::StrayPositional { text, after } => stray(f, text, *after),
            Self::Repeated { option, first, second } => write!(
                f,
                "Option '{option}' was given twice, with '{first}' and with '{second}'; give it once"
            ),
            Self::Conflict { first, second, because } => write!(
                f,
                "Options '{first}' and '{second}' cannot be given together: {because}; leave one of them out"
            ),
            Self::Invalid { option, text, fault } => write!(
                f,
                "Option '{option}' was given '{text}': {fault}; give {}",
                fault.advice().unwrap_or(option.id.spec().accepts())
            ),
            _ => self.fmt_machine(f),
        }
    }
}

impl OptionError {
    /// The sentences about what the machine has not.
    fn fmt_machine(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::LcoreUnavailable { option, lcore, cpu, available } => write!(
                f,
                "Option '{option}': lcore {lcore} unavailable, since this process may not use CPU {cpu}; name CPUs among those available: {available}"
            ),
            Self::LcoreTooHigh { option, lcore, cpu } => write!(
                f,
                "Option '{option}': lcore {lcore} is not below {LCORE_MAX}; map its CPU to a lower lcore id, e.g. --lcores 0@{cpu}"
            ),
            Self::NoLcore { first_cpu, available } => write!(
                f,
                "No CPU available to this process ({available}) has a number below {LCORE_MAX}; map them to lower lcore ids, e.g. --lcores 0@{first_cpu}"
            ),
            Self::MainNotEnabled { lcore, enabled } => write!(
                f,
                "Option '--main-lcore' was given '{lcore}', which is not enabled; choose one of the lcores {enabled}, or enable it with --lcores"
            ),
            Self::TooManyNodes { option, entries, nodes } => write!(
                f,
                "Option '{option}' was given {entries} entries, but there are {nodes} NUMA nodes; give one entry for each node at most"
            ),
            _ => f.write_str("No CPU is available to this process; widen its CPU affinity"),
        }
    }
}

fn missing_value(
    f: &mut fmt::Formatter<'_>,
    option: Given,
    next: Option<&Shown<64>>,
) -> fmt::Result {
    write!(f, "Option '{option}' needs a value, but ")?;
    match next {
        Some(next) => write!(f, "'{next}' follows")?,
        None => f.write_str("nothing follows")?,
    }
    write!(f, "; give {}", option.id.spec().accepts())
}

fn stray(f: &mut fmt::Formatter<'_>, text: &Shown<64>, after: Option<Given>) -> fmt::Result {
    write!(f, "'{text}' is not an option; put arguments of the application after '--'")?;
    match after.map(|given| (given, given.id.spec().long, given.id.spec().value)) {
        Some((given, long, Value::Optional { placeholder, .. })) => {
            write!(f, ", or write --{long}={placeholder} if it is the value of '{given}'")
        }
        _ => Ok(()),
    }
}

impl core::error::Error for OptionError {}

// Not to be boxed, and not to cost every `Result` on the way up a page: below clippy's mark for a large
// error even when another error enum wraps it.
const _: () = assert!(size_of::<OptionError>() <= 112);
