//! Waiting: each way to wait, on a ring and on a mailbox.
//!
//! `sleep [WAY] [WHERE]`: `woken` (the default) turns, then sleeps until somebody wakes it; `spin` turns; `nap` turns and sleeps by
//! turns. It waits on ring `ping` (the default), or with `mail` on its mailbox.

use phalanx_core::message::{ActionName, Allowed, Incoming};
use phalanx_core::ring::kind::Single;
use phalanx_core::wait::Waiting;
use phalanx_worker::{Failure, Mail, Worker};

use crate::turn_round;

/// Turns before a sleep.
const SPINS: u32 = 100;

/// The longest sleep of `nap`: longer than any that is waited for in vain, and so cut to what is the most.
const NAP_NS: u64 = 1_000_000_000;

/// Does as the words behind `sleep` say.
pub(crate) fn sleep(worker: &Worker) -> Result<(), Failure> {
    let mut way = Waiting::SpinThenSleep { spins: SPINS };
    let mut wait: fn(&Worker, Waiting) -> Result<(), Failure> = on_a_ring;
    for word in worker.arguments().skip(1) {
        match word {
            "woken" => {}
            "spin" => way = Waiting::Spin,
            "nap" => way = Waiting::Mixed { spins: SPINS, nap_ns: NAP_NS },
            "ring" => {}
            "mail" => wait = on_mail,
            other => return Err(Failure::new(other)),
        }
    }
    wait(worker, way)
}

/// As the example `echo`, but it waits while ring `ping` is empty.
fn on_a_ring(worker: &Worker, way: Waiting) -> Result<(), Failure> {
    let mut input = worker.ring::<u64>("ping")?.consumer_as::<Single>()?;
    let mut output = worker.ring::<u64>("pong")?.producer_as::<Single>()?;
    worker.say(format_args!("waiting"));
    while let Some(word) = input.wait(way, || !worker.should_stop())? {
        while output.enqueue(word).is_err() && !worker.should_stop() {
            core::hint::spin_loop();
        }
    }
    Ok(())
}

/// Turns round what it is asked to, and says what it is told.
fn on_mail(worker: &Worker, way: Waiting) -> Result<(), Failure> {
    let mut mail: Mail = worker.mail()?;
    mail.register(&ActionName::new("turn")?, Allowed::Anyone)?;
    worker.say(format_args!("waiting"));
    while let Some(incoming) = mail.wait(way, || !worker.should_stop()) {
        match incoming {
            Incoming::Request { payload, token, .. } => turn_round(payload.as_bytes(), token)?,
            Incoming::Message { payload, .. } => {
                let text = core::str::from_utf8(payload.as_bytes()).unwrap_or("noise");
                worker.say(format_args!("heard {text}"));
            }
            _ => {}
        }
    }
    Ok(())
}
