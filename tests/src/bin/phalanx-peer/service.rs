//! Commands about messages: actions of every kind, and what becomes of what is sent and asked.

use core::time::Duration;
use std::fs::File;
use std::io::{Read, Seek, Write};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::mpsc::channel;
use std::sync::{Arc, Barrier, Mutex, PoisonError};
use std::thread;

use phalanx_core::heap::AllocRequest;
use phalanx_linux::eal::Eal;
use phalanx_linux::message::{
    Allowed, DropReason, Incoming, Messages, Outcome, Outgoing, Replies, ReplyToken, To,
};

use crate::obey::{Answer, number, sentence};

/// What handlers have heard and kept.
#[derive(Default)]
pub(crate) struct Heard {
    /// A line for each message, and for each callback.
    lines: Arc<Mutex<Vec<String>>>,
    tokens: Arc<Mutex<Vec<ReplyToken>>>,
}

fn locked<T>(it: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    it.lock().unwrap_or_else(PoisonError::into_inner)
}

/// | command | answers |
/// |---|---|
/// | `action NAME KIND` registers one, see [`handle`]; `secondaries-only` and `primary-only` are kinds too | |
/// | `forget NAME` unregisters it | |
/// | `tell TO NAME TEXT [FDS]` sends a message, TO is `primary`, `all` or a slot | to how many |
/// | `ask TO NAME TEXT MS [FDS]` asks and waits | `SENT/RECEIVED` and what each peer did, by slot |
/// | `ask-many N TO NAME TEXT MS` asks so many times at once | how many were answered rightly |
/// | `ask-async TO NAME TEXT MS` asks; the callback is heard | |
/// | `heard` | what was heard, and forgets it |
/// | `kept` | how many tokens are kept |
/// | `answer-kept TEXT` answers all kept tokens | how many |
/// | `dropped` | how many were dropped, all reasons together |
/// | `descriptors`, `threads`, `resident` | how many this process has; kilobytes |
pub(crate) fn answer(eal: &Eal, heard: &Heard, words: &[&str]) -> Answer {
    let messages = eal.messages().map_err(sentence)?;
    match words {
        ["action", name, kind] => {
            register(eal, heard, name, kind).map_err(sentence)?;
            Ok(String::new())
        }
        ["forget", name] => messages.unregister(name).map(|()| String::new()).map_err(sentence),
        ["tell", to, name, text] => tell(messages, to, name, text, 0),
        ["tell", to, name, text, fds] => tell(messages, to, name, text, number(fds)?),
        ["ask", to, name, text, ms] => ask(messages, to, name, text, number(ms)?, 0),
        ["ask", to, name, text, ms, fds] => {
            ask(messages, to, name, text, number(ms)?, number(fds)?)
        }
        ["ask-many", times, to, name, text, ms] => {
            let times: u32 = number(times)?;
            let right = (0..times).filter(|_| {
                ask(messages, to, name, text, number(ms).unwrap_or(0), 0)
                    .is_ok_and(|answer| answer.ends_with(&format!("={}", unfolded(text))))
            });
            Ok(right.count().to_string())
        }
        ["ask-async", to, name, text, ms] => {
            let lines = Arc::clone(&heard.lines);
            let told = move |replies: Replies| {
                let thread = thread::current().name().unwrap_or_default().to_owned();
                locked(&lines).push(format!("{thread}:{}", shown(replies)));
            };
            let text = unfolded(text);
            let outgoing = Outgoing::new(name).payload(text.as_bytes());
            let limit = Duration::from_millis(number(ms)?);
            messages
                .request_async(whom(to)?, &outgoing, limit, told)
                .map(|()| String::new())
                .map_err(sentence)
        }
        ["heard"] => Ok(core::mem::take(&mut *locked(&heard.lines)).join(" ")),
        ["kept"] => Ok(locked(&heard.tokens).len().to_string()),
        ["answer-kept", text] => {
            let tokens = core::mem::take(&mut *locked(&heard.tokens));
            let sent =
                tokens.into_iter().filter_map(|token| token.reply(text.as_bytes(), &[]).ok());
            Ok(sent.count().to_string())
        }
        ["dropped"] => {
            let all = DropReason::ALL.iter().map(|reason| messages.dropped(*reason)).sum::<u64>();
            Ok(all.to_string())
        }
        ["resident"] => resident(),
        _ => Err(format!("no such command: {}", words.join(" "))),
    }
}

