//! What a test needs of the machine, and what happens where it is not there.
//!
//! A test that needs root, hugepages or the like asks for it first. Where it is not to be had,
//! the test says so on standard error and ends without having tested anything:
//!
//! ```text
//! SKIPPED a_secondary_grows_the_group: needs hugepages, but 3 of 128 pages of 2 MB are free
//! ```
//!
//! Where `PHALANX_TEST_REQUIRE` names the need (`PHALANX_TEST_REQUIRE=root,hugepages`) the test
//! fails instead: a machine that was prepared for the tests must not skip them unseen.
//!
//! ```no_run
//! use phalanx_tests::require;
//! let Some(pages) = require::hugepages(128) else { return };
//! println!("{} has {} free", pages.mount().display(), pages.free());
//! ```

mod hugepages;
mod vm;

pub use hugepages::{Hugepages, hugepages};
pub use vm::{Vm, vm, vm_noiommu};

use core::fmt;
use std::io::{self, Write};
use std::path::PathBuf;
use std::process::{Command, Stdio};

use rustix::process::geteuid;

/// The variable that turns skipping into failing.
pub const VARIABLE: &str = "PHALANX_TEST_REQUIRE";

/// Something that not every machine has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Need {
    /// The tests run as root.
    Root,
    /// Free hugepages of 2 MB, and a hugetlbfs mount for them.
    Hugepages,
    /// Addresses are randomised in full, as they are by default.
    Aslr,
    /// `setarch`, and the right to switch address randomisation off.
    Setarch,
    /// The right to take the limit off the stack.
    UnlimitedStack,
    /// DPDK's own programs.
    Dpdk,
    /// `strace`, and the right to watch other processes' system calls.
    Strace,
    /// `setpriv`, to run a program as an ordinary user.
    Setpriv,
    /// Network namespaces and `veth` pairs, by `ip`, and the right to make them.
    Netns,
    /// `ping`.
    Ping,
    /// `iperf3`.
    Iperf3,
    /// `ethtool`.
    Ethtool,
    /// `tshark`.
    Tshark,
    /// `/dev/net/tun`, and the right to make interfaces of it.
    Tun,
    /// Bridges, by `ip`, and the right to make them.
    Bridge,
    /// Guests: QEMU, and the kernel's package.
    Vm,
    /// For them, VFIO's module with its no-IOMMU mode.
    VmNoiommu,
}

impl Need {
    /// Every need that there is.
    pub const ALL: [Self; 17] = [
        Self::Root,
        Self::Hugepages,
        Self::Aslr,
        Self::Setarch,
        Self::UnlimitedStack,
        Self::Dpdk,
        Self::Strace,
        Self::Setpriv,
        Self::Netns,
        Self::Ping,
        Self::Iperf3,
        Self::Ethtool,
        Self::Tshark,
        Self::Tun,
        Self::Bridge,
        Self::Vm,
        Self::VmNoiommu,
    ];

    /// Its word in [`VARIABLE`].
    pub fn word(self) -> &'static str {
        match self {
            Self::Root => "root",
            Self::Hugepages => "hugepages",
            Self::Aslr => "aslr",
            Self::Setarch => "setarch",
            Self::UnlimitedStack => "unlimited-stack",
            Self::Dpdk => "dpdk",
            Self::Strace => "strace",
            Self::Setpriv => "setpriv",
            Self::Netns => "netns",
            Self::Ping => "ping",
            Self::Iperf3 => "iperf3",
            Self::Ethtool => "ethtool",
            Self::Tshark => "tshark",
            Self::Tun => "tun",
            Self::Bridge => "bridge",
            Self::Vm => "vm",
            Self::VmNoiommu => "vm-noiommu",
        }
    }
}

