//! Objects with memory: all of one, or nothing of it.

use super::*;

#[test]
fn a_created_object_is_zeroed_formatted_and_found() {
    let (group, _) = memory();
    let first = make(&group, "rx").unwrap();
    words(&group, &first).iter().for_each(|word| word.set(u64::MAX));
    fake::destroy(&group, name("rx"), Kind::Ring, anyone_may).unwrap();
    let second = make(&group, "rx").unwrap();
    assert_eq!(lookup(&group, &identity(&ring("rx"))), Ok(second));
    let words = words(&group, &second);
    assert_eq!((words.len(), words[0].get()), (32, 7));
    assert!(words[1..].iter().all(|word| word.get() == 0));
}

#[test]
fn what_init_returns_comes_back_with_the_object() {
    let (group, _) = memory();
    let init = |_: &Transaction, found: &Found| Ok::<_, CreateError>(found.len * 2);
    let (found, value) = create(&group, &identity(&ring("rx")), &small(), init).unwrap();
    assert_eq!(value, found.len * 2);
}

#[test]
fn a_second_creation_is_refused_with_kind_and_pid_of_the_first() {
    let (group, platform) = memory();
    make(&fake::join(group.window(), 1, platform), "rx").unwrap();
    let before = blocks(&group);
    let error = make(&group, "rx").unwrap_err();
    assert!(matches!(error, CreateError::Exists { kind: Kind::Ring, by: 101, .. }));
    assert_eq!(blocks(&group), before);
}

#[test]
fn an_init_that_fails_leaves_neither_name_nor_memory() {
    let (group, platform) = memory();
    let before = blocks(&group);
    let result: Result<(Found, ()), CreateError> =
        create(&group, &identity(&ring("rx")), &small(), |tx, _| {
            assert!(find_in(tx, name("rx")).is_some());
            Err(CreateError::Full(0))
        });
    assert_eq!(result, Err(CreateError::Full(0)));
    assert_eq!(find(&group, name("rx")), Ok(None));
    assert_eq!(blocks(&group), before);
    assert!(platform.committed.lock().unwrap().is_empty(), "the heap's growth was given back");
    assert!(make(&group, "rx").is_ok());
}

#[test]
fn an_init_that_panics_leaves_nothing_either() {
    let (group, _) = memory();
    let before = blocks(&group);
    let panicking = || {
        let _ =
            create(&group, &identity(&ring("rx")), &small(), |_, _| -> Result<(), CreateError> {
                panic!("on purpose")
            });
    };
    assert!(std::panic::catch_unwind(core::panic::AssertUnwindSafe(panicking)).is_err());
    assert_eq!((find(&group, name("rx")), blocks(&group)), (Ok(None), before));
}

#[test]
fn a_creator_that_dies_half_way_leaves_nothing() {
    let (group, platform) = memory();
    let other = fake::join(group.window(), 1, platform);
    let before = blocks(&group);
    let tx = other.begin().unwrap();
    let init = |_: &Transaction, _: &Found| Ok::<_, CreateError>(());
    create_in(&tx, &identity(&ring("rx")), &small(), init).unwrap();
    core::mem::forget(tx);
    platform.dead.lock().unwrap().insert(1);
    assert_eq!((find(&group, name("rx")), blocks(&group)), (Ok(None), before));
}

#[test]
fn a_destroyer_that_dies_half_way_leaves_the_object_whole() {
    let (group, platform) = memory();
    let other = fake::join(group.window(), 1, platform);
    let found = make(&group, "rx").unwrap();
    let before = blocks(&group);
    let tx = other.begin().unwrap();
    remove(&tx, &found).unwrap();
    crate::heap::free(&tx, found.at).unwrap();
    core::mem::forget(tx);
    platform.dead.lock().unwrap().insert(1);
    assert_eq!(find(&group, name("rx")), Ok(Some(found)));
    assert_eq!((words(&group, &found)[0].get(), blocks(&group)), (7, before));
    group.audit_heaps().unwrap();
}

#[test]
fn memory_that_is_not_there_is_said_to_be_missing() {
    let (group, _) = memory();
    let before = blocks(&group);
    let huge = AllocRequest::new(1 << 39);
    let init = |_: &Transaction, _: &Found| Ok::<_, CreateError>(());
    let error = create(&group, &identity(&ring("rx")), &huge, init).unwrap_err();
    assert!(matches!(error, CreateError::Memory { bytes: 0x80_0000_0000, .. }), "{error:?}");
    assert!(error.to_string().starts_with("the ring \"rx\" was to be created"), "{error}");
    assert_eq!((find(&group, name("rx")), blocks(&group)), (Ok(None), before));
}

