//! The directory on a fake platform, strictest first: entries, objects with memory, races,
//! and a model that it must agree with.

mod entries;
#[cfg(loom)]
mod interleavings;
mod model;
mod objects;
mod races;

use super::*;
use crate::fake::{self, group_with_memory as memory};
use crate::group::Group;
use crate::heap::AllocRequest;
use crate::lock::{LockError, Transaction};
use crate::name::Name;
use crate::offset::Offset;
use crate::shared::ElementLayout;
use crate::sync::Word64;

fn name(text: &str) -> Name {
    Name::new(text).unwrap()
}

fn ring(text: &str) -> NewEntry {
    NewEntry {
        name: name(text),
        kind: Kind::Ring,
        element: ElementLayout::of::<u64>(),
        at: Offset::new(1 << 20),
        len: 4096,
        page_bytes: 2 << 20,
        node: 1,
    }
}

fn put(group: &Group, new: &NewEntry) -> Result<Found, CreateError> {
    let tx = group.begin()?;
    let found = insert(&tx, new)?;
    tx.commit();
    Ok(found)
}

fn take(group: &Group, found: &Found) -> bool {
    let tx = group.begin().unwrap();
    let was_there = remove(&tx, found).unwrap().is_some();
    tx.commit();
    was_there
}

fn observer(group: &Group) -> Group {
    fake::observe(group.window(), group.platform())
}

fn identity(new: &NewEntry) -> Identity {
    Identity { name: new.name, kind: new.kind, element: new.element }
}

/// A request for a few bytes.
fn small() -> AllocRequest {
    AllocRequest::new(256)
}

/// Creates a ring whose first word is 7.
fn make(group: &Group, text: &str) -> Result<Found, CreateError> {
    create(group, &identity(&ring(text)), &small(), |tx, found| {
        words(tx.group(), found)[0].set(7);
        Ok(())
    })
    .map(|(found, ())| found)
}

fn words(group: &Group, found: &Found) -> &'static [Word64] {
    group.window().slice(found.at.cast(), found.len as usize / 8).unwrap()
}

/// How many blocks of the heap are in use.
fn blocks(group: &Group) -> u64 {
    group.region().heaps.iter().map(|heap| heap.busy_count.get()).sum()
}
