//! The worker processes: started, killed, started anew, replaced by another program if theirs is
//! refused, and gone when the demo is.

use std::io;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::{Child, Command, ExitStatus, Stdio};

use demo_lane::WorkerLine;
use phalanx_linux::console::complain;
use signal_hook::consts::SIGKILL;

use super::program::{BUILD, WorkerKind};
use super::said::Said;
use crate::Failure;

/// A worker process.
#[derive(Debug)]
pub(super) struct WorkerProcess {
    kind: WorkerKind,
    index: usize,
    eal: Vec<String>,
    line: &'static WorkerLine,
    child: Child,
    /// What a static one says; the other says it itself.
    said: Option<Said>,
    /// How many processes had been this worker before this one.
    lives: u64,
    /// What people have not been told yet.
    news: Vec<String>,
    /// The processes that were killed when they served.
    pub killed: Vec<u32>,
}

impl WorkerProcess {
    /// Starts worker `index` with the EAL arguments `eal`; it counts its lives in `line`.
    pub(super) fn start(
        kind: &WorkerKind,
        index: usize,
        eal: &[String],
        line: &'static WorkerLine,
    ) -> Result<Self, Failure> {
        let (mut kind, mut news) = (kind.clone(), Vec::new());
        let lives = line.lives.get();
        let (child, said) = start_one(&mut kind, index, eal, &mut news)?;
        let (eal, killed) = (eal.to_vec(), Vec::new());
        Ok(Self { kind, index, eal, line, child, said, lives, news, killed })
    }

    /// Its process id.
    pub(super) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// The path of its program.
    pub(super) fn program(&self) -> String {
        self.kind.path()
    }

    /// Whether it has got as far as to serve.
    pub(super) fn serves(&self) -> bool {
        self.line.lives.get() > self.lives
    }

    /// Kills it without warning and waits until it is gone.
    pub(super) fn kill(&mut self) -> Result<(), Failure> {
        self.child.kill()?;
        self.child.wait()?;
        self.bury();
        Ok(())
    }

    /// Starts it anew.
    pub(super) fn restart(&mut self) -> Result<(), Failure> {
        self.lives = self.line.lives.get();
        let started = start_one(&mut self.kind, self.index, &self.eal, &mut self.news)?;
        (self.child, self.said) = started;
        Ok(())
    }

    /// Starts it anew if somebody has killed it, and as this program if the static one has ended before it
    /// served; fails if it has ended by itself. Returns what is to be told of it.
    pub(super) fn look_after(&mut self) -> Result<Vec<String>, Failure> {
        if let Some(said) = self.said.as_ref().filter(|_| self.serves()) {
            said.pass_on();
        }
        if let Some(status) = self.child.try_wait()? {
            self.replace(status)?;
        }
        Ok(core::mem::take(&mut self.news))
    }

    fn replace(&mut self, status: ExitStatus) -> Result<(), Failure> {
        let (index, dead) = (self.index, self.pid());
        let is_refused = !self.serves() && status.signal() != Some(SIGKILL);
        if let WorkerKind::Static { program, .. } = &self.kind
            && is_refused
        {
            let said = self.said.as_ref().map(Said::last_words).unwrap_or_default();
            let said = if said.is_empty() { "nothing".to_owned() } else { said.join("; ") };
            let why =
                format!("{} ended before it served ({status}) and said: {said}", program.display());
            self.news.push(instead(index, &why));
            self.kind = WorkerKind::Itself;
            return self.restart();
        }
        if status.signal().is_none() {
            self.pass_on_last_words();
            return Err(Failure::new(format!("worker {index} ended by itself ({status})")));
        }
        self.bury();
        self.restart()?;
        self.news.push(format!(
            "worker {index} (pid {dead}) was killed by somebody and started anew (pid {})",
            self.pid()
        ));
        Ok(())
    }

    /// What a process leaves that was killed.
    fn bury(&mut self) {
        self.pass_on_last_words();
        if self.serves() {
            self.killed.push(self.pid());
        }
    }

    fn pass_on_last_words(&self) {
        if let Some(said) = &self.said {
            said.last_words().iter().for_each(complain);
        }
    }

    /// Whether it has ended.
    pub(super) fn has_ended(&mut self) -> Result<bool, Failure> {
        Ok(self.child.try_wait()?.is_some())
    }

    /// Waits for its end.
    pub(super) fn finish(&mut self) -> Result<(), Failure> {
        let status = self.child.wait()?;
        self.pass_on_last_words();
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

/// That this program serves as worker `index`, and why.
fn instead(index: usize, why: &str) -> String {
    format!(
        "worker {index}: {why}; this program itself serves instead ({BUILD} builds the static one anew)"
    )
}

/// Starts a process; as this program, if `kind` is one that cannot be started.
fn start_one(
    kind: &mut WorkerKind,
    index: usize,
    eal: &[String],
    news: &mut Vec<String>,
) -> io::Result<(Child, Option<Said>)> {
    if let WorkerKind::Static { program, .. } = &*kind {
        match spawn(kind.command(index, eal).stderr(Stdio::piped())) {
            Ok(mut child) => {
                let said = child.stderr.take().map(Said::by);
                return Ok((child, said));
            }
            Err(error) => {
                let why = format!("{} cannot be started: {error}", program.display());
                news.push(instead(index, &why));
                *kind = WorkerKind::Itself;
            }
        }
    }
    Ok((spawn(&mut kind.command(index, eal))?, None))
}

/// In a process group of its own: a Ctrl-C is for the demo, which then ends its workers.
fn spawn(command: &mut Command) -> io::Result<Child> {
    command.stdin(Stdio::null()).stdout(Stdio::null()).process_group(0).spawn()
}
