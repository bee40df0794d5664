//! One mailbox, its senders and its owner, step by step.

mod deaths;
mod model;
mod order;
mod sleep;

use super::*;
use crate::message::mailbox::put::Ready;

/// The tag of the sender with number `n`.
pub(super) fn tag(n: usize) -> u16 {
    (n as u16 + 1) << 9 | 1
}

/// A frame that says who sent it and which it is.
pub(super) fn words(sender: usize, number: u64) -> [u64; 2] {
    [sender as u64, number]
}

/// Everything up to the bell.
pub(super) fn make_ready(
    mailbox: &Mailbox,
    class: Class,
    sender: usize,
    number: u64,
) -> Option<Ready<'_>> {
    let claim = mailbox.claim(tag(sender), class)?;
    claim.fill(words(sender, number).into_iter());
    claim.publish(2)
}

/// Puts a frame in; whether there was room.
pub(super) fn put(mailbox: &Mailbox, class: Class, sender: usize, number: u64) -> bool {
    make_ready(mailbox, class, sender, number).map(Ready::ring).is_some()
}

/// The next frame: who sent it and which it is.
pub(super) fn take(mailbox: &Mailbox, queue: &mut Queue) -> Option<(usize, u64)> {
    if queue.is_empty() {
        mailbox.gather(queue);
    }
    let (state, image) = mailbox.take(queue)?;
    let image = image.expect("nobody else frees a ready cell");
    assert_eq!(state.tag(), tag(image[0] as usize));
    Some((image[0] as usize, image[1]))
}

/// Everything there is.
pub(super) fn take_all(mailbox: &Mailbox, queue: &mut Queue) -> Vec<(usize, u64)> {
    core::iter::from_fn(|| take(mailbox, queue)).collect()
}
