//! Memzones on a fake platform: what `memzone_autotest` asks, and what typed zones add.

mod autotest;
mod handles;
mod typed;

use super::*;
use crate::directory::{CreateError, DestroyError, Found, LookupError};
use crate::fake::{self, group_with_memory as memory};
use crate::group::Group;
use crate::heap::{AllocError, Node, Refusal};
use crate::name::Name;

const MB: u64 = 1 << 20;

fn zone(group: &Group, name: &str, len: u64) -> Zone {
    Zone::reserve(group, name, &ZoneOptions::new(len)).unwrap()
}

fn flagged(flags: ZoneFlags) -> ZoneOptions {
    ZoneOptions { flags, ..ZoneOptions::new(1000) }
}

/// Where a zone starts and ends.
fn range(zone: &Zone) -> (u64, u64) {
    (zone.at().get(), zone.at().get() + zone.len())
}

/// Has the heap own `pages` pages of the first list, as `-m` does.
fn preallocate(group: &Group, pages: usize) {
    let list = group.memseg_lists().get(0).unwrap();
    let tx = group.begin().unwrap();
    crate::heap::reserve(&tx, &list, pages).unwrap();
    tx.commit();
}
