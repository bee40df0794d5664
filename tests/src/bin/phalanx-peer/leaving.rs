//! Leaving the group in the middle of something.

use core::sync::atomic::{AtomicUsize, Ordering};
use core::time::Duration;
use std::sync::mpsc::channel;
use std::sync::{Arc, Barrier, Mutex};
use std::thread;

use phalanx_linux::eal::Eal;
use phalanx_linux::message::{Incoming, Messages, Outgoing, PING, To};

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

/// Leaves in a handler of action `leave`, for whose end a handler of `wait` waits; both must be asked.
/// Says what the waiting one was told.
pub(crate) fn in_a_handler(eal: Eal) {
    let Ok(messages) = eal.messages().cloned() else { return say("no messages") };
    let (both, eal) = (Arc::new(Barrier::new(2)), Mutex::new(Some(eal)));
    let (tell, told) = channel();
    let begin = Arc::clone(&both);
    let waiting = messages.register("wait", move |incoming: &mut Incoming| {
        begin.wait();
        let result = incoming.messages().unregister("leave");
        // The one that listens has nothing else to do.
        let _ = tell.send(result.map_or_else(|error| error.to_string(), |()| "ended".to_owned()));
    });
    let leaving = messages.register("leave", move |_: &mut Incoming| {
        both.wait();
        // The other one is likely to wait by now; nothing depends on it.
        thread::sleep(Duration::from_millis(100));
        drop(eal.lock().map(|mut eal| eal.take()));
    });
    say(&format!("ready {}", waiting.is_ok() && leaving.is_ok()));
    let result = told.recv().unwrap_or_else(|_| "nothing".to_owned());
    say(&format!("told: {result}"));
}
