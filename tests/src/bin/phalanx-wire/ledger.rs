//! What was sent and seen each way, where every process sees it.

use core::fmt;

use phalanx_core::group::Group;
use phalanx_core::memzone::{Zone, ZoneOptions};
use phalanx_core::sync::Published64;

use crate::Outcome;

phalanx_core::shared_words! {
    /// One way along the wire, from the end of its number.
    pub struct Way {
        /// The next number to be sent. Writer: the sender, before it sends.
        pub next: Published64,
        /// 1 once the sender sends no more.
        pub is_over: Published64,
        /// One more than the last number seen. Writer: the receiver, as of the rest.
        pub seen: Published64,
        /// How many have come whole.
        pub came: Published64,
        /// How many numbers were passed over.
        pub lost: Published64,
        /// How many have come that were not whole, not in their order, or twice.
        pub wrong: Published64,
        /// How often its sender or its receiver has begun.
        pub begun: Published64,
        /// When the last number was sent: nanoseconds of the platform's clock. Of senders that pause.
        pub sent_ns: Published64,
    }
}

phalanx_core::shared_words! {
    /// Both ways.
    pub struct Ledger {
        /// From port 0.
        pub there: Way,
        /// From port 1.
        pub back: Way,
    }
}

/// The group's.
pub(crate) fn ledger(group: &Group) -> Outcome<&'static Ledger> {
    let (zone, _) = Zone::create_typed_or_find::<Ledger>(
        group,
        "wire-ledger",
        &ZoneOptions::default(),
        |_| {},
    )?;
    Ok(zone.value())
}

/// Adds to a word that one process writes.
pub(crate) fn add(word: &Published64, by: u64) {
    word.publish(word.observe() + by);
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
                let (sent, came) = (way.next.observe(), way.came.observe());
                let (lost, wrong) = (way.lost.observe(), way.wrong.observe());
                write!(f, "{name}: sent {sent} came {came} lost {lost} wrong {wrong}; ")?;
            }
            Ok(())
        })
    }
}
