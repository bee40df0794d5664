//! What the tool shows of processes: `ps` of the living, `inspect` of the dead.

use std::fs;
use std::process::Command;

use phalanx_tests::binaries::app;
use phalanx_tests::cpu::lcore;
use phalanx_tests::group::TestGroup;
use phalanx_tests::process::{Ended, Process};
use serde_json::Value;

const PEER: &str = env!("CARGO_BIN_EXE_phalanx-peer");

fn tool(group: &TestGroup, arguments: &[&str]) -> Command {
    let mut command = group.other_command(&app("phalanx"));
    let (name, rest) = arguments.split_first().expect("a command");
    command.args([name, "--file-prefix", group.prefix()]).args(rest);
    command
}

#[track_caller]
fn json(ended: &Ended) -> Value {
    serde_json::from_str(&ended.assert_success().stdout)
        .unwrap_or_else(|error| panic!("{error}: {ended}"))
}

/// A primary and a secondary.
fn pair() -> (TestGroup, Process, Process) {
    let group = TestGroup::of(PEER);
    let primary = group.peer(&format!("--no-huge -m 4 {}", lcore(0)));
    let secondary = group.peer(&format!("--proc-type=secondary {}", lcore(5)));
    (group, primary, secondary)
}

#[test]
fn ps_shows_who_does_what_since_when() {
    let (group, primary, secondary) = pair();
    let shown = Process::run(tool(&group, &["ps"]));
    let pids = [primary.id(), secondary.id()].map(|id| id.to_string());
    for words in ["slot", "age", "objects", "primary", "secondary", "live", &pids[0], &pids[1]] {
        assert!(shown.assert_success().stdout.contains(words), "'{words}' is not in {shown}");
    }
    let rows = json(&Process::run(tool(&group, &["ps", "--json"])));
    assert_eq!(rows.as_array().map(Vec::len), Some(2), "{rows}");
    assert_eq!(rows[1]["pid"], secondary.id(), "{rows}");
    assert_eq!(rows[1]["lcores"], serde_json::json!([5]), "{rows}");
    assert_eq!(rows[1]["objects"], 0, "{rows}");
    assert!(rows[1]["age_s"].as_f64() <= rows[0]["age_s"].as_f64(), "{rows}");
}

#[test]
fn ps_shows_who_owns_ports_and_who_has_queues() {
    let group = TestGroup::of(PEER);
    let vdevs = "--vdev net_null0 --vdev net_null1";
    let mut primary = group.peer(&format!("--no-huge -m 8 {vdevs} {}", lcore(0)));
    let mut secondary = group.peer(&format!("--proc-type=secondary {}", lcore(5)));
    primary.ask("port-up net_null0 2 2").expect("it owns the port");
    primary.ask("open-rx net_null0 0").expect("nobody has it");
    for command in ["open-rx net_null0 1", "open-tx net_null0 1"] {
        secondary.ask(command).expect("nobody has it");
    }
    let rows = json(&Process::run(tool(&group, &["ps", "--json"])));
    assert_eq!(rows[0]["ports"], serde_json::json!(["net_null0", "net_null1"]), "{rows}");
    assert_eq!(rows[1]["ports"], serde_json::json!([]), "{rows}");
    let queue = |direction: &str| serde_json::json!({ "port": "net_null0", "direction": direction, "queue": 1 });
    assert_eq!(rows[1]["queues"], serde_json::json!([queue("rx"), queue("tx")]), "{rows}");
    let shown = Process::run(tool(&group, &["ps"]));
    for words in ["2 owned, 1 queue ", " 2 queues "] {
        assert!(shown.assert_success().stdout.contains(words), "'{words}' is not in {shown}");
    }
}

#[test]
fn ps_says_who_is_stopped() {
    let (group, _primary, secondary) = pair();
    secondary.freeze();
    let rows = json(&Process::run(tool(&group, &["ps", "--json"])));
    assert_eq!(rows[1]["state"], "stopped", "{rows}");
    secondary.thaw();
    secondary.end().assert_success();
}

#[test]
fn ps_that_watches_shows_each_change_and_ends_with_the_group() {
    let (group, primary, secondary) = pair();
    let mut watching = Process::start(tool(&group, &["ps", "--watch", "3600", "--json"]));
    let first = watching.await_line("[");
    assert!(first.contains(&secondary.id().to_string()), "{first}");
    let pid = secondary.id().to_string();
    secondary.end().assert_success();
    while watching.await_line("[").contains(&pid) {}
    primary.kill().assert_killed();
    // A process that is killed leaves without a word; nobody is left to say it.
    drop(watching);
    let why = Process::run(tool(&group, &["ps"])).assert_refused().to_owned();
    assert!(why.contains("dead") && why.contains("inspect"), "{why}");
}

