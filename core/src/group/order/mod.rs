//! Orders: one process tells another to become primary, or to cease to be it.
//!
//! Each process has one order word: who asks swaps the order in; its process (whoever in it
//! watches the group) swaps in that it *obeys*, and only then acts, and swaps the answer in. Word and
//! tenant belong together: an order is signed with the generation it is meant for, so a slot's next
//! tenant never obeys it.
//!
//! Who asked may take the order back as long as nobody obeys it: one swap of the two comes first, so
//! an order that was taken back is never obeyed, also by a process that was stopped in between.
//!
//! Each order has a number, counted up in the word, so that of several who ask nobody takes another's
//! order for his own, whose answer was written over: [`Given`] is what he knows it by.
//!
//! What the order is about, the kernel's lock on the primary's byte, is the platform's; the word
//! only carries question and answer.
//!
//! # Crash points
//!
//! | killed | state left | who repairs | lost |
//! |---|---|---|---|
//! | who asked, after the swap | an order, obeyed and answered | the next who asks writes over the answer | nothing |
//! | who was asked, before it obeys | an order that nobody obeys | the slot's next tenant, whose generation is another | nothing |
//! | who was asked, while it obeys | the role has moved or not, no answer | who asked sees the death, and who is primary | nothing |

mod standing;
#[cfg(test)]
mod tests;
mod word;

pub use standing::{Answer, Given, Order, Standing};
pub use word::OrderWord;

use super::Group;
use super::layout::{GroupRegion, ProcessEntry};
use super::process::ProcessId;

impl GroupRegion {
    /// Where the last order to `who` stands.
    pub fn order(&self, who: ProcessId) -> Standing {
        self.order_word(who).map_or(Standing::None, OrderWord::standing)
    }

    /// Where `given`, an order to `who`, stands. [`Standing::None`]: it was answered, and the answer
    /// written over by a later order; or somebody who waited for it took it back.
    pub fn order_given(&self, who: ProcessId, given: Given) -> Standing {
        self.order_word(who).map_or(Standing::None, |word| word.standing_of(given))
    }

    /// Gives `who` an order. An answer that stands there is written over; an order that is not
    /// answered yet is not, and is returned as an error: wait for its answer, it may be the same; who
    /// gave it may have died since.
    ///
    /// Whoever may write the group's file may ask, a member or not. The caller wakes who sleeps on
    /// the change word, after [`GroupRegion::count_change`].
    pub fn ask(&self, who: ProcessId, order: Order) -> Result<Given, Given> {
        // A slot that does not exist obeys nothing.
        let nowhere = Given { order, number: 0 };
        self.order_word(who).map_or(Ok(nowhere), |word| word.ask(order))
    }

    /// Takes back an order that the caller waits for: it is not obeyed any more, whatever comes. Whoever
    /// else waits for it finds it gone, and may ask anew.
    ///
    /// # Errors
    /// Where it stands, if it was obeyed or answered before; [`Standing::None`] if a later order has
    /// been written over the answer.
    pub fn withdraw(&self, who: ProcessId, given: Given) -> Result<(), Standing> {
        self.order_word(who).map_or(Ok(()), |word| word.withdraw(given))
    }

    fn order_word(&self, who: ProcessId) -> Option<OrderWord<'_>> {
        let entry: &ProcessEntry = self.processes.get(usize::from(who.slot()))?;
        Some(OrderWord { word: &entry.order, generation: who.generation() })
    }
}

impl Group {
    /// The order that this process has not begun to obey yet. One load.
    pub fn order(&self) -> Option<Order> {
        match self.region().order(self.me()) {
            Standing::Asked(order) => Some(order),
            Standing::None | Standing::Obeyed(_) | Standing::Answered(_) => None,
        }
    }

    /// Begins to obey `order`; `false`, and then it must not be obeyed, if it was taken back
    /// meanwhile or another thread has begun. Whoever begins [answers](Self::answer).
    pub fn begin_to_obey(&self, order: Order) -> bool {
        self.region().order_word(self.me()).is_some_and(|word| word.begin_to_obey(order))
    }

    /// Answers an order that this process has begun to obey.
    pub fn answer(&self, order: Order, answer: Answer) {
        if let Some(word) = self.region().order_word(self.me()) {
            word.answer(order, answer);
        }
    }
}
