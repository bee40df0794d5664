//! The group's tables, on a fake platform.

use super::*;
use crate::fake;
use crate::name::Name;

fn bytes_of(group: &Group) -> Vec<u8> {
    let region = group.region();
    let words = group
        .window()
        .slice(crate::offset::Offset::<u8>::new(8), size_of::<GroupHeader>() - 8)
        .unwrap();
    let mut bytes = region.header.magic.get().to_le_bytes().to_vec();
    bytes.extend_from_slice(words);
    bytes
}

const FILE_LEN: u64 = size_of::<GroupRegion>() as u64;

#[test]
fn a_formatted_group_passes_the_check() {
    let (group, _) = fake::group();
    let facts = check_header(&bytes_of(&group), FILE_LEN).unwrap();
    assert_eq!((facts.phase, facts.group_id), (Phase::Ready, 1));
}

#[test]
fn a_structure_that_differs_is_named() {
    let (group, _) = fake::group();
    let index = MANIFEST.iter().position(|layout| layout.name == "Heap").unwrap();
    group.region().header.manifest[index].fingerprint.set(7);
    let error = check_header(&bytes_of(&group), FILE_LEN).unwrap_err();
    assert_eq!(error, GroupFileError::Layout { structure: Name::new("Heap").unwrap() });
    assert!(error.to_string().contains("structure Heap"));
}

#[test]
fn a_structure_that_only_the_group_has_is_named() {
    let (group, _) = fake::group();
    let header = &group.region().header;
    for (word, text) in
        header.manifest[MANIFEST.len()].name.iter().zip(Name::new("Novelty").unwrap().to_words())
    {
        word.set(text);
    }
    header.manifest_len.set(MANIFEST.len() as u32 + 1);
    let error = check_header(&bytes_of(&group), FILE_LEN).unwrap_err();
    assert_eq!(error, GroupFileError::Missing { structure: Name::new("Novelty").unwrap() });
}

#[test]
fn bytes_that_are_no_group_are_an_error_each() {
    let (group, _) = fake::group();
    let good = bytes_of(&group);
    assert!(matches!(check_header(&[], 0), Err(GroupFileError::Short { found: 0, .. })));
    assert!(matches!(check_header(&good[..100], 100), Err(GroupFileError::Short { .. })));
    assert!(matches!(check_header(&good, 4096), Err(GroupFileError::Short { found: 4096, .. })));
    assert!(matches!(
        check_header(&vec![0; good.len()], FILE_LEN),
        Err(GroupFileError::NotAGroup { found: 0 })
    ));
    let mut abi = good.clone();
    abi[8] = 99;
    assert!(matches!(check_header(&abi, FILE_LEN), Err(GroupFileError::Abi { found: 99, .. })));
    let mut manifest = good.clone();
    manifest[16..20].copy_from_slice(&u32::MAX.to_le_bytes());
    assert!(matches!(check_header(&manifest, FILE_LEN), Err(GroupFileError::Manifest { .. })));
}

#[test]
fn a_group_is_not_formatted_over_a_group() {
    let (group, _) = fake::group();
    let config = GroupConfig {
        group_id: 2,
        flags: 0,
        creator_pid: 1,
        created_ns: 0,
        tsc_hz: 0,
        window_base: crate::window::BASE as u64,
    };
    assert_eq!(GroupRegion::format(group.window(), &config).unwrap_err(), FormatError::NotFresh);
    assert_eq!(group.region().header.group_id.get(), 1);
}

#[test]
fn a_slots_next_tenant_has_another_generation() {
    let (group, platform) = fake::group();
    let first = fake::join(group.window(), 5, platform);
    first.test_leave();
    let second = fake::join(group.window(), 5, platform);
    assert_eq!(first.me().slot(), second.me().slot());
    assert_ne!(first.me(), second.me());
    assert!(!group.is_alive(first.me()));
    assert!(group.is_alive(second.me()));
}

#[test]
fn an_lcore_of_a_living_process_is_refused_with_its_name() {
    let (group, platform) = fake::group();
    let other = fake::join(group.window(), 1, platform);
    let held = other.claim_lcore(3, &CpuSet::default(), 0, LcoreRole::Eal).unwrap();
    let error = group.claim_lcore(3, &CpuSet::default(), 0, LcoreRole::Eal).unwrap_err();
    assert!(matches!(error, LcoreError::Held { lcore: 3, pid: 101, .. }));
    assert!(error.to_string().contains("held by fake (pid 101"), "{error}");
    drop(held);
    assert!(group.claim_lcore(3, &CpuSet::default(), 0, LcoreRole::Eal).is_ok());
}

#[test]
fn an_lcore_of_a_dead_process_is_taken_over() {
    let (group, platform) = fake::group();
    let other = fake::join(group.window(), 1, platform);
    let held = other.claim_lcore(3, &CpuSet::default(), 0, LcoreRole::Eal).unwrap();
    platform.dead.lock().unwrap().insert(1);
    let taken = group.claim_lcore(3, &CpuSet::default(), 0, LcoreRole::Eal).unwrap();
    // What the dead one's handle would do if it was not dead after all changes nothing.
    drop(held);
    assert_eq!(group.lcores().next().map(|l| (l.id, l.owner)), Some((taken.id(), group.me())));
}

