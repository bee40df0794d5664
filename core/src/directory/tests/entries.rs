//! Entries at given places: names, kinds, elements; members and observers.

use super::*;

#[test]
fn an_object_is_found_as_it_was_entered() {
    let (group, _) = fake::group();
    let found = put(&group, &ring("rx")).unwrap();
    assert_eq!(found.owner, group.me());
    assert_eq!((found.at, found.len), (Offset::new(1 << 20), 4096));
    assert_eq!((found.page_bytes, found.node), (2 << 20, 1));
    assert_eq!(lookup(&group, &identity(&ring("rx"))), Ok(found));
    assert_eq!(find(&observer(&group), name("rx")), Ok(Some(found)));
}

#[test]
fn a_name_is_taken_for_every_kind() {
    let (group, platform) = fake::group();
    put(&fake::join(group.window(), 1, platform), &ring("rx")).unwrap();
    let error = put(&group, &NewEntry { kind: Kind::Zone, ..ring("rx") }).unwrap_err();
    assert!(matches!(error, CreateError::Exists { kind: Kind::Ring, by: 101, .. }), "{error:?}");
    assert!(error.to_string().contains("is a ring already, made by pid 101"), "{error}");
}

#[test]
fn a_name_of_a_dead_process_is_taken_and_said_to_be_left_over() {
    let (group, platform) = fake::group();
    put(&fake::join(group.window(), 1, platform), &ring("rx")).unwrap();
    platform.dead.lock().unwrap().insert(1);
    let error = put(&group, &ring("rx")).unwrap_err();
    assert!(error.to_string().contains("made by a process that is gone"), "{error}");
}

#[test]
fn a_lookup_as_another_kind_says_both_kinds() {
    let (group, _) = fake::group();
    put(&group, &ring("rx")).unwrap();
    let asked = Identity { kind: Kind::Mempool, ..identity(&ring("rx")) };
    let error = lookup(&group, &asked).unwrap_err();
    let (found, asked) = (Kind::Ring, Kind::Mempool);
    assert_eq!(error, LookupError::WrongKind { name: name("rx"), found, asked });
    assert!(error.to_string().contains("looked up as a mempool and is a ring"), "{error}");
}

#[test]
fn a_lookup_with_another_element_type_is_refused_even_if_the_size_is_the_same() {
    let (group, _) = fake::group();
    put(&group, &ring("rx")).unwrap();
    for (element, text) in [
        (ElementLayout::of::<[u32; 2]>(), "another of the same 8 bytes"),
        (ElementLayout::of::<u32>(), "elements of 4 bytes and has elements of 8"),
    ] {
        let error = lookup(&group, &Identity { element, ..identity(&ring("rx")) }).unwrap_err();
        assert!(matches!(error, LookupError::WrongElement { .. }));
        assert!(error.to_string().contains(text), "{error}");
    }
    assert!(lookup_kind(&group, name("rx"), Kind::Ring).is_ok());
}

#[test]
fn a_name_that_is_not_there_is_answered_with_the_nearest_that_is() {
    let (group, _) = fake::group();
    put(&group, &ring("PRI_2_SEC")).unwrap();
    put(&group, &ring("SEC_2_PRI")).unwrap();
    let near = |text| match lookup_kind(&group, name(text), Kind::Ring) {
        Err(LookupError::NotFound { near, .. }) => near,
        other => panic!("{other:?}"),
    };
    assert_eq!(near("PRI_2_SEX"), Some(name("PRI_2_SEC")));
    assert_eq!(near("sec_2_pri"), Some(name("SEC_2_PRI")));
    assert_eq!(near("mbuf_pool"), None);
}

#[test]
fn an_object_that_was_taken_out_is_gone_and_its_name_is_free() {
    let (group, _) = fake::group();
    let first = put(&group, &ring("rx")).unwrap();
    assert_eq!(is_current(&group, &first), Ok(true));
    assert!(take(&group, &first));
    assert_eq!(find(&group, name("rx")), Ok(None));
    let second = put(&group, &ring("rx")).unwrap();
    assert_eq!((first.index, first.generation + 1), (second.index, second.generation));
    assert_eq!(is_current(&group, &first), Ok(false));
    assert!(!take(&group, &first));
    assert_eq!(find(&group, name("rx")), Ok(Some(second)));
}

#[test]
fn only_entries_that_were_used_are_looked_at() {
    let (group, _) = fake::group();
    let directory = &group.region().directory;
    assert_eq!(directory.used.get(), 0);
    let first = put(&group, &ring("first")).unwrap();
    put(&group, &ring("second")).unwrap();
    assert!(take(&group, &first));
    assert_eq!((directory.used().len(), directory.hidden()), (2, None));
    put(&group, &ring("third")).unwrap();
    assert_eq!(directory.used().len(), 2, "the lowest free entry is used again");
    directory.entries[9].kind.write(Kind::Ring.to_word());
    assert_eq!(directory.hidden(), Some(9));
    walk(&group, |found| assert!(found.index < 2)).unwrap();
}

