//! Messages where processes come and go: many at once, joining meanwhile, dead ones' sockets.

use phalanx_tests::binaries::app;
use phalanx_tests::cpu::lcore;
use phalanx_tests::group::TestGroup;
use phalanx_tests::process::Process;

const PEER: &str = env!("CARGO_BIN_EXE_phalanx-peer");

fn tell(peer: &mut Process, command: &str) -> String {
    peer.ask(command).unwrap_or_else(|why| panic!("{command}: {why}"))
}

fn primary(group: &TestGroup) -> Process {
    group.peer(&format!("--no-huge -m 8 {}", lcore(0)))
}

fn secondary(group: &TestGroup, id: u16) -> Process {
    group.peer(&format!("--proc-type=secondary {}", lcore(id)))
}

/// How many were asked and how many answered.
fn counts(answer: &str) -> (usize, usize) {
    let (sent, received) = answer.split(' ').next().and_then(|it| it.split_once('/')).expect("two");
    (sent.parse().expect("a number"), received.parse().expect("a number"))
}

#[test]
fn sixty_four_processes_are_asked_at_once() {
    let group = TestGroup::of(PEER);
    let mut first = primary(&group);
    let others: Vec<Process> = (1..64).map(|id| secondary(&group, id)).collect();
    assert_eq!(counts(&tell(&mut first, "ask all phalanx/ping x64 30000")), (63, 63));
    assert_eq!(counts(&tell(&mut first, "ask all nothing x64 30000")), (63, 0));
    drop(others);
    assert_eq!(counts(&tell(&mut first, "ask all phalanx/ping x64 30000")).1, 0);
}

#[test]
fn a_peer_that_joins_in_the_middle_of_a_broadcast_answers_or_is_not_counted() {
    let group = TestGroup::of(PEER);
    let mut first = primary(&group);
    let mut others = Vec::new();
    for id in 1..8 {
        let arguments = format!("--proc-type=secondary {}", lcore(id));
        let mut joining = Process::start(group.command("serve", &arguments));
        for _ in 0..20 {
            let (sent, received) = counts(&tell(&mut first, "ask all phalanx/ping x64 30000"));
            assert_eq!(sent, received);
            assert!((usize::from(id) - 1..=usize::from(id)).contains(&sent), "{sent} were asked");
        }
        joining.await_line("joined ");
        others.push(joining);
    }
}

/// Its slot: not always the first, which may not be reaped yet.
fn slot_of(peer: &mut Process) -> String {
    tell(peer, "slot").split(' ').next().unwrap_or_default().to_owned()
}

fn come_and_go(times: usize) {
    let group = TestGroup::of(PEER);
    let mut first = primary(&group);
    let look = |first: &mut Process| {
        ["descriptors", "threads"].map(|what| tell(first, what).parse::<u32>().expect("a number"))
    };
    for _ in 0..3 {
        let mut other = secondary(&group, 1);
        let slot = slot_of(&mut other);
        tell(&mut first, &format!("ask {slot} phalanx/ping now 30000"));
    }
    let before = look(&mut first);
    for turn in 0..times {
        let mut other = secondary(&group, 1);
        let slot = slot_of(&mut other);
        let answer = tell(&mut first, &format!("ask {slot} phalanx/ping now 30000"));
        assert_eq!(answer, format!("1/1 {slot}=now"));
        if turn % 2 == 0 {
            other.end().assert_success();
        } else {
            other.kill().assert_killed();
        }
    }
    // Deaths are noticed by another thread, those of before too.
    while look(&mut first).iter().zip(&before).any(|(now, then)| now > then) {
        std::thread::yield_now();
    }
    let others: Vec<String> = group
        .leftovers()
        .into_iter()
        .filter(|name| name.starts_with('m') && name != "m0")
        .collect();
    assert!(others.len() <= 1, "{others:?}");
    first.end().assert_success();
    group.assert_nothing_left();
}

