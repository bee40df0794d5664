//! What the kernel says of another process: its state, and how it ended.
//!
//! Only for showing. Who is alive is never decided here: a pid may belong to a stranger by now
//! (see [`crate::liveness`]).

use core::fmt;
use std::fs;
use std::path::PathBuf;

use rustix::fd::BorrowedFd;

use crate::kernel_files::{KernelFiles, entries, read_text};
use crate::sys::pidfd;

/// What a process does, as `/proc` has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Activity {
    /// It runs, or waits for a CPU.
    Running,
    /// It sleeps.
    Sleeping,
    /// It is stopped (`SIGSTOP`): alive, and it will do nothing until it is told to go on.
    Stopped,
    /// A debugger holds it.
    Traced,
    /// It is dead, and its parent has not asked how it ended.
    Zombie,
    /// There is no such process, or it cannot be seen from here.
    Gone,
    /// Another letter than the kernel is known to use.
    Other(char),
}

impl fmt::Display for Activity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Running => f.pad("running"),
            Self::Sleeping => f.pad("sleeping"),
            Self::Stopped => f.pad("stopped"),
            Self::Traced => f.pad("traced"),
            Self::Zombie => f.pad("zombie"),
            Self::Gone => f.pad("gone"),
            Self::Other(letter) => write!(f, "state {letter}"),
        }
    }
}

/// How a process ended, as far as the kernel tells one that is not its parent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// It ended by itself.
    Exited {
        /// Its exit code, 0 to 255.
        code: i32,
    },
    /// A signal ended it.
    Killed {
        /// The signal's number: 9 is `SIGKILL`, 11 a wild access.
        signal: i32,
    },
    /// It is gone, and nobody says how.
    Unknown,
}

impl fmt::Display for End {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exited { code } => write!(f, "exited with {code}"),
            Self::Killed { signal } => write!(f, "killed by signal {signal}"),
            Self::Unknown => f.pad("ended, nobody says how"),
        }
    }
}

impl End {
    /// From the word that `wait` would give.
    const fn from_status(status: i32) -> Self {
        match status & 0x7f {
            0 => Self::Exited { code: (status >> 8) & 0xff },
            signal => Self::Killed { signal },
        }
    }

    /// The same, as the group's table has it: the low half of the word that `wait` gives.
    pub(crate) const fn from_word(word: u16) -> Self {
        Self::from_status(word as i32)
    }

    /// What the group's table says of it; `None` if it is unknown.
    pub(crate) const fn to_word(self) -> Option<u16> {
        match self {
            Self::Exited { code } => Some((code as u16 & 0xff) << 8),
            Self::Killed { signal } => Some(signal as u16 & 0x7f),
            Self::Unknown => None,
        }
    }

    /// How the process behind `pidfd`, whose id is or was `pid`, ended.
    ///
    /// The kernel keeps it with the pidfd once the parent has asked (from 6.15 on, if the pidfd was
    /// open by then), and shows it in `/proc` until then, to the same user. Cost: at most five system
    /// calls.
    pub fn of(pidfd: BorrowedFd<'_>, pid: u32) -> Self {
        let of_pidfd = || pidfd::exit_status(pidfd);
        // The parent may ask between the two looks, so there is a third.
        let status = of_pidfd().or_else(|| zombie_status(pid)).or_else(of_pidfd);
        status.map_or(Self::Unknown, Self::from_status)
    }
}

/// What process `pid` does now. Cost: one file of `/proc` read.
pub fn activity(pid: u32) -> Activity {
    let Some(stat) = stat_of(pid) else { return Activity::Gone };
    match stat.split(' ').next().and_then(|word| word.chars().next()) {
        Some('R') => Activity::Running,
        Some('S' | 'D' | 'I') => Activity::Sleeping,
        Some('T') => Activity::Stopped,
        Some('t') => Activity::Traced,
        Some('Z' | 'X') => Activity::Zombie,
        Some(letter) => Activity::Other(letter),
        None => Activity::Gone,
    }
}

/// The processes that can be seen from here, the lowest id first. Cost: a directory of `/proc`.
pub(crate) fn pids(kernel: &KernelFiles) -> Vec<u32> {
    let mut pids = entries(&kernel.proc(""), "", |name| name.parse().ok()).unwrap_or_default();
    pids.sort_unstable();
    pids
}

