//! Messages: a frame sent, and a frame taken out. The box of the first survivor is sent to; its own
//! box is what the one who dies takes from.

use core::cell::RefCell;

use phalanx_core::group::{Group, ProcessId};
use phalanx_core::message::{
    ActionName, Bed, Class, Frame, Inbox, NobodySleeps, Payload, PlatformWakes, Port, Post,
    SendError, attend,
};
use phalanx_core::wait::Waiting;

use super::membership::Guest;
use crate::step::operation::{Marks, Member, Operation, Outcome, same, sentence};

/// How many messages a box takes.
const ROOM: u64 = Class::Message.cells() as u64;

/// The slot of a sender that is dead.
const GUEST: u16 = 51;

/// The number of the message that the one who dies sends.
const NEW: u64 = 1000;

/// What is done between the marks.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Act {
    /// Puts a frame into the first survivor's box.
    Send,
    /// The same, and that one sleeps.
    SendToSleeper,
    /// The same, and it is woken.
    SendAndWake,
    /// Looks through all boxes, as after a death.
    Attend,
    /// Opens its own box.
    Open,
    /// Takes one out.
    Next,
    /// Looks through its own box, as after a death.
    LookThrough,
    /// Says that it sleeps, and that it does not.
    Sleep,
    /// Really sleeps, until its time is over.
    Wait,
    /// Gives its box back.
    Close,
}

#[derive(Debug)]
struct MessageOp {
    name: &'static str,
    act: Act,
    /// How many messages are in the box before.
    before: u64,
}

pub(super) fn operations() -> Vec<Box<dyn Operation>> {
    let op = |name, act, before| Box::new(MessageOp { name, act, before }) as Box<dyn Operation>;
    vec![
        op("message.send.empty", Act::Send, 0),
        op("message.send.nearly-full", Act::Send, ROOM - 1),
        op("message.send.full", Act::Send, ROOM),
        op("message.send.to-a-sleeper", Act::SendToSleeper, 0),
        op("message.send.to-a-sleeper-that-is-woken", Act::SendAndWake, 0),
        op("message.attend", Act::Attend, 3),
        op("message.open", Act::Open, 0),
        op("message.next.empty", Act::Next, 0),
        op("message.next.one", Act::Next, 1),
        op("message.next.full", Act::Next, ROOM),
        op("message.look-through", Act::LookThrough, 3),
        op("message.sleep", Act::Sleep, 0),
        op("message.wait", Act::Wait, 0),
        op("message.close", Act::Close, 3),
    ]
}

thread_local! {
    /// The first survivor's box, open from the beginning. What it keeps in its own memory is nothing
    /// whenever memory is put back: all was taken out.
    static BOX: RefCell<Option<Inbox>> = const { RefCell::new(None) };
}

impl MessageOp {
    /// Whether it is about the first survivor's box.
    fn is_sending(&self) -> bool {
        matches!(self.act, Act::Send | Act::SendToSleeper | Act::SendAndWake | Act::Attend)
    }
}

impl Operation for MessageOp {
    fn name(&self) -> &str {
        self.name
    }

    fn prepare(&self, member: &Member<'_>) -> Outcome {
        if !self.is_sending() {
            return Ok(());
        }
        let mut inbox = Inbox::open(member.group).map_err(sentence)?;
        send_all(member.group, member.group.me(), 0..self.before)?;
        if let Act::SendToSleeper | Act::SendAndWake = self.act {
            core::mem::forget(inbox.prepare_to_sleep(Bed::Word));
        }
        BOX.set(Some(inbox));
        Ok(())
    }

    fn operate(&self, member: &Member<'_>, marks: Marks) -> Outcome {
        let group = member.group;
        match self.act {
            Act::Send | Act::SendToSleeper => {
                let (post, frame) = (post(group), frame(group, first(group)?, NEW)?);
                let _full = marks.around(|| post.send(&frame));
                return Ok(());
            }
            Act::SendAndWake => {
                let post = Post::new(group, &PlatformWakes);
                let frame = frame(group, first(group)?, NEW)?;
                let _full = marks.around(|| post.send(&frame));
                return Ok(());
            }
            Act::Wait => {
                let mut port = Port::<1, 1>::open(group, &PlatformWakes).map_err(sentence)?;
                let now = Waiting::SpinThenSleep { spins: 0 };
                let nothing = marks.around(|| port.wait(now, || false));
                return same("what has come", nothing.is_none(), true);
            }
            Act::Attend => {
                marks.around(|| attend(group, &NobodySleeps));
                return Ok(());
            }
            Act::Open => {
                drop(marks.around(|| Inbox::open(group)));
                return Ok(());
            }
            Act::Next | Act::LookThrough | Act::Sleep | Act::Close => {}
        }
        let mut inbox = Inbox::open(group).map_err(sentence)?;
        if self.act == Act::LookThrough {
            // From one who is dead, as most that is looked for is.
            let guest = Guest::enter(member, GUEST)?;
            send_all(&guest.group, group.me(), 0..self.before)?;
            guest.die();
            marks.around(|| inbox.look_through());
            return Ok(());
        }
        send_all(group, group.me(), 0..self.before)?;
        match self.act {
            Act::Sleep => marks.around(|| drop(inbox.prepare_to_sleep(Bed::Word))),
            Act::Close => {
                // Some are gathered, and rung for again.
                let _taken = inbox.next();
                marks.around(|| drop(inbox));
            }
            _ => drop(marks.around(|| inbox.next())),
        }
        Ok(())
    }

