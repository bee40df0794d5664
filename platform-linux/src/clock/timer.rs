//! The counter that a program wants and can have.

use super::hpet::{Hpet, HpetError};
use super::tsc::{Tsc, ns_of};

/// A counter with its rate.
#[derive(Debug)]
pub enum Timer {
    /// The processor's.
    Tsc(Tsc),
    /// The machine's; this process has it, and the kernel gives it to no other.
    Hpet(Hpet),
}

impl Timer {
    /// The HPET, or if it is not to be had `tsc`, and why: one sentence for the program to show.
    pub fn hpet_or(tsc: Tsc) -> (Self, Option<HpetError>) {
        match Hpet::open() {
            Ok(hpet) => (Self::Hpet(hpet), None),
            Err(why) => (Self::Tsc(tsc), Some(why)),
        }
    }

    /// Ticks; where they begin says nothing. No system call.
    #[doc(alias = "rte_get_timer_cycles")]
    pub fn now(&self) -> u64 {
        match self {
            Self::Tsc(tsc) => tsc.now(),
            Self::Hpet(hpet) => hpet.now(),
        }
    }

    /// Ticks a second.
    #[doc(alias = "rte_get_timer_hz")]
    pub fn hz(&self) -> u64 {
        match self {
            Self::Tsc(tsc) => tsc.hz(),
            Self::Hpet(hpet) => hpet.hz(),
        }
    }

    /// How many nanoseconds `ticks` are.
    pub fn ns_of(&self, ticks: u64) -> u64 {
        ns_of(ticks, self.hz())
    }
}