#[test]
fn an_lcore_beyond_the_table_is_refused_with_the_way_out() {
    let (group, _) = fake::group();
    let error = group.claim_lcore(256, &CpuSet::default(), 0, LcoreRole::Eal).unwrap_err();
    assert!(error.to_string().contains("--lcores 0@256"));
}

#[test]
fn registering_threads_takes_the_highest_ids_until_none_is_left() {
    let (group, _) = fake::group();
    let all: Vec<Lcore> = (0..256)
        .map(|_| group.claim_any_lcore(&CpuSet::default(), 0, LcoreRole::NonEal).unwrap())
        .collect();
    assert_eq!(all[0].id(), 255);
    let error = group.claim_any_lcore(&CpuSet::default(), 0, LcoreRole::NonEal).unwrap_err();
    assert_eq!(error, LcoreError::NoneLeft);
}

#[test]
fn sweeping_frees_what_dead_processes_held_and_nothing_else() {
    let (group, platform) = fake::group();
    let dead = fake::join(group.window(), 1, platform);
    let alive = fake::join(group.window(), 2, platform);
    let _dead_lcore = dead.claim_lcore(1, &CpuSet::default(), 0, LcoreRole::Eal).unwrap();
    let _live_lcore = alive.claim_lcore(2, &CpuSet::default(), 0, LcoreRole::Eal).unwrap();
    platform.dead.lock().unwrap().insert(1);
    assert_eq!(group.sweep(), 1);
    assert_eq!(group.lcores().map(|l| l.id).collect::<Vec<_>>(), [2]);
    assert_eq!(group.region().processes().map(|p| p.id.slot()).collect::<Vec<_>>(), [0, 2]);
    assert_eq!(group.sweep(), 0);
}

#[test]
fn an_observer_claims_sweeps_and_changes_nothing() {
    let (group, platform) = fake::group();
    let _gone = fake::join(group.window(), 1, platform);
    platform.dead.lock().unwrap().insert(1);
    let observer = fake::observe(group.window(), group.platform());
    let claimed = observer.claim_lcore(3, &CpuSet::default(), 0, LcoreRole::Eal);
    assert_eq!(claimed.unwrap_err(), LcoreError::Observer);
    let claimed = observer.claim_any_lcore(&CpuSet::default(), 0, LcoreRole::NonEal);
    assert_eq!(claimed.unwrap_err(), LcoreError::Observer);
    assert_eq!((observer.sweep(), group.region().processes().count()), (0, 2));
    assert_eq!(group.lcores().count(), 0);
}

fn tenant(pid: u32) -> (Name, String) {
    (Name::new(&format!("tenant{pid}")).unwrap(), format!("tenant --number {pid}").repeat(4))
}

fn enter(group: &Group, pid: u32) -> ProcessId {
    let (name, command) = tenant(pid);
    let info = ProcessInfo { pid, role: Role::Secondary, name, command: &command };
    group.test_enter(7, &info, u64::from(pid)).unwrap()
}

#[test]
fn an_entry_whose_fields_are_being_written_is_nobodys() {
    let (group, _) = fake::group();
    let region = group.region();
    let id = enter(&group, 1);
    region.processes[7].word.publish(u64::from(id.generation() + 1) << 32 | 3);
    assert!(region.process(7).is_none());
    assert!(!group.is_alive(ProcessId::new(7, id.generation() + 1)));
    assert_eq!(enter(&group, 2).generation(), id.generation() + 2);
}

#[test]
fn no_reader_sees_one_tenants_id_with_another_ones_facts() {
    let (group, _) = fake::group();
    let region = group.region();
    std::thread::scope(|scope| {
        scope.spawn(|| (1..=2000).for_each(|pid| assert_eq!(enter(&group, pid).generation(), pid)));
        scope.spawn(|| {
            let mut last = 0;
            while last < 2000 {
                let Some(facts) = region.process(7) else { continue };
                last = facts.id.generation();
                let (name, command) = tenant(last);
                assert_eq!((facts.pid, facts.joined_ns), (last, u64::from(last)));
                assert_eq!((facts.name, facts.command.to_string()), (name, command));
            }
        });
    });
}

#[test]
fn who_has_left_is_known_by_its_pid_until_its_slot_is_taken_again() {
    let (group, platform) = fake::group();
    let other = fake::join(group.window(), 1, platform);
    let who = other.me();
    let pid = group.pid_of(who);
    assert_eq!(group.last_pid_of(who), pid);
    group.region().forget_tenant(1);
    assert_eq!((group.pid_of(who), group.last_pid_of(who)), (0, pid));
    fake::join(group.window(), 1, platform);
    assert_eq!(group.last_pid_of(who), 0, "another one's");
}
