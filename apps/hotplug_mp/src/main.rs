//! `hotplug_mp`: attaches and detaches devices, in all processes of a group at once.
//!
//! ```text
//! hotplug_mp -l 0 --proc-type=auto      # one terminal
//! hotplug_mp -l 1 --proc-type=auto      # another, and as many as there are lcores
//! example> attach net_null0,size=64
//! attached device net_null0
//! ```
//!
//! What is attached in any of them is in the `list` of all, and what is detached in that of none. Why
//! something failed is one sentence on standard error.
//!
//! | file | concept |
//! |---|---|
//! | `prompt.rs` | the lines that are read |
//! | `commands.rs` | what they do |

mod commands;
mod prompt;

use std::process::ExitCode;

fn main() -> ExitCode {
    phalanx_linux::program::main("hotplug_mp", prompt::run)
}
