//! Commands about messages. A flood's messages are numbered, so that whoever takes them sees what
//! was lost, doubled or overtaken.

use core::time::Duration;
use std::collections::BTreeMap;
use std::time::Instant;

use phalanx_core::group::{Group, ProcessId};
use phalanx_core::message::{
    ActionName, Allowed, Incoming, NobodySleeps, Outcome, Payload, Port, SendError, attend,
};

use crate::obey::{Answer, number, sentence};

/// Everything that a test says is over long before.
const PATIENCE: Duration = Duration::from_secs(60);

/// A peer's port.
pub(crate) type PeerPort = Port<4, 4>;

/// | command | does | answers |
/// |---|---|---|
/// | `listen` | opens the mailbox, with an action `echo` | |
/// | `send SLOT TEXT` | sends a message | |
/// | `hear` | waits for a message | its sender's slot and text |
/// | `ask SLOT MS TEXT` `ask-all MS TEXT` | asks and waits for the end | `SLOT:outcome` each, sent, received |
/// | `echo COUNT` | answers so many requests | |
/// | `ignore COUNT` | takes so many requests and drops them | |
/// | `flood SLOT COUNT` | sends numbered messages, waiting for room | |
/// | `take-frames COUNT` | takes so many numbered messages, in each sender's order | of how many senders |
/// | `take-all-frames` | takes what is there, also of the dead | how many; cells still in use |
/// | `attend` | mends all mailboxes | how many cells were freed |
pub(crate) fn answer(group: &Group, port: &mut Option<PeerPort>, words: &[&str]) -> Answer {
    if let ["attend"] = words {
        return Ok(attend(group, &NobodySleeps).to_string());
    }
    if let ["listen"] = words {
        let mut opened = PeerPort::open(group, &NobodySleeps).map_err(sentence)?;
        opened.register(&echo()?, Allowed::Anyone).map_err(sentence)?;
        *port = Some(opened);
        return Ok(String::new());
    }
    let port = port.as_mut().ok_or("say 'listen' first")?;
    match words {
        ["send", slot, text] => {
            let to = tenant(group, slot)?;
            port.send(to, &echo()?, &payload(text)?).map_err(sentence).map(|()| String::new())
        }
        ["hear"] => match wait_for(port)? {
            Incoming::Message { from, payload, .. } => {
                Ok(format!("{} {}", from.slot(), String::from_utf8_lossy(payload.as_bytes())))
            }
            other => Err(format!("not a message: {other:?}")),
        },
        ["ask", slot, ms, text] => {
            let to = tenant(group, slot)?;
            port.request(to, &echo()?, &payload(text)?, ns(ms)?).map_err(sentence)?;
            gather(port)
        }
        ["ask-all", ms, text] => {
            port.request_all(&echo()?, &payload(text)?, ns(ms)?).map_err(sentence)?;
            gather(port)
        }
        ["echo", count] => requests(port, number(count)?, true),
        ["ignore", count] => requests(port, number(count)?, false),
        ["flood", slot, count] => flood(group, port, slot, number(count)?),
        ["take-frames", count] => take_numbered(port, number(count)?),
        ["take-all-frames"] => {
            port.look_through();
            let mut taken = Numbered::default();
            while let Some(incoming) = port.next() {
                taken.take(&incoming)?;
            }
            Ok(format!("{} {}", taken.all, port.facts().in_use))
        }
        _ => Err(format!("no such command: {}", words.join(" "))),
    }
}

fn echo() -> Result<ActionName, String> {
    ActionName::new("echo").map_err(sentence)
}

fn payload(text: &str) -> Result<Payload, String> {
    Payload::new(text.as_bytes()).map_err(sentence)
}

fn ns(ms: &str) -> Result<u64, String> {
    number(ms).map(|ms: u64| ms * 1_000_000)
}

fn tenant(group: &Group, slot: &str) -> Result<ProcessId, String> {
    group.tenant(number(slot)?).ok_or_else(|| format!("nobody was ever in slot {slot}"))
}

fn wait_for(port: &mut PeerPort) -> Result<Incoming, String> {
    let end = Instant::now() + PATIENCE;
    while Instant::now() < end {
        if let Some(incoming) = port.next() {
            return Ok(incoming);
        }
        std::thread::yield_now();
    }
    Err("nothing has come".to_owned())
}

/// What becomes of the only request in flight.
fn gather(port: &mut PeerPort) -> Answer {
    let mut results = BTreeMap::new();
    loop {
        match wait_for(port)? {
            Incoming::Answer(answer) => {
                let text = match answer.outcome {
                    Outcome::Answered(payload) => {
                        String::from_utf8_lossy(payload.as_bytes()).into_owned()
                    }
                    other => format!("{other:?}"),
                };
                results.insert(answer.peer.slot(), text);
            }
            Incoming::Finished(done) => {
                let each = results.iter().map(|(slot, text)| format!("{slot}:{text} "));
                let each: String = each.collect();
                return Ok(format!("{each}sent {} received {}", done.nb_sent, done.nb_received));
            }
            _ => {}
        }
    }
}

fn requests(port: &mut PeerPort, count: usize, is_answered: bool) -> Answer {
    let mut done = 0;
    while done < count {
        if let Incoming::Request { payload, token, .. } = wait_for(port)? {
            done += 1;
            if is_answered {
                token.answer(&payload).map_err(sentence)?;
            }
        }
    }
    Ok(String::new())
}

fn flood(group: &Group, port: &PeerPort, slot: &str, count: u64) -> Answer {
    let (to, echo) = (tenant(group, slot)?, echo()?);
    for i in 0..count {
        let numbered = payload(&i.to_string())?;
        loop {
            match port.send(to, &echo, &numbered) {
                Ok(()) => break,
                Err(SendError::Full { .. }) => std::thread::yield_now(),
                Err(error) => return Err(sentence(error)),
            }
        }
    }
    Ok(String::new())
}

/// Numbered messages, by sender.
#[derive(Default)]
struct Numbered {
    next: BTreeMap<u64, u64>,
    all: usize,
}

impl Numbered {
    fn take(&mut self, incoming: &Incoming) -> Result<(), String> {
        let Incoming::Message { from, payload, .. } = incoming else { return Ok(()) };
        let found = String::from_utf8_lossy(payload.as_bytes()).into_owned();
        let next = self.next.entry(from.pack()).or_insert(number(&found)?);
        if found != next.to_string() {
            return Err(format!("message {found} of {from:?} came where {next} was due"));
        }
        (*next, self.all) = (*next + 1, self.all + 1);
        Ok(())
    }
}

fn take_numbered(port: &mut PeerPort, count: usize) -> Answer {
    let mut taken = Numbered::default();
    while taken.all < count {
        taken.take(&wait_for(port)?)?;
    }
    Ok(taken.next.len().to_string())
}
