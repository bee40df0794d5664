//! Two pinned processes and the page that moves them. They are started once and kept, so that no slice
//! pays for a start; between slices both sleep, so that two pairs can share the two cores.

use core::fmt;
use core::sync::atomic::Ordering;
use core::time::Duration;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Instant;

use crate::cells::Cell;
use crate::control::{self, CONTROL_BYTES, ControlPage, Status};

/// How long a peer may take to start, or to answer a slice.
const PATIENCE: Duration = Duration::from_secs(20);

/// How the peers stand against everybody else on the machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Priority {
    /// `SCHED_FIFO`: a slice of a few milliseconds runs through.
    Fifo,
    /// Nothing special: other programs may take the processor away, and spoil the round.
    Normal,
}

impl Priority {
    /// FIFO if `chrt` may give it here.
    pub(crate) fn best() -> Self {
        let tried = Command::new("chrt").args(["-f", "1", "true"]).stderr(Stdio::null()).status();
        if tried.is_ok_and(|status| status.success()) { Self::Fifo } else { Self::Normal }
    }

    /// What stands before a command that is to run with this priority.
    pub(crate) fn words(self) -> &'static [&'static str] {
        match self {
            Self::Normal => &[],
            Self::Fifo => &["chrt", "-f", "1"],
        }
    }

    /// A command that will run `program` with this priority.
    pub(crate) fn command(self, program: &Path) -> Command {
        let mut words = self.words().iter().map(AsRef::as_ref).chain([program.as_os_str()]);
        let mut command = Command::new(words.next().unwrap_or(program.as_os_str()));
        command.args(words);
        command
    }
}

/// This process with a priority of its own, which what it starts inherits; normal again on drop.
#[derive(Debug)]
pub(crate) struct Raised;

impl Raised {
    /// Raises this process, if that is permitted.
    pub(crate) fn to(priority: Priority) -> Option<Self> {
        let raised = priority == Priority::Fifo && reschedule(&["-f", "-p", "1"]);
        raised.then_some(Self)
    }
}

impl Drop for Raised {
    fn drop(&mut self) {
        // What is left to do needs no priority; one that stays harms nobody.
        let _ = reschedule(&["-o", "-p", "0"]);
    }
}

fn reschedule(how: &[&str]) -> bool {
    let done = Command::new("chrt").args(how).arg(std::process::id().to_string()).output();
    done.is_ok_and(|output| output.status.success())
}

impl fmt::Display for Priority {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Fifo => "run with SCHED_FIFO priority 1",
            Self::Normal => "run with normal priority (chrt -f 1 is not permitted)",
        })
    }
}

/// What one slice said.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Slice {
    /// Moved by both peers together.
    pub(crate) elements: u64,
    /// The longer of the two peers' times.
    pub(crate) cycles: u64,
    /// Times the kernel took a processor away meanwhile.
    pub(crate) preempted: u64,
}

/// Two peers of one side.
#[derive(Debug)]
pub(crate) struct Pair {
    name: &'static str,
    page: &'static ControlPage,
    peers: Vec<Child>,
}

impl Pair {
    /// Starts peer 0, waits until it is there, then peer 1. `command` makes the command line of one
    /// peer from the control file's path and the peer's number.
    pub(crate) fn start(
        name: &'static str,
        command: impl Fn(&Path, usize) -> Command,
    ) -> io::Result<Self> {
        let path = control_path(name);
        File::create_new(&path)?.set_len(CONTROL_BYTES as u64)?;
        let mut pair = Self { name, page: ControlPage::map(&path)?, peers: Vec::new() };
        let started = (0..2).try_for_each(|me| pair.start_peer(me, command(&path, me)));
        fs::remove_file(&path)?;
        started.map(|()| pair)
    }

    fn start_peer(&mut self, me: usize, mut command: Command) -> io::Result<()> {
        self.peers.push(command.stdin(Stdio::null()).spawn()?);
        let alive = &self.page.alive[me].0;
        self.wait_until(
            || alive.load(Ordering::Acquire) != 0,
            || {
                control::sleep_while(alive, 0, Duration::from_millis(20));
            },
        )
    }

    /// Runs one slice of `cell` on both peers; `None` if this side does not have that subject.
    pub(crate) fn run(&mut self, cell: &Cell, slice_cycles: u64) -> io::Result<Option<Slice>> {
        self.page.order(cell, slice_cycles);
        let done = &self.page.done.0;
        self.wait_until(
            || done.load(Ordering::Acquire) == 2,
            || {
                for seen in 0..2 {
                    control::sleep_while(done, seen, Duration::from_millis(20));
                }
            },
        )?;
        self.read_answers(cell)
    }

    fn read_answers(&self, cell: &Cell) -> io::Result<Option<Slice>> {
        let mut slice = Slice { elements: 0, cycles: 0, preempted: 0 };
        for answer in &self.page.answer {
            let status = answer.status.load(Ordering::Relaxed);
            if status == Status::UnknownSubject as u32 {
                return Ok(None);
            }
            if status != Status::Ok as u32 {
                let side = self.name;
                return Err(io::Error::other(format!(
                    "{side}, {cell}: what came out is not what went in (status {status})"
                )));
            }
            slice.elements += answer.elements.load(Ordering::Relaxed);
            slice.cycles = slice.cycles.max(answer.cycles.load(Ordering::Relaxed));
            slice.preempted += answer.preempted.load(Ordering::Relaxed);
        }
        Ok(Some(slice))
    }

    fn wait_until(&mut self, there: impl Fn() -> bool, sleep: impl Fn()) -> io::Result<()> {
        let begin = Instant::now();
        while !there() {
            sleep();
            for (me, peer) in self.peers.iter_mut().enumerate() {
                if let Some(status) = peer.try_wait()? {
                    let side = self.name;
                    return Err(io::Error::other(format!("{side}'s peer {me} ended: {status}")));
                }
            }
            if begin.elapsed() > PATIENCE {
                let side = self.name;
                return Err(io::Error::other(format!("{side}'s peers do not answer")));
            }
        }
        Ok(())
    }
}

impl Drop for Pair {
    fn drop(&mut self) {
        self.page.order(&Cell::QUIT, 0);
        let begin = Instant::now();
        for peer in &mut self.peers {
            while matches!(peer.try_wait(), Ok(None)) && begin.elapsed() < Duration::from_secs(2) {
                std::thread::sleep(Duration::from_millis(5));
            }
            // Fails only if it is gone already, which is what is wanted.
            let _ = peer.kill();
            let _ = peer.wait();
        }
    }
}

fn control_path(name: &str) -> PathBuf {
    let shm = Path::new("/dev/shm");
    let folder = if shm.is_dir() { shm.to_owned() } else { std::env::temp_dir() };
    folder.join(format!("phalanx-bench-{}-{name}", std::process::id()))
}
