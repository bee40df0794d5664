//! Leaving the group in the middle of something.

use core::sync::atomic::{AtomicUsize, Ordering};
use core::time::Duration;
use std::sync::Arc;
use std::thread;

use phalanx_linux::eal::Eal;
use phalanx_linux::message::{Messages, Outgoing, PING, To};

use crate::say;

/// Leaves while two threads ask without waiting, and says how many requests were made and how many
/// callbacks have run: `made M called N`.
pub(crate) fn while_asking(eal: Eal) {
    let called = Arc::new(AtomicUsize::new(0));
    let Ok(messages) = eal.messages() else { return say("no messages") };
    let askers = [(); 2].map(|()| {
        let (messages, called) = (messages.clone(), Arc::clone(&called));
        thread::spawn(move || ask_until_refused(&messages, &called))
    });
    while called.load(Ordering::SeqCst) < 100 {
        thread::yield_now();
    }
    drop(eal);
    let made = askers.into_iter().map(|asker| asker.join().unwrap_or(0)).sum::<usize>();
    say(&format!("made {made} called {}", called.load(Ordering::SeqCst)));
}

fn ask_until_refused(messages: &Messages, called: &Arc<AtomicUsize>) -> usize {
    let mut made = 0;
    loop {
        let count = Arc::clone(called);
        let told = move |_| {
            count.fetch_add(1, Ordering::SeqCst);
        };
        let ping = Outgoing::new(PING);
        match messages.request_async(To::All, &ping, Duration::from_secs(30), told) {
            Ok(()) => made += 1,
            Err(_) => return made,
        }
    }
}
