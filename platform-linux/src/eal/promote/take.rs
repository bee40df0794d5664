//! This process takes the role of primary over, or gives it up.
//!
//! One thread of a process at a time does either: the kernel's lock is the process's, so it does not
//! tell threads apart, and the table must say what the lock says. An order is obeyed only by who has
//! swapped that into its word, so one that was taken back is not.

use core::time::Duration;
use std::sync::{Mutex, MutexGuard, PoisonError};

use phalanx_core::group::order::{Answer, Given, Order, Standing};
use phalanx_core::group::{Group, GroupRegion, ProcessFacts, ProcessId, Role};

use super::{Primary, PromoteError, TakeOver};
use crate::change::{announce, sleep_until_change};
use crate::eal::EalError;
use crate::eal::platform::PLATFORM;
use crate::port;
use crate::sys::deadline::Deadline;

/// How long a living primary has to give the role up.
pub(super) const GIVE_UP_WAIT: Duration = Duration::from_secs(5);

/// The longest sleep between two looks at somebody who may die without a word.
pub(super) const LOOK_AGAIN: Duration = Duration::from_millis(50);

/// Whoever in this process moves the role; for a few seconds at most.
static MOVING: Mutex<()> = Mutex::new(());

fn moving() -> MutexGuard<'static, ()> {
    MOVING.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What this process was told to do, and from now on will: the caller [obeys](obey).
pub(in crate::eal) fn begin_to_obey(group: &Group) -> Option<Order> {
    group.order().filter(|order| group.begin_to_obey(*order))
}

/// Does what this process has begun to obey, and answers. May take as long as
/// [`GIVE_UP_WAIT`].
pub(in crate::eal) fn obey(group: &Group, order: Order) {
    let answer = match order {
        Order::TakeIfVacant => answer_of(take_role(group, TakeOver::IfVacant)),
        Order::TakeFromLiving => answer_of(take_role(group, TakeOver::FromLiving)),
        Order::GiveUp => give_up(group).unwrap_or(Answer::Failed),
    };
    group.answer(order, answer);
    announce(group.region());
}

fn answer_of(result: Result<(), PromoteError>) -> Answer {
    match result {
        Ok(()) => Answer::Done,
        Err(PromoteError::AlreadyPrimary { .. }) => Answer::AlreadyPrimary,
        Err(PromoteError::PrimaryLives { .. }) => Answer::PrimaryLives,
        Err(PromoteError::NotGivenUp { .. }) => Answer::NotGivenUp,
        Err(_) => Answer::Failed,
    }
}

/// Makes this process the primary. The byte first, for it decides; then the table says so.
pub(in crate::eal) fn take_role(group: &Group, how: TakeOver) -> Result<(), PromoteError> {
    let _one_thread = moving();
    if PLATFORM.ask(|liveness| Ok(liveness.is_primary()))? {
        let me = group.processes().find(|facts| facts.id == group.me());
        return Err(match me {
            Some(me) => PromoteError::AlreadyPrimary { who: Primary::of(&me) },
            None => PromoteError::PrimaryLives { primary: None },
        });
    }
    let deadline = Deadline::after(GIVE_UP_WAIT);
    let mut asked = None;
    loop {
        let seen = group.changes();
        if PLATFORM.ask(|liveness| liveness.claim_primary())? {
            group.set_role(Role::Primary);
            // What is not had now, or is a living process's still, the watcher adopts when it can.
            let _adopted = port::adopt_orphans(group);
            announce(group.region());
            return Ok(());
        }
        let primary = living_primary(group);
        match primary {
            Some(primary) if how == TakeOver::FromLiving && asked.is_none() => {
                asked = Some(primary.id);
                await_giving_up(group, &primary, deadline)?;
            }
            // Who was asked may still be letting go; anybody else has won.
            Some(primary) if how == TakeOver::IfVacant || asked != Some(primary.id) => {
                return Err(PromoteError::PrimaryLives { primary: Some(Primary::of(&primary)) });
            }
            _ if deadline.has_passed() => {
                let primary = primary.as_ref().map(Primary::of);
                return Err(PromoteError::PrimaryLives { primary });
            }
            // Somebody has the byte, and has not said so yet.
            _ => sleep_until_change(group.region(), seen, LOOK_AGAIN),
        }
    }
}

/// Tells the primary to give the role up, and waits until it has answered, or is dead.
fn await_giving_up(
    group: &Group,
    primary: &ProcessFacts,
    deadline: Deadline,
) -> Result<(), PromoteError> {
    let region = group.region();
    let mut asked = None;
    loop {
        let seen = group.changes();
        let given = *asked.get_or_insert_with(|| ask_to_give_up(region, primary.id));
        let standing = region.order_given(primary.id, given);
        let is_to_give_up = given.order() == Order::GiveUp;
        let is_answered = is_to_give_up && matches!(standing, Standing::Answered(_));
        if is_answered || !group.is_alive(primary.id) {
            return Ok(());
        }
        if deadline.has_passed() {
            // If it gives up at this moment, or has: the lock tells.
            let is_over = is_to_give_up && region.withdraw(primary.id, given).is_err();
            let who = Primary::of(primary);
            let late = PromoteError::NotGivenUp { primary: who, waited: GIVE_UP_WAIT };
            return if is_over { Ok(()) } else { Err(late) };
        }
        if matches!(standing, Standing::Asked(_) | Standing::Obeyed(_)) {
            sleep_until_change(region, seen, LOOK_AGAIN.min(deadline.remaining()));
        } else {
            // Another order was answered first, or one who waited for this one too took it back.
            asked = None;
        }
    }
}

/// The order that the primary now has: this one, or an earlier one, which may be the same.
fn ask_to_give_up(region: &GroupRegion, primary: ProcessId) -> Given {
    let given = region.ask(primary, Order::GiveUp).unwrap_or_else(|earlier| earlier);
    announce(region);
    given
}

/// Ceases to be primary. The table first, so that nobody finds two.
fn give_up(group: &Group) -> Result<Answer, EalError> {
    let _one_thread = moving();
    if !PLATFORM.ask(|liveness| Ok(liveness.is_primary()))? {
        return Ok(Answer::NotPrimary);
    }
    group.set_role(Role::Secondary);
    PLATFORM.ask(|liveness| liveness.release_primary())?;
    Ok(Answer::Done)
}

fn living_primary(group: &Group) -> Option<ProcessFacts> {
    let me: ProcessId = group.me();
    let others = group.processes().filter(|facts| facts.id != me && facts.role == Role::Primary);
    others.into_iter().find(|facts| group.is_alive(facts.id))
}