/// Resident memory that is not shared, in kilobytes.
fn resident() -> Answer {
    let status = std::fs::read_to_string("/proc/self/status").map_err(sentence)?;
    let line = status.lines().find(|line| line.starts_with("RssAnon:")).unwrap_or_default();
    Ok(line.split_whitespace().nth(1).unwrap_or("0").to_owned())
}

fn whom(to: &str) -> Result<To, String> {
    match to {
        "primary" => Ok(To::Primary),
        "all" => Ok(To::All),
        slot => Ok(To::One(number(slot)?)),
    }
}

/// `-` is nothing, `xN` is N letters; any other text is itself.
fn unfolded(text: &str) -> String {
    match text.strip_prefix('x').and_then(|count| count.parse().ok()) {
        Some(count) => "a".repeat(count),
        None if text == "-" => String::new(),
        None => text.to_owned(),
    }
}

/// `count` files in memory that say 0, 1, 2, …
fn files(count: usize) -> Result<Vec<File>, String> {
    (0..count).map(|index| file(&index.to_string())).collect()
}

fn file(text: &str) -> Result<File, String> {
    let path = std::env::temp_dir().join(format!(
        "phalanx-peer-{}-{:?}",
        std::process::id(),
        thread::current().id()
    ));
    let open = || -> std::io::Result<File> {
        let mut file =
            File::options().create(true).truncate(true).read(true).write(true).open(&path)?;
        std::fs::remove_file(&path)?;
        file.write_all(text.as_bytes())?;
        file.rewind()?;
        Ok(file)
    };
    open().map_err(sentence)
}

/// What files say, one after another.
fn contents(descriptors: Vec<OwnedFd>) -> String {
    let mut text = String::new();
    for descriptor in descriptors {
        // What cannot be read adds nothing, and the test sees that.
        let _ = File::from(descriptor).read_to_string(&mut text);
    }
    text
}

fn tell(messages: &Messages, to: &str, name: &str, text: &str, fds: usize) -> Answer {
    let (files, text) = (files(fds)?, unfolded(text));
    let borrowed: Vec<BorrowedFd<'_>> = files.iter().map(AsFd::as_fd).collect();
    let outgoing = Outgoing::new(name).payload(text.as_bytes()).descriptors(&borrowed);
    let sent = messages.send(whom(to)?, &outgoing).map_err(sentence)?;
    Ok(sent.delivered.len().to_string())
}

fn ask(messages: &Messages, to: &str, name: &str, text: &str, ms: u64, fds: usize) -> Answer {
    let (files, text) = (files(fds)?, unfolded(text));
    let borrowed: Vec<BorrowedFd<'_>> = files.iter().map(AsFd::as_fd).collect();
    let outgoing = Outgoing::new(name).payload(text.as_bytes()).descriptors(&borrowed);
    let replies = messages.request(whom(to)?, &outgoing, Duration::from_millis(ms));
    replies.map(shown).map_err(sentence)
}

/// `SENT/RECEIVED SLOT=OUTCOME …`, the answer's text for one that was answered.
fn shown(replies: Replies) -> String {
    let mut text = format!("{}/{}", replies.nb_sent(), replies.nb_received());
    for result in replies.into_results() {
        let outcome = match result.outcome {
            Outcome::Answered(reply) => {
                let said = String::from_utf8_lossy(reply.payload()).into_owned();
                said + &contents(reply.into_descriptors())
            }
            Outcome::Undelivered(why) => format!("undelivered-{why:?}"),
            other => format!("{other:?}"),
        };
        text += &format!(" {}={outcome}", result.peer.slot());
    }
    text
}

fn register(eal: &Eal, heard: &Heard, name: &str, kind: &str) -> Result<(), String> {
    let messages = eal.messages().map_err(sentence)?;
    let (lines, tokens) = (Arc::clone(&heard.lines), Arc::clone(&heard.tokens));
    let (group, kind) = (*eal.group(), kind.to_owned());
    let allowed = match kind.as_str() {
        "secondaries-only" => Allowed::Secondaries,
        "primary-only" => Allowed::Primary,
        _ => Allowed::Anyone,
    };
    let handler = move |incoming: &mut Incoming| match kind.as_str() {
        "allocate" => {
            let block = group.allocate(&AllocRequest::new(64));
            let _ = incoming.reply(if block.is_ok() { b"allocated" } else { b"refused" });
            if let Ok(block) = block {
                crate::memory::free(&group, block);
            }
        }
        "keep" => locked(&tokens).extend(incoming.take_token()),
        kind => handle(kind, &lines, incoming),
    };
    messages.register_for(allowed, name, handler).map_err(sentence)
}

