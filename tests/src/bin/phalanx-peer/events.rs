//! Commands about what happens to other processes, and about this one's role.

use core::time::Duration;
use std::fs;
use std::time::Instant;

use phalanx_core::group::Role;
use phalanx_linux::eal::Eal;
use phalanx_linux::eal::promote::TakeOver;
use phalanx_linux::eal::watch::{Events, GroupEvent, Heard};

use crate::obey::{Answer, number, sentence};

/// As long as a test waits.
const PATIENCE: Duration = Duration::from_secs(50);

/// What this peer has heard since it asked.
#[derive(Default)]
pub(crate) struct Ear {
    events: Option<Events>,
    heard: Vec<GroupEvent>,
}

impl Ear {
    fn hear(&mut self, longest: Duration) -> Result<(), String> {
        let events = self.events.as_mut().ok_or("say subscribe first")?;
        match events.wait(longest) {
            Some(Heard::Event(event)) => self.heard.push(event),
            Some(Heard::Missed(count)) => return Err(format!("{count} events were missed")),
            None => {}
        }
        Ok(())
    }

    fn about(&self, kind: &str, pid: u32) -> impl Iterator<Item = &GroupEvent> {
        let is_it = move |it: &&GroupEvent| {
            it.event.pid == pid && it.event.kind.to_string().replace(' ', "-") == kind
        };
        self.heard.iter().filter(is_it)
    }
}

/// | command | answers |
/// |---|---|
/// | `subscribe` | |
/// | `await KIND PID` waits for such an event (`joined`, `left`, `died`, `was-reaped`, ...) | it, as text |
/// | `count KIND PID` | how many such events came so far |
/// | `role` | this process's role |
/// | `promote [living]` takes the role of primary over | |
/// | `primaries` | the slots of those who are primary in the table |
/// | `threads` | how many threads this process has |
/// | `descriptors` | how many descriptors are open |
pub(crate) fn answer(eal: &Eal, ear: &mut Ear, words: &[&str]) -> Answer {
    match words {
        ["subscribe"] => {
            ear.events = Some(eal.events().map_err(sentence)?);
            Ok(String::new())
        }
        ["await", kind, pid] => {
            let (pid, begun) = (number(pid)?, Instant::now());
            while begun.elapsed() < PATIENCE {
                if let Some(event) = ear.about(kind, pid).next() {
                    return Ok(event.to_string());
                }
                ear.hear(PATIENCE)?;
            }
            Err(format!("no '{kind}' of {pid}; heard: {:?}", ear.heard))
        }
        ["count", kind, pid] => {
            let before = ear.heard.len() + 1;
            // What is on its way has some time to come.
            while ear.heard.len() < before {
                let known = ear.heard.len();
                ear.hear(Duration::from_millis(200))?;
                if ear.heard.len() == known {
                    break;
                }
            }
            Ok(ear.about(kind, number(pid)?).count().to_string())
        }
        ["role"] => Ok(eal.role().to_string()),
        ["promote"] => eal.promote(TakeOver::IfVacant).map(|()| String::new()).map_err(sentence),
        ["promote", "living"] => {
            eal.promote(TakeOver::FromLiving).map(|()| String::new()).map_err(sentence)
        }
        ["primaries"] => {
            let all = eal.group().processes().filter(|facts| facts.role == Role::Primary);
            Ok(all.map(|facts| facts.id.slot().to_string()).collect::<Vec<_>>().join(" "))
        }
        ["threads"] => entries("/proc/self/task"),
        ["descriptors"] => entries("/proc/self/fd"),
        _ => Err(format!("no such command: {}", words.join(" "))),
    }
}

/// Threads and descriptors of this process.
pub(crate) fn belongings() -> String {
    let count = |directory| entries(directory).unwrap_or_else(|why| why);
    format!("{} {}", count("/proc/self/task"), count("/proc/self/fd"))
}

fn entries(directory: &str) -> Answer {
    Ok(fs::read_dir(directory).map_err(sentence)?.count().to_string())
}
