//! Words of references that somebody wrote over, or that come round.

use super::*;
use crate::mbuf::refs::{Bound, Progress};

#[test]
fn who_goes_on_writing_over_a_dead_ones_bond_holds_up_no_reaper() {
    let (stage, looks) = (Stage::plain(), core::cell::Cell::new(0));
    let home = stage.pool.home();
    let mbuf = home.alloc().unwrap();
    let bond = &mbuf.header.bond;
    bond.publish(1);
    let settled = refs::settle(Bound { at: mbuf.at(), bond }, |_| {
        looks.set(looks.get() + 1);
        bond.publish(bond.observe() ^ 2);
        None
    });
    assert_eq!((settled.progress(), looks.get()), (Progress::Free, 3));
    assert_eq!(bond.observe(), 0);
}

#[test]
fn a_clone_of_nobody_goes_back_bound_to_nobody() {
    // To the group's own memory, where no mbuf lies; and to a page that is not there.
    for to in [64, fake::WINDOW_BYTES as u64 - 4096] {
        let stage = Stage::plain();
        let other = stage.join(1);
        let (pool, ..) = of(&other);
        let (home, others_home) = (stage.pool.home(), pool.home());
        let clone = home.alloc().unwrap();
        let held = others_home.alloc().unwrap();
        for header in [clone.header, held.header] {
            header.flags.set(flags::INDIRECT);
            header.bond.publish((to / 64) << 17 | 5 << 2 | Progress::Attached as u64);
        }
        let headers = [clone.header, held.header];
        core::mem::forget(held);
        drop(clone);
        stage.kill(1);
        stage.reap_all();
        assert_eq!(headers.map(|header| header.bond.observe()), [5 << 2; 2]);
        assert_eq!(stage.pool.avail_count(), MBUFS);
    }
}

#[test]
fn a_number_that_the_owners_word_still_names_is_not_used_again() {
    use crate::sync::Contested64;
    let (bond, word) = (Contested64::new(0), Contested64::new(0));
    let (clone, none) = (Bound { at: 64, bond: &bond }, |_| None);
    let owner = refs::Owner { kind: refs::Kind::Mbuf, at: 128, refs: &word };
    refs::attach(clone, owner, none).unwrap();
    refs::detach(clone, owner, none, || {}, || {});
    let named = word.observe();
    // Bound and let go elsewhere, until the number is the last's again.
    bond.publish(1 << 2);
    refs::attach(clone, owner, none).unwrap();
    let number = |word: u64, shift: u32| word >> shift & 0x7fff;
    assert_eq!(number(named, 15), 2);
    assert_eq!((number(word.observe(), 15), number(bond.observe(), 2)), (3, 3));
}