impl fmt::Display for Need {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

/// That the tests run as root.
///
/// # Panics
/// If they do not, and must.
#[must_use]
pub fn root() -> Option<()> {
    match geteuid().is_root() {
        true => Some(()),
        false => unmet(Need::Root, &format!("the user id is {}", geteuid().as_raw())),
    }
}

/// That the kernel randomises addresses in full.
///
/// # Panics
/// If it does not, and must.
#[must_use]
pub fn aslr() -> Option<()> {
    let setting =
        std::fs::read_to_string("/proc/sys/kernel/randomize_va_space").unwrap_or_default();
    match setting.trim() {
        "2" => Some(()),
        other => unmet(Need::Aslr, &format!("kernel.randomize_va_space is '{other}'")),
    }
}

/// A command that runs a program without address randomisation; its arguments are appended.
///
/// # Panics
/// If there is none, and must be.
#[must_use]
pub fn setarch() -> Option<Vec<String>> {
    let prefix = vec!["setarch".to_owned(), "-R".to_owned()];
    match runs(&prefix) {
        true => Some(prefix),
        false => unmet(Need::Setarch, "`setarch -R true` fails"),
    }
}

/// A command that runs a program without a limit on its stack (which moves every mapping of the
/// kernel's choice to the low end of the address space); its arguments are appended.
///
/// # Panics
/// If there is none, and must be.
#[must_use]
pub fn unlimited_stack() -> Option<Vec<String>> {
    let prefix =
        ["sh", "-c", "ulimit -s unlimited && exec \"$0\" \"$@\""].map(str::to_owned).to_vec();
    match runs(&prefix) {
        true => Some(prefix),
        false => unmet(Need::UnlimitedStack, "`ulimit -s unlimited` is refused"),
    }
}

/// That `strace` can watch a process.
///
/// # Panics
/// If it cannot, and must.
#[must_use]
pub fn strace() -> Option<()> {
    let prefix = ["strace", "-o", "/dev/null"].map(str::to_owned);
    match runs(&prefix) {
        true => Some(()),
        false => unmet(Need::Strace, "`strace -o /dev/null true` fails"),
    }
}

/// A command that runs a program as the user `nobody`, with no right of root's; its arguments are
/// appended.
///
/// # Panics
/// If there is none, and must be.
#[must_use]
pub fn as_nobody() -> Option<Vec<String>> {
    let words =
        ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--bounding-set=-all"];
    let prefix = words.map(str::to_owned).to_vec();
    match runs(&prefix) {
        true => Some(prefix),
        false => unmet(Need::Setpriv, "`setpriv --reuid=65534 .. true` fails"),
    }
}

/// A command that runs a program with mounts of its own, so that what it mounts nobody else sees;
/// its arguments are appended.
///
/// # Panics
/// If there is none, and the tests must run as root.
#[must_use]
pub fn own_mounts() -> Option<Vec<String>> {
    root()?;
    let prefix = ["unshare", "-m"].map(str::to_owned).to_vec();
    match runs(&prefix) {
        true => Some(prefix),
        false => unmet(Need::Root, "`unshare -m true` fails"),
    }
}

/// That this process can make network namespaces and join them by `veth` pairs.
///
/// # Panics
/// If it cannot, and must.
#[must_use]
pub fn netns() -> Option<()> {
    // In a namespace of its own, which is gone with the command.
    let prefix =
        ["unshare", "-n", "sh", "-c", "ip link add phxa type veth peer name phxb && \"$0\""];
    match runs(&prefix.map(str::to_owned)) {
        true => Some(()),
        false => unmet(Need::Netns, "`unshare -n ip link add a type veth` fails"),
    }
}

/// That this process can make interfaces of `/dev/net/tun`.
///
/// # Panics
/// If it cannot, and must.
#[must_use]
pub fn tun() -> Option<()> {
    netns()?;
    let prefix = ["unshare", "-n", "sh", "-c", "ip tuntap add mode tap name phxa && \"$0\""];
    match runs(&prefix.map(str::to_owned)) {
        true => Some(()),
        false => unmet(Need::Tun, "`unshare -n ip tuntap add mode tap` fails"),
    }
}

/// That this process can join such interfaces by bridges.
///
/// # Panics
/// If it cannot, and must.
#[must_use]
pub fn bridge() -> Option<()> {
    tun()?;
    let prefix = ["unshare", "-n", "sh", "-c", "ip link add phxa type bridge && \"$0\""];
    match runs(&prefix.map(str::to_owned)) {
        true => Some(()),
        false => unmet(Need::Bridge, "`unshare -n ip link add type bridge` fails"),
    }
}

/// That `ping` is installed.
///
/// # Panics
/// If it is not, and must be.
#[must_use]
pub fn ping() -> Option<()> {
    installed(Need::Ping, "ping").map(|_| ())
}

/// That `iperf3` is installed.
///
/// # Panics
/// If it is not, and must be.
#[must_use]
pub fn iperf3() -> Option<()> {
    installed(Need::Iperf3, "iperf3").map(|_| ())
}

/// That `ethtool` is installed.
///
/// # Panics
/// If it is not, and must be.
#[must_use]
pub fn ethtool() -> Option<()> {
    installed(Need::Ethtool, "ethtool").map(|_| ())
}

/// The path of `tshark`.
///
/// # Panics
/// If it is not installed, and must be.
#[must_use]
pub fn tshark() -> Option<PathBuf> {
    installed(Need::Tshark, "tshark")
}

/// The path of one of DPDK's programs, e.g. `dpdk-testpmd`.
///
/// # Panics
/// If it is not installed, and must be.
#[must_use]
pub fn dpdk(program: &str) -> Option<PathBuf> {
    installed(Need::Dpdk, program)
}

/// The path of `program`, which `need` is about.
fn installed(need: Need, program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found =
        std::env::split_paths(&path).map(|dir| dir.join(program)).find(|file| file.is_file());
    match found {
        Some(file) => Some(file),
        None => unmet(need, &format!("{program} is not installed")),
    }
}

fn runs(prefix: &[String]) -> bool {
    let [program, arguments @ ..] = prefix else { return false };
    let mut command = Command::new(program);
    command.args(arguments).arg("true").stdout(Stdio::null()).stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}

/// Says that a need is not met, or fails if it must be.
fn unmet<T>(need: Need, found: &str) -> Option<T> {
    let required = std::env::var(VARIABLE).unwrap_or_default();
    let name = std::thread::current().name().unwrap_or("a test").to_owned();
    assert!(
        !is_required(&required, need),
        "{name} needs {need}, but {found}; {VARIABLE}={required} forbids to skip it"
    );
    // Not `eprintln!`, whose text the test runner keeps to itself.
    let _ = writeln!(io::stderr(), "SKIPPED {name}: needs {need}, but {found}");
    None
}

/// Whether a value of [`VARIABLE`] names `need`.
fn is_required(value: &str, need: Need) -> bool {
    let mut is_named = false;
    for word in value.split(',').map(str::trim).filter(|word| !word.is_empty()) {
        let named = Need::ALL.into_iter().find(|known| known.word() == word);
        let Some(named) = named else {
            let known = Need::ALL.map(Need::word).join(", ");
            panic!("{VARIABLE} names '{word}', which no test knows; known are {known}");
        };
        is_named |= named == need;
    }
    is_named
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_need_is_required_if_the_variable_names_it() {
        assert!(is_required("root, hugepages", Need::Hugepages));
        assert!(!is_required("root", Need::Hugepages));
        assert!(!is_required("", Need::Root));
    }

    #[test]
    #[should_panic(expected = "names 'hugepage', which no test knows")]
    fn a_misspelt_need_fails_every_test_that_asks() {
        let _ = is_required("hugepage", Need::Root);
    }
}
