//! Decoding, in a process of its own.
//!
//! Which program decodes a line, and the line, are a peer's word, and the decoder trusts both: a few
//! bytes make it ask for more memory than there is (which ends a process) or run for ever. So another
//! process does it that has little to lose (`helper.rs`), and a line on which it ends is one that cannot be
//! decoded.
//!
//! ```text
//!   phalanx logs  ── a question, a line ──>  phalanx logs-decoder
//!                 <── an answer, a line ──
//! ```

use core::time::Duration;
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;

use serde::{Deserialize, Serialize};

use super::found::Frame;
use super::line::{Said, Text};
use super::programs::Programs;
use crate::Failure;
use crate::cli::ProgramFiles;

/// How long one answer may take: a long program is read before its first.
const PATIENCE: Duration = Duration::from_secs(60);

/// On how many lines of a slot the decoder may end before no other of that slot is tried.
const ENDS_MAX: u32 = 3;

/// Bytes of the longest answer: sixteen times as long as the longest frame, and some.
pub(super) const ANSWER_MAX: usize = 32 << 10;

/// What is to be decoded, and what its log says of its program.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Question {
    pub pid: u32,
    pub build_id: Vec<u8>,
    pub path: Vec<u8>,
    pub frame: Vec<u8>,
}

/// What a frame says, or why that is not known.
pub(super) type Answer = Result<Text, String>;

/// Decodes frames.
pub(super) struct Decoder {
    arguments: Vec<OsString>,
    helper: Option<Helper>,
    /// On how many lines it has ended, by slot.
    ends: BTreeMap<u16, u32>,
}

/// Why there is no answer.
#[derive(Debug)]
enum Ended {
    /// It could not be started.
    NotBegun(io::Error),
    /// It has ended, or said what it should not.
    Died,
    /// It took too long.
    Late,
}

impl Decoder {
    /// With the programs that `files` name.
    pub(super) fn new(files: &ProgramFiles) -> Result<Self, Failure> {
        // What cannot be read is refused here, in a sentence.
        Programs::new(files)?;
        let option = |name: &str, path: &Path| {
            let mut word = OsString::from(name);
            word.push(path);
            word
        };
        let elf = files.elf.iter().map(|path| option("--elf=", path));
        let dirs = files.elf_dir.iter().map(|path| option("--elf-dir=", path));
        Ok(Self { arguments: elf.chain(dirs).collect(), helper: None, ends: BTreeMap::new() })
    }

    /// What a frame from the log of `slot` says.
    pub(super) fn decode(&mut self, slot: u16, frame: &Frame) -> Said {
        let Some(program) = &frame.program else {
            return frame.undecoded("nobody knows which program wrote it");
        };
        if self.ends.get(&slot).is_some_and(|ends| *ends >= ENDS_MAX) {
            return frame.undecoded(
                "the decoder ended on earlier lines of this slot; start this command anew to try again",
            );
        }
        let question = Question {
            pid: program.pid,
            build_id: program.build_id().to_vec(),
            path: program.path().to_vec(),
            frame: frame.bytes.clone(),
        };
        match self.ask(&question) {
            Ok(Ok(text)) => Said::Text(text),
            Ok(Err(why)) => frame.undecoded(why),
            Err(ended) => frame.undecoded(self.note_end(slot, &ended)),
        }
    }

    fn ask(&mut self, question: &Question) -> Result<Answer, Ended> {
        let helper = match &mut self.helper {
            Some(helper) => helper,
            none => none.insert(Helper::start(&self.arguments).map_err(Ended::NotBegun)?),
        };
        let answer = helper.ask(question);
        if answer.is_err() {
            self.helper = None;
        }
        answer
    }

    /// A sentence about a line that has no answer. Whoever makes the decoder wait once does not again.
    fn note_end(&mut self, slot: u16, ended: &Ended) -> String {
        let (ends, why) = match ended {
            Ended::NotBegun(error) => return format!("no decoder can be started: {error}"),
            Ended::Died => (1, "ended on it".to_owned()),
            Ended::Late => (ENDS_MAX, format!("took more than {} s on it", PATIENCE.as_secs())),
        };
        *self.ends.entry(slot).or_default() += ends;
        format!(
            "the decoder {why}, as on no line that a sound program writes; its process is damaged, or not the program \
             that it says it is"
        )
    }
}

/// The process that decodes. Dropped, it ends.
struct Helper {
    child: Child,
    questions: ChildStdin,
    answers: Receiver<String>,
}

impl Helper {
    fn start(arguments: &[OsString]) -> io::Result<Self> {
        let mut command = Command::new("/proc/self/exe");
        command.arg("logs-decoder").args(arguments);
        // What it complains of is said by its end.
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn()?;
        let pipes = child.stdin.take().zip(child.stdout.take());
        let (questions, output) = pipes.ok_or(io::ErrorKind::BrokenPipe)?;
        let (to, answers) = sync_channel(1);
        let reading = thread::Builder::new().spawn(move || hand_on(output, &to));
        let helper = Self { child, questions, answers };
        reading.map(|_| helper)
    }

    fn ask(&mut self, question: &Question) -> Result<Answer, Ended> {
        let text = serde_json::to_string(question).map_err(|_| Ended::Died)? + "\n";
        // It waits for a question, so a pipe has room for one.
        self.questions.write_all(text.as_bytes()).map_err(|_| Ended::Died)?;
        let answer = self.answers.recv_timeout(PATIENCE).map_err(|error| match error {
            std::sync::mpsc::RecvTimeoutError::Timeout => Ended::Late,
            std::sync::mpsc::RecvTimeoutError::Disconnected => Ended::Died,
        })?;
        serde_json::from_str(&answer).map_err(|_| Ended::Died)
    }
}

impl Drop for Helper {
    fn drop(&mut self) {
        // One that has ended already is only taken note of.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Hands answers on until there are none, or one is too long.
fn hand_on(output: ChildStdout, to: &SyncSender<String>) {
    let mut output = BufReader::new(output);
    loop {
        let mut line = String::new();
        let read = output.by_ref().take(ANSWER_MAX as u64 + 1).read_line(&mut line);
        if read.is_err() || !line.ends_with('\n') || to.send(line).is_err() {
            return;
        }
    }
}
