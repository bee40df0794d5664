//! Logs of slots: made once, gone on with, and read by anybody.

use super::super::layout::TENANTS_MAX;
use super::super::writer::Weight::{self, Plain};
use super::super::{
    Dropped, Heard, LogError, LogReader, LogWriter, Tenant, prepare, prepare_spares,
};
use super::*;
use crate::directory::Kind;
use crate::fake::{group_with_memory, join, observe};
use crate::group::Group;
use crate::memzone::{Zone, ZoneOptions};

fn tenant(pid: u32) -> Tenant<'static> {
    Tenant { pid, ticks_hz: 1000, build_id: &[1, 2, 3], path: b"/bin/worker" }
}

/// Makes the log of a member's slot if need be, and goes on with it.
fn open(member: &Group, pid: u32) -> Result<LogWriter, LogError> {
    prepare(member, member.me().slot())?;
    LogWriter::open(member, &tenant(pid))
}

/// Everything in the log of `slot`: whose process wrote it, and the text.
fn lines(group: &Group, slot: u16) -> Vec<(u32, String)> {
    let mut reader = LogReader::of(group, slot).unwrap().expect("the slot has a log");
    let mut buffer = [0; FRAME_MAX];
    let mut lines = Vec::new();
    while let Some(heard) = reader.next(&mut buffer) {
        match heard {
            Heard::Record(record) => {
                let pid = reader.program(record.generation).map_or(0, |program| program.pid);
                lines.push((pid, String::from_utf8_lossy(record.frame).into_owned()));
            }
            Heard::Missed(records) => lines.push((0, format!("missed {records}"))),
            Heard::Damaged => panic!("{heard:?}"),
        }
    }
    lines
}

#[test]
fn a_slot_without_a_log_has_none_to_read() {
    let (group, _) = group_with_memory();
    assert!(LogReader::of(&group, 0).unwrap().is_none());
    assert!(LogReader::of(&group, 63).unwrap().is_none());
}

#[test]
fn the_slots_that_are_had_next_have_a_log_before() {
    let (group, platform) = group_with_memory();
    join(group.window(), 1, platform);
    prepare_spares(&group).unwrap();
    let has = |slot| LogReader::of(&group, slot).unwrap().is_some();
    assert_eq!((0..6).map(has).collect::<Vec<_>>(), [false, false, true, true, false, false]);
    let absent = LogWriter::open(&group, &tenant(1)).err();
    assert_eq!(absent, Some(LogError::Absent { slot: 0 }));
    let observer = observe(group.window(), platform);
    assert_eq!(prepare(&observer, 9), Err(LogError::Observer));
}

#[test]
fn an_observer_reads_what_a_member_has_written_and_who_that_was() {
    let (group, platform) = group_with_memory();
    let mut writer = open(&group, 100).unwrap();
    writer.write(b"hello", 5, Plain).unwrap();
    let observer = observe(group.window(), platform);
    assert_eq!(lines(&observer, 0), [(100, "hello".to_owned())]);
    let reader = LogReader::of(&observer, 0).unwrap().unwrap();
    let program = reader.program(1).unwrap();
    assert_eq!((program.build_id(), program.path()), (&[1, 2, 3][..], &b"/bin/worker"[..]));
    assert_eq!(LogWriter::open(&observer, &tenant(1)).err(), Some(LogError::Observer));
}

#[test]
fn the_words_of_the_dead_stand_beside_those_of_the_next_tenant() {
    let (group, platform) = group_with_memory();
    for pid in [100, 200] {
        let member = join(group.window(), 3, platform);
        let mut writer = open(&member, pid).unwrap();
        writer.write(format!("I am {pid}").as_bytes(), 5, Plain).unwrap();
    }
    let expected = [(100, "I am 100".to_owned()), (200, "I am 200".to_owned())];
    assert_eq!(lines(&group, 3), expected);
}

