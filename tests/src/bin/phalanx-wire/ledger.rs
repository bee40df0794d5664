//! What was sent and seen each way, where every process sees it.

use core::fmt;
use std::time::{SystemTime, UNIX_EPOCH};

use phalanx_core::group::Group;
use phalanx_core::memzone::{Zone, ZoneOptions};
use phalanx_core::sync::Published64;

use crate::Outcome;

/// Packets of a way have numbers below this.
pub(crate) const NUMBERS: u64 = 1 << 23;

const WORDS: usize = (NUMBERS / 64) as usize;

phalanx_core::shared_words! {
    /// One way along the wire, from the end of its number.
    pub struct Way {
        /// The next number to be sent. Writer: the sender, before it sends.
        pub next: Published64,
        /// 1 once the sender sends no more.
        pub is_over: Published64,
        /// One more than the highest number seen. Writer: the receiver, as of the rest.
        pub top: Published64,
        /// How often nothing was there.
        pub vain: Published64,
        /// How many have come behind one of a higher number.
        pub late: Published64,
        /// How many have come that were not whole, or twice, or were never sent.
        pub wrong: Published64,
        /// How often its sender or its receiver has begun.
        pub begun: Published64,
        /// When the last number was sent: nanoseconds of the platform's clock. Of senders that pause.
        pub sent_ns: Published64,
        /// A bit for each number that has come. What comes is noted by the one write of its bit: so whoever
        /// dies has counted it or not, and no number twice.
        pub seen: [Published64; WORDS],
    }
}

phalanx_core::shared_words! {
    /// Both ways.
    pub struct Ledger {
        /// What the packets of this wire bear, and no other's.
        pub life: Published64,
        /// How often a packet has woken the process that sleeps on port 1. Writer: that process, from 0.
        pub roused: Published64,
        /// From port 0.
        pub there: Way,
        /// From port 1.
        pub back: Way,
    }
}

/// The group's.
pub(crate) fn ledger(group: &Group) -> Outcome<&'static Ledger> {
    let now = SystemTime::now().duration_since(UNIX_EPOCH)?;
    let (zone, _) = Zone::create_typed_or_find::<Ledger>(
        group,
        "wire-ledger",
        &ZoneOptions::default(),
        |ledger| ledger.life.publish(now.as_micros() as u64),
    )?;
    Ok(zone.value())
}

/// Adds to a word that one process writes.
pub(crate) fn add(word: &Published64, by: u64) {
    word.publish(word.observe() + by);
}

impl Way {
    /// Notes a packet that has come.
    pub(crate) fn note(&self, number: u64, is_whole: bool) {
        let (top, bit) = (self.top.observe(), 1 << (number % 64));
        let word = self.seen.get((number / 64) as usize);
        let word = word.filter(|word| word.observe() & bit == 0);
        let Some(word) = word.filter(|_| is_whole && number < self.next.observe()) else {
            add(&self.wrong, 1);
            println!("WRONG {number} after {top}, whole {is_whole}");
            return;
        };
        word.publish(word.observe() | bit);
        if number < top {
            add(&self.late, 1);
            println!("LATE {number} after {top}");
        } else {
            self.top.publish(number + 1);
        }
    }

    fn came(&self) -> u64 {
        self.seen.iter().map(|word| u64::from(word.observe().count_ones())).sum()
    }
}

impl Ledger {
    /// What an end sends by, and what it sees.
    pub(crate) fn ways(&self, port: usize) -> (&Way, &Way) {
        if port == 0 { (&self.there, &self.back) } else { (&self.back, &self.there) }
    }

    /// All of it, in one line.
    pub(crate) fn sums(&self) -> impl fmt::Display + '_ {
        fmt::from_fn(|f| {
            for (name, way) in [("there", &self.there), ("back", &self.back)] {
                let (sent, came) = (way.next.observe(), way.came());
                let (late, wrong) = (way.late.observe(), way.wrong.observe());
                let lost = sent.saturating_sub(came);
                write!(
                    f,
                    "{name}: sent {sent} came {came} lost {lost} late {late} wrong {wrong}; "
                )?;
            }
            Ok(())
        })
    }
}