#[test]
fn create_or_attach_says_which_of_both_it_did() {
    let (group, platform) = memory();
    let other = fake::join(group.window(), 1, platform);
    let either = |group: &Group| {
        let init = |_: &Transaction, _: &Found| Ok::<_, Either>(());
        create_or_attach(group, &identity(&ring("rx")), &small(), init).unwrap()
    };
    let (first, second) = (either(&group), either(&other));
    assert!(first.is_created() && !second.is_created());
    assert_eq!(first.found(), second.found());
}

#[test]
fn create_or_attach_refuses_what_has_the_name_and_is_something_else() {
    let (group, _) = memory();
    make(&group, "rx").unwrap();
    let attach = |what: Identity| {
        let init = |_: &Transaction, _: &Found| -> Result<(), Either> { panic!("it is there") };
        create_or_attach(&group, &what, &small(), init).unwrap_err()
    };
    let pool = Identity { kind: Kind::Mempool, ..identity(&ring("rx")) };
    assert!(matches!(attach(pool), Either::Lookup(LookupError::WrongKind { .. })));
    let bytes = Identity { element: ElementLayout::bytes(), ..identity(&ring("rx")) };
    assert!(matches!(attach(bytes), Either::Lookup(LookupError::WrongElement { .. })));
}

#[test]
fn destroying_gives_name_and_memory_back_once() {
    let (group, platform) = memory();
    let other = fake::join(group.window(), 1, platform);
    let before = blocks(&group);
    let found = make(&group, "rx").unwrap();
    fake::destroy(&other, name("rx"), Kind::Ring, anyone_may).unwrap();
    assert_eq!((find(&group, name("rx")), blocks(&group)), (Ok(None), before));
    let error = fake::destroy(&group, name("rx"), Kind::Ring, anyone_may).unwrap_err();
    assert_eq!(error, DestroyError::NotFound { name: name("rx"), near: None });
    let error = fake::destroy_exactly(&group, &found, anyone_may).unwrap_err();
    assert_eq!(error, DestroyError::Gone { name: name("rx"), kind: Kind::Ring });
}

#[test]
fn destroying_as_another_kind_is_refused() {
    let (group, _) = memory();
    make(&group, "rx").unwrap();
    let error = fake::destroy(&group, name("rx"), Kind::Zone, anyone_may).unwrap_err();
    assert!(matches!(error, DestroyError::WrongKind { found: Kind::Ring, .. }));
    assert!(find(&group, name("rx")).unwrap().is_some());
}

#[test]
fn a_stale_handle_does_not_destroy_what_has_its_name_now() {
    let (group, _) = memory();
    let first = make(&group, "rx").unwrap();
    fake::destroy_exactly(&group, &first, anyone_may).unwrap();
    let second = make(&group, "rx").unwrap();
    assert!(matches!(
        fake::destroy_exactly(&group, &first, anyone_may),
        Err(DestroyError::Gone { .. })
    ));
    assert_eq!(is_current(&group, &second), Ok(true));
}

#[test]
fn a_hook_that_refuses_keeps_the_object() {
    let (group, _) = memory();
    let found = make(&group, "rx").unwrap();
    let before = blocks(&group);
    let busy = |_: &Transaction, _: &Found| Err(Hook::Busy);
    assert_eq!(fake::destroy(&group, name("rx"), Kind::Ring, busy), Err(Hook::Busy));
    assert_eq!((is_current(&group, &found), blocks(&group)), (Ok(true), before));
}

#[test]
fn memory_outside_the_group_is_never_handed_out() {
    let (group, _) = memory();
    let found = make(&group, "rx").unwrap();
    group.region().directory.entries[found.index].at.write(u64::MAX - 100);
    let error = lookup(&group, &identity(&ring("rx"))).unwrap_err();
    assert_eq!(error, LookupError::Damaged { name: name("rx"), kind: Kind::Ring });
    let error = fake::destroy(&group, name("rx"), Kind::Ring, anyone_may).unwrap_err();
    assert!(matches!(error, DestroyError::Memory { .. }), "{error:?}");
}

#[test]
fn an_observer_creates_and_destroys_nothing() {
    let (group, _) = memory();
    make(&group, "rx").unwrap();
    let observer = observer(&group);
    assert_eq!(make(&observer, "tx"), Err(CreateError::Lock(LockError::Observer)));
    let error = fake::destroy(&observer, name("rx"), Kind::Ring, anyone_may).unwrap_err();
    assert_eq!(error, DestroyError::Lock(LockError::Observer));
}

#[derive(Debug, PartialEq, Eq)]
enum Either {
    Create(CreateError),
    Lookup(LookupError),
}

impl From<CreateError> for Either {
    fn from(error: CreateError) -> Self {
        Self::Create(error)
    }
}

impl From<LookupError> for Either {
    fn from(error: LookupError) -> Self {
        Self::Lookup(error)
    }
}

#[derive(Debug, PartialEq, Eq)]
enum Hook {
    Busy,
    Destroy(DestroyError),
}

impl From<DestroyError> for Hook {
    fn from(error: DestroyError) -> Self {
        Self::Destroy(error)
    }
}
