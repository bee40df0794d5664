//! `phalanx devices`, `bind` and `unbind`: the machine's PCI devices, and who drives them.
//!
//! | file | what |
//! |---|---|
//! | `facts` | what there is to say of each device |
//! | `human` | the tables that people read |
//! | `names` | what makers call their devices, where the machine knows |
//! | `binding` | giving devices to drivers |

mod binding;
mod facts;
mod human;
mod names;

pub(crate) use binding::{bind, unbind};

use std::process::ExitCode;

use phalanx_linux::console::{say, show};
use phalanx_linux::kernel_files::KernelFiles;

use crate::Failure;
use crate::cli::DevicesOptions;

/// Runs `devices`.
pub(crate) fn run(options: &DevicesOptions) -> Result<ExitCode, Failure> {
    let report = facts::gather(&kernel(options.sysfs.as_deref()))?;
    if options.json {
        say(serde_json::to_string_pretty(&report)?)?;
    } else {
        let tables = human::Tables { report: &report, is_verbose: options.verbose };
        // A table stands behind an empty line, but the first.
        show(tables.to_string().trim_start_matches('\n'))?;
    }
    Ok(ExitCode::SUCCESS)
}

/// This machine's files, or those of a tree with `sys` and `proc` in it.
fn kernel(tree: Option<&std::path::Path>) -> KernelFiles {
    match tree {
        None => KernelFiles::real(),
        Some(tree) => KernelFiles::at(tree.join("sys"), tree.join("proc")),
    }
}
