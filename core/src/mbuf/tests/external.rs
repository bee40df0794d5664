//! Buffers that are no pool's.
#![expect(unsafe_code, reason = "a test lends memory that nobody else uses")]

use core::cell::RefCell;

use super::*;
use crate::fake::{End, die_at};
use crate::memzone::{Zone, ZoneOptions};
use crate::offset::Offset;

const BYTES: u16 = 1000;

fn buffer(group: &Group, name: &str) -> External {
    let options = ZoneOptions { len: 64 + u64::from(BYTES), align: 64, ..ZoneOptions::default() };
    let zone = Zone::reserve(group, name, &options).unwrap();
    External { at: Offset::new(zone.at().get()), len: BYTES, release: ReleaseId(7), argument: 42 }
}

fn lend(mbuf: &mut Mbuf<'_>, buffer: &External) -> Result<(), ExternalError> {
    // SAFETY: the zone is the test's, and used for this alone.
    unsafe { mbuf.attach_external(buffer) }
}

#[test]
fn a_lent_buffer_is_written_shared_and_released_once_when_the_last_lets_go() {
    let stage = Stage::plain();
    let lent = buffer(&stage.group, "lent");
    let released = RefCell::new(Vec::new());
    let note = |buffer: &External| released.borrow_mut().push(*buffer);
    let releases: [Release<'_>; 1] = [(ReleaseId(7), &note)];
    let home = stage.pool.home().releasing(&releases);
    let mut mbuf = home.alloc().unwrap();
    lend(&mut mbuf, &lent).unwrap();
    mbuf.append(BYTES).unwrap().fill(3);
    assert!(mbuf.append(1).is_err() && !mbuf.is_clone() && !mbuf.is_shared());
    let clone = mbuf.to_clone(&home).unwrap();
    assert!(mbuf.is_shared() && clone.is_shared() && mbuf.data_mut().is_err());
    assert_eq!((mbuf.check(), clone.check()), (Ok(()), Ok(())));
    drop(mbuf);
    assert_eq!((clone.data(), released.borrow().len()), (&[3; 1000][..], 0));
    drop(clone);
    assert_eq!(*released.borrow(), [lent]);
    assert_eq!((External::take_kept(&stage.group, lent.at), stage.pool.external_kept()), (None, 0));
    let mut again = home.alloc().unwrap();
    assert_eq!((again.tailroom(), lend(&mut again, &lent)), (2048, Ok(())));
    drop(again);
    assert_eq!(released.borrow().len(), 2);
    stage.check(0);
}

#[test]
fn who_does_not_know_how_to_release_a_buffer_keeps_it() {
    let stage = Stage::plain();
    let lent = buffer(&stage.group, "lent");
    let home = stage.pool.home();
    let mut mbuf = home.alloc().unwrap();
    lend(&mut mbuf, &lent).unwrap();
    drop(mbuf);
    assert_eq!(stage.pool.external_kept(), 1);
    assert_eq!(External::take_kept(&stage.group, lent.at), Some(lent));
    assert_eq!(External::take_kept(&stage.group, lent.at), None);
    stage.check(0);
}

#[test]
fn a_burst_that_mixes_homes_is_freed_by_way_of_each_packets_own() {
    let stage = Stage::plain();
    let lent = buffer(&stage.group, "lent");
    let released = RefCell::new(0);
    let note = |_: &External| *released.borrow_mut() += 1;
    let releases: [Release<'_>; 1] = [(ReleaseId(7), &note)];
    let (plain, home) = (stage.pool.home(), stage.pool.home().releasing(&releases));
    let mut mbuf = home.alloc().unwrap();
    lend(&mut mbuf, &lent).unwrap();
    let mut burst = [plain.alloc(), None, Some(mbuf), None, plain.alloc(), None];
    assert_eq!(Mbuf::free_all(&mut burst), 3);
    assert!(burst.iter().all(Option::is_none));
    assert_eq!((*released.borrow(), stage.pool.external_kept()), (1, 0));
    drop(burst);
    stage.check(0);
}

#[test]
fn a_buffer_is_lent_to_a_fresh_mbuf_and_lies_in_the_window() {
    let stage = Stage::plain();
    let lent = buffer(&stage.group, "lent");
    let home = stage.pool.home();
    let mut mbuf = filled(&home, &[b"abc"]);
    for wild in [0, 64 + 8, !63, fake::WINDOW_BYTES as u64 - 64] {
        let wild = External { at: Offset::new(wild), ..lent };
        assert!(matches!(lend(&mut mbuf, &wild), Err(ExternalError::Place { .. })));
    }
    let mut clone = mbuf.to_clone(&home).unwrap();
    assert!(matches!(lend(&mut clone, &lent), Err(ExternalError::Shared(_))));
    assert!(matches!(lend(&mut mbuf, &lent), Err(ExternalError::Shared(_))));
    drop(clone);
    lend(&mut mbuf, &lent).unwrap();
    assert_eq!((mbuf.len(), mbuf.check()), (0, Ok(())));
    assert!(matches!(lend(&mut mbuf, &lent), Err(ExternalError::Shared(_))));
}

#[test]
fn a_buffer_whose_holder_dies_anywhere_is_the_lenders_kept_or_released() {
    for at in 0.. {
        let stage = Stage::plain();
        let lent = buffer(&stage.group, "lent");
        let member = stage.join(1);
        let end = die_at(at, move || {
            let (pool, ..) = of(&member);
            let note = |_: &External| {};
            let releases: [Release<'_>; 1] = [(ReleaseId(7), &note)];
            let home = pool.home().releasing(&releases);
            let mut mbuf = home.alloc().unwrap();
            lend(&mut mbuf, &lent).unwrap();
            let clone = mbuf.to_clone(&home).unwrap();
            drop(mbuf);
            drop(clone);
        });
        stage.kill(1);
        stage.reap_all();
        // Whatever came of it, nobody refers to it: it can be lent again, and is released once.
        let _kept = External::take_kept(&stage.group, lent.at);
        let count = core::cell::Cell::new(0);
        let note = |_: &External| count.set(count.get() + 1);
        let releases: [Release<'_>; 1] = [(ReleaseId(7), &note)];
        let home = stage.pool.home().releasing(&releases);
        let mut mbuf = home.alloc().unwrap();
        lend(&mut mbuf, &lent).unwrap();
        drop(mbuf);
        assert_eq!(count.get(), 1, "{end:?}");
        stage.use_it();
        if let End::Finished(()) = end {
            return;
        }
    }
}

#[test]
fn a_buffer_of_one_dead_is_kept_for_its_lender() {
    let stage = Stage::plain();
    let lent = buffer(&stage.group, "lent");
    let member = stage.join(1);
    let (pool, ..) = of(&member);
    let home = pool.home();
    let mut mbuf = home.alloc().unwrap();
    lend(&mut mbuf, &lent).unwrap();
    core::mem::forget(mbuf);
    stage.kill(1);
    assert_eq!(stage.reap_all()[0].recovered.objects, 1);
    assert_eq!(External::take_kept(&stage.group, lent.at), Some(lent));
    stage.use_it();
}
