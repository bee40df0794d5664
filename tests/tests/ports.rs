//! Ports across processes: who owns one, who has a queue, and what is left of whom.

use phalanx_tests::binaries::app;
use phalanx_tests::cpu::lcore;
use phalanx_tests::group::TestGroup;
use phalanx_tests::process::Process;

const PEER: &str = env!("CARGO_BIN_EXE_phalanx-peer");

fn small(role: &str, id: u16, more: &str) -> String {
    format!("--proc-type={role} --no-huge -m 16 --wait 5 {} {more}", lcore(id))
}

fn refusal(group: &TestGroup, arguments: &str) -> String {
    Process::run(group.command("join", arguments)).assert_refused().to_owned()
}

/// A primary with two ports that run: a net_ring, and a net_null.
fn primary(group: &TestGroup) -> Process {
    let ports = "--vdev=net_ring0,size=64 --vdev=net_null0";
    let mut primary = group.peer(&small("primary", 0, ports));
    primary.ask("port-up net_ring0 2 2").expect("it owns it");
    primary.ask("port-up net_null0 1 1").expect("it owns it");
    primary
}

#[test]
fn a_secondary_learns_the_ports_from_the_group_and_uses_them() {
    let group = TestGroup::of(PEER);
    let mut primary = primary(&group);
    let mut secondary = group.peer(&small("secondary", 1, ""));
    assert_eq!(secondary.ask("ports").as_deref(), Ok("0:net_ring0 1:net_null0"));
    secondary.ask("open-rx net_ring0 1").expect("nobody has it");
    primary.ask("open-tx net_ring0 1").expect("nobody has it");
    assert_eq!(primary.ask("port-send 10").as_deref(), Ok("10"));
    assert_eq!(secondary.ask("port-receive").as_deref(), Ok("10"));
    secondary.ask("open-tx net_null0 0").expect("nobody has it");
    assert_eq!(secondary.ask("port-send 3").as_deref(), Ok("3"));
    let facts = primary.ask("port-facts net_ring0").unwrap();
    assert!(facts.ends_with("queues 2/2 in 10 out 10"), "{facts}");
    let refused = secondary.ask("port-stop net_ring0").unwrap_err();
    assert!(
        refused.contains(&format!("phalanx-peer (pid {}, slot 0)'s", primary.id())),
        "{refused}"
    );
    secondary.end().assert_success();
    primary.end().assert_success();
    group.assert_nothing_left();
}

#[test]
fn a_queue_is_refused_to_a_second_process_by_name_and_free_after_kill_9() {
    let group = TestGroup::of(PEER);
    let mut primary = primary(&group);
    let [mut one, mut two] = [1, 2].map(|id| group.peer(&small("secondary", id, "")));
    one.ask("open-rx net_ring0 0").expect("nobody has it");
    let refused = two.ask("open-rx net_ring0 0").unwrap_err();
    let named = format!(
        "Rx queue 0 of the port net_ring0 was asked for and is phalanx-peer (pid {}",
        one.id()
    );
    assert!(refused.starts_with(&named), "{refused}");
    primary.ask("open-tx net_ring0 0").expect("nobody has it");
    assert_eq!(primary.ask("port-send 5").as_deref(), Ok("5"));
    one.kill();
    two.ask("open-rx net_ring0 0").expect("who had it is dead");
    assert_eq!(two.ask("port-receive").as_deref(), Ok("5"), "what lay in the ring");
    two.end().assert_success();
    primary.end().assert_success();
}

#[test]
fn a_port_outlives_its_owner_and_a_new_primary_adopts_it_without_any_switch() {
    let group = TestGroup::of(PEER);
    let mut first = primary(&group);
    let mut worker = group.peer(&small("secondary", 1, ""));
    worker.ask("subscribe").expect("it watches");
    worker.ask("open-rx net_ring0 0").expect("nobody has it");
    worker.ask("open-tx net_ring0 0").expect("nobody has it");
    first.ask("open-tx net_ring0 1").expect("nobody has it");
    let pid = first.id();
    first.kill();
    worker.ask(&format!("await has-lost-its-owner {pid}")).expect("it is told");
    assert_eq!(worker.ask("port-send 4").as_deref(), Ok("4"));
    assert_eq!(worker.ask("port-receive").as_deref(), Ok("4"));
    let facts = worker.ask("port-facts net_ring0").unwrap();
    assert!(facts.starts_with("started owner 0 orphaned true"), "{facts}");
    let mut second = group.peer(&small("primary", 0, ""));
    worker.ask(&format!("await was-adopted {}", second.id())).expect("it is told");
    let facts = second.ask("port-facts net_ring0").unwrap();
    assert!(facts.starts_with(&format!("started owner {} orphaned false", second.id())), "{facts}");
    assert_eq!(worker.ask("port-send 4").as_deref(), Ok("4"));
    second.ask("port-stop net_ring0").expect("it owns it");
    assert_eq!(worker.ask("port-send 1").as_deref(), Ok("0"));
    worker.end().assert_success();
    second.end().assert_success();
    group.assert_nothing_left();
}

