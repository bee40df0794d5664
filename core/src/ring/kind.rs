//! How an end synchronises, as a type.
//!
//! A handle's second parameter. [`Any`], the default, asks the ring at each call, which costs a
//! few predicted branches; the others are for loops that know their ring (as
//! `rte_ring_mp_enqueue` is to `rte_ring_enqueue`).

use super::config::Sync;
use super::handle::Operation;
pub use super::owned::{Hts, Multi};
pub use super::rts::Rts;
pub use super::single::Single;

/// [`Any`], [`Single`], [`Multi`], [`Rts`] or [`Hts`].
pub trait Kind {
    /// What the ring must say; `None` if it may say anything.
    const SYNC: Option<Sync>;

    /// Does `operation` at an end that synchronises by `sync`.
    #[doc(hidden)]
    fn run<O: Operation>(sync: Sync, operation: O) -> O::Output;
}

macro_rules! kinds {
    ($($kind:ident),+) => {$(
        impl Kind for $kind {
            const SYNC: Option<Sync> = Some(Sync::$kind);

            #[inline(always)]
            fn run<O: Operation>(_: Sync, operation: O) -> O::Output {
                operation.by::<Self>()
            }
        }
    )+};
}
kinds!(Single, Multi, Rts, Hts);

/// As the ring says.
#[derive(Clone, Copy, Debug)]
pub struct Any;

impl Kind for Any {
    const SYNC: Option<Sync> = None;

    #[inline(always)]
    fn run<O: Operation>(sync: Sync, operation: O) -> O::Output {
        match sync {
            Sync::Single => operation.by::<Single>(),
            Sync::Multi | Sync::Hts => operation.by::<Multi>(),
            Sync::Rts => run_rts(operation),
        }
    }
}

/// The way that is not worth its place in every loop.
#[inline(never)]
fn run_rts<O: Operation>(operation: O) -> O::Output {
    operation.by::<Rts>()
}
