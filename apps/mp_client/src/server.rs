//! Whether there is a server: a client goes on without one, and says so.

use core::sync::atomic::{AtomicBool, Ordering};
use std::sync::Arc;

use forwarding::client_server::PortInfo;
use phalanx_core::group::{Group, ProcessId};
use phalanx_linux::console::complain;
use phalanx_linux::eal::Eal;
use phalanx_linux::eal::watch::NoWatcher;

/// Looks for the server whenever something has happened to a process, while there is nothing else to do.
#[derive(Debug)]
pub(crate) struct ServerWatch {
    group: Group,
    info: &'static PortInfo,
    has_news: Arc<AtomicBool>,
    /// Who it was when it was looked at last, and whether he lived.
    last: Option<ProcessId>,
    lived: bool,
}

impl ServerWatch {
    /// Hears of it from now on.
    pub(crate) fn hear(eal: &Eal, info: &'static PortInfo) -> Result<Self, NoWatcher> {
        let has_news = Arc::new(AtomicBool::new(false));
        let rung = Arc::clone(&has_news);
        eal.on_event(move |_| rung.store(true, Ordering::Release))?;
        let group = *eal.group();
        let last = info.last_server();
        let lived = last.is_some_and(|who| group.is_alive(who));
        Ok(Self { group, info, has_news, last, lived })
    }

    /// Says what has changed, if anything has.
    #[inline]
    pub(crate) fn look(&mut self) {
        // A new server writes its name a moment after it has joined.
        if self.has_news.load(Ordering::Relaxed) || self.info.last_server() != self.last {
            self.say_news();
        }
    }

    #[cold]
    fn say_news(&mut self) {
        self.has_news.swap(false, Ordering::AcqRel);
        let now = self.info.last_server();
        let lives = now.filter(|who| self.group.is_alive(*who));
        if now == self.last && lives.is_some() == self.lived {
            return;
        }
        (self.last, self.lived) = (now, lives.is_some());
        match lives {
            Some(who) => {
                complain(format_args!("APP: there is a server (pid {})", self.group.pid_of(who)));
            }
            None => complain("APP: the server is gone; waiting for the next one"),
        }
    }
}
