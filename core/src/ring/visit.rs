//! Which elements are in a ring, while others work on it.

use super::attach::{AttachError, Checked, check};
use super::claim::RingEnd;
use super::config::Sync;
use super::cursor::{call, owner, position};
use super::layout::{CallLog, End, HEADER_BYTES};
use super::member::{Member, Turn, Wait};
use super::rts::{confirm, entry};
use crate::group::Group;
use crate::offset::Offset;
use crate::shared::ElementLayout;
use crate::sync::Word64;

/// How often a ring is looked through before it is given up.
const PASSES: u32 = 16;

/// Shows `visit` each element that is in the ring at `at`, whose elements are of 8 bytes: what is
/// published and not taken, what is finished behind a call that holds an Rts end up, and what
/// somebody is about to take.
///
/// While others work on it: an element that is in the ring from before the call until after it is
/// seen, at least once. One that comes or goes meanwhile may be seen or not, and what lay in its
/// place before or lies there afterwards may be seen too. `false` says that some may have been
/// missed, because a living process mends an Rts end and does not finish, or because so much
/// happened that the log of calls went round, time after time: then call it again. (An observer, who
/// may not write, is told so too while a call at an Rts end has just begun.)
pub fn visit_published(
    group: &Group,
    at: Offset<u8>,
    mut visit: impl FnMut(u64),
) -> Result<bool, AttachError> {
    let it = check(group.window(), at)?;
    let place = AttachError::Place { at: at.get() };
    if it.element.size != 8 {
        let expected = ElementLayout { size: 8, ..it.element };
        return Err(AttachError::Element { expected, found: it.element });
    }
    let first = it.at.add(HEADER_BYTES as u64).ok_or(place)?;
    let slots = group.window().slice::<Word64>(first.cast(), it.shape.size as usize);
    let visitor = Visitor { group, it: &it, slots: slots.ok_or(place)? };
    for _ in 0..PASSES {
        let Some(before) = visitor.unmended() else { return Ok(false) };
        if visitor.pass(&mut visit).is_some() && visitor.menders() == before {
            return Ok(true);
        }
    }
    Ok(false)
}

struct Visitor<'a> {
    group: &'a Group,
    it: &'a Checked,
    slots: &'static [Word64],
}

impl Visitor<'_> {
    /// Shows everything once; `None` if the log went round meanwhile.
    fn pass(&self, visit: &mut impl FnMut(u64)) -> Option<()> {
        let consumers = self.it.end(RingEnd::Consumer);
        let first = match self.log(RingEnd::Consumer) {
            // Of what is reserved, that which is not taken.
            Some(log) => self.calls(consumers, log, |owner| owner != 0, visit)?,
            None => position(consumers.tail.observe()),
        };
        let producers = self.it.end(RingEnd::Producer);
        let last = position(producers.tail.observe());
        // More than a ringful only if the consumers have moved on since: the older is gone.
        let count = last.wrapping_sub(first);
        self.run(last.wrapping_sub(count.min(self.it.shape.capacity)), last, visit);
        if let Some(log) = self.log(RingEnd::Producer) {
            // Of what is reserved, that which is finished. What the tail has passed since the look
            // above stands in the log as long as that has not gone round.
            self.calls(producers, log, |owner| owner == 0, visit)?;
        }
        Some(())
    }

    /// Shows the runs of the calls between tail and head whose owner is as wanted. Returns the
    /// position of the head.
    fn calls(
        &self,
        end: &End,
        log: &CallLog,
        is_wanted: impl Fn(u16) -> bool,
        visit: &mut impl FnMut(u64),
    ) -> Option<u32> {
        let tail = end.tail.observe();
        let head = end.head.observe();
        if !self.group.is_observer() {
            confirm(end, log, head);
        }
        let mut start = position(tail);
        for n in 1..=call(head).wrapping_sub(call(tail)) {
            let number = call(tail).wrapping_add(n);
            let found = entry(log, number).observe();
            if call(found) != number {
                return None;
            }
            if is_wanted(owner(found)) {
                self.run(start, position(found), visit);
            }
            start = position(found);
        }
        Some(position(head))
    }

    /// Shows what lies at the positions from `start` to before `end`, at most a ringful.
    fn run(&self, start: u32, end: u32, visit: &mut impl FnMut(u64)) {
        let count = end.wrapping_sub(start).min(self.it.shape.capacity);
        for i in 0..count {
            let slot = start.wrapping_add(i) & (self.it.shape.size - 1);
            if let Some(word) = self.slots.get(slot as usize) {
                visit(word.get());
            }
        }
    }

    fn log(&self, end: RingEnd) -> Option<&'static CallLog> {
        match self.it.sync(end) {
            Sync::Rts => self.it.log(self.group.window(), end),
            _ => None,
        }
    }

    /// Both ends' words that say who mends, and how often that was done.
    fn menders(&self) -> [u64; 2] {
        [RingEnd::Producer, RingEnd::Consumer].map(|end| self.it.end(end).mender.observe())
    }

    /// The same, when nobody mends; `None` if somebody does not finish.
    fn unmended(&self) -> Option<[u64; 2]> {
        let member = Member::of(self.group);
        let mut wait = Wait::default();
        loop {
            let menders = self.menders();
            let Some(tag) = menders.map(|word| word as u16).into_iter().find(|tag| *tag != 0)
            else {
                return Some(menders);
            };
            if wait.turn(&member, tag) != Turn::Again {
                return None;
            }
        }
    }
}
