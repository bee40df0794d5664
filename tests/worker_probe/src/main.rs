//! A static worker that does on purpose what none should do.
//!
//! ```text
//! worker-probe EAL-ARGUMENTS -- log | flood | open | parent | panic | overflow | outside | hole | wait |
//!     sleep [woken | spin | nap] [ring | mail] | answer | ports
//! ```
#![no_std]
#![no_main]
#![expect(unsafe_code, reason = "a bad access is what one of its deeds is")]

mod sleeping;

use core::hint::black_box;

use phalanx_core::mbuf::MbufPool;
use phalanx_core::message::{ActionName, Allowed, Incoming, Outcome, PING, Payload, ReplyToken};
use phalanx_core::window::{BASE, LEN};
use phalanx_worker::{Failure, Mail, Worker, worker};
use rustix::fs::{CWD, Mode, OFlags, openat};
use rustix::process::getppid;

worker!(main);

/// Lines of a flood: more than a log holds.
const FLOOD: u32 = 10_000;

fn main(worker: &mut Worker) -> Result<(), Failure> {
    let mut words = worker.arguments();
    let deed = words.next().unwrap_or_default();
    worker.say(format_args!("{}", worker.start_line()));
    match deed {
        "log" => defmt::warn!("a line with {=u32} and {=str}", 42, "words"),
        "flood" => {
            for number in 0..FLOOD {
                defmt::info!("line {=u32} of a flood", number);
            }
            return Err(Failure::new("the flood is over"));
        }
        "open" => {
            let opened = openat(CWD, c"/dev/null", OFlags::RDONLY, Mode::empty());
            worker.say(format_args!("opened: {}", opened.is_ok()));
        }
        "parent" => worker.say(format_args!("has a parent: {}", getppid().is_some())),
        "panic" => panic!("as it was told"),
        "overflow" => {
            black_box(deeper(1));
        }
        "outside" => touch(BASE + LEN),
        "hole" => touch(BASE + LEN - 4096),
        "wait" => wait(worker),
        "sleep" => sleeping::sleep(worker)?,
        "answer" => answer(worker)?,
        "ports" => ports(worker)?,
        other => return Err(Failure::new(other)),
    }
    Ok(())
}

/// Spins until it is told to stop.
fn wait(worker: &Worker) {
    while !worker.should_stop() {
        core::hint::spin_loop();
    }
    worker.say(format_args!("told to stop"));
}

/// Asks the primary once, then answers whoever asks to have something turned round, and pings.
fn answer(worker: &Worker) -> Result<(), Failure> {
    let mut mail: Mail<2, 1> = worker.mail()?;
    mail.register(&ActionName::new("turn")?, Allowed::Anyone)?;
    let primary = mail.post().primary().ok_or_else(|| Failure::new("there is no primary"))?;
    mail.request(primary, &ActionName::new(PING)?, &Payload::new(b"well")?, 5_000_000_000)?;
    while !worker.should_stop() {
        match mail.poll() {
            Some(Incoming::Answer(answer)) => {
                let is_well = matches!(answer.outcome, Outcome::Answered(payload) if payload.as_bytes() == b"well");
                worker.say(format_args!(
                    "the primary is {}",
                    if is_well { "well" } else { "not well" }
                ));
            }
            Some(Incoming::Request { payload, token, .. }) => {
                turn_round(payload.as_bytes(), token)?
            }
            Some(_) | None => core::hint::spin_loop(),
        }
    }
    Ok(())
}

/// Answers with what was asked, its last byte first.
fn turn_round(asked: &[u8], token: ReplyToken) -> Result<(), Failure> {
    let mut bytes = [0; 256];
    for (to, from) in bytes.iter_mut().zip(asked.iter().rev()) {
        *to = *from;
    }
    token.answer(&Payload::new(bytes.get(..asked.len()).unwrap_or_default())?)?;
    Ok(())
}

/// Sends back what comes by the port `net_ring1`.
fn ports(worker: &Worker) -> Result<(), Failure> {
    let ports = worker.ports();
    let port = ports.port("net_ring1")?;
    let (mut rx, mut tx) = (ports.open_rx(&port, 0)?, ports.open_tx(&port, 0)?);
    let pool = MbufPool::lookup(worker.group(), "peer.packets")?;
    let home = pool.home();
    let mut packets = [const { None }; 32];
    worker.say(format_args!("forwarding"));
    while !worker.should_stop() {
        if rx.burst(&home, &mut packets) > 0 {
            tx.burst(&mut packets);
            packets.fill_with(|| None);
        }
    }
    Ok(())
}

/// Uses stack without end.
fn deeper(depth: u64) -> u64 {
    let room = black_box([depth; 128]);
    if room[3] == 0 {
        return 0;
    }
    deeper(depth + 1).wrapping_add(room[9])
}

fn touch(address: usize) {
    let place: *const u8 = core::ptr::with_exposed_provenance(address);
    // SAFETY: it is not sound, and ends the process: that is what is tried.
    black_box(unsafe { place.read_volatile() });
}
