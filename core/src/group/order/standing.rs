//! What is ordered and answered, and how far an order has come.

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
    pub(super) order: Order,
    pub(super) number: u16,
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

pub(super) const ORDERS: [Order; 3] = [Order::TakeIfVacant, Order::TakeFromLiving, Order::GiveUp];

pub(super) const ANSWERS: [Answer; 6] = [
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
    pub(super) const fn to_word(self, generation: u32, number: u16) -> u64 {
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
    pub(super) fn from_word(word: u64, generation: u32) -> Self {
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

/// The number of the order that a word is about.
pub(super) const fn number_of(word: u64) -> u16 {
    (word >> 16) as u16
}
