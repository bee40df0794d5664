//! The behaviours that `memzone_autotest` asks for, one by one.

use super::*;

#[test]
fn a_zone_is_found_by_its_name_and_its_name_is_taken() {
    let (group, _) = memory();
    let made = zone(&group, "testzone1", 100);
    let seen = Zone::lookup(&group, "testzone1").unwrap();
    assert_eq!((seen.found(), seen.len(), seen.name()), (made.found(), 128, made.name()));
    let again = Zone::reserve(&group, "testzone1", &ZoneOptions::new(100));
    assert!(matches!(again, Err(ZoneError::Create(CreateError::Exists { by: 100, .. }))));
    let error = Zone::lookup(&group, "testzone2").unwrap_err();
    assert_eq!(
        error,
        LookupError::NotFound { name: seen_name("testzone2"), near: Some(made.name()) }
    );
}

fn seen_name(text: &str) -> Name {
    Name::new(text).unwrap()
}

#[test]
fn a_zone_starts_on_a_cache_line_and_is_all_zero() {
    let (group, _) = memory();
    let words: &[crate::sync::Word64] = zone(&group, "dirty", 4096).slice().unwrap();
    words.iter().for_each(|word| word.set(u64::MAX));
    Zone::test_free_named(&group, "dirty").unwrap();
    let clean = zone(&group, "clean", 4096);
    assert!(clean.at().get().is_multiple_of(64));
    assert!(clean.slice::<crate::sync::Word64>().unwrap().iter().all(|word| word.get() == 0));
}

#[test]
fn errors_come_in_the_order_name_taken_full_options() {
    let (group, _) = memory();
    zone(&group, "taken", 64);
    let bad = ZoneOptions { align: 3, ..ZoneOptions::new(64) };
    let reserve = |name: &str| Zone::reserve(&group, name, &bad).unwrap_err();
    assert!(matches!(reserve(&"x".repeat(32)), ZoneError::Create(CreateError::Name(_))));
    assert!(matches!(reserve("taken"), ZoneError::Create(CreateError::Exists { .. })));
    assert_eq!(reserve("free"), ZoneError::Align { align: 3 });
    for entry in &group.region().directory.entries {
        entry.kind.write(entry.kind.get().max(1));
    }
    assert_eq!(reserve("free"), ZoneError::Create(CreateError::Full(2560)));
}

#[test]
fn bad_options_change_nothing() {
    let (group, platform) = memory();
    for options in [
        ZoneOptions { align: 100, ..ZoneOptions::new(64) },
        ZoneOptions { bound: 64, ..ZoneOptions::new(65) },
        ZoneOptions { flags: ZoneFlags::from_bits(8), ..ZoneOptions::new(64) },
        ZoneOptions::new(u64::MAX),
        ZoneOptions::new(u64::MAX - 63),
    ] {
        let error = Zone::reserve(&group, "zone", &options).unwrap_err();
        assert!(error.to_string().contains("asked for"), "{error}");
    }
    assert!(platform.committed.lock().unwrap().is_empty());
    walk(&group, |found| panic!("{found}")).unwrap();
}

#[test]
fn page_size_flags_are_strict_unless_they_are_a_hint() {
    let (group, _) = memory();
    let (two, sixteen, one_gb) =
        (ZoneFlags::PAGES_2MB, ZoneFlags::PAGES_16MB, ZoneFlags::PAGES_1GB);
    let hint = ZoneFlags::SIZE_HINT_ONLY;
    for (i, (flags, page_mb)) in [
        (two, 2),
        (sixteen, 16),
        (two | one_gb, 2),
        (sixteen | one_gb, 16),
        (sixteen | hint, 16),
        (two | hint, 2),
    ]
    .into_iter()
    .enumerate()
    {
        let made = Zone::reserve(&group, &format!("zone{i}"), &flagged(flags)).unwrap();
        assert_eq!(made.found().page_bytes, page_mb * MB, "{flags:?}");
    }
    let error = Zone::reserve(&group, "strict", &flagged(one_gb)).unwrap_err();
    let no_list = AllocError::NoMemory {
        bytes: 1024,
        wanted_pages: 0,
        page_bytes: 0,
        node: None,
        free_bytes: 0,
        refusal: Refusal::NoList,
    };
    match error {
        ZoneError::Create(CreateError::Memory {
            error: AllocError::NoMemory { refusal, .. },
            ..
        }) => {
            assert_eq!(refusal, Refusal::NoList, "as in {no_list}");
        }
        other => panic!("{other}"),
    }
    assert!(Zone::reserve(&group, "hint", &flagged(one_gb | hint)).is_ok());
}

