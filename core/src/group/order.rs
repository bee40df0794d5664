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

/// An order that was given to a process, by its number there, which comes again after 65,536 orders.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Given {
    order: Order,
    number: u16,
}

impl Given {
    /// What was ordered.
    pub const fn order(self) -> Order {
        self.order
    }
}

/// Where an order stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// None was given, or it was taken back, or its answer was written over by a later order.
    None,
    /// Given, and nobody has begun to obey it.
    Asked(Order),
    /// Being obeyed: it cannot be taken back any more, and its answer comes.
    Obeyed(Order),
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

/// The low half of the word is `number << 16 | code`: 0 none, 1.. orders, 17.. answers, 33.. orders that
/// are obeyed.
const FIRST_ORDER: u32 = 1;
const FIRST_ANSWER: u32 = 17;
const FIRST_OBEYED: u32 = 33;

impl Standing {
    const fn to_word(self, generation: u32, number: u16) -> u64 {
        let code = match self {
            Self::None => 0,
            Self::Asked(order) => FIRST_ORDER + order as u32,
            Self::Answered(answer) => FIRST_ANSWER + answer as u32,
            Self::Obeyed(order) => FIRST_OBEYED + order as u32,
        };
        (generation as u64) << 32 | (number as u64) << 16 | code as u64
    }

    /// What a word says to the tenant of `generation`; a word for another one, or one that no
    /// version wrote, says nothing.
    fn from_word(word: u64, generation: u32) -> Self {
        if (word >> 32) as u32 != generation {
            return Self::None;
        }
        let code = word as u32 & 0xffff;
        let of = |first: u32| code.checked_sub(first).and_then(|n| usize::try_from(n).ok());
        if let Some(order) = of(FIRST_OBEYED).and_then(|n| ORDERS.get(n)) {
            return Self::Obeyed(*order);
        }
        if let Some(answer) = of(FIRST_ANSWER).and_then(|n| ANSWERS.get(n)) {
            return Self::Answered(*answer);
        }
        of(FIRST_ORDER).and_then(|n| ORDERS.get(n)).map_or(Self::None, |order| Self::Asked(*order))
    }
}

/// The order word of one process.
#[derive(Clone, Copy, Debug)]
pub struct OrderWord<'a> {
    word: &'a Contested64,
    generation: u32,
}

impl<'a> OrderWord<'a> {
    /// For models: a word that lies anywhere, of the tenant of `generation`.
    #[cfg(loom)]
    pub fn model(word: &'a Contested64, generation: u32) -> Self {
        Self { word, generation }
    }

    /// Where the last order stands.
    pub fn standing(self) -> Standing {
        self.look().0
    }

    /// Where `given` stands: as [`GroupRegion::order_given`].
    pub fn standing_of(self, given: Given) -> Standing {
        let (standing, number) = self.look();
        if number == given.number { standing } else { Standing::None }
    }

    /// Gives an order: as [`GroupRegion::ask`].
    pub fn ask(self, order: Order) -> Result<Given, Given> {
        let mut found = self.word.observe();
        loop {
            let last = number_of(found);
            match Standing::from_word(found, self.generation) {
                Standing::Asked(order) | Standing::Obeyed(order) => {
                    return Err(Given { order, number: last });
                }
                Standing::None | Standing::Answered(_) => {}
            }
            let number = last.wrapping_add(1);
            let asked = Standing::Asked(order).to_word(self.generation, number);
            match self.word.swap_if(found, asked) {
                Ok(_) => return Ok(Given { order, number }),
                Err(now) => found = now,
            }
        }
    }

    /// Takes an order back: as [`GroupRegion::withdraw`].
    pub fn withdraw(self, given: Given) -> Result<(), Standing> {
        // A failed swap means that it is obeyed or answered, or another order stands there.
        self.swap(given.number, Standing::Asked(given.order), Standing::None)
            .then_some(())
            .ok_or_else(|| self.standing_of(given))
    }

    /// Begins to obey: as [`Group::begin_to_obey`].
    pub fn begin_to_obey(self, order: Order) -> bool {
        let number = self.look().1;
        self.swap(number, Standing::Asked(order), Standing::Obeyed(order))
    }

    /// Answers: as [`Group::answer`].
    pub fn answer(self, order: Order, answer: Answer) {
        // What is obeyed nobody else writes over.
        let number = self.look().1;
        // A failed swap means that the word is no more this tenant's.
        let _ = self.swap(number, Standing::Obeyed(order), Standing::Answered(answer));
    }

    /// What stands there, and the order's number.
    fn look(self) -> (Standing, u16) {
        let word = self.word.observe();
        (Standing::from_word(word, self.generation), number_of(word))
    }

    /// Replaces `from` by `to`, if the former stands there of order `number`.
    fn swap(self, number: u16, from: Standing, to: Standing) -> bool {
        let word = |standing: Standing| standing.to_word(self.generation, number);
        self.word.swap_if(word(from), word(to)).is_ok()
    }
}

