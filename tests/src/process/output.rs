//! The lines of a child, read by a thread for each stream as they come.

use core::fmt::Write as _;
use core::time::Duration;
use std::io::{BufRead, BufReader, Read};
use std::process::Child;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Instant;

/// Where a line was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stream {
    /// Standard output.
    Out,
    /// Standard error.
    Err,
}

/// One line of a child.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// Where it was written.
    pub stream: Stream,
    /// Its text, without the line's end.
    pub text: String,
}

/// Why a line did not come, with all that was said.
#[derive(Debug)]
pub(super) enum NoLine {
    /// Both streams have ended.
    Ended(String),
    /// Time is up.
    Silent(String),
}

impl core::fmt::Display for NoLine {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::Ended(said) => write!(f, "its output ended; it said:\n{said}"),
            Self::Silent(said) => write!(f, "it was silent; it said:\n{said}"),
        }
    }
}

/// What has been read so far.
#[derive(Debug, Default)]
struct Heard {
    lines: Vec<Line>,
    open_streams: usize,
}

/// The output of one child.
#[derive(Debug)]
pub(super) struct Output {
    heard: Arc<(Mutex<Heard>, Condvar)>,
    readers: Vec<JoinHandle<()>>,
    /// For each stream, indexed by [`Stream`]: its lines before this place are behind one that was awaited.
    /// A place for each, because a line of one stream may be read long after a later one of the other.
    next: [usize; 2],
}

impl Output {
    /// Begins to read both streams of `child`.
    pub(super) fn of(child: &mut Child) -> Self {
        let heard = Arc::new((Mutex::new(Heard::default()), Condvar::new()));
        let mut readers = Vec::new();
        if let Some(out) = child.stdout.take() {
            readers.push(read(out, Stream::Out, Arc::clone(&heard)));
        }
        if let Some(err) = child.stderr.take() {
            readers.push(read(err, Stream::Err, Arc::clone(&heard)));
        }
        Self { heard, readers, next: [0; 2] }
    }

    /// The next line that contains `text`; why not, with all that was said, if there is none.
    pub(super) fn await_line(&mut self, text: &str, patience: Duration) -> Result<String, NoLine> {
        self.await_match(|line| line.contains(text), patience)
    }

    /// The next line that begins with `ok` or `error`, and what follows that word.
    pub(super) fn await_answer(
        &mut self,
        patience: Duration,
    ) -> Result<Result<String, String>, NoLine> {
        let is_answer = |line: &str| matches!(line.split(' ').next(), Some("ok" | "error"));
        let line = self.await_match(is_answer, patience)?;
        let (word, rest) = line.split_once(' ').unwrap_or((&line, ""));
        Ok(if word == "ok" { Ok(rest.to_owned()) } else { Err(rest.to_owned()) })
    }

    fn await_match(
        &mut self,
        wanted: impl Fn(&str) -> bool,
        patience: Duration,
    ) -> Result<String, NoLine> {
        let deadline = Instant::now() + patience;
        let (lock, news) = &*self.heard;
        let mut heard = lock.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            let new = |(place, line): &(usize, &Line)| *place >= self.next[line.stream as usize];
            let mut new = heard.lines.iter().enumerate().filter(new);
            if let Some((place, line)) = new.find(|(_, line)| wanted(&line.text)) {
                self.next[line.stream as usize] = place + 1;
                return Ok(line.text.clone());
            }
            if heard.open_streams == 0 {
                return Err(NoLine::Ended(told(&heard)));
            }
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Err(NoLine::Silent(told(&heard)));
            }
            heard = news.wait_timeout(heard, left).unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// All that was said until now, for a message.
    pub(super) fn told(&self) -> String {
        told(&self.heard())
    }

    /// Both streams whole. To be called when the child is gone.
    pub(super) fn complete(&mut self) -> (String, String) {
        for reader in self.readers.drain(..) {
            // A reader that panicked has read what it has read.
            let _ = reader.join();
        }
        let heard = self.heard();
        (text_of(&heard, Stream::Out), text_of(&heard, Stream::Err))
    }

    fn heard(&self) -> MutexGuard<'_, Heard> {
        self.heard.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn read(
    from: impl Read + Send + 'static,
    stream: Stream,
    heard: Arc<(Mutex<Heard>, Condvar)>,
) -> JoinHandle<()> {
    heard.0.lock().unwrap_or_else(PoisonError::into_inner).open_streams += 1;
    std::thread::spawn(move || {
        let (lock, news) = &*heard;
        let mut from = BufReader::new(from);
        let mut bytes = Vec::new();
        while matches!(from.read_until(b'\n', &mut bytes), Ok(1..)) {
            let text = String::from_utf8_lossy(bytes.trim_ascii_end()).into_owned();
            bytes.clear();
            lock.lock().unwrap_or_else(PoisonError::into_inner).lines.push(Line { stream, text });
            news.notify_all();
        }
        lock.lock().unwrap_or_else(PoisonError::into_inner).open_streams -= 1;
        news.notify_all();
    })
}

fn told(heard: &Heard) -> String {
    let mut text = String::new();
    for line in &heard.lines {
        // Writing to a string does not fail.
        let _ = writeln!(text, "  {:?}: {}", line.stream, line.text);
    }
    text
}

fn text_of(heard: &Heard, stream: Stream) -> String {
    let lines = heard.lines.iter().filter(|line| line.stream == stream);
    lines.flat_map(|line| [line.text.as_str(), "\n"]).collect()
}
