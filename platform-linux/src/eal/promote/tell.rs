//! Somebody outside tells a process of the group to become primary.
//!
//! The order is one word in the group file. So who tells is no member: it takes neither slot nor
//! lcore, maps the tables for as long as it waits, and writes nothing but that word.

#![expect(unsafe_code, reason = "maps the tables of a group that this process is not in")]

use core::ptr::NonNull;
use core::time::Duration;

use phalanx_core::group::order::{Answer, Given, Standing as OrderStanding};
use phalanx_core::group::{GroupRegion, Phase, ProcessFacts, ProcessState, Role};
use phalanx_core::window::Window;

use super::take::{GIVE_UP_WAIT, LOOK_AGAIN};
use super::{Primary, PromoteError, TakeOver};
use crate::change::{announce, sleep_until_change};
use crate::eal::standing::{self, Standing, group_path};
use crate::eal::window::GROUP_FILE_BYTES;
use crate::eal::{EalError, ObserveError, observe};
use crate::liveness::Liveness;
use crate::mapping::{Access, map_file_anywhere};
use crate::process::{Activity, activity};
use crate::runtime_dir::{Base, Prefix};
use crate::sys::deadline::Deadline;

/// Who is primary now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Promoted {
    /// It.
    pub who: Primary,
}

/// Tells the process in `slot` of the living group `prefix` to become primary, and waits until it
/// is. Without a slot: the lowest secondary that is not stopped. It has `patience` to begin, and if it has
/// begun, 5 s more to finish. An order that it has not begun by then is taken back, and not
/// obeyed later either, unless somebody else asks for the same and waits still.
///
/// Cost: some ten system calls, and sleep. Answers W-13.
///
/// # Errors
/// [`PromoteError`].
pub fn promote(
    prefix: &str,
    slot: Option<u16>,
    how: TakeOver,
    patience: Duration,
) -> Result<Promoted, PromoteError> {
    let prefix = Prefix::new(prefix).map_err(EalError::from)?;
    let base = Base::from_environment().map_err(EalError::from)?;
    let dir = observe::directory(&base, &prefix)?;
    let (liveness, header) = match standing::look(&dir, Access::ReadWrite)? {
        Standing::Living { liveness, header, .. } => (liveness, header),
        Standing::Dead(_) => return Err(ObserveError::Dead { prefix: prefix.to_string() }.into()),
        Standing::Vacant => return Err(observe::no_group(&dir).into()),
    };
    let facts = header.map_err(|why| EalError::GroupFile { path: group_path(&dir), why })?;
    if facts.phase != Phase::Ready {
        return Err(ObserveError::NotReady { phase: facts.phase }.into());
    }
    let mapping = map_file_anywhere(liveness.group_file(), GROUP_FILE_BYTES, Access::ReadWrite, 0)
        .map_err(EalError::Map)?;
    let base = NonNull::new(mapping.as_ptr()).ok_or(EalError::AlreadyStarted)?;
    // SAFETY: the mapping stays until this function returns, nothing made of the window leaves it,
    // and it is page-aligned and a group file's, whose header was checked.
    let window = unsafe { Window::from_raw(base, mapping.len()) };
    let region = GroupRegion::of(window).ok_or(EalError::Full)?;
    Teller { region, liveness: &liveness }.promote(slot, how, patience)
}

/// Who tells: the tables, and the kernel's word on who lives.
struct Teller<'a> {
    region: &'a GroupRegion,
    liveness: &'a Liveness,
}