#[test]
fn audit_finds_nothing_in_a_group_that_works_and_leaves_it_as_it_was() {
    let (group, mut primary, mut secondary) = pair();
    primary.ask("ring there 256 multi").expect("a ring");
    primary.ask("ring back 256 multi").expect("a ring");
    primary.ask("produce there 0 100").expect("there is room");
    primary.ask("move there back").expect("rings");
    secondary.ask("move back there").expect("rings");
    let audited = Process::run(tool(&group, &["audit"]));
    assert!(audited.assert_success().stdout.contains("nothing is inconsistent"), "{audited}");
    let report = json(&Process::run(tool(&group, &["audit", "--json"])));
    assert_eq!(report["rings"], 2, "{report}");
    assert_eq!(report["findings"], serde_json::json!([]), "{report}");
    assert_eq!(primary.ask("members"), Ok("2".to_owned()), "it has left again");
}

#[test]
fn audit_reports_damage_and_exits_with_one() {
    let (group, mut primary, _secondary) = pair();
    primary.ask("ring lane 64 multi").expect("a ring");
    primary.ask("wreck lane").expect("it is there");
    let audited = Process::run(tool(&group, &["audit"]));
    assert_eq!(audited.status.code(), Some(1), "{audited}");
    assert!(audited.stdout.contains("FOUND") && audited.stdout.contains("lane"), "{audited}");
    let audited = Process::run(tool(&group, &["audit", "--json"]));
    assert_eq!(audited.status.code(), Some(1), "{audited}");
    let report: Value = serde_json::from_str(&audited.stdout).expect("JSON");
    assert!(report["findings"][0].as_str().is_some_and(|text| text.contains("lane")), "{report}");
}

#[test]
fn audit_of_no_group_or_a_dead_one_is_one_line() {
    let group = TestGroup::of(PEER);
    assert!(Process::run(tool(&group, &["audit"])).assert_refused().contains(group.prefix()));
    group.peer(&format!("--no-huge -m 4 {}", lcore(0))).kill().assert_killed();
    assert!(Process::run(tool(&group, &["audit"])).assert_refused().contains("dead"));
}

#[test]
fn inspect_shows_a_dead_group_and_changes_nothing() {
    let (group, mut primary, mut secondary) = pair();
    primary.ask("ring lane 64 multi").expect("a ring");
    secondary.ask("produce lane 1 5").expect("there is room");
    let why = Process::run(tool(&group, &["inspect"])).assert_refused().to_owned();
    assert!(why.contains("is alive"), "{why}");
    let (first, last) = (primary.id(), secondary.id());
    primary.ask("subscribe").expect("it watches");
    secondary.ask("subscribe").expect("it watches");
    primary.kill().assert_killed();
    secondary.ask(&format!("await was-reaped {first}")).expect("it is told");
    secondary.kill().assert_killed();

    let files = |group: &TestGroup| {
        let mut files = group.memory_files();
        files.extend(group.leftovers().iter().map(|name| group.dir().join(name)));
        files.sort();
        files.into_iter().map(|path| (fs::read(&path).ok(), path)).collect::<Vec<_>>()
    };
    let before = files(&group);
    let shown = Process::run(tool(&group, &["inspect"]));
    let text = &shown.assert_success().stdout;
    assert!(text.contains("THIS GROUP IS DEAD"), "{text}");
    assert!(text.contains(&format!("pid {last}, slot 1) died last")), "{text}");
    for words in ["lane", "was reaped", "mempools", "is dead and not reaped"] {
        assert!(text.contains(words), "'{words}' is not in {text}");
    }
    let facts = json(&Process::run(tool(&group, &["inspect", "--json"])));
    assert_eq!(facts["dead"], true, "{facts}");
    assert_eq!(facts["died_last"][0]["pid"], last, "{facts}");
    assert_eq!(facts["group"]["rings"][0]["used"], 5, "{facts}");
    assert_eq!(facts["audit"]["rings"], 1, "{facts}");
    assert_eq!(facts["audit"]["findings"].as_array().map(Vec::len), Some(1), "{facts}");
    let events = facts["events"].as_array().expect("a list");
    assert!(events.iter().any(|event| event["what"] == "was reaped" && event["pid"] == first));
    assert!(files(&group) == before, "something has changed");
    Process::run(tool(&group, &["clean"])).assert_success();
    group.assert_nothing_left();
    let why = Process::run(tool(&group, &["inspect"])).assert_refused().to_owned();
    assert!(why.contains("no group"), "{why}");
}
