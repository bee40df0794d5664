//! What devices reach follows what memory there is, whoever dies in the middle.

use core::convert::Infallible;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use super::*;
use crate::device::Dma;
use crate::fake::{self, End, FakePlatform};
use crate::group::Group;
use crate::heap::{AllocRequest, Block};
use crate::memseg::List;
use crate::offset::Offset;

const MB: u64 = 1 << 20;
/// Where the fake gate puts the window.
const BUS: u64 = 1 << 40;

/// A gate that knows what devices reach: the offsets of grains, and where.
#[derive(Clone, Default)]
struct FakeGate {
    open: Arc<Mutex<BTreeMap<u64, u64>>>,
    /// Grains that it refuses.
    refused: Vec<u64>,
    /// Whether grains lie the wrong way round.
    is_scattered: bool,
}

impl Gate for FakeGate {
    type Error = &'static str;

    fn admit(&mut self, _: &List, at: Offset<u8>, _: u64) -> Result<u64, Self::Error> {
        if self.refused.contains(&at.get()) {
            return Err("refused");
        }
        let bus = if self.is_scattered { BUS - at.get() } else { BUS + at.get() };
        self.open.lock().unwrap().insert(at.get(), bus);
        Ok(bus)
    }

    fn expel(
        &mut self,
        _: &List,
        at: Offset<u8>,
        bus: Option<u64>,
        _: u64,
    ) -> Result<(), Self::Error> {
        let was = self.open.lock().unwrap().remove(&at.get());
        assert!(bus.is_none() || was.is_none() || bus == was);
        Ok(())
    }
}

fn group() -> (Group, &'static FakePlatform, Reach) {
    let (group, platform) = fake::group_with_memory();
    let reach = Reach::make(&group).unwrap();
    (group, platform, reach)
}

fn block(group: &Group, bytes: u64) -> Block {
    group.allocate(&AllocRequest::new(bytes)).unwrap()
}

/// Whether devices reach exactly the memory that is backed, and the table says so.
fn assert_exact(group: &Group, reach: &Reach, gate: &FakeGate) {
    let open = gate.open.lock().unwrap().clone();
    let mut backed = BTreeMap::new();
    for list in group.memseg_lists().iter() {
        for index in 0..list.grains() {
            let at = list.grain_at(index);
            if list.is_backed(index) {
                backed.insert(at, BUS + at);
            }
            let bus = reach.bus(Offset::new(at), list.grain_bytes());
            assert_eq!(bus, list.is_backed(index).then_some(BUS + at));
            assert_eq!(list.is_held(index), list.is_backed(index));
        }
    }
    assert_eq!(open, backed);
}

#[test]
fn memory_that_comes_is_reached_and_what_goes_is_not() {
    let (group, platform, reach) = group();
    let mut gate = FakeGate::default();
    assert!(reach.is_behind());
    reach.follow(&mut gate).unwrap();
    assert!(!reach.is_behind());
    assert_exact(&group, &reach, &gate);
    let big = block(&group, 9 * MB);
    assert!(reach.is_behind() && reach.bus(big.at, 9 * MB).is_none());
    assert!(!reach.is_awaited(big.at), "nobody maps it");
    group.become_mapper(None).unwrap();
    assert!(reach.is_awaited(big.at) && !reach.is_awaited(Offset::new(64)), "that is in no list");
    assert!(reach.follow(&mut gate).unwrap().admitted >= 8 * MB);
    assert_eq!(reach.bus(big.at, 9 * MB), Some(BUS + big.at.get()));
    assert_exact(&group, &reach, &gate);
    let committed = platform.committed.lock().unwrap().len();
    group.test_free(big.at).unwrap();
    // Devices may still write there.
    assert_eq!(platform.committed.lock().unwrap().len(), committed);
    assert!(reach.follow(&mut gate).unwrap().expelled >= 8 * MB);
    assert!(platform.committed.lock().unwrap().len() < committed);
    assert_exact(&group, &reach, &gate);
    assert_eq!(reach.follow(&mut gate), Ok(Followed::default()));
}

#[test]
fn memory_that_goes_and_comes_before_anybody_looks_stays_as_it_was() {
    let (group, platform, reach) = group();
    let mut gate = FakeGate::default();
    let big = block(&group, 9 * MB);
    reach.follow(&mut gate).unwrap();
    group.test_free(big.at).unwrap();
    let free = platform.free_bytes.swap(0, core::sync::atomic::Ordering::Relaxed);
    assert_eq!(block(&group, 9 * MB), big);
    platform.free_bytes.store(free, core::sync::atomic::Ordering::Relaxed);
    assert_eq!(reach.follow(&mut gate), Ok(Followed::default()));
    assert_exact(&group, &reach, &gate);
}

#[test]
fn what_is_not_in_one_piece_has_no_bus_address() {
    let (group, _, reach) = group();
    let big = block(&group, 9 * MB);
    let mut gate = FakeGate { is_scattered: true, ..FakeGate::default() };
    reach.follow(&mut gate).unwrap();
    assert!(reach.bus(big.at, 64).is_some());
    assert_eq!(reach.bus(big.at, 9 * MB), None);
    assert_eq!(reach.bus(big.at, 0), None);
    assert_eq!(reach.bus(Offset::new(64), 64), None);
    assert_eq!(reach.bus(Offset::new(u64::MAX), 64), None);
}