const fn number_of(word: u64) -> u16 {
    (word >> 16) as u16
}

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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fake;

    #[test]
    fn every_standing_comes_back_as_itself_and_is_nothing_to_another_tenant() {
        let orders = ORDERS.map(Standing::Asked);
        let answers = ANSWERS.map(Standing::Answered);
        let obeyed = ORDERS.map(Standing::Obeyed);
        for standing in [Standing::None].iter().chain(&orders).chain(&answers).chain(&obeyed) {
            let word = standing.to_word(7, 9);
            assert_eq!(Standing::from_word(word, 7), *standing);
            assert_eq!(Standing::from_word(word, 8), Standing::None);
            assert_eq!(number_of(word), 9);
        }
    }

    #[test]
    fn words_that_nobody_writes_say_nothing() {
        for code in (0..=u64::from(u16::MAX)).chain([0xffff_0000, u64::from(u32::MAX)]) {
            let known = [1..=3, 17..=22, 33..=35].iter().any(|codes| codes.contains(&code));
            assert_eq!(Standing::from_word(code, 0) != Standing::None, known, "{code}");
        }
    }

    #[test]
    fn an_order_is_obeyed_once_and_its_answer_is_written_over_by_the_next() {
        let (group, _) = fake::group();
        let (region, me) = (group.region(), group.me());
        let given = region.ask(me, Order::TakeIfVacant).unwrap();
        assert_eq!(region.ask(me, Order::GiveUp), Err(given));
        assert_eq!(group.order(), Some(Order::TakeIfVacant));
        assert!(group.begin_to_obey(Order::TakeIfVacant) && group.order().is_none());
        assert!(!group.begin_to_obey(Order::TakeIfVacant));
        assert_eq!(region.ask(me, Order::GiveUp), Err(given));
        group.answer(Order::TakeIfVacant, Answer::AlreadyPrimary);
        assert_eq!(region.order(me), Standing::Answered(Answer::AlreadyPrimary));
        assert_eq!(group.order(), None);
        assert!(region.ask(me, Order::GiveUp).is_ok());
    }

    #[test]
    fn an_order_that_was_taken_back_is_neither_obeyed_nor_answered() {
        let (group, _) = fake::group();
        let (region, me) = (group.region(), group.me());
        let given = region.ask(me, Order::GiveUp).unwrap();
        // Whoever is to obey has seen it, and is stopped there.
        let seen = group.order().unwrap();
        assert_eq!(region.withdraw(me, given), Ok(()));
        assert!(!group.begin_to_obey(seen));
        group.answer(Order::GiveUp, Answer::Done);
        assert_eq!(region.order(me), Standing::None);
    }

    #[test]
    fn an_order_that_is_obeyed_is_not_taken_back_and_answered() {
        let (group, _) = fake::group();
        let (region, me) = (group.region(), group.me());
        let given = region.ask(me, Order::GiveUp).unwrap();
        assert!(group.begin_to_obey(Order::GiveUp));
        assert_eq!(region.withdraw(me, given), Err(Standing::Obeyed(Order::GiveUp)));
        group.answer(Order::GiveUp, Answer::NotPrimary);
        assert_eq!(region.order(me), Standing::Answered(Answer::NotPrimary));
    }

    #[test]
    fn an_order_answered_before_it_is_taken_back_says_so() {
        let (group, _) = fake::group();
        let (region, me) = (group.region(), group.me());
        let given = region.ask(me, Order::GiveUp).unwrap();
        assert!(group.begin_to_obey(Order::GiveUp));
        group.answer(Order::GiveUp, Answer::Done);
        assert_eq!(region.withdraw(me, given), Err(Standing::Answered(Answer::Done)));
    }

    #[test]
    fn nobody_takes_back_the_same_order_that_another_has_given_since() {
        let (group, _) = fake::group();
        let (region, me) = (group.region(), group.me());
        let first = region.ask(me, Order::GiveUp).unwrap();
        assert!(group.begin_to_obey(Order::GiveUp));
        group.answer(Order::GiveUp, Answer::Done);
        let second = region.ask(me, Order::GiveUp).unwrap();
        assert_eq!(region.order_given(me, first), Standing::None);
        assert_eq!(region.withdraw(me, first), Err(Standing::None));
        assert_eq!(region.order_given(me, second), Standing::Asked(Order::GiveUp));
        assert!(group.begin_to_obey(Order::GiveUp));
        group.answer(Order::GiveUp, Answer::NotPrimary);
        assert_eq!(region.order_given(me, second), Standing::Answered(Answer::NotPrimary));
    }

    #[test]
    fn the_next_tenant_of_a_slot_has_no_order() {
        let (group, _) = fake::group();
        let next = ProcessId::new(group.me().slot(), group.me().generation() + 1);
        assert!(group.region().ask(group.me(), Order::GiveUp).is_ok());
        assert_eq!(group.region().order(next), Standing::None);
        assert!(group.region().ask(next, Order::TakeIfVacant).is_ok());
    }

    #[test]
    fn nobody_takes_orders_in_a_slot_that_is_none() {
        let (group, _) = fake::group();
        assert!(group.region().ask(ProcessId::OBSERVER, Order::GiveUp).is_ok());
        assert_eq!(group.region().order(ProcessId::OBSERVER), Standing::None);
    }
}
