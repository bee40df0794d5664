//! A child process: what it says, line by line, the signals it gets, and how it ended.
//!
//! Everything has an end: a child that says nothing, or does not end, fails the test with all
//! that it said until then, and no child outlives its [`Process`].

mod output;

pub use output::{Line, Stream};

use core::time::Duration;
use std::io::Write;
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::time::Instant;

use output::{NoLine, Output};
use phalanx_linux::process::{Activity, activity};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Pid, PidfdFlags, Signal, kill_process, pidfd_open};

/// How long a child may take to say what is awaited, or to end. No test measures time; this is
/// only the moment at which waiting on is pointless.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// A running child.
#[derive(Debug)]
pub struct Process {
    child: Child,
    input: Option<ChildStdin>,
    output: Output,
}

/// How a child ended, and all that it said.
#[derive(Debug)]
pub struct Ended {
    /// Its exit status.
    pub status: ExitStatus,
    /// Its standard output.
    pub stdout: String,
    /// Its standard error.
    pub stderr: String,
}

impl Process {
    /// Starts `command` with all three standard streams in the hands of the test.
    ///
    /// # Panics
    /// If the program does not start.
    pub fn start(mut command: Command) -> Self {
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = match command.spawn() {
            Ok(child) => child,
            Err(error) => panic!("{command:?} did not start: {error}"),
        };
        let output = Output::of(&mut child);
        let input = child.stdin.take();
        Self { child, input, output }
    }

    /// Runs `command` to its end, with no input.
    ///
    /// # Panics
    /// If it does not start, or does not end.
    pub fn run(command: Command) -> Ended {
        Self::start(command).end()
    }

    /// Its process id.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Writes one line to its standard input. A child that is gone reads nothing, and that is
    /// no failure here.
    pub fn say(&mut self, line: &str) {
        if let Some(input) = &mut self.input {
            let _ = writeln!(input, "{line}");
            let _ = input.flush();
        }
    }

    /// Waits for a line that contains `text`, on either stream, behind the line that was awaited
    /// last of that stream. Lines of one stream come in order; which of two streams is first is chance.
    ///
    /// # Panics
    /// If the child ends first, or is silent for too long.
    pub fn await_line(&mut self, text: &str) -> String {
        match self.output.await_line(text, PATIENCE) {
            Ok(line) => line,
            Err(why) => panic!("'{text}' was awaited of process {}: {why}", self.id()),
        }
    }

    /// The same, or `None` if its output ends without such a line.
    ///
    /// # Panics
    /// If it is silent for too long.
    pub fn line_or_end(&mut self, text: &str) -> Option<String> {
        match self.output.await_line(text, PATIENCE) {
            Ok(line) => Some(line),
            Err(NoLine::Ended(_)) => None,
            Err(why) => panic!("'{text}' was awaited of process {}: {why}", self.id()),
        }
    }

    /// The same, or `None` too if it is silent for `patience`: for who has another way then.
    pub fn line_within(&mut self, text: &str, patience: Duration) -> Option<String> {
        self.output.await_line(text, patience).ok()
    }

    /// Says `line` and waits for the [`answer`](Self::answer).
    ///
    /// # Panics
    /// As [`await_line`](Self::await_line).
    pub fn ask(&mut self, line: &str) -> Result<String, String> {
        self.say(line);
        self.answer()
    }

    /// Waits for the answer to what was said: the next line that begins with `ok` or `error`, and
    /// what follows that word.
    ///
    /// # Panics
    /// As [`await_line`](Self::await_line).
    pub fn answer(&mut self) -> Result<String, String> {
        match self.output.await_answer(PATIENCE) {
            Ok(answer) => answer,
            Err(why) => panic!("an answer was awaited of process {}: {why}", self.id()),
        }
    }

    /// Kills it as nothing can be caught (`SIGKILL`), and waits until it is gone.
    ///
    /// # Panics
    /// If it does not go.
    pub fn kill(mut self) -> Ended {
        self.signal(Signal::KILL);
        self.gone()
    }

    /// Stops it in its tracks (`SIGSTOP`), and waits until it has.
    ///
    /// # Panics
    /// If it does not stop.
    pub fn freeze(&self) {
        self.signal(Signal::STOP);
        let deadline = Instant::now() + PATIENCE;
        while matches!(activity(self.id()), Activity::Running | Activity::Sleeping) {
            assert!(Instant::now() < deadline, "process {} does not stop", self.id());
            std::thread::yield_now();
        }
    }

