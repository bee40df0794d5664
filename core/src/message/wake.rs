//! Calling a process that sleeps: the core says whom, the platform does it.

use crate::group::{Group, PROCESSES_MAX, ProcessId};
use crate::message::{Bed, Mailbox};
use crate::offset::Offset;
use crate::sync::Contested32;

/// A process that sleeps although there is something in its mailbox.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Call {
    /// Who.
    pub who: ProcessId,
    /// On what.
    pub bed: Bed,
    /// The word for [`Bed::Word`]: [`Window::address`](crate::window::Window::address) says where
    /// it is.
    pub word: Offset<u32>,
}

/// A platform's way to wake a process.
pub trait Wake: Sync {
    /// Wakes `call.who`. Best effort, from any thread, and never waits: who is not woken looks by
    /// itself when its bounded sleep ends.
    fn wake(&self, call: Call);

    /// The same where the group is at hand: what senders call.
    fn wake_in(&self, group: &Group, call: Call) {
        let _ = group;
        self.wake(call);
    }
}

/// The way to wake that every platform has: by [`Platform::wake`](crate::platform::Platform::wake) on
/// the word that the process sleeps on. For members without a message service of their own; one that
/// sleeps on a socket looks by itself when its bounded sleep ends.
#[derive(Clone, Copy, Debug, Default)]
pub struct PlatformWakes;

impl Wake for PlatformWakes {
    fn wake(&self, _: Call) {}

    fn wake_in(&self, group: &Group, call: Call) {
        if call.bed == Bed::Word
            && let Some(word) = group.window().resolve(call.word.cast::<Contested32>())
        {
            group.platform().wake(word);
        }
    }
}

/// The way to wake where nobody sleeps: every member polls.
#[derive(Clone, Copy, Debug, Default)]
pub struct NobodySleeps;

impl Wake for NobodySleeps {
    fn wake(&self, _: Call) {}
}

/// The call for the owner of the mailbox in `slot`.
pub(super) fn call(group: &Group, slot: u16, bed: Bed) -> Option<Call> {
    let mailbox = group.region().mailboxes.get(usize::from(slot))?;
    let who = ProcessId::unpack(mailbox.owner.observe()).filter(|who| who.slot() == slot)?;
    let word = group.window().offset_of(&mailbox.asleep)?.cast();
    Some(Call { who, bed, word })
}

/// Calls every owner that sleeps, be there something in its mailbox or not: one that waits for an
/// answer of a process that has died or left looks again. Returns how many that were.
///
/// The reaper calls it after a death, and who leaves when it has left. Cost: a look at every mailbox.
pub fn call_everybody(group: &Group, wake: &dyn Wake) -> usize {
    if group.is_observer() {
        return 0;
    }
    let sleeping = |slot: &u16| {
        let mailbox = group.region().mailboxes.get(usize::from(*slot));
        let called = mailbox.and_then(Mailbox::call);
        let call = called.and_then(|bed| call(group, *slot, bed));
        call.is_some_and(|call| {
            wake.wake_in(group, call);
            true
        })
    };
    (0..PROCESSES_MAX as u16).filter(sleeping).count()
}

/// Puts right what dead processes left in all mailboxes, and calls every owner that sleeps beside
/// something to do. Returns how many cells were freed.
///
/// The reaper calls it after a death; a supervisor may call it now and then. Any member may, at
/// any time, and again. An observer mends nothing. Cost: a look at every cell of every mailbox,
/// and a system call for each sender that has something in one.
#[inline(never)]
pub fn attend(group: &Group, wake: &dyn Wake) -> usize {
    if group.is_observer() {
        return 0;
    }
    let mut freed = 0;
    for slot in 0..PROCESSES_MAX as u16 {
        let Some(mailbox) = group.region().mailboxes.get(usize::from(slot)) else { break };
        freed += mailbox.mend(|tag| group.is_tag_gone(tag));
        if let Some(call) = mailbox.overslept().and_then(|bed| call(group, slot, bed)) {
            wake.wake_in(group, call);
        }
    }
    freed
}
