//! A group: looking at it, taking its primary's role over, cleaning up after it.

use std::path::PathBuf;

use clap::Args;

/// Which group, and for whom what is shown is.
#[derive(Debug, Args)]
pub(crate) struct OfGroup {
    /// The group's prefix
    #[arg(long, value_name = "PREFIX", default_value = "phx")]
    pub file_prefix: String,
    /// For programs
    #[arg(long)]
    pub json: bool,
}

/// Options of `info`.
#[derive(Debug, Args)]
#[command(
    after_help = "Exit status: 0 if the group lives and was shown, 1 if not.\n\nExample:\n  phalanx info --file-prefix demo --json"
)]
pub(crate) struct InfoOptions {
    #[command(flatten)]
    pub group: OfGroup,
}

/// Options of `clean`.
#[derive(Debug, Args)]
#[command(
    after_help = "Exit status: 0 if nothing of the group is left, 1 if it is alive or could not be removed.\n\nExample:\n  phalanx clean --file-prefix demo"
)]
pub(crate) struct CleanOptions {
    #[command(flatten)]
    pub group: OfGroup,
    /// Every dead group of this user
    #[arg(long, conflicts_with = "file_prefix")]
    pub all: bool,
}

/// Options of `ps`.
#[derive(Debug, Args)]
#[command(
    after_help = "States: live, joining, stopped (by a signal), traced (by a debugger), zombie (dead, its parent has not asked), dead (not reaped yet).\nObjects: what the process has of recoverable pools, in its hands, in its caches and on its way; not what it put into a ring or back.\nWith --watch and --json, one line each time.\n\nExit status: 0 if the group lives and was shown, 1 if not.\n\nExample:\n  phalanx ps --file-prefix demo --watch"
)]
pub(crate) struct PsOptions {
    #[command(flatten)]
    pub group: OfGroup,
    /// Show it again and again, at once when something changes and every SECONDS at least, until the group is dead
    #[arg(long, value_name = "SECONDS", num_args = 0..=1, default_missing_value = "1", value_parser = clap::value_parser!(u16).range(1..=3600))]
    pub watch: Option<u16>,
}

/// Options of `audit`.
#[derive(Debug, Args)]
#[command(
    after_help = "The audit joins the group as a secondary for as long as it looks, since it takes the group's lock; who is dead is reaped first, as by any process that joins. The group may work meanwhile: what movement can explain is looked at again before it is reported. Of a dead group, see `inspect`.\n\nExit status: 0 if all is consistent, 1 if not, or if the group could not be looked at.\n\nExample:\n  phalanx audit --file-prefix demo --json"
)]
pub(crate) struct AuditOptions {
    #[command(flatten)]
    pub group: OfGroup,
}

/// Options of `inspect`.
#[derive(Debug, Args)]
#[command(
    after_help = "Nothing is changed: the memory is mapped read-only, no lock is taken, and the audit is made of a copy. What is inconsistent was held, or being changed, when its process died.\n\nExit status: 0 if the group is dead and was shown, 1 if not.\n\nExample:\n  phalanx inspect --file-prefix demo"
)]
pub(crate) struct InspectOptions {
    #[command(flatten)]
    pub group: OfGroup,
}

/// Options of `logs`.
#[derive(Debug, Args)]
#[command(
    after_help = "Lines come by time (seconds of the monotonic clock), each with the slot, program and process that said it, and the file and line where. A process that died has its say, and so has a group that did, until others need the room. Texts are read from the program: from --elf and --elf-dir, from where it lay when it was started, or from where it runs; it must be unstripped and have the same build id. With --json each line is an object: `kind` is said, undecoded, dropped (no room), missed (overwritten before it was read) or damaged.\n\nExit status: 0 if the logs were shown, 1 if there is no such group, or a file cannot be read.\n\nExample:\n  phalanx logs --file-prefix demo --follow\n  phalanx logs --slot 3 --elf-dir target/release"
)]
pub(crate) struct LogsOptions {
    #[command(flatten)]
    pub group: OfGroup,
    /// Only the log of this slot (see `phalanx ps`), of all who ever had it
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(0..64))]
    pub slot: Option<u16>,
    /// Go on until the group is dead
    #[arg(long)]
    pub follow: bool,
    #[command(flatten)]
    pub programs: ProgramFiles,
}

/// Programs that are given, for `logs` and for the process of its that decodes.
#[derive(Debug, Args)]
pub(crate) struct ProgramFiles {
    /// A program that may have written some of it, unstripped; may be given several times
    #[arg(long, value_name = "PATH")]
    pub elf: Vec<PathBuf>,
    /// A directory of such programs (not those below it); may be given several times
    #[arg(long, value_name = "DIR")]
    pub elf_dir: Vec<PathBuf>,
}

/// Options of `promote`.
#[derive(Debug, Args)]
#[command(
    after_help = "Exit status: 0 if the process is primary now, 1 if not: then the roles are as they were, another process has won, or the process has begun and waits for a primary that is stopped (see `phalanx ps`).\n\nExample:\n  phalanx promote --file-prefix demo\n  phalanx promote --file-prefix demo --slot 3 --from-living"
)]
pub(crate) struct PromoteOptions {
    #[command(flatten)]
    pub group: OfGroup,
    /// The slot of the process (see `phalanx ps`); without it, the lowest secondary that is not stopped
    #[arg(long, value_name = "N")]
    pub slot: Option<u16>,
    /// Take the role from a living primary too, which goes on as a secondary
    #[arg(long)]
    pub from_living: bool,
    /// How long to wait for it
    #[arg(long, value_name = "SECONDS", default_value_t = 10, value_parser = clap::value_parser!(u16).range(0..=3600))]
    pub wait: u16,
}
