//! What a handle shows, and what it says after the zone is gone.

use super::*;
use crate::directory::{Identity, Kind, create};
use crate::heap::AllocRequest;
use crate::shared::ElementLayout;
use crate::sync::{Word32, Word64};

#[test]
fn what_one_member_writes_another_and_an_observer_read() {
    let (group, platform) = memory();
    let other = fake::join(group.window(), 1, platform);
    zone(&group, "zone", 4096).slice::<Word64>().unwrap()[511].set(7);
    let observer = fake::observe(group.window(), group.platform());
    for reader in [other, observer] {
        let words: &[Word64] = Zone::lookup(&reader, "zone").unwrap().slice().unwrap();
        assert_eq!((words.len(), words[511].get()), (512, 7));
    }
}

#[test]
fn a_view_fits_in_the_zone_or_is_none() {
    let (group, _) = memory();
    let made = zone(&group, "zone", 100);
    assert!(made.view::<[Word64; 16]>().is_some());
    assert!(made.view::<[Word64; 17]>().is_none());
    assert_eq!(made.slice::<[Word32; 15]>().map(<[_]>::len), Some(2));
    assert_eq!(made.slice::<[Word64; 17]>().map(<[_]>::len), Some(0));
    assert!(made.slice::<[Word64; 0]>().is_none());
    assert_eq!(made.bytes().map(|bytes| bytes.len()), Some(128));
}

#[test]
fn a_zone_in_a_page_of_its_own_is_in_one_page() {
    let (group, _) = memory();
    let flags = ZoneFlags::IOVA_CONTIG;
    for i in 0..5 {
        let options = ZoneOptions { flags, ..ZoneOptions::new(MB + 64 * i) };
        assert!(Zone::reserve(&group, &format!("{i}"), &options).unwrap().is_in_one_page());
    }
    let pages = ZoneFlags::PAGES_2MB;
    let options = ZoneOptions { flags: pages, ..ZoneOptions::new(3 * MB) };
    assert!(!Zone::reserve(&group, "long", &options).unwrap().is_in_one_page());
}

#[test]
fn any_member_frees_a_zone_and_the_second_free_is_told_from_the_first() {
    let (group, platform) = memory();
    let other = fake::join(group.window(), 1, platform);
    let made = zone(&other, "zone", 64);
    let seen = Zone::lookup(&group, "zone").unwrap();
    assert_eq!(made.is_current(), Ok(true));
    seen.test_free().unwrap();
    assert_eq!(made.is_current(), Ok(false));
    let gone = DestroyError::Gone { name: made.name(), kind: Kind::Zone };
    assert_eq!(made.test_free(), Err(gone));
    zone(&group, "zone", 64);
    assert_eq!(made.test_free(), Err(gone));
    Zone::test_free_named(&group, "zone").unwrap();
    let error = Zone::test_free_named(&group, "zone").unwrap_err();
    assert_eq!(error, DestroyError::NotFound { name: made.name(), near: None });
}

#[test]
fn only_zones_are_looked_up_freed_and_walked() {
    let (group, _) = memory();
    let ring = Identity {
        name: Name::new("ring").unwrap(),
        kind: Kind::Ring,
        element: ElementLayout::bytes(),
    };
    create(&group, &ring, &AllocRequest::new(64), |_, _| Ok::<_, CreateError>(())).unwrap();
    zone(&group, "zone", 64);
    assert!(matches!(Zone::lookup(&group, "ring"), Err(LookupError::WrongKind { .. })));
    assert!(matches!(Zone::test_free_named(&group, "ring"), Err(DestroyError::WrongKind { .. })));
    let mut seen = Vec::new();
    walk(&group, |found: &Found| seen.push(found.name.as_str().to_owned())).unwrap();
    assert_eq!(seen, ["zone"]);
}

#[test]
fn reserve_or_find_says_which_of_both_it_did() {
    let (group, platform) = memory();
    let other = fake::join(group.window(), 1, platform);
    let either =
        |group: &Group| Zone::reserve_or_find(group, "zone", &ZoneOptions::new(64)).unwrap();
    let ((made, first), (found, second)) = (either(&group), either(&other));
    assert_eq!((first, second), (Origin::Made, Origin::Found));
    assert_eq!(made.found(), found.found());
}

#[test]
fn a_zone_outlives_the_process_that_made_it() {
    let (group, platform) = memory();
    let other = fake::join(group.window(), 1, platform);
    zone(&other, "zone", 64).slice::<Word64>().unwrap()[0].set(7);
    platform.dead.lock().unwrap().insert(1);
    group.sweep();
    let (left, origin) = Zone::reserve_or_find(&group, "zone", &ZoneOptions::new(64)).unwrap();
    assert_eq!((origin, left.found().living_owner(&group)), (Origin::Found, None));
    assert_eq!(left.slice::<Word64>().unwrap()[0].get(), 7);
    left.test_free().unwrap();
}