#[test]
fn a_switch_that_is_repeated_must_agree_and_one_that_is_new_makes_an_own_port() {
    let group = TestGroup::of(PEER);
    let mut primary = primary(&group);
    let why = refusal(&group, &small("secondary", 1, "--vdev=net_ring0,size=128"));
    assert!(
        why.contains("--vdev net_ring0 was given with 'size=128'") && why.contains("has 'size=64'"),
        "{why}"
    );
    let why = refusal(&group, &small("secondary", 1, "-a 0000:03:00.0"));
    assert!(
        why.contains("-a 0000:03:00.0 was given and the group was started without it"),
        "{why}"
    );
    let more = "--vdev=net_ring0,size=64 --vdev=net_null7";
    let mut secondary = group.peer(&small("secondary", 1, more));
    assert_eq!(primary.ask("ports").as_deref(), Ok("0:net_ring0 1:net_null0 2:net_null7"));
    secondary.ask("port-up net_null7 1 1").expect("it owns it");
    let refused = primary.ask("port-close net_null7").unwrap_err();
    assert!(refused.contains(&format!("(pid {}, slot 1)'s", secondary.id())), "{refused}");
    secondary.ask("port-close net_null7").expect("it owns it");
    secondary.end().assert_success();
    primary.end().assert_success();
}

#[test]
fn what_cannot_be_made_undoes_the_whole_start() {
    let group = TestGroup::of(PEER);
    let ports = "--vdev=net_null0 --vdev=net_ring0,peer=net_ring1";
    let why = refusal(&group, &small("primary", 0, ports));
    assert!(why.contains("joined with net_ring1 and there is no such port"), "{why}");
    group.assert_nothing_left();
    let mut primary = primary(&group);
    let why =
        refusal(&group, &small("secondary", 1, "--vdev=net_null5 --vdev=net_ring5,peer=net_ring6"));
    assert!(why.contains("--vdev net_ring6 too"), "{why}");
    assert_eq!(primary.ask("ports").as_deref(), Ok("0:net_ring0 1:net_null0"), "none is left");
    primary.end().assert_success();
}

#[test]
fn two_joined_ports_carry_packets_between_processes_in_whatever_order_they_were_named() {
    let group = TestGroup::of(PEER);
    let ports = "--vdev=net_ring0,peer=net_ring1 --vdev=net_ring1";
    let mut primary = group.peer(&small("primary", 0, ports));
    primary.ask("port-up net_ring0 1 1").expect("it owns it");
    primary.ask("port-up net_ring1 1 1").expect("it owns it");
    let mut secondary = group.peer(&small("secondary", 1, ""));
    primary.ask("open-tx net_ring0 0").expect("nobody has it");
    secondary.ask("open-rx net_ring1 0").expect("nobody has it");
    assert_eq!(primary.ask("port-send 20").as_deref(), Ok("20"));
    assert_eq!(secondary.ask("port-receive").as_deref(), Ok("20"));
    secondary.end().assert_success();
    primary.end().assert_success();
}

/// A group without a primary, in which somebody has made net_ring1 and died before it was joined.
fn with_a_port_that_was_never_joined(group: &TestGroup) -> Process {
    let first = primary(group);
    let survivor = group.peer(&small("secondary", 1, ""));
    let mut maker = group.peer(&small("secondary", 2, ""));
    first.kill();
    maker.ask("port-make net_ring1 peer=net_ring0").expect("nobody has the name");
    assert_eq!(maker.ask("port-peer net_ring1").as_deref(), Ok("none"));
    maker.kill();
    survivor
}

#[test]
fn a_port_whose_maker_died_before_it_was_joined_is_joined_by_who_names_it_again() {
    let group = TestGroup::of(PEER);
    let survivor = with_a_port_that_was_never_joined(&group);
    let mut again = group.peer(&small("secondary", 2, "--vdev=net_ring1,peer=net_ring0"));
    assert_eq!(again.ask("port-peer net_ring1").as_deref(), Ok("0"));
    assert_eq!(again.ask("port-peer net_ring0").as_deref(), Ok("2"));
    again.end().assert_success();
    survivor.end().assert_success();
}

#[test]
fn a_port_whose_maker_died_before_it_was_joined_is_joined_by_a_new_primary_without_any_switch() {
    let group = TestGroup::of(PEER);
    let survivor = with_a_port_that_was_never_joined(&group);
    let mut second = group.peer(&small("primary", 0, ""));
    assert_eq!(second.ask("port-peer net_ring1").as_deref(), Ok("0"));
    second.end().assert_success();
    survivor.end().assert_success();
}

