//! Which clients are there. A client is there while a living process has the consumers' end of its ring.
//!
//! That is looked up only when something has changed: a client says when it has come or gone, in a word
//! of the zone, and of deaths the process's watcher hears. So in the loop it costs two loads.

use core::sync::atomic::{AtomicBool, Ordering};
use std::sync::Arc;

use forwarding::client_server::PortInfo;
use phalanx_core::group::Group;
use phalanx_core::mbuf::MbufRing;
use phalanx_linux::console::complain;
use phalanx_linux::eal::Eal;
use phalanx_linux::eal::watch::NoWatcher;

use crate::options::Full;
use crate::setup::Shared;

/// Who is there.
#[derive(Debug)]
pub(crate) struct Roster {
    group: Group,
    info: &'static PortInfo,
    rings: Vec<MbufRing>,
    /// Set by the watcher whenever something has happened to a process.
    has_news: Arc<AtomicBool>,
    /// The zone's word, as it was when it was looked at last.
    seen: u64,
    there: Vec<bool>,
}

impl Roster {
    /// Hears of clients from now on.
    pub(crate) fn hear(eal: &Eal, shared: &Shared) -> Result<Self, NoWatcher> {
        let has_news = Arc::new(AtomicBool::new(true));
        let rung = Arc::clone(&has_news);
        eal.on_event(move |_| rung.store(true, Ordering::Release))?;
        let there = vec![false; shared.rings.len()];
        let (group, info, rings) = (*eal.group(), shared.info.value(), shared.rings.clone());
        Ok(Self { group, info, rings, has_news, seen: 0, there })
    }

    /// Whether to look again.
    #[inline]
    pub(crate) fn is_stale(&self) -> bool {
        self.has_news.load(Ordering::Relaxed) || self.info.changes.peek() != self.seen
    }

    /// Looks who is there, and says who has come and gone. A system call for each client that is.
    #[cold]
    pub(crate) fn look(&mut self) {
        // First what is told of, then what it is told of: what comes meanwhile is looked at again.
        self.has_news.swap(false, Ordering::AcqRel);
        self.seen = self.info.changes.observe();
        for (id, (ring, there)) in self.rings.iter().zip(&mut self.there).enumerate() {
            let who = ring.facts().consumer.filter(|who| self.group.is_alive(*who));
            if who.is_some() == *there {
                continue;
            }
            *there = who.is_some();
            match who {
                Some(who) => {
                    let pid = self.group.pid_of(who);
                    complain(format_args!("APP: client {id} is here (pid {pid})"));
                }
                None => complain(format_args!(
                    "APP: client {id} is gone; what waits in its ring waits for the next one"
                )),
            }
        }
    }

    /// Whom packets are given to. Those who are there; all if nobody is, so that packets wait, and are
    /// counted where they find no room. Where nothing is to be dropped all in any case: what is meant for
    /// one who is not there waits for him, and so no flow is divided.
    pub(crate) fn targets(&self, full: Full) -> Vec<usize> {
        let those = |is_wanted: fn(bool) -> bool| {
            let there = self.there.iter().enumerate();
            there.filter(|(_, there)| is_wanted(**there)).map(|(id, _)| id).collect::<Vec<_>>()
        };
        let there = those(|is_there| is_there);
        match full {
            Full::Drop if !there.is_empty() => there,
            _ => those(|_| true),
        }
    }
}
