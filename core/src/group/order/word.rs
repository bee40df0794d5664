//! The word itself: orders and answers, swapped in.

use super::standing::{Answer, Given, Order, Standing, number_of};
use crate::sync::Contested64;

/// The order word of one process.
#[derive(Clone, Copy, Debug)]
pub struct OrderWord<'a> {
    pub(super) word: &'a Contested64,
    pub(super) generation: u32,
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

    /// Where `given` stands: as [`GroupRegion::order_given`](crate::group::GroupRegion::order_given).
    pub fn standing_of(self, given: Given) -> Standing {
        let (standing, number) = self.look();
        if number == given.number { standing } else { Standing::None }
    }

    /// Gives an order: as [`GroupRegion::ask`](crate::group::GroupRegion::ask).
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

    /// Takes an order back: as [`GroupRegion::withdraw`](crate::group::GroupRegion::withdraw).
    pub fn withdraw(self, given: Given) -> Result<(), Standing> {
        // A failed swap means that it is obeyed or answered, or another order stands there.
        self.swap(given.number, Standing::Asked(given.order), Standing::None)
            .then_some(())
            .ok_or_else(|| self.standing_of(given))
    }

    /// Begins to obey: as [`Group::begin_to_obey`](crate::group::Group::begin_to_obey).
    pub fn begin_to_obey(self, order: Order) -> bool {
        let number = self.look().1;
        self.swap(number, Standing::Asked(order), Standing::Obeyed(order))
    }

    /// Answers: as [`Group::answer`](crate::group::Group::answer).
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