    fn judge(&self, member: &Member<'_>) -> Outcome {
        if !self.is_sending() {
            return next_tenant(member);
        }
        BOX.with_borrow_mut(|inbox| {
            let inbox = inbox.as_mut().ok_or("the box is not open")?;
            let found = take_all(inbox)?;
            let old: Vec<u64> = (0..self.before).collect();
            let is_old_and_new = found.split_last() == Some((&NEW, &old[..]));
            if found != old && !is_old_and_new {
                return Err(format!("the box held {found:?}, of 0..{} and {NEW}", self.before));
            }
            same("cells in use in an empty box", inbox.facts().in_use, 0)?;
            let group = member.group;
            send_all(group, group.me(), 1..4)?;
            same("what was sent then", take_all(inbox)?, vec![1, 2, 3])?;
            send_all(group, group.me(), 4..5)
        })
    }

    fn use_again(&self, member: &Member<'_>) -> Outcome {
        if !self.is_sending() {
            return next_tenant(member);
        }
        fill(member.group, first(member.group)?, ROOM - 1)
    }
}

/// The dead one's slot has another tenant: nothing of the dead one's is in its box, and all of it
/// can be used.
fn next_tenant(member: &Member<'_>) -> Outcome {
    let group = member.group;
    let dead = group.tenant(3).ok_or("nobody was in slot 3")?;
    let sent = post(group).send(&frame(group, dead, 0)?);
    same("a message for the dead", sent, Err(SendError::Gone { target: dead }))?;
    let guest = Guest::enter(member, dead.slot())?;
    let mut inbox = Inbox::open(&guest.group).map_err(sentence)?;
    same("what a new tenant finds", take_all(&mut inbox)?, vec![])?;
    same("cells in use in its box", inbox.facts().in_use, 0)?;
    fill(group, guest.group.me(), ROOM)?;
    same("what it was sent", take_all(&mut inbox)?, (0..ROOM).collect())?;
    drop(inbox);
    guest.leave()
}

/// Sends `count` messages to `target`, whose box takes no more then.
fn fill(group: &Group, target: ProcessId, count: u64) -> Outcome {
    send_all(group, target, 0..count)?;
    let full = SendError::Full { target, class: Class::Message };
    same(
        "one more than there is room for",
        post(group).send(&frame(group, target, count)?),
        Err(full),
    )
}

fn send_all(group: &Group, target: ProcessId, numbers: core::ops::Range<u64>) -> Outcome {
    let post = post(group);
    for number in numbers {
        post.send(&frame(group, target, number)?).map_err(sentence)?;
    }
    Ok(())
}

/// The numbers of all messages in the box, each of them whole.
fn take_all(inbox: &mut Inbox) -> Result<Vec<u64>, String> {
    let mut numbers = Vec::new();
    while let Some(found) = inbox.next() {
        let bytes = found.payload.as_bytes();
        let number = bytes.first_chunk().map_or(u64::MAX, |first| u64::from_le_bytes(*first));
        same("the message's payload", bytes, &content(number)[..])?;
        numbers.push(number);
    }
    Ok(numbers)
}

fn post(group: &Group) -> Post {
    Post::new(group, &NobodySleeps)
}

/// The one whose box is sent to.
fn first(group: &Group) -> Result<ProcessId, String> {
    group.tenant(0).ok_or_else(|| "nobody was in slot 0".to_owned())
}

/// The message with `number`, from this process.
fn frame(group: &Group, target: ProcessId, number: u64) -> Result<Frame, String> {
    let name = ActionName::new("step").map_err(sentence)?;
    let payload = Payload::new(&content(number)).map_err(sentence)?;
    Ok(post(group).frame(target, phalanx_core::message::Kind::Message, 0, &name, &payload))
}

/// Bytes that all say which message they are of.
fn content(number: u64) -> Vec<u8> {
    number.to_le_bytes().repeat(30)
}
