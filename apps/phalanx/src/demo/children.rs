//! The worker processes: started, killed, started anew, and gone when the demo is.

use core::fmt;
use std::io;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use crate::Failure;

/// Which program the workers are.
#[derive(Clone, Debug)]
pub(super) enum WorkerKind {
    /// The static one.
    Static(PathBuf),
    /// This very program, where the static one is not built.
    Itself,
}

impl WorkerKind {
    /// The static worker if it lies beside this program, or where its workspace builds it to.
    pub(super) fn find() -> Self {
        let found = static_program("worker");
        found.map_or(Self::Itself, Self::Static)
    }

    fn command(&self, index: usize, eal: &[String]) -> Command {
        let index = index.to_string();
        match self {
            Self::Static(program) => {
                let mut command = Command::new(program);
                command.args(eal).args(["--", &index, "rest"]);
                command
            }
            Self::Itself => {
                let mut command = Command::new("/proc/self/exe");
                command.args(["demo-worker", "--index", &index, "--"]).args(eal);
                command
            }
        }
    }
}

impl fmt::Display for WorkerKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Static(program) => write!(f, "the static {}", program.display()),
            Self::Itself => f.write_str(
                "this program (the static one is not built: cargo build --release --manifest-path apps/static/Cargo.toml)",
            ),
        }
    }
}

/// A static program of this system: beside this one (an installation), or in the static
/// workspace's target directory, seen from that of this program.
pub(crate) fn static_program(name: &str) -> Option<PathBuf> {
    let own = std::env::current_exe().ok()?;
    let beside = own.parent().map(|dir| dir.join(name));
    // <workspace>/target/<profile>/phalanx
    let root = own.ancestors().nth(3);
    let built = root.map(|root| root.join("apps/static/target/release").join(name));
    [beside, built].into_iter().flatten().find(|program| program.is_file())
}

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
