//! Mending an RTS end: what dead processes had in the middle is undone, in order, without loss.
//!
//! A call in the middle of which a process died holds the tail back, and calls behind it are
//! finished. So the end is frozen until every call between tail and head is finished or a dead
//! one's; then elements are carried together. Producers' end: what was put in moves down over the
//! dead ones' runs. Consumers' end: what the dead did not take moves up to the head, where it is
//! taken next. Then the tail jumps to where the head will be, the end is thawed, and every position
//! is what it would be if the dead had never come.
//!
//! What is to be done next follows from shared memory alone ([`Mender::step`]), so a mender may
//! die anywhere and the next goes on. Elements are carried one by one, lowest first (producers) or
//! highest first (consumers), so that a carry that is done twice reads what it read before.
//!
//! # Crash points
//!
//! | killed after | state left | who repairs | lost |
//! |---|---|---|---|
//! | it has named itself the mender | nothing else | who mends next takes the name over | nothing |
//! | the head is frozen | nobody can reserve; who is in the middle finishes | the first to wait there, or [`repair`](super::repair) | nothing |
//! | an element is carried, not counted | it lies in both places | as above: carried again | nothing |
//! | an element is counted | as above | as above: the next is carried | nothing |
//! | the tail has jumped | the calls are settled; head frozen | as above: cleans up and thaws | nothing |
//! | the count is 0 again | as above | as above | nothing |
//! | the head is thawed | settled | who mends next takes the name over | nothing |

use super::claim::RingEnd;
use super::cursor::{call, owner, position, with_call};
use super::layout::{CallLog, End, LOG_CALLS};
use super::member::{Member, Turn, Wait};
use super::rts::{FROZEN, advance, confirm, entry};

/// One who mends.
pub(super) struct Mender<'a> {
    /// The end's words.
    pub(super) own: &'a End,
    /// Its calls.
    pub(super) log: &'a CallLog,
    /// Which end it is.
    pub(super) which: RingEnd,
    /// Elements the ring holds at most.
    pub(super) capacity: u32,
    /// Who mends.
    pub(super) member: &'a Member,
    /// Whether it has named itself the mender.
    has_begun: bool,
    /// How long it has waited for the living, be they menders or in the middle.
    wait: Wait,
    /// Calls that it has undone.
    undone: u32,
}

/// A call between tail and head.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Call {
    /// Who is in the middle of it; 0 if it is finished.
    owner: u16,
    start: u32,
    count: u32,
}

/// How far a step has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// Take another.
    More,
    /// Nobody dead is in the middle any more.
    Done,
}

impl<'a> Mender<'a> {
    /// One who mends the end `own` for `member`.
    pub(super) fn new(
        (own, log): (&'a End, &'a CallLog),
        which: RingEnd,
        capacity: u32,
        member: &'a Member,
    ) -> Self {
        let (has_begun, wait, undone) = (false, Wait::default(), 0);
        Self { own, log, which, capacity, member, has_begun, wait, undone }
    }

    /// Mends; `carry` copies the element of the first position to the second. Says how many calls
    /// were undone; or the tag of a living process that mends, or is in the middle, and does not
    /// finish. Then the end is as before.
    #[inline(never)]
    pub(super) fn mend(mut self, carry: &mut dyn FnMut(u32, u32)) -> Result<u32, u16> {
        while self.step(carry)? == Step::More {}
        Ok(self.undone)
    }

    /// Does what is to be done next.
    pub(super) fn step(&mut self, carry: &mut dyn FnMut(u32, u32)) -> Result<Step, u16> {
        if !self.has_begun {
            return self.begin();
        }
        let head = self.own.head.observe();
        advance(self.own, self.log);
        let tail = self.own.tail.observe();
        if owner(head) != FROZEN {
            return Ok(self.freeze(tail, head));
        }
        if call(tail) == call(head) {
            self.thaw(tail, head);
            return Ok(Step::More);
        }
        if let Some(tag) = self.first(tail, head, |tag| !self.member.is_gone(tag)) {
            return self.wait_for(tag, head);
        }
        let position = match self.which {
            RingEnd::Producer => self.carry_down(tail, head, carry),
            RingEnd::Consumer => self.carry_up(tail, head, carry),
        };
        // Pairs with the other end's look: who sees the tail sees what was carried. Nobody else
        // moves the tail: the first call behind it is not finished.
        let _ = self.own.tail.swap_if(tail, with_call(position, 0, call(head)));
        Ok(Step::More)
    }

    /// Names itself the mender; lets a living process that is that finish first (it may be this one:
    /// another thread).
    fn begin(&mut self) -> Result<Step, u16> {
        let word = self.own.mender.observe();
        let tag = word as u16;
        if tag != 0 && !self.member.is_gone(tag) {
            let is_enough = self.wait.turn(self.member, tag) == Turn::Enough;
            return if is_enough { Err(tag) } else { Ok(Step::More) };
        }
        let mine = word & !0xffff | u64::from(self.member.tag());
        self.has_begun = self.own.mender.swap_if(word, mine).is_ok();
        Ok(Step::More)
    }

