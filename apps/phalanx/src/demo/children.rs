//! The worker processes: started, killed, started anew, and gone when the demo is.

use std::io;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::{Child, Command, Stdio};

use super::program::WorkerKind;
use crate::Failure;

/// A worker process.
#[derive(Debug)]
pub(super) struct WorkerProcess {
    kind: WorkerKind,
    index: usize,
    eal: Vec<String>,
    child: Child,
    /// How often it was killed.
    pub kills: u32,
}

impl WorkerProcess {
    /// Starts worker `index` with the EAL arguments `eal`.
    pub(super) fn start(kind: &WorkerKind, index: usize, eal: &[String]) -> Result<Self, Failure> {
        let child = spawn(kind.command(index, eal))?;
        Ok(Self { kind: kind.clone(), index, eal: eal.to_vec(), child, kills: 0 })
    }

    /// Its process id.
    pub(super) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Kills it without warning and waits until it is gone.
    pub(super) fn kill(&mut self) -> Result<(), Failure> {
        self.child.kill()?;
        self.child.wait()?;
        self.kills += 1;
        Ok(())
    }

    /// Starts it anew.
    pub(super) fn restart(&mut self) -> Result<(), Failure> {
        self.child = spawn(self.kind.command(self.index, &self.eal))?;
        Ok(())
    }

    /// Starts it anew if somebody has killed it, and says which process that was; fails if it has
    /// ended by itself.
    pub(super) fn mourn(&mut self) -> Result<Option<u32>, Failure> {
        let Some(status) = self.child.try_wait()? else { return Ok(None) };
        if status.signal().is_none() {
            return Err(Failure::new(format!("worker {} ended by itself ({status})", self.index)));
        }
        let dead = self.pid();
        self.kills += 1;
        self.restart()?;
        Ok(Some(dead))
    }

    /// Whether it has ended.
    pub(super) fn has_ended(&mut self) -> Result<bool, Failure> {
        Ok(self.child.try_wait()?.is_some())
    }

    /// Waits for its end.
    pub(super) fn finish(&mut self) -> Result<(), Failure> {
        let status = self.child.wait()?;
        if status.success() {
            Ok(())
        } else {
            Err(Failure::new(format!("worker {} failed ({status})", self.index)))
        }
    }
}

impl Drop for WorkerProcess {
    fn drop(&mut self) {
        // One that has ended already is neither killed nor waited for again.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// In a process group of its own: a Ctrl-C is for the demo, which then ends its workers.
fn spawn(mut command: Command) -> io::Result<Child> {
    command.stdin(Stdio::null()).stdout(Stdio::null()).process_group(0).spawn()
}
