//! The harness's end of a `phalanx-step` process: a command a line, an answer a line.

use std::io::{BufRead, BufReader, Write};
use std::os::fd::AsFd;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use nix::poll::{PollFd, PollFlags, PollTimeout, poll};

use super::operation::Outcome;

/// How long an answer may take. It is never waited for so long unless something hangs.
const PATIENCE_MS: u16 = 30_000;

/// A process of the group that does as it is told.
#[derive(Debug)]
pub struct Actor {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

impl Actor {
    /// Starts `command`, and waits until it is in the group.
    ///
    /// # Panics
    /// If it does not get in.
    pub fn start(mut command: Command) -> Self {
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = match command.spawn() {
            Ok(child) => child,
            Err(error) => panic!("{command:?} did not start: {error}"),
        };
        let (Some(input), Some(output)) = (child.stdin.take(), child.stdout.take()) else {
            panic!("{command:?} has no streams");
        };
        let mut actor = Self { child, input, output: BufReader::new(output) };
        let joined = actor.answer();
        assert_eq!(joined, Ok(()), "{command:?} did not join");
        actor
    }

    /// Its process id.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Tells it to do something.
    ///
    /// # Panics
    /// If it is gone.
    pub fn say(&mut self, command: &str) {
        let said = writeln!(self.input, "{command}");
        assert!(said.is_ok(), "process {} is gone: {said:?}", self.id());
    }

    /// Waits for the answer to what was said. Silence is an error.
    pub fn answer(&mut self) -> Outcome {
        let mut line = String::new();
        let is_buffered = !self.output.buffer().is_empty();
        let mut polled = [PollFd::new(self.output.get_ref().as_fd(), PollFlags::POLLIN)];
        if !is_buffered && !matches!(poll(&mut polled, PollTimeout::from(PATIENCE_MS)), Ok(1..)) {
            return Err(format!("process {} hangs", self.id()));
        }
        match self.output.read_line(&mut line) {
            Ok(1..) if line.trim_end() == "ok" => Ok(()),
            Ok(1..) => Err(line.trim_end().to_owned()),
            _ => Err(format!("process {} ended", self.id())),
        }
    }

    /// Says `command` and waits for the answer.
    ///
    /// # Panics
    /// If it is gone.
    pub fn ask(&mut self, command: &str) -> Outcome {
        self.say(command);
        self.answer()
    }
}

impl Drop for Actor {
    fn drop(&mut self) {
        // Both fail for one that was waited for, as they should.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