#[test]
fn a_port_that_is_closed_and_made_again_is_joined_again_with_the_one_that_names_it() {
    let group = TestGroup::of(PEER);
    let mut primary =
        group.peer(&small("primary", 0, "--vdev=net_ring0 --vdev=net_ring1,peer=net_ring0"));
    primary.ask("port-close net_ring0").expect("it owns it");
    assert_eq!(primary.ask("port-peer net_ring1").as_deref(), Ok("none"));
    let mut secondary = group.peer(&small("secondary", 1, "--vdev=net_ring0"));
    assert_eq!(secondary.ask("port-peer net_ring1").as_deref(), Ok("0"));
    secondary.end().assert_success();
    primary.end().assert_success();
}

#[test]
fn the_primary_adopts_the_ports_of_a_secondary_that_dies_or_leaves() {
    let group = TestGroup::of(PEER);
    let mut primary = primary(&group);
    primary.ask("subscribe").expect("it watches");
    for (name, ends) in [("net_null7", "dies"), ("net_null8", "leaves")] {
        let secondary = group.peer(&small("secondary", 1, &format!("--vdev={name}")));
        if ends == "dies" {
            secondary.kill().assert_killed();
        } else {
            secondary.end().assert_success();
        }
        primary.ask(&format!("await was-adopted {}", primary.id())).expect(ends);
        let facts = primary.ask(&format!("port-facts {name}")).unwrap();
        assert!(
            facts.contains(&format!("owner {} orphaned false", primary.id())),
            "{ends}: {facts}"
        );
        primary.ask(&format!("port-close {name}")).expect("it owns it");
    }
    primary.end().assert_success();
    group.assert_nothing_left();
}

#[test]
fn who_took_the_role_from_a_living_primary_adopts_its_ports_when_it_leaves() {
    let group = TestGroup::of(PEER);
    let first = primary(&group);
    let mut second = group.peer(&small("secondary", 1, ""));
    second.ask("subscribe").expect("it watches");
    second.ask("promote living").expect("it is given up");
    let facts = second.ask("port-facts net_ring0").unwrap();
    assert!(facts.contains(&format!("owner {} orphaned false", first.id())), "{facts}");
    first.end().assert_success();
    let id = second.id();
    for _both in 0..2 {
        second.ask(&format!("await was-adopted {id}")).expect("it watches");
    }
    for name in ["net_ring0", "net_null0"] {
        let facts = second.ask(&format!("port-facts {name}")).unwrap();
        assert!(facts.starts_with(&format!("started owner {id} orphaned false")), "{facts}");
    }
    second.end().assert_success();
    group.assert_nothing_left();
}

#[test]
fn two_that_start_at_one_moment_with_the_same_new_device_both_start() {
    let group = TestGroup::of(PEER);
    let mut primary = primary(&group);
    for round in 0..5 {
        let racer = |id| {
            let options = small("secondary", id, &format!("--vdev=net_null{}", round + 10));
            Process::start(group.command("race", &options))
        };
        let mut racers = [1, 2].map(racer);
        racers.iter_mut().for_each(|racer| drop(racer.await_line("waiting")));
        racers.iter_mut().for_each(|racer| racer.say("go"));
        for mut racer in racers {
            assert!(racer.line_or_end("joined ").is_some(), "round {round}");
            racer.end().assert_success();
        }
    }
    primary.ask("ports").expect("it lives");
    primary.end().assert_success();
}

#[test]
fn a_device_that_is_not_there_is_refused_and_leaves_nothing() {
    let group = TestGroup::of(PEER);
    let said = refusal(&group, &small("primary", 0, "-a ffff:fe:1f.7 --vdev=net_null0"));
    assert!(said.contains("-a ffff:fe:1f.7: there is no PCI device ffff:fe:1f.7"), "{said}");
    group.assert_nothing_left();
}

#[test]
fn the_tool_shows_ports_with_their_owner_and_who_has_which_queue() {
    let group = TestGroup::of(PEER);
    let mut primary = primary(&group);
    let mut secondary = group.peer(&small("secondary", 1, ""));
    secondary.ask("open-rx net_ring0 1").expect("nobody has it");
    primary.ask("open-tx net_ring0 1").expect("nobody has it");
    primary.ask("port-send 6").expect("it has a queue");
    let mut info = group.other_command(&app("phalanx"));
    info.args(["info", "--file-prefix", group.prefix()]);
    let shown = String::from_utf8(info.output().expect("it runs").stdout).expect("text");
    let line = shown
        .lines()
        .find(|line| line.contains("net_ring0") && line.contains("FDX"))
        .unwrap_or(&shown);
    for part in ["slot 0", "started", "up at 10 Gbps FDX", "-,1", "-,0", "6"] {
        assert!(line.contains(part), "{part}: {shown}");
    }
    secondary.end().assert_success();
    primary.end().assert_success();
}
