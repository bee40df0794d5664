//! Typed zones: one structure, one type, no `unsafe`.
#![expect(unsafe_code, reason = "inside of the core the lint sees what the macro writes")]

use super::*;
use crate::sync::{Word32, Word64};

type Counters = [Word64; 16];
type Narrow = [Word32; 32];

crate::shared_words! {
    /// What is aligned to more than a cache line.
    #[repr(align(256))]
    struct Aligned { words: [Word64; 96] }
}

fn make(group: &Group) -> Result<TypedZone<Counters>, ZoneError> {
    Zone::create_typed(group, "counters", &ZoneOptions::default(), |it: &Counters| it[3].set(7))
}

#[test]
fn a_typed_zone_is_filled_in_before_it_is_found() {
    let (group, platform) = memory();
    let made = make(&group).unwrap();
    let other = fake::join(group.window(), 1, platform);
    let seen = Zone::lookup_typed::<Counters>(&other, "counters").unwrap();
    seen[4].count(8);
    assert_eq!((seen[3].get(), made[4].get(), made[5].get()), (7, 8, 0));
    assert_eq!(made.zone().len(), 128);
}

#[test]
fn a_typed_zone_opens_as_its_type_and_no_other() {
    let (group, _) = memory();
    make(&group).unwrap();
    let error = Zone::lookup_typed::<Narrow>(&group, "counters").unwrap_err();
    assert!(error.to_string().contains("another of the same 128 bytes"), "{error}");
    let bytes = Zone::lookup(&group, "counters").unwrap();
    assert!(bytes.view::<Narrow>().is_none() && bytes.slice::<Word32>().is_none());
    assert!(bytes.view::<Counters>().is_some());
}

#[test]
fn plain_bytes_are_no_typed_zone() {
    let (group, _) = memory();
    zone(&group, "counters", 128);
    let error = Zone::lookup_typed::<Counters>(&group, "counters").unwrap_err();
    assert!(matches!(error, LookupError::WrongElement { .. }));
    let options = ZoneOptions::default();
    let error = Zone::create_typed_or_find(&group, "counters", &options, |_: &Counters| ());
    assert!(matches!(error, Err(ZoneError::Lookup(LookupError::WrongElement { .. }))));
}

#[test]
fn a_typed_zone_has_room_and_alignment_for_its_type() {
    let (group, _) = memory();
    let options = ZoneOptions { align: 4096, ..ZoneOptions::new(1000) };
    let made = Zone::create_typed(&group, "a", &options, |_: &Counters| ()).unwrap();
    assert_eq!((made.zone().len(), made.zone().at().get() % 4096), (1024, 0));
    let options = |align| ZoneOptions { align, ..ZoneOptions::new(1) };
    let aligned = |name, align| {
        Zone::create_typed(&group, name, &options(align), |it: &Aligned| it.words[0].set(1))
    };
    let made = aligned("b", 1).unwrap();
    assert_eq!((made.zone().at().get() % 256, made.zone().len()), (0, 768));
    assert_eq!(aligned("c", 3).unwrap_err(), ZoneError::Align { align: 3 });
}

#[test]
fn of_two_that_want_the_zone_one_fills_it_in() {
    let (group, platform) = memory();
    let other = fake::join(group.window(), 1, platform);
    let either = |group: &Group, value| {
        let options = ZoneOptions::default();
        let init = |it: &Counters| it[0].set(value);
        Zone::create_typed_or_find(group, "counters", &options, init).unwrap()
    };
    let ((_, first), (seen, second)) = (either(&group, 1), either(&other, 2));
    assert_eq!((first, second, seen[0].get()), (Origin::Made, Origin::Found, 1));
}

#[test]
fn an_init_that_panics_leaves_no_zone() {
    let (group, _) = memory();
    let panicking = || {
        let _ = Zone::create_typed(&group, "counters", &ZoneOptions::default(), |_: &Counters| {
            panic!("on purpose")
        });
    };
    assert!(std::panic::catch_unwind(core::panic::AssertUnwindSafe(panicking)).is_err());
    assert!(make(&group).is_ok());
}
