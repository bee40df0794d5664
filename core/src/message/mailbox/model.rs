//! A mailbox for the model checker: two cells, frames of two words, no group.

extern crate std;

use std::boxed::Box;

use super::layout::Mailbox;
use super::put::Class;
use super::sleep::Bed;
use super::take::Queue;

/// A mailbox for one run of a model. Leaked: loom makes it anew in every run.
#[derive(Clone, Copy, Debug)]
pub struct ModelBox(&'static Mailbox);

/// The owner's end.
#[derive(Debug)]
pub struct ModelInbox(&'static Mailbox, Queue);

impl ModelBox {
    /// An empty mailbox; `rung` is what a last owner has left in the bell.
    pub fn new(rung: u64) -> Self {
        let mailbox: &'static Mailbox = Box::leak(Box::default());
        mailbox.bell.publish(rung);
        Self(mailbox)
    }

    /// The owner's end; a model opens one.
    pub fn inbox(self) -> ModelInbox {
        ModelInbox(self.0, Queue::new())
    }

    /// Puts a frame in; `false` if there is no room. Who must be called is called: the word changes.
    pub fn put(self, tag: u16, frame: [u64; 2]) -> bool {
        let Some(claim) = self.0.claim(tag, Class::Reply) else { return false };
        claim.fill(frame.into_iter());
        claim.publish(2).map(|ready| ready.ring()).is_some()
    }

    /// Puts a frame in and is killed before the bell.
    pub fn put_and_die(self, tag: u16, frame: [u64; 2]) {
        if let Some(claim) = self.0.claim(tag, Class::Reply) {
            claim.fill(frame.into_iter());
            // Killed here: nothing is rung.
            let _ = claim.publish(2);
        }
    }

    /// As somebody who looks after a death: frees, and asks the owner to look.
    pub fn mend(self, dead: u16) {
        self.0.mend(|tag| tag == dead);
        self.0.overslept();
    }
}

impl ModelInbox {
    /// The next frame.
    pub fn next(&mut self) -> Option<[u64; 2]> {
        if self.1.is_empty() {
            self.0.gather(&mut self.1);
        }
        self.0.take(&mut self.1)?.1
    }

    /// Looks for what the process with tag `dead` has left, if somebody asks for it.
    pub fn look_through_if_asked(&mut self, dead: u16) {
        if self.0.attention.peek() != 0 {
            self.0.look_through(&mut self.1, |tag| tag == dead);
        }
    }

    /// Goes to sleep; the word as it is until somebody calls, or `None` if there is something.
    pub fn lie_down(&mut self) -> Option<u32> {
        self.0.lie_down(Bed::Word)
    }

    /// Whether somebody has called since.
    pub fn is_called(&self, expected: u32) -> bool {
        self.0.asleep.peek() != expected
    }

    /// Wakes up.
    pub fn get_up(&mut self) {
        self.0.get_up();
    }
}
