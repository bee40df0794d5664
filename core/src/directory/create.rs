//! Making a named object: memory, format and name in one transaction.
//!
//! Whoever finds the name finds a formatted object; an error, a panic or a death anywhere
//! before the end leaves neither name nor memory (W-17, W-49). Several that create one name
//! at a time take turns, and exactly one creates it.

use super::change::{CreateError, check_vacant, insert};
use super::entry::{Found, Identity, NewEntry};
use super::lookup::LookupError;
use super::read::find_in;
use crate::group::Group;
use crate::heap::{self, AllocRequest, Block};
use crate::lock::Transaction;
use crate::offset::Offset;
use crate::sync::Word64;
use crate::window::Window;

/// How a wish for an object was met, and what the making of it gave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Obtained<R> {
    /// It was not there and has been created; `init` returned this.
    Created(Found, R),
    /// It was there. Who made it, `owner` says; that process may be gone (W-17).
    Attached(Found),
}

impl<R> Obtained<R> {
    /// The object, however it was come by.
    pub const fn found(&self) -> &Found {
        match self {
            Self::Created(found, _) | Self::Attached(found) => found,
        }
    }

    /// Whether this call created it.
    pub const fn is_created(&self) -> bool {
        matches!(self, Self::Created(..))
    }
}

/// Creates an object: allocates `memory`, zeroes it, has `init` format it, and enters it.
///
/// `init` runs under the group's lock. It may use the transaction it is given and must not
/// call what takes the lock itself. Its error becomes the result, and nothing is left.
///
/// Cost: the lock; a heap allocation (system calls if the heap must grow); one store for each
/// 8 bytes.
#[doc(alias = "rte_memzone_reserve")]
pub fn create<R, E: From<CreateError>>(
    group: &Group,
    what: &Identity,
    memory: &AllocRequest,
    init: impl FnOnce(&Transaction, &Found) -> Result<R, E>,
) -> Result<(Found, R), E> {
    let tx = group.begin().map_err(CreateError::from)?;
    let made = create_in(&tx, what, memory, init);
    finish(tx, made)
}

/// As [`create`], but in the caller's transaction: the object is there when that is committed.
///
/// The transaction must have freed nothing: the new object's zeros could lie over the old one, and
/// bytes are not undone.
pub fn create_in<R, E: From<CreateError>>(
    tx: &Transaction,
    what: &Identity,
    memory: &AllocRequest,
    init: impl FnOnce(&Transaction, &Found) -> Result<R, E>,
) -> Result<(Found, R), E> {
    let found = place(tx, what, memory)?;
    let value = init(tx, &found)?;
    Ok((found, value))
}

/// Creates an object, or attaches to the one that has its name, if that is of the same kind
/// and made of the same elements. Says which of both it did (W-17).
pub fn create_or_attach<R, E: From<CreateError> + From<LookupError>>(
    group: &Group,
    what: &Identity,
    memory: &AllocRequest,
    init: impl FnOnce(&Transaction, &Found) -> Result<R, E>,
) -> Result<Obtained<R>, E> {
    let tx = group.begin().map_err(CreateError::from)?;
    if let Some(found) = find_in(&tx, what.name) {
        what.check(group, &found)?;
        return Ok(Obtained::Attached(found));
    }
    let made = create_in(&tx, what, memory, init);
    finish(tx, made).map(|(found, value)| Obtained::Created(found, value))
}

/// Commits what was made. If nothing was, everything is undone, and what the heap had grown by
/// goes back to the system; should the lock not be had for that, the next free does it.
pub(crate) fn finish<M, E>(tx: Transaction, made: Result<M, E>) -> Result<M, E> {
    if made.is_ok() {
        tx.commit();
    } else {
        let group = *tx.group();
        drop(tx);
        let _later = group.give_back_memory();
    }
    made
}

/// Finds a place for the object and enters it there, zeroed.
fn place(tx: &Transaction, what: &Identity, memory: &AllocRequest) -> Result<Found, CreateError> {
    let Identity { name, kind, element } = *what;
    // Before the heap grows for nothing.
    check_vacant(tx, name)?;
    let error = |error| CreateError::Memory { name, kind, bytes: memory.bytes, error };
    let Block { at, bytes: len, page_bytes, node } = heap::allocate(tx, memory).map_err(error)?;
    zero(tx.group().window(), at, len);
    insert(tx, &NewEntry { name, kind, element, at, len, page_bytes, node })
}

/// Writes zeros, word by word, so that whoever still reads there through the handle of a
/// destroyed object is no data race. Blocks are multiples of 64 bytes.
fn zero(window: Window, at: Offset<u8>, len: u64) {
    let words = usize::try_from(len / 8).ok();
    let words = words.and_then(|count| window.slice::<Word64>(at.cast(), count));
    for word in words.unwrap_or_default() {
        word.set(0);
    }
}
