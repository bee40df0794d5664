//! Many at a time: exactly one creates, all find the same, observers see whole objects
//! (`func_reentrancy_autotest`).

use std::sync::Barrier;

use super::*;
use crate::sync::Contested32;

#[test]
fn of_members_that_create_one_name_at_a_time_exactly_one_does() {
    let (group, platform) = memory();
    let members = [1, 2].map(|slot| fake::join(group.window(), slot, platform));
    let before = blocks(&group);
    for round in 0..20 {
        let text = format!("ring{round}");
        let (made, start) = (Contested32::new(0), Barrier::new(6));
        std::thread::scope(|scope| {
            for thread in 0..6 {
                let (member, text, made, start) = (&members[thread % 2], &text, &made, &start);
                scope.spawn(move || {
                    start.wait();
                    match make(member, text) {
                        Ok(_) => made.add(1),
                        Err(CreateError::Exists { kind: Kind::Ring, by: 101 | 102, .. }) => 0,
                        Err(other) => panic!("{other}"),
                    };
                    let found = lookup(member, &identity(&ring(text))).unwrap();
                    assert_eq!(words(member, &found)[0].get(), 7);
                });
            }
        });
        assert_eq!(made.observe(), 1);
        assert_eq!(blocks(&group), before + round + 1);
    }
}

#[test]
fn an_observer_sees_formatted_objects_while_members_create_and_destroy() {
    let (group, platform) = memory();
    let members = [1, 2].map(|slot| fake::join(group.window(), slot, platform));
    let done = Contested32::new(0);
    std::thread::scope(|scope| {
        for (member, text) in members.iter().zip(["one", "two"]) {
            let done = &done;
            scope.spawn(move || {
                for _ in 0..300 {
                    make(member, text).unwrap();
                    fake::destroy(member, name(text), Kind::Ring, anyone_may).unwrap();
                }
                done.add(1);
            });
        }
        let observer = observer(&group);
        while done.observe() < 2 {
            let _ = walk(&observer, |found| {
                assert!(["one", "two"].contains(&found.name.as_str()), "{found}");
                assert_eq!((found.kind, found.len), (Kind::Ring, 256));
                assert!([1, 2].contains(&found.owner.slot()));
            });
        }
    });
    assert_eq!(blocks(&group), 0);
}