#[test]
fn a_zone_without_length_and_bound_is_the_biggest_free_piece() {
    let (group, _) = memory();
    preallocate(&group, 8);
    let biggest = Zone::reserve(&group, "biggest", &ZoneOptions::default()).unwrap();
    assert_eq!(biggest.len(), 16 * MB - 64);
    let error = Zone::reserve(&group, "second", &ZoneOptions::default()).unwrap_err();
    assert_eq!(error, ZoneError::NothingFree { name: seen_name("second") });
    biggest.test_free().unwrap();
    let options = ZoneOptions { align: MB, ..ZoneOptions::default() };
    let aligned = Zone::reserve(&group, "aligned", &options).unwrap();
    assert_eq!((aligned.at().get() % MB, aligned.len()), (0, 15 * MB));
}

#[test]
fn zones_of_every_alignment_are_aligned_and_do_not_overlap() {
    let (group, _) = memory();
    let mut zones = Vec::new();
    for align in [0, 1, 32, 64, 128, 256, 512, 1024, 1 << 16] {
        for len in [0x200, 100, 1 << 17] {
            let options = ZoneOptions { align, ..ZoneOptions::new(len) };
            let made = Zone::reserve(&group, &format!("zone_{align}_{len}"), &options).unwrap();
            assert!(made.at().get().is_multiple_of(align.max(64)));
            assert!(made.len().is_multiple_of(64) && made.len() >= len);
            zones.push(range(&made));
        }
    }
    zones.sort_unstable();
    assert!(zones.windows(2).all(|pair| pair[0].1 <= pair[1].0), "{zones:?}");
    group.audit_heaps().unwrap();
}

#[test]
fn a_bounded_zone_crosses_no_multiple_of_its_bound() {
    let (group, _) = memory();
    for (align, len, bound) in [
        (0, 100, 128),
        (64, 100, 128),
        (128, 100, 128),
        (128, 200, 256),
        (64, 0, 1024),
        (1 << 17, 4096, 1 << 16),
    ] {
        for i in 0..10 {
            let options = ZoneOptions { align, bound, ..ZoneOptions::new(len) };
            let made = Zone::reserve(&group, &format!("{align} {len} {i}"), &options).unwrap();
            let (start, end) = range(&made);
            assert_eq!(start / bound, (end - 1) / bound, "{options:?}");
            assert_eq!(made.len(), if len == 0 { bound } else { len.next_multiple_of(64) });
        }
    }
}

#[test]
fn a_freed_zone_is_gone_and_its_memory_serves_again() {
    let (group, platform) = memory();
    for round in 0..200 {
        let made = zone(&group, "zone", 8 * MB);
        made.test_free().unwrap_or_else(|error| panic!("round {round}: {error}"));
        assert!(matches!(Zone::lookup(&group, "zone"), Err(LookupError::NotFound { .. })));
    }
    assert!(platform.committed.lock().unwrap().is_empty());
    group.audit_heaps().unwrap();
}

#[test]
fn the_two_thousand_five_hundred_and_sixty_first_zone_is_refused() {
    let (group, _) = memory();
    for i in 0..2560 {
        zone(&group, &format!("zone {i}"), 64);
    }
    let error = Zone::reserve(&group, "one more", &ZoneOptions::new(64)).unwrap_err();
    assert_eq!(error, ZoneError::Create(CreateError::Full(2560)));
    Zone::test_free_named(&group, "zone 77").unwrap();
    zone(&group, "one more", 64);
}

#[test]
fn a_zone_lies_on_the_node_that_was_asked_for() {
    let (group, _) = memory();
    let on = |node| Zone::reserve(&group, "zone", &ZoneOptions { node, ..ZoneOptions::new(64) });
    let made = on(Node::On(1)).unwrap();
    assert_eq!(made.found().node, 1);
    made.test_free().unwrap();
    assert!(matches!(on(Node::On(5)), Err(ZoneError::Create(CreateError::Memory { .. }))));
    assert!(on(Node::Prefer(5)).is_ok());
}

#[test]
fn without_huge_pages_any_node_will_do() {
    let (group, _) = memory();
    group.region().header.flags.set(crate::group::flags::NO_HUGE);
    let options = ZoneOptions { node: Node::On(5), ..ZoneOptions::new(64) };
    assert!(Zone::reserve(&group, "zone", &options).is_ok());
}

#[test]
fn a_dump_has_a_line_for_each_zone_and_the_sum() {
    let (group, platform) = memory();
    zone(&group, "first", 4096);
    let other = fake::join(group.window(), 1, platform);
    zone(&other, "second", 100);
    platform.dead.lock().unwrap().insert(1);
    let mut text = String::new();
    dump(&group, &mut text).unwrap();
    let lines: Vec<_> = text.lines().collect();
    assert!(lines[0].starts_with("first "), "{text}");
    assert!(
        lines[0].contains(" 4096 bytes at 0x") && lines[0].ends_with("2048 KB pages, of pid 100")
    );
    assert!(lines[1].ends_with("of a process that is gone"), "{text}");
    assert_eq!(lines[2..], ["2 memzones, 4224 bytes in all"]);
}
