//! Fields and flags by name.

use super::*;

#[test]
fn one_name_is_one_field_in_every_process() {
    let stage = Stage::plain();
    let other = stage.join(1);
    let stamp = DynamicField::register(&stage.group, "stamp", 8).unwrap();
    let colour = DynamicField::register(&other, "colour", 1).unwrap();
    assert_eq!(DynamicField::register(&other, "stamp", 8), Ok(stamp));
    assert_ne!(colour, stamp);
    let home = stage.pool.home();
    let mut mbuf = home.alloc().unwrap();
    mbuf.set_dynamic(stamp, u64::MAX);
    mbuf.set_dynamic(colour, 0x105);
    assert_eq!((mbuf.dynamic(stamp), mbuf.dynamic(colour)), (u64::MAX, 5));
    let clone = mbuf.to_clone(&home).unwrap();
    assert_eq!((clone.dynamic(stamp), clone.dynamic(colour)), (u64::MAX, 5));
}

#[test]
fn fields_do_not_overlap_and_fill_all_bytes() {
    let stage = Stage::plain();
    let sizes = [1, 8, 2, 4, 8, 1, 8, 4, 2, 2];
    let fields: Vec<_> = sizes
        .iter()
        .enumerate()
        .map(|(i, size)| DynamicField::register(&stage.group, &format!("f{i}"), *size).unwrap())
        .collect();
    let home = stage.pool.home();
    let mut mbuf = home.alloc().unwrap();
    for (value, field) in (1..).zip(&fields) {
        mbuf.set_dynamic(*field, value);
    }
    for (value, field) in (1..).zip(&fields) {
        assert_eq!(mbuf.dynamic(*field), value);
    }
    let full = DynamicField::register(&stage.group, "more", 1);
    assert!(matches!(full, Err(DynamicError::Full { .. })));
}

#[test]
fn a_name_that_stands_for_something_else_is_refused() {
    let stage = Stage::plain();
    let group = &stage.group;
    DynamicField::register(group, "colour", 1).unwrap();
    let other = |error| matches!(error, Err(DynamicError::Other { .. }));
    assert!(other(DynamicField::register(group, "colour", 2).map(drop)));
    assert!(other(DynamicFlag::register(group, "colour").map(drop)));
    assert_eq!(DynamicField::register(group, "odd", 3), Err(DynamicError::Size { bytes: 3 }));
    assert!(matches!(DynamicFlag::register(group, ""), Err(DynamicError::Name(_))));
}

#[test]
fn flags_are_bits_of_their_own() {
    let stage = Stage::plain();
    let flags: Vec<_> = (23..=40)
        .map(|bit| DynamicFlag::register(&stage.group, &format!("f{bit}")).unwrap())
        .collect();
    let all = flags.iter().fold(0, |all, flag| all | flag.mask());
    assert_eq!((all.count_ones(), all), (18, (1 << 41) - (1 << 23)));
    assert_eq!(DynamicFlag::register(&stage.group, "f30"), Ok(flags[7]));
    let full = DynamicFlag::register(&stage.group, "more");
    assert!(matches!(full, Err(DynamicError::Full { .. })));
    let home = stage.pool.home();
    let mut mbuf = home.alloc().unwrap();
    mbuf.set_flags(flags[0].mask());
    assert_eq!(mbuf.flags(), flags[0].mask());
}

#[test]
fn who_dies_while_it_registers_has_registered_nothing() {
    let stage = Stage::plain();
    let member = stage.join(1);
    DynamicField::register(&member, "first", 4).unwrap();
    core::mem::forget(member.begin().unwrap());
    stage.kill(1);
    let second = DynamicField::register(&stage.group, "second", 4).unwrap();
    assert_eq!(DynamicField::register(&stage.group, "second", 4), Ok(second));
}