    /// Lets go of the end, and counts that it was mended.
    fn end(&mut self) {
        let next = (self.own.mender.observe() | 0xffff).wrapping_add(1);
        // Pairs with the `observe` in `begin`, and the two looks of a visitor.
        self.own.mender.publish(next);
    }

    /// Freezes the head if somebody dead is in the middle; else there is nothing to mend.
    fn freeze(&mut self, tail: u64, head: u64) -> Step {
        confirm(self.own, self.log, head);
        if self.first(tail, head, |tag| self.member.is_gone(tag)).is_none() {
            self.end();
            return Step::Done;
        }
        // A failed swap means that somebody has reserved: all over again.
        let _ = self.own.head.swap_if(head, with_call(position(head), FROZEN, call(head)));
        Step::More
    }

    /// Cleans up after the calls are settled, and lets others reserve from the tail on.
    fn thaw(&self, tail: u64, head: u64) {
        if self.own.moved.observe() != 0 {
            self.own.moved.publish(0);
        } else {
            let _ = self.own.head.swap_if(head, with_call(position(tail), 0, call(head)));
        }
    }

    /// Lets `tag`, which lives, finish; thaws the head as it was if it does not.
    fn wait_for(&mut self, tag: u16, head: u64) -> Result<Step, u16> {
        if self.wait.turn(self.member, tag) != Turn::Enough {
            return Ok(Step::More);
        }
        let _ = self.own.head.swap_if(head, with_call(position(head), 0, call(head)));
        self.end();
        Err(tag)
    }

    /// The first who is in the middle of a call and of whom `is` is true.
    fn first(&self, tail: u64, head: u64, is: impl Fn(u16) -> bool) -> Option<u16> {
        let calls = 1..=self.calls(tail, head);
        calls.map(|n| self.call(tail, n).owner).find(|tag| *tag != 0 && is(*tag))
    }

    /// How many calls stand between the two.
    fn calls(&self, tail: u64, head: u64) -> u16 {
        call(head).wrapping_sub(call(tail)).min(LOG_CALLS as u16)
    }

    /// The `n`th call after the tail. What the log does not have (it lies, or the tail is old) is
    /// finished and empty.
    fn call(&self, tail: u64, n: u16) -> Call {
        let number = call(tail).wrapping_add(n);
        let found = entry(self.log, number).observe();
        let start = match n {
            0 | 1 => position(tail),
            _ => position(entry(self.log, number.wrapping_sub(1)).observe()),
        };
        if call(found) != number {
            return Call { owner: 0, start, count: 0 };
        }
        let count = position(found).wrapping_sub(start).min(self.capacity);
        Call { owner: owner(found), start, count }
    }

    /// Carries what was put in down over the dead ones' runs; where it ends.
    fn carry_down(&mut self, tail: u64, head: u64, carry: &mut dyn FnMut(u32, u32)) -> u32 {
        let (mut to, mut kept) = (position(tail), 0);
        for n in 1..=self.calls(tail, head) {
            let it = self.call(tail, n);
            self.undone += u32::from(it.owner != 0);
            if it.owner == 0 && it.count <= self.capacity - kept {
                self.carry_run(
                    (0..it.count).map(|i| (it.start.wrapping_add(i), to.wrapping_add(i))),
                    kept,
                    carry,
                );
                (to, kept) = (to.wrapping_add(it.count), kept + it.count);
            }
        }
        to
    }

    /// Carries what the dead did not take up to the head; where it begins.
    fn carry_up(&mut self, tail: u64, head: u64, carry: &mut dyn FnMut(u32, u32)) -> u32 {
        let (mut to, mut kept) = (position(head), 0);
        for n in (1..=self.calls(tail, head)).rev() {
            let it = self.call(tail, n);
            self.undone += u32::from(it.owner != 0);
            if it.owner != 0 && it.count <= self.capacity - kept {
                let end = it.start.wrapping_add(it.count);
                self.carry_run(
                    (1..=it.count).map(|i| (end.wrapping_sub(i), to.wrapping_sub(i))),
                    kept,
                    carry,
                );
                (to, kept) = (to.wrapping_sub(it.count), kept + it.count);
            }
        }
        to
    }

    /// Carries the elements of a run that are not carried yet, and counts each. `kept` come before it.
    fn carry_run(
        &self,
        run: impl Iterator<Item = (u32, u32)>,
        kept: u32,
        carry: &mut dyn FnMut(u32, u32),
    ) {
        let moved = self.own.moved.observe();
        for ((from, to), nth) in run.zip(kept..).filter(|(_, nth)| *nth >= moved) {
            if from != to {
                carry(from, to);
            }
            // Pairs with the `observe` above: the next mender sees what was carried.
            self.own.moved.publish(nth + 1);
        }
    }
}