/// The paths of what process `pid` has open; nothing if it is gone, or another user's. Cost: a system call a
/// descriptor.
pub(crate) fn open_files(kernel: &KernelFiles, pid: u32) -> Vec<PathBuf> {
    let links = fs::read_dir(kernel.proc(&format!("{pid}/fd"))).into_iter().flatten().flatten();
    links.filter_map(|link| fs::read_link(link.path()).ok()).collect()
}

/// When process `pid` began, in nanoseconds since the machine was up, to the last hundredth of a
/// second; `None` if it is gone. Cost: one file of `/proc` read.
pub(crate) fn began_ns(pid: u32) -> Option<u64> {
    /// Its place behind the program's name, which is field 2; `starttime` is field 22.
    const START_TIME: usize = 22 - 3;
    /// A tick of what the kernel shows to programs: it has been this for every architecture that
    /// Linux still runs on.
    const TICK_NS: u64 = 10_000_000;
    let ticks: u64 = stat_of(pid)?.split(' ').nth(START_TIME)?.parse().ok()?;
    ticks.checked_mul(TICK_NS)
}

/// The exit status of a dead process that nobody has waited for yet.
fn zombie_status(pid: u32) -> Option<i32> {
    /// Its place behind the program's name, which is field 2; `exit_code` is field 52.
    const EXIT_CODE: usize = 52 - 3;
    let stat = stat_of(pid)?;
    let mut words = stat.split(' ');
    let is_dead = matches!(words.next(), Some("Z" | "X"));
    if is_dead { words.nth(EXIT_CODE - 1)?.trim().parse().ok() } else { None }
}

/// `/proc/<pid>/stat` from the state on: the program's name before it may hold anything.
fn stat_of(pid: u32) -> Option<String> {
    let text = read_text(&KernelFiles::real().proc(&format!("{pid}/stat"))).ok()?;
    text.rsplit_once(") ").map(|(_, rest)| rest.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::liveness::open_pidfd;
    use rustix::fd::AsFd;
    use std::process::{Child, Command};

    /// A child that ends as the shell script says, its pidfd, and the moment it is dead.
    fn ended(script: &str) -> (Child, rustix::fd::OwnedFd) {
        let child = Command::new("sh").args(["-c", script]).spawn().expect("a shell");
        let pid = i32::try_from(child.id()).expect("a pid");
        let pidfd = open_pidfd(pid).expect("a pidfd").expect("it is not waited for");
        let mut polled = [rustix::event::PollFd::new(&pidfd, rustix::event::PollFlags::IN)];
        rustix::event::poll(&mut polled, None).expect("it ends");
        (child, pidfd)
    }

    #[test]
    fn this_process_runs_or_sleeps_and_one_that_never_was_is_gone() {
        assert!(matches!(activity(std::process::id()), Activity::Running | Activity::Sleeping));
        assert_eq!(activity(u32::MAX), Activity::Gone);
    }

    #[test]
    fn a_zombie_is_one_and_says_how_it_ended() {
        for (script, end) in
            [("exit 7", End::Exited { code: 7 }), ("kill -9 $$", End::Killed { signal: 9 })]
        {
            let (mut child, pidfd) = ended(script);
            assert_eq!(activity(child.id()), Activity::Zombie);
            assert_eq!(End::of(pidfd.as_fd(), child.id()), end);
            child.wait().expect("our own child");
            assert_eq!(activity(child.id()), Activity::Gone);
            // A kernel before 6.15 does not say it any more.
            assert!([end, End::Unknown].contains(&End::of(pidfd.as_fd(), child.id())));
        }
    }

    #[test]
    fn an_end_fits_into_the_table_and_comes_back() {
        for end in [End::Exited { code: 0 }, End::Exited { code: 255 }, End::Killed { signal: 9 }] {
            assert_eq!(end.to_word().map(End::from_word), Some(end));
        }
        assert_eq!(End::Unknown.to_word(), None);
    }

    #[test]
    fn a_process_began_before_what_it_starts() {
        let (mut child, _pidfd) = ended("true");
        let (own, its) = (began_ns(std::process::id()), began_ns(child.id()));
        child.wait().expect("our own child");
        assert!(own.is_some() && own <= its);
        assert_eq!(began_ns(child.id()), None);
    }

    #[test]
    fn a_living_process_has_no_end() {
        let own = i32::try_from(std::process::id()).expect("a pid");
        let pidfd = open_pidfd(own).expect("a pidfd").expect("it lives");
        assert_eq!(End::of(pidfd.as_fd(), std::process::id()), End::Unknown);
    }
}
