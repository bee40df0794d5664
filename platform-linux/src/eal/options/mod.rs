//! The command line of the EAL, under DPDK's own option names.
//!
//! Every start-up mistake that a person can type is found here, before anything is opened, created or
//! mapped, and is answered with one sentence: which option, what was written, what is accepted. Each value
//! is parsed to its type (rows `OP-*`, `W-50`): no text reaches the rest of the EAL unchecked.
//!
//! One table, [`OPTIONS`], is read by the parser, by [`usage`] and by the errors, so the three cannot
//! disagree; and by the small parser of static workers, [`SoloOptions`].
//!
//! ```
//! use phalanx_linux::eal::options::{CpuSet, Options, ProcType};
//!
//! let available: CpuSet = [0, 1, 2, 3].into_iter().collect();
//! let arguments = ["-l", "0-1,3", "--proc-type=secondary", "--", "--ports", "2"];
//! let parsed = Options::parse(arguments, &available)?;
//! assert_eq!(parsed.options.proc_type, ProcType::Secondary);
//! assert_eq!(parsed.options.lcores.to_string(), "0,1,3");
//! assert_eq!(&arguments[parsed.consumed..], ["--ports", "2"]);
//!
//! let error = Options::parse(["--file-prefx=lab"], &available).unwrap_err();
//! assert!(error.to_string().contains("did you mean '--file-prefix'"));
//! # Ok::<(), phalanx_linux::eal::options::OptionError>(())
//! ```
//!
//! | file | concept |
//! |---|---|
//! | `settings.rs` | [`Options`]: what was asked for, typed |
//! | `table.rs` | [`OPTIONS`]: the one table of names, values and help |
//! | `spec.rs` `given.rs` | the shape of a row; an option under the name that was written |
//! | `foreign.rs` | DPDK's options that Phalanx does not have |
//! | `scan.rs` | arguments cut into options and values, up to `--` |
//! | `nearest.rs` | the name that was probably meant |
//! | `conflict.rs` | pairs that contradict each other |
//! | `parse.rs` | the steps in order: scan, conflicts, values, lcores |
//! | `number.rs` | decimal, hexadecimal, sizes with K, M, G |
//! | `memory.rs` | megabytes per NUMA node, limits per page size, the base address |
//! | `device.rs` | devices to be made, used, or left alone |
//! | `access.rs` | how those of the machine are used |
//! | `process.rs` | process type, file prefix |
//! | `log_level.rs` | levels and the components they are for |
//! | `lcore/` | CPU sets, the lcore list's grammar, which lcore runs where |
//! | `fault.rs` `error.rs` `shown.rs` | what was wrong with a value, the sentence, user text made safe |
//! | `usage.rs` | the help text |
//! | `solo/` | the same command line, as a static worker reads it |

mod access;
mod conflict;
mod device;
mod error;
mod fault;
mod foreign;
mod given;
mod lcore;
mod log_level;
mod memory;
mod nearest;
mod number;
mod parse;
mod process;
mod scan;
mod settings;
mod shown;
mod solo;
mod spec;
mod table;
mod usage;

#[cfg(test)]
mod tests;

pub use crate::pci::PciAddress;
pub use access::{InterruptKind, VfToken, VfTokenError};
pub use device::{Allowed, DEVICE_MAX, DEVICE_NAME_MAX, PCI_ARGS_MAX, Vdev};
pub use error::OptionError;
pub use fault::Fault;
pub use given::{Given, Spelling};
pub use lcore::{
    CPU_MAX, CpuOutOfRange, CpuSet, LCORE_MAX, Lcore, LcoreFault, LcoreIdOutOfRange, LcoreMap,
};
pub use log_level::{COMPONENT_MAX, LogLevel, LogRule};
pub use memory::{
    BASE_VIRTADDR_ALIGN, BaseVirtaddr, HugeUnlink, NODE_MAX, NodeMegabytes, PAGE_SIZE_MAX,
    PageLimit,
};
pub use process::{FILE_PREFIX_MAX, FilePrefix, ProcType};
pub use settings::{LOG_RULE_MAX, Options, PATH_MAX, Parsed, WAIT_DEFAULT_SECONDS};
pub use shown::Shown;
pub use solo::{SOLO_USAGE, SandboxChoice, SoloError, SoloOptions};
pub use spec::{Group, OptionId, OptionSpec, Repeat, Value};
pub use table::OPTIONS;
pub use usage::usage;
