//! A worker reads a command line as any process does, as far as it reads it.

use super::super::{CpuSet, OPTIONS, Options, Value};
use super::*;

fn cpus() -> CpuSet {
    (0..8).collect()
}

fn parsed<'a>(line: &'a str) -> Result<Option<SoloOptions<'a>>, SoloError<'a>> {
    SoloOptions::parse(line.split_whitespace(), &cpus())
}

fn refused(line: &str) -> String {
    parsed(line).expect_err(line).to_string()
}

#[test]
fn every_form_of_one_lcore_is_the_one_that_any_process_has() {
    for line in [
        "-l 1",
        "-l1",
        "-l=1",
        "--lcores 1",
        "--lcores=1",
        "-c 2",
        "-c 0x2",
        "-l 1@(4-7)",
        "-l 1@4",
        "-l 1@(4,5)",
        "-l (1)",
        "-l 3 -R=5",
        "-l 3 -R",
        "-l 3 --remap-lcore-ids=9",
        "-l 1 --main-lcore 1",
    ] {
        let all = Options::parse(line.split_whitespace(), &cpus()).expect(line).options;
        let ours = parsed(line).expect(line).expect(line);
        assert_eq!(Some(&ours.lcore), all.lcores.first(), "{line}");
    }
}

#[test]
fn what_any_process_takes_a_worker_takes_and_what_is_for_it_it_reads() {
    let line = "-l 2 --file-prefix=lab --wait 7 -m 64 --socket-mem=1 --no-huge --log-level=debug --log-level 3 \
                --proc-type=auto --huge-unlink -v --numa-limit 5 -n4 --sched fifo:50 --no-sandbox -- --own";
    let ours = parsed(line).expect(line).expect(line);
    assert_eq!((ours.file_prefix, ours.wait_seconds, ours.fifo), ("lab", 7, Some(50)));
    assert_eq!(ours.sandbox, SandboxChoice::Off);
    let ours = parsed("-l 2").unwrap().unwrap();
    let all = Options::parse(["-l", "2"], &cpus()).unwrap().options;
    assert_eq!((ours.file_prefix, ours.wait_seconds), (all.file_prefix.as_str(), all.wait_seconds));
    assert_eq!((ours.fifo, ours.sandbox), (None, SandboxChoice::IfPossible));
}

#[test]
fn no_option_of_the_table_is_unknown_to_it() {
    for spec in OPTIONS.iter().filter(|spec| spec.long != "help") {
        let value = if matches!(spec.value, Value::Required { .. }) { "=1" } else { "" };
        for name in [Some(spec.long), spec.alias].into_iter().flatten() {
            let line = format!("--{name}{value}");
            let found = parsed(&line);
            assert!(!matches!(found, Err(SoloError::Unknown { .. })), "{line}");
        }
    }
}

#[test]
fn the_only_cpu_is_the_lcore_and_of_several_one_must_be_named() {
    let one = SoloOptions::parse([], &CpuSet::of(5).unwrap()).unwrap().unwrap();
    assert_eq!(one.lcore.id, 5);
    assert_eq!(parsed(""), Err(SoloError::OneLcore { asked: 8 }));
    assert_eq!(parsed("-l 1-2"), Err(SoloError::OneLcore { asked: 2 }));
    assert_eq!(parsed("-l 1,3@2"), Err(SoloError::OneLcore { asked: 2 }));
}

#[test]
fn each_mistake_is_told_with_what_to_do() {
    for (line, said) in [
        ("--file-prefx=x", "did you mean '--file-prefix'"),
        ("--zzz", "see --help"),
        ("-z", "see --help"),
        ("word", "after '--'"),
        ("-l", "needs a value"),
        ("-l --wait", "needs a value"),
        ("--no-huge=1", "takes no value"),
        ("-l 1 -l 2", "give it once"),
        ("-l 1-", "give one lcore"),
        ("-l 1 -c 2", "leave one of them out"),
        ("-c 0", "one hexadecimal bit"),
        ("-l 9", "may not use CPU 9"),
        ("-l 1 --wait=x", "3600"),
        ("-l 1 --wait 3601", "3600"),
        ("-l 1 --main-lcore 2", "the worker's lcore"),
        ("-l 1 --proc-type=primary", "cannot make one"),
        ("-l 1 --proc-type=none", "secondary or auto"),
        ("-l 1 --in-memory", "only joins"),
        ("-l 1 --sched rr:1", "fifo:N"),
        ("-l 1 --sched fifo:100", "1 to 99"),
        ("-l 1@2 -R", "give one lcore"),
    ] {
        assert!(refused(line).contains(said), "{line}: {}", refused(line));
    }
    assert_eq!(
        refused("-\u{1b}[31m").matches('\u{1b}').count(),
        0,
        "nothing that a terminal obeys"
    );
}

#[test]
fn help_is_asked_for_before_anything_else_is_looked_at() {
    for line in ["-h", "--help", "-l nonsense --help"] {
        assert_eq!(parsed(line), Ok(None), "{line}");
    }
}

#[test]
fn devices_are_refused_for_a_worker_learns_its_ports_from_the_group() {
    for (line, option) in [
        ("-l 1 --vdev net_ring0,size=128", "--vdev"),
        ("-l 1 -a 03:00.0", "--allow"),
        ("-l 1 -b x", "--block"),
    ] {
        let why = refused(line);
        assert!(why.starts_with(option) && why.ends_with("from the group; leave it out"), "{why}");
    }
}