    /// Lets it go on (`SIGCONT`).
    pub fn thaw(&self) {
        self.signal(Signal::CONT);
    }

    /// Ends its input and waits for it to end.
    ///
    /// # Panics
    /// If it does not end.
    pub fn end(mut self) -> Ended {
        self.gone()
    }

    fn pid(&self) -> Option<Pid> {
        i32::try_from(self.child.id()).ok().and_then(Pid::from_raw)
    }

    /// Asks it to end (`SIGTERM`), and waits until it has.
    ///
    /// # Panics
    /// If it does not end.
    pub fn terminate(mut self) -> Ended {
        self.signal(Signal::TERM);
        self.gone()
    }

    /// Sends it a signal.
    ///
    /// # Panics
    /// If it is gone.
    pub fn signal(&self, signal: Signal) {
        // It is not waited for yet, so the id is still its own.
        let sent = self.pid().map(|pid| kill_process(pid, signal));
        assert!(matches!(sent, Some(Ok(()))), "process {} took no signal: {sent:?}", self.id());
    }

    fn gone(&mut self) -> Ended {
        drop(self.input.take());
        if !self.ends_in_time() {
            // Killed by drop, so that what it wrote is complete.
            let said = self.output.told();
            panic!("process {} did not end; it said:\n{said}", self.id());
        }
        let status = match self.child.wait() {
            Ok(status) => status,
            Err(error) => panic!("process {} cannot be waited for: {error}", self.id()),
        };
        let (stdout, stderr) = self.output.complete();
        Ended { status, stdout, stderr }
    }

    fn ends_in_time(&self) -> bool {
        let pidfd = self.pid().map(|pid| pidfd_open(pid, PidfdFlags::empty()));
        let Some(Ok(pidfd)) = pidfd else { return true };
        let patience = Timespec { tv_sec: PATIENCE.as_secs().cast_signed(), tv_nsec: 0 };
        let mut polled = [PollFd::new(&pidfd, PollFlags::IN)];
        matches!(poll(&mut polled, Some(&patience)), Ok(1..))
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // Both fail for a child that was waited for, as they should.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Ended {
    /// Asserts that it exited with 0.
    ///
    /// # Panics
    /// If it did not.
    #[track_caller]
    pub fn assert_success(&self) -> &Self {
        assert!(self.status.success(), "{self}");
        self
    }

    /// Asserts the refusal that every program owes to bad input: exit code 1, nothing on standard
    /// output, and one line on standard error, which is returned.
    ///
    /// # Panics
    /// If it ended otherwise.
    #[track_caller]
    pub fn assert_refused(&self) -> &str {
        assert_eq!(self.status.code(), Some(1), "{self}");
        assert_eq!(self.stdout, "", "{self}");
        assert_eq!(self.stderr.lines().count(), 1, "one line was expected: {self}");
        self.stderr.trim_end()
    }

    /// Asserts that `SIGKILL` ended it.
    ///
    /// # Panics
    /// If something else did.
    #[track_caller]
    pub fn assert_killed(&self) {
        assert_eq!(self.status.signal(), Some(Signal::KILL.as_raw()), "{self}");
    }
}

impl core::fmt::Display for Ended {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "{}\nstdout:\n{}\nstderr:\n{}", self.status, self.stdout, self.stderr)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str) -> Process {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        Process::start(command)
    }

    #[test]
    fn lines_are_awaited_in_order_and_kept() {
        let mut child = shell("echo one; echo two; echo aside >&2; read line; echo got $line");
        child.await_line("one");
        child.await_line("two");
        child.say("three");
        assert_eq!(child.await_line("got"), "got three");
        let ended = child.end();
        assert_eq!(ended.assert_success().stdout, "one\ntwo\ngot three\n");
        assert_eq!(ended.stderr, "aside\n");
    }

    #[test]
    #[should_panic(expected = "its output ended")]
    fn a_line_that_never_comes_fails_when_the_child_ends() {
        shell("echo one").await_line("two");
    }

    #[test]
    fn a_killed_child_is_known_as_killed() {
        let mut child = shell("echo up; read line");
        child.await_line("up");
        child.kill().assert_killed();
    }

    #[test]
    fn a_frozen_child_goes_on_when_thawed() {
        let mut child = shell("echo up; read line; echo $line");
        child.await_line("up");
        child.freeze();
        child.say("on");
        child.thaw();
        child.await_line("on");
    }
}
