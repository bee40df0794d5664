//! Any sequence of operations gives what a map in ordinary memory gives.

use std::collections::HashMap;

use proptest::prelude::*;

use super::*;

#[derive(Clone, Copy, Debug)]
enum Step {
    Create(u8, Kind),
    CreateAndFail(u8),
    Lookup(u8, Kind),
    Destroy(u8, Kind),
}

fn step() -> impl Strategy<Value = Step> {
    let kind = || prop_oneof![Just(Kind::Zone), Just(Kind::Ring), Just(Kind::Hash)];
    prop_oneof![
        (0u8..6, kind()).prop_map(|(n, kind)| Step::Create(n, kind)),
        (0u8..6).prop_map(Step::CreateAndFail),
        (0u8..6, kind()).prop_map(|(n, kind)| Step::Lookup(n, kind)),
        (0u8..6, kind()).prop_map(|(n, kind)| Step::Destroy(n, kind)),
    ]
}

/// What an operation came to, as far as the model can tell.
#[derive(Debug, PartialEq, Eq)]
enum Came {
    Done(u64),
    Exists(Kind),
    Missing,
    Wrong(Kind),
    Failed,
}

fn what(n: u8, kind: Kind) -> Identity {
    Identity { name: name(&format!("object {n}")), kind, element: ElementLayout::bytes() }
}

fn real(group: &Group, step: Step, mark: u64) -> Came {
    match step {
        Step::Create(n, kind) => {
            match create(group, &what(n, kind), &small(), |tx, found| {
                words(tx.group(), found)[0].set(mark);
                Ok(())
            }) {
                Ok((_, ())) => Came::Done(mark),
                Err(CreateError::Exists { kind, .. }) => Came::Exists(kind),
                Err(other) => panic!("{other}"),
            }
        }
        Step::CreateAndFail(n) => {
            let fail = |_: &Transaction, _: &Found| Err::<(), _>(CreateError::Full(0));
            match create(group, &what(n, Kind::Ring), &small(), fail) {
                Err(CreateError::Exists { kind, .. }) => Came::Exists(kind),
                Err(CreateError::Full(0)) => Came::Failed,
                other => panic!("{other:?}"),
            }
        }
        Step::Lookup(n, kind) => match lookup(group, &what(n, kind)) {
            Ok(found) => Came::Done(words(group, &found)[0].get()),
            Err(LookupError::NotFound { .. }) => Came::Missing,
            Err(LookupError::WrongKind { found, .. }) => Came::Wrong(found),
            Err(other) => panic!("{other}"),
        },
        Step::Destroy(n, kind) => {
            match fake::destroy(group, what(n, kind).name, kind, anyone_may) {
                Ok(()) => Came::Done(0),
                Err(DestroyError::NotFound { .. }) => Came::Missing,
                Err(DestroyError::WrongKind { found, .. }) => Came::Wrong(found),
                Err(other) => panic!("{other}"),
            }
        }
    }
}

fn model(map: &mut HashMap<u8, (Kind, u64)>, step: Step, mark: u64) -> Came {
    let (Step::Create(n, kind) | Step::Lookup(n, kind) | Step::Destroy(n, kind)) = step else {
        let Step::CreateAndFail(n) = step else { unreachable!() };
        return map.get(&n).map_or(Came::Failed, |(kind, _)| Came::Exists(*kind));
    };
    match (map.get(&n).copied(), step) {
        (Some((kind, _)), Step::Create(..)) => Came::Exists(kind),
        (None, Step::Create(..)) => {
            map.insert(n, (kind, mark));
            Came::Done(mark)
        }
        (None, _) => Came::Missing,
        (Some((found, _)), _) if found != kind => Came::Wrong(found),
        (Some((_, mark)), Step::Lookup(..)) => Came::Done(mark),
        (Some(_), _) => {
            map.remove(&n);
            Came::Done(0)
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, failure_persistence: None, ..Default::default() })]
    #[test]
    fn every_sequence_of_operations_agrees_with_a_map(steps in prop::collection::vec(step(), 1..60)) {
        let (group, platform) = memory();
        let other = fake::join(group.window(), 1, platform);
        let mut map = HashMap::new();
        for (mark, step) in (1u64..).zip(steps) {
            let member = if mark % 2 == 0 { &group } else { &other };
            prop_assert_eq!(real(member, step, mark), model(&mut map, step, mark), "{:?}", step);
            prop_assert_eq!(blocks(&group), map.len() as u64);
        }
        let mut seen = 0;
        walk(&observer(&group), |_| seen += 1).unwrap();
        prop_assert_eq!(seen, map.len());
        group.audit_heaps().unwrap();
    }
}