#[test]
fn processes_come_and_go_and_leave_nothing_in_those_that_stay() {
    come_and_go(20);
}

#[test]
#[ignore = "a long proof: a thousand processes"]
fn a_thousand_processes_come_and_go_and_leave_nothing() {
    come_and_go(1000);
}

#[test]
fn the_sockets_of_the_dead_are_removed_by_the_next_start_and_by_clean() {
    let group = TestGroup::of(PEER);
    let first = primary(&group);
    let dying: Vec<Process> = (1..4).map(|id| secondary(&group, id)).collect();
    // Or it would remove them before anybody starts.
    first.freeze();
    dying.into_iter().for_each(|process| process.kill().assert_killed());
    assert!(group.leftovers().contains(&"m3".to_owned()));
    let mut second = secondary(&group, 1);
    let socket = format!("m{}", slot_of(&mut second));
    let mut left = group.leftovers();
    left.sort();
    assert_eq!(left, ["group", "lock", "m0", &socket]);
    second.kill().assert_killed();
    first.kill().assert_killed();
    let mut clean = group.other_command(&app("phalanx"));
    clean.args(["clean", "--file-prefix", group.prefix()]);
    let ended = Process::run(clean);
    assert!(ended.assert_success().stdout.contains(&format!("/{socket}")), "{ended}");
    group.assert_nothing_left();
}

#[test]
fn the_tool_pings_every_process_and_sends_to_them() {
    let group = TestGroup::of(PEER);
    let mut first = primary(&group);
    let mut second = secondary(&group, 1);
    let tool = |arguments: &[&str]| {
        let mut command = group.other_command(&app("phalanx"));
        let (verb, rest) = arguments.split_first().expect("a verb");
        command.arg(verb).args(["--file-prefix", group.prefix()]).args(rest);
        Process::run(command)
    };
    let ended = tool(&["ping", "--count", "50", "--size", "256", "--json"]);
    let all: serde_json::Value =
        serde_json::from_str(&ended.assert_success().stdout).expect("JSON");
    assert_eq!(all.as_array().map(Vec::len), Some(2), "{ended}");
    for one in all.as_array().into_iter().flatten() {
        assert_eq!(one["answered"], 50, "{ended}");
        assert!(one["round_trip_us"]["p99.9"].as_f64().is_some(), "{ended}");
    }
    let ended = tool(&["ping", "--slot", "1", "--count", "3"]);
    assert!(ended.assert_success().stdout.contains("3/3"), "{ended}");
    assert!(tool(&["ping", "--slot", "9"]).assert_refused().contains("slot 9"));
    tell(&mut first, "action hear hear");
    tell(&mut second, "action hear hear");
    assert!(tool(&["send", "hear", "news"]).assert_success().stdout.contains("2 processes"));
    assert!(
        tool(&["send", "--primary", "hear", "again"]).assert_success().stdout.contains("slot 0")
    );
    for (peer, wanted) in [(&mut first, "news again"), (&mut second, "news")] {
        let mut heard = String::new();
        while !heard.split_whitespace().eq(wanted.split(' ')) {
            heard = format!("{heard} {}", tell(peer, "heard"));
        }
    }
    assert!(tool(&["send", "hear", &"x".repeat(257)]).assert_refused().contains("256 bytes"));
}

#[test]
fn what_the_tool_has_sent_and_left_behind_is_heard_by_who_was_stopped() {
    let group = TestGroup::of(PEER);
    let mut first = primary(&group);
    tell(&mut first, "action hear hear");
    first.freeze();
    let mut command = group.other_command(&app("phalanx"));
    command.args(["send", "--file-prefix", group.prefix(), "--primary", "hear", "late"]);
    Process::run(command).assert_success();
    first.thaw();
    let mut heard = String::new();
    while heard.is_empty() && tell(&mut first, "dropped") == "0" {
        heard = tell(&mut first, "heard");
    }
    assert_eq!(heard, "late");
}
