//! References between mbufs and their clones, while others change them and after deaths.
#![cfg(loom)]

use std::sync::Arc;

use loom::cell::UnsafeCell;
use loom::thread;
use phalanx_core::mbuf::refs::{
    Bond, Bound, Kind, Left, Owner, Progress, Refs, attach, detach, die_attaching, die_detaching,
    let_go, settle,
};
use phalanx_core::sync::Contested64;
use phalanx_core::sync::weak::Weakening;
use phalanx_loom::{check, finds_a_fault};

/// Where the owner lies, and its clones behind it.
const OWNER: u64 = 64;
const CLONES: usize = 2;

/// An mbuf, its clones, and its data, which whoever is the last to refer to it writes.
struct Stage {
    refs: Contested64,
    bonds: [Contested64; CLONES],
    data: UnsafeCell<u32>,
}

impl Stage {
    fn new() -> Arc<Self> {
        let bonds = core::array::from_fn(|_| Contested64::new(0));
        Arc::new(Self { refs: Contested64::new(0), bonds, data: UnsafeCell::new(0) })
    }

    fn owner(&self) -> Owner<'_> {
        Owner { kind: Kind::Mbuf, at: OWNER, refs: &self.refs }
    }

    fn bound(&self, i: usize) -> Bound<'_> {
        Bound { at: OWNER + 64 * (i as u64 + 1), bond: &self.bonds[i] }
    }

    fn find(&self, at: u64) -> Option<&Contested64> {
        self.bonds.get((at / 64).checked_sub(2)? as usize)
    }

    fn attach(&self, i: usize) {
        attach(self.bound(i), self.owner(), |at| self.find(at)).unwrap();
    }

    fn detach(&self, i: usize) -> Left {
        detach(self.bound(i), self.owner(), |at| self.find(at), || {}, || {})
    }

    fn read(&self) {
        self.data.with(|_data| {});
    }

    /// The last one puts the owner back, and whoever gets it writes.
    fn end(&self, left: Left) -> u32 {
        if left == Left::Somebody {
            return 0;
        }
        self.data.with_mut(|_data| {});
        1
    }

    fn refs(&self) -> Refs {
        Refs::from_word(self.refs.observe())
    }
}

/// Holder and clones let go at the same time: one of them is the last, after all have read.
fn all_let_go() {
    let stage = Stage::new();
    (0..CLONES).for_each(|i| stage.attach(i));
    let threads = [0, 1].map(|i| {
        let stage = Arc::clone(&stage);
        thread::spawn(move || {
            stage.read();
            stage.end(stage.detach(i))
        })
    });
    stage.read();
    let mut last = stage.end(let_go(&stage.refs));
    last += threads.into_iter().map(|thread| thread.join().unwrap()).sum::<u32>();
    assert_eq!(last, 1);
    assert!(stage.refs().is_sole());
}

/// The holder waits until nobody shares the data any more, and writes them.
fn a_holder_writes_after_the_last_clone() {
    let stage = Stage::new();
    stage.attach(0);
    let there = Arc::clone(&stage);
    let thread = thread::spawn(move || {
        there.read();
        assert_eq!(there.detach(0), Left::Somebody);
    });
    while !stage.refs().is_sole() {
        thread::yield_now();
    }
    stage.data.with_mut(|_data| {});
    thread.join().unwrap();
}

/// One that died in the middle is settled while another binds and frees a clone, and helps.
fn a_dead_one_is_settled_once(die: impl Fn(&Stage) + Copy) {
    let stage = Stage::new();
    die(&stage);
    let there = Arc::clone(&stage);
    let thread = thread::spawn(move || {
        there.attach(1);
        there.detach(1);
    });
    let bond = settle(stage.bound(0), |bond| (bond.to() == OWNER).then_some(&stage.refs));
    if bond.progress() == Progress::Attached {
        assert_eq!(stage.detach(0), Left::Somebody);
    }
    thread.join().unwrap();
    assert_eq!((stage.refs().clones(), stage.refs().is_let_go()), (0, false));
    let bond = Bond::from_word(stage.bonds[0].observe());
    assert_eq!(bond.progress(), Progress::Free);
}

#[test]
fn of_all_that_let_go_one_is_the_last() {
    check(all_let_go);
}

#[test]
fn data_that_nobody_shares_any_more_are_read_by_nobody() {
    check(a_holder_writes_after_the_last_clone);
}

#[test]
fn a_bond_of_one_dead_is_made_or_taken_back_once() {
    for is_counted in [false, true] {
        check(move || {
            a_dead_one_is_settled_once(|it| die_attaching(it.bound(0), it.owner(), is_counted));
        });
        check(move || {
            a_dead_one_is_settled_once(|it| {
                it.attach(0);
                die_detaching(it.bound(0), it.owner(), is_counted);
            });
        });
    }
}

#[test]
fn weaker_orderings_are_found_out() {
    let models: [fn(); 2] = [all_let_go, a_holder_writes_after_the_last_clone];
    for how in [Weakening::SwapsRelease, Weakening::SwapsAcquire, Weakening::Loads] {
        assert!(models.iter().any(|model| finds_a_fault(how, *model)), "{how:?}");
    }
}
