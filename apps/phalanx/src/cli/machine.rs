//! The machine: whether it is fit, its clocks, its devices.

use std::path::PathBuf;

use clap::Args;
use phalanx_core::group::CpuSet;
use phalanx_linux::cpu::parse_cpu_list;

use crate::doctor::Subject;

/// Options of `doctor`.
#[derive(Debug, Args)]
#[command(
    after_help = "States: good; poor (it works, and loses what the line names); missing (it does not work); unknown (the machine does not say). Nothing is changed. What is said holds for this user and these limits: ask as who will run it.\n\nExit status: 0; 1 if something that --need asks for is not good.\n\nExample:\n  phalanx doctor\n  phalanx doctor --need hugepages,isolated,nohz,no-irqs,vfio --cpus 2-3\n  phalanx doctor --json"
)]
pub(crate) struct DoctorOptions {
    /// Fail unless all of these are good
    #[arg(long, value_name = "NAME,...", value_delimiter = ',')]
    pub need: Vec<Subject>,
    /// CPUs that workers shall have, as 2-3,5 (default: those that are isolated)
    #[arg(long, value_name = "LIST", value_parser = cpu_list)]
    pub cpus: Option<CpuSet>,
    /// Everything that was found, and what it is needed for
    #[arg(long)]
    pub verbose: bool,
    /// For programs
    #[arg(long, conflicts_with = "verbose")]
    pub json: bool,
}

fn cpu_list(text: &str) -> Result<CpuSet, &'static str> {
    let list = parse_cpu_list(text).filter(|cpus| !cpus.is_empty());
    list.ok_or("give CPUs as 2-3,5")
}

/// Options of `devices`.
#[derive(Debug, Args)]
#[command(
    after_help = "Active is what a process drives from user space (as root: of any user), what packets are routed to, what is part of a bridge, a bond or the like, and what a mounted file system lies on: `bind` and `unbind` leave it alone.\n\nExit status: 0 if the devices were shown, 1 if not.\n\nExample:\n  phalanx devices\n  phalanx devices --json"
)]
pub(crate) struct DevicesOptions {
    /// Bridges and the like, too
    #[arg(long)]
    pub verbose: bool,
    /// For programs: everything that is known of each
    #[arg(long, conflicts_with = "verbose")]
    pub json: bool,
    /// A directory with a `sys` and a `proc` in it, instead of this machine's
    #[arg(long, value_name = "DIR", hide = true)]
    pub sysfs: Option<PathBuf>,
}

/// Options of `bind`.
#[derive(Debug, Args)]
#[command(
    after_help = "Takes root, and the driver's module loaded (`modprobe vfio-pci`). A device that is in use, by a process that drives it or otherwise (`phalanx devices`), and a bridge, is left alone; nothing is changed unless all devices that are named may be. If the driver does not take one, its old driver gets it back.\n\nExit status: 0 if the driver has all of them, 1 if not.\n\nExample:\n  phalanx bind vfio-pci 0000:03:00.0 03:00.1\n  phalanx bind e1000e 03:00.0"
)]
pub(crate) struct BindOptions {
    /// The driver: vfio-pci, uio_pci_generic, or one of the kernel's own
    #[arg(value_name = "DRIVER")]
    pub driver: String,
    /// PCI devices as 0000:03:00.0 or 03:00.0, or the interfaces that they have
    #[arg(required = true, value_name = "DEVICE")]
    pub devices: Vec<String>,
    /// A directory with a `sys` and a `proc` in it, instead of this machine's
    #[arg(long, value_name = "DIR", hide = true)]
    pub sysfs: Option<PathBuf>,
}

/// Options of `unbind`.
#[derive(Debug, Args)]
#[command(
    after_help = "As `bind`, but no driver has the devices then.\n\nExit status: 0 if none has, 1 if not.\n\nExample:\n  phalanx unbind 0000:03:00.0"
)]
pub(crate) struct UnbindOptions {
    /// PCI devices as 0000:03:00.0 or 03:00.0, or the interfaces that they have
    #[arg(required = true, value_name = "DEVICE")]
    pub devices: Vec<String>,
    /// A directory with a `sys` and a `proc` in it, instead of this machine's
    #[arg(long, value_name = "DIR", hide = true)]
    pub sysfs: Option<PathBuf>,
}

/// Options of `clock`.
#[derive(Debug, Args)]
#[command(
    long_about = "Hold the clocks of this machine against each other\n\nReads the processor's time stamp counter (TSC), the high precision event timer (HPET) and the kernel's monotonic clock for some seconds, and shows how far each is off and what a reading costs. The kernel gives the HPET to one process at a time; who does not get it is told why, and has the TSC.",
    after_help = "Exit status: 0 if the TSC is to be trusted, 1 if not.\n\nExample:\n  phalanx clock --seconds 10\n  phalanx clock --no-hpet --json"
)]
pub(crate) struct ClockOptions {
    /// How long, 1 to 3600
    #[arg(long, value_name = "N", default_value_t = 10, value_parser = clap::value_parser!(u16).range(1..=3600))]
    pub seconds: u16,
    /// Leave the HPET alone
    #[arg(long)]
    pub no_hpet: bool,
    /// Take the rate that the processes of this group reckon with
    #[arg(long, value_name = "PREFIX")]
    pub file_prefix: Option<String>,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}