#[test]
fn who_has_lost_the_slot_writes_no_more_into_its_log() {
    let (group, platform) = group_with_memory();
    let mut fenced = open(&join(group.window(), 3, platform), 100).unwrap();
    fenced.write(b"mine", 5, Plain).unwrap();
    group.region().forget_tenant(3);
    let mut writer = open(&join(group.window(), 3, platform), 200).unwrap();
    writer.write(b"hers", 5, Plain).unwrap();
    let refused = fenced.write(b"mine still", 5, Weight::Last);
    assert!(matches!(refused, Err(Dropped::Fenced(_))), "{refused:?}");
    fenced.count_dropped(3);
    writer.write(b"hers still", 5, Plain).unwrap();
    let expected = [(100, "mine"), (200, "hers"), (200, "hers still")];
    assert_eq!(lines(&group, 3), expected.map(|(pid, text)| (pid, text.to_owned())));
    let reader = LogReader::of(&group, 3).unwrap().unwrap();
    assert!(reader.programs().all(|program| program.dropped == 0));
}

#[test]
fn of_whom_nothing_is_known_any_more_no_record_stands() {
    let (group, platform) = group_with_memory();
    let tenants = TENANTS_MAX as u32 + 2;
    for pid in 1..=tenants {
        let member = join(group.window(), 3, platform);
        let mut writer = open(&member, pid).unwrap();
        writer.write(b"x", 5, Plain).unwrap();
    }
    let lines = lines(&group, 3);
    assert_eq!(lines[0], (0, "missed 2".to_owned()));
    let pids: Vec<u32> = lines[1..].iter().map(|(pid, _)| *pid).collect();
    assert_eq!(pids, (3..=tenants).collect::<Vec<_>>());
}

#[test]
fn drops_before_the_first_record_and_after_the_last_are_counted() {
    let (group, _) = group_with_memory();
    let mut writer = open(&group, 100).unwrap();
    writer.count_dropped(3);
    writer.write(&[], 1, Plain).unwrap_err();
    let reader = LogReader::of(&group, 0).unwrap().unwrap();
    assert_eq!(reader.program(1).map(|program| program.dropped), Some(4));
    assert_eq!(reader.programs().count(), 1);
}

#[test]
fn a_path_too_long_to_keep_is_not_kept_and_a_build_id_is_cut() {
    let (group, _) = group_with_memory();
    let long = [b'x'; 200];
    let tenant = Tenant { build_id: &long, path: &long, ..tenant(1) };
    prepare(&group, 0).unwrap();
    LogWriter::open(&group, &tenant).unwrap();
    let program = LogReader::of(&group, 0).unwrap().unwrap().program(1).unwrap();
    assert_eq!((program.build_id().len(), program.path().len()), (24, 0));
}

#[test]
fn a_name_that_is_another_objects_leaves_the_process_without_a_log() {
    let (group, _) = group_with_memory();
    Zone::reserve(&group, "phx.log.00", &ZoneOptions::new(64)).unwrap();
    let error = open(&group, 1).unwrap_err();
    assert!(error.to_string().contains(&Kind::Zone.to_string()), "{error}");
}

#[test]
fn a_log_that_may_be_taken_back_is_none_yet_unless_nobody_lives_to_do_it() {
    let (group, platform) = group_with_memory();
    let other = join(group.window(), 1, platform);
    open(&group, 100).unwrap().write(b"hello", 5, Plain).unwrap();
    let tx = other.begin().unwrap();
    assert!(LogReader::of(&group, 0).unwrap().is_none());
    assert_eq!(LogWriter::open(&group, &tenant(1)).err(), Some(LogError::Absent { slot: 0 }));
    core::mem::forget(tx);
    platform.dead.lock().unwrap().insert(1);
    assert!(LogReader::of(&group, 0).unwrap().is_none(), "nobody has undone it yet");
    platform.dead.lock().unwrap().insert(0);
    let observer = observe(group.window(), platform);
    assert_eq!(lines(&observer, 0), [(100, "hello".to_owned())]);
    platform.dead.lock().unwrap().remove(&0);
    drop(group.begin().unwrap());
    assert_eq!(lines(&group, 0), [(100, "hello".to_owned())]);
}