impl Teller<'_> {
    fn promote(
        &self,
        slot: Option<u16>,
        how: TakeOver,
        patience: Duration,
    ) -> Result<Promoted, PromoteError> {
        let target = self.choose(slot)?;
        let who = Primary::of(&target);
        let order = how.order();
        let deadline = Deadline::after(patience);
        let not_in_time = || PromoteError::NotAnswered { who, waited: patience };
        loop {
            let given = self.region.ask(target.id, order).unwrap_or_else(|earlier| earlier);
            announce(self.region);
            match self.await_answer(&target, given, deadline, not_in_time) {
                // Another order stood there, and was answered first.
                Ok(_) if given.order() != order => {}
                Ok(OrderStanding::Answered(answer)) => return self.result(answer, who),
                // Its answer was written over by the next who asks, or another who waited took it back.
                Ok(_) if self.is_primary(&target) => return Ok(Promoted { who }),
                Ok(_) => {}
                Err(error) if given.order() != order => return Err(error),
                Err(error) => {
                    return match self.region.withdraw(target.id, given) {
                        Err(OrderStanding::Answered(answer)) => self.result(answer, who),
                        Err(OrderStanding::Obeyed(_)) => self.await_end(&target, given, patience),
                        Err(_) if self.is_primary(&target) => Ok(Promoted { who }),
                        Ok(()) | Err(_) => Err(error),
                    };
                }
            }
        }
    }

    /// Waits while `given` is not answered; returns where it stands then.
    fn await_answer(
        &self,
        target: &ProcessFacts,
        given: Given,
        deadline: Deadline,
        not_in_time: impl Fn() -> PromoteError,
    ) -> Result<OrderStanding, PromoteError> {
        loop {
            let seen = self.region.changes();
            match self.region.order_given(target.id, given) {
                OrderStanding::Asked(_) | OrderStanding::Obeyed(_) => {}
                over => return Ok(over),
            }
            self.rest(target, seen, deadline, &not_in_time)?;
        }
    }

    /// Waits for the answer of one that obeys: as long as it may take, whatever the patience.
    fn await_end(
        &self,
        target: &ProcessFacts,
        given: Given,
        patience: Duration,
    ) -> Result<Promoted, PromoteError> {
        let (who, deadline) = (Primary::of(target), Deadline::after(GIVE_UP_WAIT));
        let waited = patience.saturating_add(GIVE_UP_WAIT);
        let not_finished = || PromoteError::NotFinished { who, waited };
        match self.await_answer(target, given, deadline, not_finished)? {
            OrderStanding::Answered(answer) => self.result(answer, who),
            // Its answer was written over.
            _ if self.is_primary(target) => Ok(Promoted { who }),
            _ => Err(not_finished()),
        }
    }

    /// The process to tell.
    fn choose(&self, slot: Option<u16>) -> Result<ProcessFacts, PromoteError> {
        let lives = |facts: &ProcessFacts| {
            facts.state == ProcessState::Live && standing::lives(self.liveness, facts)
        };
        let living = || self.region.processes().filter(lives);
        let secondaries = || living().filter(|facts| facts.role == Role::Secondary);
        match slot {
            Some(slot) => living().find(|facts| facts.id.slot() == slot).ok_or_else(|| {
                let others = secondaries().map(|facts| facts.id.slot()).collect();
                PromoteError::NobodyThere { slot, others }
            }),
            None => secondaries()
                .find(|facts| !matches!(activity(facts.pid), Activity::Stopped | Activity::Traced))
                .ok_or(PromoteError::NoSecondary),
        }
    }

    /// Sleeps until something changes; an error if time is up or the process is gone.
    fn rest(
        &self,
        target: &ProcessFacts,
        seen: u32,
        deadline: Deadline,
        not_in_time: impl Fn() -> PromoteError,
    ) -> Result<(), PromoteError> {
        if !standing::lives(self.liveness, target) {
            return Err(PromoteError::Ended { who: Primary::of(target) });
        }
        if deadline.has_passed() {
            return Err(not_in_time());
        }
        sleep_until_change(self.region, seen, LOOK_AGAIN.min(deadline.remaining()));
        Ok(())
    }

    fn result(&self, answer: Answer, who: Primary) -> Result<Promoted, PromoteError> {
        match answer {
            Answer::Done => Ok(Promoted { who }),
            Answer::AlreadyPrimary => Err(PromoteError::AlreadyPrimary { who }),
            Answer::PrimaryLives => Err(PromoteError::PrimaryLives { primary: self.primary() }),
            Answer::NotGivenUp => Err(match self.primary() {
                Some(primary) => PromoteError::NotGivenUp { primary, waited: GIVE_UP_WAIT },
                None => PromoteError::PrimaryLives { primary: None },
            }),
            Answer::NotPrimary | Answer::Failed => Err(PromoteError::Failed { who }),
        }
    }

    fn is_primary(&self, target: &ProcessFacts) -> bool {
        let facts = self.region.process(target.id.slot()).filter(|facts| facts.id == target.id);
        facts.is_some_and(|facts| facts.role == Role::Primary)
    }

    fn primary(&self) -> Option<Primary> {
        let is_it = |facts: &ProcessFacts| {
            facts.role == Role::Primary && standing::lives(self.liveness, facts)
        };
        self.region.processes().find(is_it).map(|facts| Primary::of(&facts))
    }
}
