//! Orders: one process tells another to become primary, or to cease to be it.
//!
//! Each process has one order word: who asks swaps the order in, its process (whoever in it
//! watches the group) acts and swaps the answer in. Word and tenant belong together: an order is
//! signed with the generation it is meant for, so a slot's next tenant never obeys it.
//!
//! What the order is about, the kernel's lock on the primary's byte, is the platform's; the word
//! only carries question and answer.
//!
//! # Crash points
//!
//! | killed | state left | who repairs | lost |
//! |---|---|---|---|
//! | who asked, after the swap | an order, obeyed and answered | the next who asks writes over the answer | nothing |
//! | who was asked, before it acted | an order that nobody obeys | the slot's next tenant, whose generation is another | nothing |
//! | who was asked, after it acted | the role has moved, no answer | who asked sees the death, and who is primary | nothing |

use super::Group;
use super::layout::{GroupRegion, ProcessEntry};
use super::process::ProcessId;
use crate::sync::Contested64;

/// What a process is told to do.
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// Become primary, if the group has none.
    TakeIfVacant,
    /// Become primary, also if a living one must give the role up first.
    TakeFromLiving,
    /// Cease to be primary, for another one.
    GiveUp,
}

/// What came of it.
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// It was done.
    Done,
    /// It was the primary already.
    AlreadyPrimary,
    /// Another process is primary, and it lives.
    PrimaryLives,
    /// The living primary did not give the role up in time.
    NotGivenUp,
    /// It was told to give up what it does not have.
    NotPrimary,
    /// The platform's locks failed it.
    Failed,
}

/// Where an order stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// None was given, or the last one was taken back.
    None,
    /// Given, not answered yet.
    Asked(Order),
    /// Answered.
    Answered(Answer),
}

const ORDERS: [Order; 3] = [Order::TakeIfVacant, Order::TakeFromLiving, Order::GiveUp];

const ANSWERS: [Answer; 6] = [
    Answer::Done,
    Answer::AlreadyPrimary,
    Answer::PrimaryLives,
    Answer::NotGivenUp,
    Answer::NotPrimary,
    Answer::Failed,
];

/// The low half of the word: 0 none, 1.. orders, 17.. answers.
const FIRST_ORDER: u32 = 1;
const FIRST_ANSWER: u32 = 17;

impl Standing {
    const fn to_word(self, generation: u32) -> u64 {
        let code = match self {
            Self::None => 0,
            Self::Asked(order) => FIRST_ORDER + order as u32,
            Self::Answered(answer) => FIRST_ANSWER + answer as u32,
        };
        (generation as u64) << 32 | code as u64
    }

    /// What a word says to the tenant of `generation`; a word for another one, or one that no
    /// version wrote, says nothing.
    fn from_word(word: u64, generation: u32) -> Self {
        if (word >> 32) as u32 != generation {
            return Self::None;
        }
        let code = word as u32;
        let of = |first: u32| code.checked_sub(first).and_then(|n| usize::try_from(n).ok());
        if let Some(answer) = of(FIRST_ANSWER).and_then(|n| ANSWERS.get(n)) {
            return Self::Answered(*answer);
        }
        of(FIRST_ORDER).and_then(|n| ORDERS.get(n)).map_or(Self::None, |order| Self::Asked(*order))
    }
}

impl GroupRegion {
    /// Where the order to `who` stands.
    pub fn order(&self, who: ProcessId) -> Standing {
        self.order_word(who)
            .map_or(Standing::None, |word| Standing::from_word(word.observe(), who.generation()))
    }

    /// Gives `who` an order. An answer that stands there is written over; an order that is not
    /// answered yet is not, and is returned: wait for its answer, it may be the same.
    ///
    /// Whoever may write the group's file may ask, a member or not. The caller wakes who sleeps on
    /// the change word, after [`GroupRegion::count_change`].
    pub fn ask(&self, who: ProcessId, order: Order) -> Result<(), Order> {
        let Some(word) = self.order_word(who) else { return Ok(()) };
        let mut found = word.observe();
        loop {
            if let Standing::Asked(earlier) = Standing::from_word(found, who.generation()) {
                return Err(earlier);
            }
            match word.swap_if(found, Standing::Asked(order).to_word(who.generation())) {
                Ok(_) => return Ok(()),
                Err(now) => found = now,
            }
        }
    }