#[test]
fn two_thousand_five_hundred_and_sixty_objects_fit_and_no_more() {
    let (group, _) = fake::group();
    let tx = group.begin().unwrap();
    let directory = &group.region().directory;
    for entry in &directory.entries {
        entry.kind.write(Kind::Zone.to_word());
    }
    directory.used.write(2560);
    assert_eq!(insert(&tx, &ring("rx")), Err(CreateError::Full(2560)));
    group.region().directory.entries[2559].kind.write(0);
    assert_eq!(insert(&tx, &ring("rx")).unwrap().index, 2559);
}

#[test]
fn an_insertion_that_is_not_committed_leaves_nothing() {
    let (group, _) = fake::group();
    let tx = group.begin().unwrap();
    let found = insert(&tx, &ring("rx")).unwrap();
    assert_eq!(find_in(&tx, name("rx")), Some(found));
    drop(tx);
    assert_eq!(find(&group, name("rx")), Ok(None));
    assert_eq!(put(&group, &ring("rx")).unwrap().generation, found.generation);
}

#[test]
fn a_member_that_looks_while_a_dead_one_holds_the_lock_sees_what_was_before() {
    let (group, platform) = fake::group();
    let other = fake::join(group.window(), 1, platform);
    let tx = other.begin().unwrap();
    insert(&tx, &ring("rx")).unwrap();
    core::mem::forget(tx);
    platform.dead.lock().unwrap().insert(1);
    assert_eq!(find(&group, name("rx")), Ok(None));
}

#[test]
fn an_observer_of_a_half_made_change_says_who_is_in_the_middle() {
    let (group, platform) = fake::group();
    let other = fake::join(group.window(), 1, platform);
    put(&group, &ring("tx")).unwrap();
    let tx = other.begin().unwrap();
    insert(&tx, &ring("rx")).unwrap();
    let error = find(&observer(&group), name("tx")).unwrap_err();
    assert_eq!(error, ReadError::Changing { by: Some(other.me()), pid: 101 });
    assert!(error.to_string().contains("slot 1 (pid 101) is in the middle"), "{error}");
    tx.commit();
    assert!(find(&observer(&group), name("rx")).unwrap().is_some());
}

#[test]
fn a_lock_that_is_not_had_is_the_lookups_error() {
    let (group, platform) = fake::group();
    let other = fake::join(group.window(), 1, platform);
    let _held = other.begin().unwrap();
    let error = find(&group, name("rx")).unwrap_err();
    assert!(matches!(error, ReadError::Lock(LockError::Held { pid: 101, .. })));
}

#[test]
fn a_walk_shows_every_object_once_and_may_change_the_directory() {
    let (group, _) = fake::group();
    for text in ["a", "b", "c"] {
        put(&group, &ring(text)).unwrap();
    }
    let mut seen = Vec::new();
    walk(&group, |found| {
        seen.push(found.name.as_str().to_owned());
        assert!(take(&group, found));
    })
    .unwrap();
    assert_eq!(seen, ["a", "b", "c"]);
    walk(&group, |found| panic!("{found} is still there")).unwrap();
}

#[test]
fn a_kind_that_nobody_knows_takes_its_name_and_cannot_be_opened() {
    let (group, _) = fake::group();
    let found = put(&group, &ring("rx")).unwrap();
    group.region().directory.entries[found.index].kind.write(77);
    assert!(matches!(put(&group, &ring("rx")), Err(CreateError::Exists { .. })));
    for kind in [Kind::Ring, Kind::Unknown] {
        let error = lookup_kind(&group, name("rx"), kind).unwrap_err();
        assert!(matches!(error, LookupError::WrongKind { found: Kind::Unknown, .. }));
    }
}

#[test]
fn any_words_in_an_entry_are_read_as_something() {
    let (group, _) = fake::group();
    let entry = &group.region().directory.entries[7];
    group.region().directory.used.write(u64::MAX);
    for word in [1, u64::MAX, 0x8000_0000_0000_0000] {
        let words = entry.name.iter().chain(&entry.reserved);
        let words = words.chain([&entry.at, &entry.len, &entry.element, &entry.hash]);
        let words = words.chain([&entry.owner, &entry.page_bytes, &entry.node, &entry.generation]);
        words.chain([&entry.kind]).for_each(|it| it.write(word));
        let mut count = 0;
        walk(&group, |found| count += found.to_string().len().min(1)).unwrap();
        assert_eq!(count, 1);
    }
}

#[test]
fn an_observer_sees_whole_entries_while_a_member_makes_and_unmakes_them() {
    let (group, _) = fake::group();
    let stop = std::sync::Mutex::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            for round in 0u64.. {
                let text = if round % 2 == 0 { "even" } else { "odd" };
                let at = Offset::new((round + 1) * 64);
                let new = NewEntry { at, len: at.get(), node: round as u32 % 2, ..ring(text) };
                let found = put(&group, &new).unwrap();
                assert!(take(&group, &found));
                if *stop.lock().unwrap() {
                    break;
                }
            }
        });
        let observer = observer(&group);
        let (mut seen, mut looks) = (0, 0);
        // On one processor the member may not have had a turn yet.
        while seen < 200 && (looks < 200_000 || seen == 0) {
            looks += 1;
            if looks % 1000 == 0 {
                std::thread::yield_now();
            }
            let Ok(result) = find(&observer, name("odd")) else { continue };
            let Some(found) = result else { continue };
            assert_eq!((found.at.get(), found.node), (found.len, 1));
            seen += 1;
        }
        *stop.lock().unwrap() = true;
    });
}