/// Where two handlers meet.
static BOTH: Barrier = Barrier::new(2);

/// | kind | what the handler does |
/// |---|---|
/// | `echo`, `…-only` | answers with what it was sent, and what its descriptors say |
/// | `hear` | notes the text, answers nothing |
/// | `panic`, `drop` | panics; returns without an answer |
/// | `keep` | keeps the token |
/// | `later` | answers from another thread, after it has returned |
/// | `slow` | sleeps for as many milliseconds as it is sent, then answers |
/// | `cross` | waits until two such handlers run, unregisters the action that it is sent, answers what came of it |
/// | `give` | answers with as many descriptors as it is sent |
/// | `deeper` | asks the sender with one less, until there is nothing left, and answers with the way |
/// | `allocate` | takes memory of the group, answers, gives it back |
fn handle(kind: &str, lines: &Mutex<Vec<String>>, incoming: &mut Incoming) {
    let text = String::from_utf8_lossy(incoming.payload()).into_owned();
    // A requester that is gone needs no answer, here as below.
    match kind {
        "hear" => locked(lines).push(text + &contents(incoming.take_descriptors())),
        "panic" => panic!("as the test wants it"),
        "drop" => {}
        "later" => {
            let token = incoming.take_token();
            thread::spawn(move || {
                thread::sleep(Duration::from_millis(20));
                token.map(|token| token.reply(text.as_bytes(), &[]).is_ok())
            });
        }
        "slow" => {
            thread::sleep(Duration::from_millis(text.parse().unwrap_or(0)));
            let _ = incoming.reply(text.as_bytes());
        }
        "cross" => {
            BOTH.wait();
            let forgotten = incoming.messages().unregister(&text);
            let said = forgotten.map_or_else(sentence, |()| "ended".to_owned());
            let _ = incoming.reply(said.as_bytes());
        }
        "give" => {
            let files = files(text.parse().unwrap_or(0)).unwrap_or_default();
            let borrowed: Vec<BorrowedFd<'_>> = files.iter().map(AsFd::as_fd).collect();
            let _ = incoming.take_token().map(|token| token.reply(b":", &borrowed).is_ok());
        }
        "deeper" => {
            let _ = incoming.reply(way(incoming, &text).as_bytes());
        }
        _ => {
            let said = text + &contents(incoming.take_descriptors());
            let _ = incoming.reply(said.as_bytes());
        }
    }
}

fn way(incoming: &Incoming, text: &str) -> String {
    let Some(less) = text.parse::<u32>().ok().and_then(|left| left.checked_sub(1)) else {
        return text.to_owned();
    };
    let less = less.to_string();
    let outgoing = Outgoing::new(incoming.name()).payload(less.as_bytes());
    let sender = To::One(incoming.sender().slot());
    match incoming.messages().request(sender, &outgoing, Duration::from_secs(30)) {
        Ok(replies) => match replies.answers().next() {
            Some((_, reply)) => format!("{text}-{}", String::from_utf8_lossy(reply.payload())),
            None => "no-answer".to_owned(),
        },
        Err(error) => error.to_string(),
    }
}

/// Allocates and frees memory of the group, and sends messages in between, so many times.
pub(crate) fn mix(eal: &Eal, times: u32, to: &str) -> Answer {
    let messages = eal.messages().map_err(sentence)?.clone();
    let to = whom(to)?;
    let (done, finished) = channel();
    let group = *eal.group();
    thread::spawn(move || {
        for _ in 0..times {
            if let Ok(block) = group.allocate(&AllocRequest::new(64)) {
                let outgoing = Outgoing::new("allocate").payload(b"in between");
                let _ = messages.request(to, &outgoing, Duration::from_secs(30));
                crate::memory::free(&group, block);
            }
        }
        done.send(times)
    });
    finished.recv().map(|times| times.to_string()).map_err(sentence)
}