    /// Takes an order back; what stands there if it was answered before.
    pub fn withdraw(&self, who: ProcessId, order: Order) -> Standing {
        let Some(word) = self.order_word(who) else { return Standing::None };
        let asked = Standing::Asked(order).to_word(who.generation());
        match word.swap_if(asked, Standing::None.to_word(who.generation())) {
            Ok(_) => Standing::None,
            Err(found) => Standing::from_word(found, who.generation()),
        }
    }

    fn order_word(&self, who: ProcessId) -> Option<&Contested64> {
        self.processes.get(usize::from(who.slot())).map(|entry: &ProcessEntry| &entry.order)
    }
}

impl Group {
    /// The order that this process has not answered yet. One load.
    pub fn order(&self) -> Option<Order> {
        match self.region().order(self.me()) {
            Standing::Asked(order) => Some(order),
            Standing::None | Standing::Answered(_) => None,
        }
    }

    /// Answers `order`; nothing, if it was taken back meanwhile.
    pub fn answer(&self, order: Order, answer: Answer) {
        let generation = self.me().generation();
        if let Some(word) = self.region().order_word(self.me()) {
            let (asked, answered) = (Standing::Asked(order), Standing::Answered(answer));
            // A failed swap means that nobody waits for the answer any more.
            let _ = word.swap_if(asked.to_word(generation), answered.to_word(generation));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fake;

    #[test]
    fn every_standing_comes_back_as_itself_and_is_nothing_to_another_tenant() {
        let orders = ORDERS.map(Standing::Asked);
        let answers = ANSWERS.map(Standing::Answered);
        for standing in [Standing::None].iter().chain(&orders).chain(&answers) {
            let word = standing.to_word(7);
            assert_eq!(Standing::from_word(word, 7), *standing);
            assert_eq!(Standing::from_word(word, 8), Standing::None);
        }
    }

    #[test]
    fn words_that_nobody_writes_say_nothing() {
        for code in (0..=u64::from(u16::MAX)).chain([u64::from(u32::MAX)]) {
            let known = (1..=3).contains(&code) || (17..=22).contains(&code);
            assert_eq!(Standing::from_word(code, 0) != Standing::None, known, "{code}");
        }
    }

    #[test]
    fn an_order_is_obeyed_once_and_its_answer_is_written_over_by_the_next() {
        let (group, _) = fake::group();
        let (region, me) = (group.region(), group.me());
        assert_eq!(region.ask(me, Order::TakeIfVacant), Ok(()));
        assert_eq!(region.ask(me, Order::GiveUp), Err(Order::TakeIfVacant));
        assert_eq!(group.order(), Some(Order::TakeIfVacant));
        group.answer(Order::TakeIfVacant, Answer::AlreadyPrimary);
        assert_eq!(region.order(me), Standing::Answered(Answer::AlreadyPrimary));
        assert_eq!(group.order(), None);
        assert_eq!(region.ask(me, Order::GiveUp), Ok(()));
    }

    #[test]
    fn an_order_that_was_taken_back_is_not_answered() {
        let (group, _) = fake::group();
        let (region, me) = (group.region(), group.me());
        assert_eq!(region.ask(me, Order::GiveUp), Ok(()));
        assert_eq!(region.withdraw(me, Order::GiveUp), Standing::None);
        group.answer(Order::GiveUp, Answer::Done);
        assert_eq!(region.order(me), Standing::None);
    }

    #[test]
    fn an_order_answered_before_it_is_taken_back_says_so() {
        let (group, _) = fake::group();
        let (region, me) = (group.region(), group.me());
        assert_eq!(region.ask(me, Order::GiveUp), Ok(()));
        group.answer(Order::GiveUp, Answer::Done);
        assert_eq!(region.withdraw(me, Order::GiveUp), Standing::Answered(Answer::Done));
    }

    #[test]
    fn the_next_tenant_of_a_slot_has_no_order() {
        let (group, _) = fake::group();
        let next = ProcessId::new(group.me().slot(), group.me().generation() + 1);
        assert_eq!(group.region().ask(group.me(), Order::GiveUp), Ok(()));
        assert_eq!(group.region().order(next), Standing::None);
        assert_eq!(group.region().ask(next, Order::TakeIfVacant), Ok(()));
    }

    #[test]
    fn nobody_takes_orders_in_a_slot_that_is_none() {
        let (group, _) = fake::group();
        assert_eq!(group.region().ask(ProcessId::OBSERVER, Order::GiveUp), Ok(()));
        assert_eq!(group.region().order(ProcessId::OBSERVER), Standing::None);
    }
}