#[test]
fn what_the_gate_refuses_has_no_bus_address_and_all_else_has() {
    let (group, _, reach) = group();
    let big = block(&group, 9 * MB);
    let list = group.memseg_lists().list_of(big.at).unwrap();
    let refused = list.grain_at(list.grain_of(big.at.get()) + 1);
    let mut gate = FakeGate { refused: vec![refused], ..FakeGate::default() };
    assert_eq!(reach.follow(&mut gate), Err(FollowError::Gate("refused")));
    assert!(reach.bus(big.at, 64).is_some());
    assert_eq!(reach.bus(Offset::new(refused), 64), None);
    // It can be given back at once: no device has it.
    assert!(!list.is_held(list.grain_of(refused)));
    assert!(!reach.is_behind() && !reach.is_awaited(Offset::new(refused)));
}

#[test]
fn every_process_reads_what_the_mapper_wrote() {
    let (group, platform, reach) = group();
    let big = block(&group, 3 * MB);
    reach.follow(&mut FakeGate::default()).unwrap();
    let other = Reach::find(&fake::join(group.window(), 1, platform)).unwrap();
    assert_eq!(other.bus(big.at, 3 * MB), Some(BUS + big.at.get()));
    reach.forget().unwrap();
    assert_eq!(other.bus(big.at, 64), None);
}

#[test]
fn without_a_mapper_there_is_no_table() {
    let (group, _) = fake::group_with_memory();
    let refused = Reach::find(&group).unwrap_err();
    assert!(refused.to_string().contains("no device is open"), "{refused}");
}

#[test]
fn the_first_decides_what_bus_addresses_are() {
    let (group, platform) = fake::group_with_memory();
    assert_eq!((group.iova_mode(), group.mapper()), (None, None));
    assert_eq!(group.settle_iova_mode(IovaMode::Virtual), IovaMode::Virtual);
    let other = fake::join(group.window(), 1, platform);
    assert_eq!(other.settle_iova_mode(IovaMode::Physical), IovaMode::Virtual);
    assert_eq!(other.become_mapper(None), Ok(()));
    assert_eq!(group.become_mapper(None), Err(Some(other.me())));
    assert_eq!(group.mapper(), Some(other.me()));
    group.resign_as_mapper();
    assert_eq!(group.mapper(), Some(other.me()), "it is not this one's");
    other.resign_as_mapper();
    assert_eq!(group.mapper(), None);
}

#[test]
fn a_mapper_is_woken_when_memory_comes_or_goes() {
    let (group, platform) = fake::group_with_memory();
    let (changes, wakes) = (group.changes(), platform.wakes());
    let big = block(&group, 9 * MB);
    assert_eq!((group.changes(), platform.wakes()), (changes, wakes));
    group.settle_iova_mode(IovaMode::Virtual);
    group.test_free(big.at).unwrap();
    assert!(group.changes() != changes && platform.wakes() > wakes);
}

#[test]
fn a_mapper_that_dies_anywhere_is_followed_by_one_that_is_right() {
    let died = die_anywhere(false);
    assert!(died.contains(&"reach: the grain is held") && died.len() > 8, "{died:?}");
}

#[test]
fn memory_that_returns_after_a_mapper_died_taking_it_away_is_mapped_again() {
    let died = die_anywhere(true);
    assert!(died.contains(&"reach: the grain is expelled"), "{died:?}");
}

#[test]
fn what_changes_behind_a_sweep_is_found_by_the_next() {
    let (group, platform, reach) = group();
    let other = fake::join(group.window(), 1, platform);
    let mut gate = FakeGate::default();
    std::thread::scope(|scope| {
        let churn = scope.spawn(move || {
            for round in 0..200u64 {
                let kept = block(&other, 3 * MB);
                let big = block(&other, (2 + round % 7) * MB);
                other.test_free(kept.at).unwrap();
                other.test_free(big.at).unwrap();
            }
        });
        while !churn.is_finished() {
            reach.follow(&mut gate).unwrap();
        }
    });
    while reach.is_behind() {
        reach.follow(&mut gate).unwrap();
    }
    assert_exact(&group, &reach, &gate);
}

/// The mapper dies at each of its crash points; whoever maps next leaves everything as it should be, also
/// if what was taken away `does_return` in between. Returns where it died.
fn die_anywhere(does_return: bool) -> Vec<&'static str> {
    let (mut at, mut died) = (0, Vec::new());
    loop {
        let (group, platform, reach) = group();
        let gate = FakeGate::default();
        let gone = block(&group, 5 * MB);
        reach.follow(&mut gate.clone()).unwrap();
        group.test_free(gone.at).unwrap();
        if !does_return {
            block(&group, 15 * MB);
        }
        let mapper = Reach::find(&fake::join(group.window(), 1, platform)).unwrap();
        let mut its = gate.clone();
        let end = fake::die_at(at, move || mapper.follow(&mut its).is_ok());
        let is_over = matches!(end, End::Finished(_));
        if let End::Died(point) = end {
            died.push(point);
        }
        platform.dead.lock().unwrap().insert(1);
        // What it was about to take away may be there again before the next one looks.
        if does_return {
            block(&group, 5 * MB);
        }
        reach.follow(&mut gate.clone()).unwrap();
        assert_exact(&group, &reach, &gate);
        if is_over {
            return died;
        }
        at += 1;
    }
}

static_assertions::assert_impl_all!(Reach: Copy, Send, Sync);
static_assertions::assert_impl_all!(FollowError<Infallible>: core::fmt::Debug);
