//! Who is primary may change while the group lives.
//!
//! The role is a kernel lock on one byte of the group file: who holds it is primary, its death
//! frees it, and the kernel gives it to one process. So nothing has to be agreed on, and of
//! several that try, one wins. Nothing else hangs on the role: memory grows, processes join, leave
//! and are reaped without a primary, and the last process to leave removes the group's files,
//! whatever its role.
//!
//! | file | concept |
//! |---|---|
//! | `take.rs` | a process takes the role over, from a dead primary or a living one, or gives it up |
//! | `tell.rs` | somebody outside tells a process to (`phalanx promote`) |
//! | `error.rs` | why not |
//!
//! An order travels in the process's order word ([`mod@phalanx_core::group::order`]) and is obeyed by
//! its watcher, which says so there first: one that was taken back is not obeyed. A living primary keeps the role unless it is asked for in so many words
//! ([`TakeOver::FromLiving`]): two processes that both believe to be in charge are worse than none.

mod error;
mod take;
mod tell;

pub use error::{Primary, PromoteError};
pub use tell::{Promoted, promote};

pub(super) use take::{begin_to_obey, obey, take_role};

use phalanx_core::group::order::Order;

/// From whom the role may be taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum TakeOver {
    /// Only if the group has no living primary.
    #[default]
    IfVacant,
    /// Also from a living one, which is asked to give it up and goes on as a secondary.
    FromLiving,
}

impl TakeOver {
    const fn order(self) -> Order {
        match self {
            Self::IfVacant => Order::TakeIfVacant,
            Self::FromLiving => Order::TakeFromLiving,
        }
    }
}
