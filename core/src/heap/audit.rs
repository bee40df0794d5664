//! Looking at every element there is: for audits, for tests, for dumps.

use core::fmt;

use super::class::{class_of, walk};
use super::damage::{Damage, Fault};
use super::element::Elem;
use super::layout::{CLASSES, HEAPS_MAX};
use super::place::Place;
use crate::group::{Group, ProcessId};
use crate::lock::{LockError, Transaction};
use crate::memseg::{List, Run};
use crate::offset::Offset;

/// What an audit found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AuditError {
    /// The first inconsistency.
    Damaged(Damage),
    /// The group's lock was not had.
    Lock(LockError),
}

impl fmt::Display for AuditError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Damaged(damage) => damage.fmt(f),
            Self::Lock(error) => error.fmt(f),
        }
    }
}

impl core::error::Error for AuditError {}

/// What the heap knows of one element.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ElementFacts {
    /// Where its block starts, or would start.
    pub at: Offset<u8>,
    /// Its bytes, header included.
    pub bytes: u64,
    /// What its holder asked for, in bytes; `None` if it is free.
    pub asked: Option<u64>,
    /// Who allocated it; `None` if it is free, or if no member did.
    pub owner: Option<ProcessId>,
    /// The list it lies in.
    pub list: usize,
    /// The NUMA node it lies on.
    pub node: u32,
    /// Bytes of the pages it lies on.
    pub page_bytes: u64,
}

impl ElementFacts {
    fn of(elem: &Elem) -> Self {
        let is_busy = !elem.is_free();
        Self {
            at: Offset::new(elem.at + super::HEADER_BYTES),
            bytes: elem.bytes(),
            asked: is_busy.then(|| elem.head.next_free.get()),
            owner: ProcessId::unpack(elem.head.owner.get()).filter(|_| is_busy),
            list: elem.list.index(),
            node: elem.list.node(),
            page_bytes: elem.list.page_bytes(),
        }
    }
}

/// What was counted of one heap.
#[derive(Clone, Copy, Debug, Default)]
struct Counted {
    total_bytes: u64,
    busy_bytes: u64,
    busy: u64,
    free: u64,
}

impl Group {
    /// Shows every element, list by list from the lowest up, until one is damaged. The lock is
    /// held meanwhile: `see` must not call the group.
    ///
    /// # Errors
    /// [`AuditError`].
    #[doc(alias = "rte_malloc_dump_heaps")]
    pub fn walk_heaps(&self, mut see: impl FnMut(&ElementFacts)) -> Result<(), AuditError> {
        let tx = self.begin().map_err(AuditError::Lock)?;
        let walked = walk_all(&tx, |elem| {
            see(&ElementFacts::of(elem));
            Ok(())
        });
        tx.commit();
        walked.map_err(AuditError::Damaged)
    }

    /// Looks at every word of every heap and list, and returns the first that cannot be right:
    /// headers, sizes, neighbours, free lists, counters, bitmaps. Changes nothing. Cost: the
    /// lock, and a look at every element.
    ///
    /// # Errors
    /// [`AuditError`].
    pub fn audit_heaps(&self) -> Result<(), AuditError> {
        let tx = self.begin().map_err(AuditError::Lock)?;
        let found = audit(&tx);
        tx.commit();
        found.map_err(AuditError::Damaged)
    }
}

fn audit(tx: &Transaction) -> Result<(), Damage> {
    let group = tx.group();
    let mut counted = [Counted::default(); HEAPS_MAX];
    walk_all(tx, |elem| {
        let place = Place::of(group, elem)?;
        if elem.previous(group)?.is_some_and(|previous| previous.may_join(elem)) {
            return Err(elem.damage(Fault::Unmerged));
        }
        let Some(sum) = counted.get_mut(place.index) else { return Ok(()) };
        sum.total_bytes += elem.bytes();
        match elem.is_free() {
            true => sum.free += 1,
            false => {
                sum.busy += 1;
                sum.busy_bytes += elem.bytes();
            }
        }
        Ok(())
    })?;
    for place in Place::all(group) {
        audit_free_lists(group, &place)?;
        audit_counters(group, &place, counted.get(place.index).copied().unwrap_or_default())?;
    }
    group.memseg_lists().iter().try_for_each(|list| audit_list(&list))
}

/// Every element of every list, island by island.
fn walk_all(
    tx: &Transaction,
    mut see: impl FnMut(&Elem) -> Result<(), Damage>,
) -> Result<(), Damage> {
    for run in tx.group().memseg_lists().runs() {
        walk_run(tx.group(), &run, &mut see)?;
    }
    Ok(())
}

fn walk_run(
    group: &Group,
    run: &Run,
    see: &mut impl FnMut(&Elem) -> Result<(), Damage>,
) -> Result<(), Damage> {
    let (mut at, end) = (run.at.get(), run.at.get() + run.bytes);
    while at < end {
        let first = Elem::read_in(group, run.list, at)?;
        let last = first.last(group)?;
        let mut elem = first;
        loop {
            if elem.end() > end {
                return Err(elem.damage(Fault::Size(elem.bytes())));
            }
            see(&elem)?;
            let Some(next) = elem.next(group)? else { break };
            elem = next;
        }
        if elem.at != last.at {
            return Err(first.damage(Fault::Link(last.at)));
        }
        at = elem.end();
    }
    Ok(())
}

fn audit_free_lists(group: &Group, place: &Place) -> Result<(), Damage> {
    let mut linked = 0;
    for class in 0..CLASSES {
        for elem in walk(group, place.heap, class) {
            let elem = elem?;
            let is_here = class_of(elem.bytes()) == class && elem.heap_index() == place.index;
            if !is_here {
                return Err(elem.damage(Fault::FreeList(elem.head.prev_free.get())));
            }
            linked += 1;
        }
    }
    same(group, place, "elements in free lists", place.heap.free_count.get(), linked)
}

fn audit_counters(group: &Group, place: &Place, counted: Counted) -> Result<(), Damage> {
    let heap = place.heap;
    same(group, place, "bytes", heap.total_bytes.get(), counted.total_bytes)?;
    same(group, place, "busy bytes", heap.busy_bytes.get(), counted.busy_bytes)?;
    same(group, place, "busy elements", heap.busy_count.get(), counted.busy)?;
    same(group, place, "free elements", heap.free_count.get(), counted.free)
}

fn same(
    group: &Group,
    place: &Place,
    what: &'static str,
    says: u64,
    counted: u64,
) -> Result<(), Damage> {
    let at = group.window().offset_of(place.heap).map_or(0, Offset::get);
    match says == counted {
        true => Ok(()),
        false => Err(Damage { at, fault: Fault::Count { what, says, counted } }),
    }
}

fn audit_list(list: &List) -> Result<(), Damage> {
    let backed = list.backed();
    let (says, counted) = (list.backed_bytes() / list.grain_bytes(), backed.count_used() as u64);
    let at = list.base().get();
    if says != counted {
        return Err(Damage { at, fault: Fault::Count { what: "backed grains", says, counted } });
    }
    match list.stray_grains() {
        0 => Ok(()),
        counted => Err(Damage {
            at,
            fault: Fault::Count {
                what: "grains that are pinned or backed without memory",
                says: 0,
                counted,
            },
        }),
    }
}
