//! Objects of one process, found and used by another (DPDK's `multiprocess_autotest`, and what it
//! leaves out: that each element of a ring arrives once, whoever puts it in and takes it out).

use phalanx_tests::cpu::lcore;
use phalanx_tests::group::TestGroup;
use phalanx_tests::process::Process;

const PEER: &str = env!("CARGO_BIN_EXE_phalanx-peer");

/// A primary and `count` secondaries of a small group without hugepages.
fn group_of(count: u16) -> (TestGroup, Process, Vec<Process>) {
    let group = TestGroup::of(PEER);
    let primary = group.peer(&format!("--no-huge -m 16 {}", lcore(0)));
    let secondary = |id| group.peer(&format!("--proc-type=secondary {}", lcore(id)));
    let secondaries = (1..=count).map(secondary).collect();
    (group, primary, secondaries)
}

#[test]
fn a_secondary_finds_what_the_primary_made_and_the_other_way_round() {
    let (_group, mut primary, mut secondaries) = group_of(1);
    let secondary = &mut secondaries[0];
    let at = primary.ask("zone of-primary 1000").expect("a zone");
    assert_eq!(secondary.ask("find-zone of-primary"), Ok(format!("{at} 1024")));
    let at = secondary.ask("zone of-secondary 64").expect("a zone");
    assert_eq!(primary.ask("find-zone of-secondary"), Ok(format!("{at} 64")));
    primary.ask("ring passage 64 multi").expect("a ring");
    assert_eq!(secondary.ask("find-ring passage"), Ok("63".to_owned()));
}

#[test]
fn a_name_is_given_once_in_the_whole_group() {
    let (_group, mut primary, mut secondaries) = group_of(1);
    primary.ask("zone taken 64").expect("a zone");
    for again in ["zone taken 64", "ring taken 64 multi"] {
        let why = secondaries[0].ask(again).expect_err("the name is taken");
        assert!(why.contains("taken"), "{why}");
    }
    primary.ask("free-zone taken").expect("it is there");
    secondaries[0].ask("zone taken 64").expect("the name is free again");
}

#[test]
fn a_ring_looked_up_as_one_of_another_type_is_refused() {
    let (_group, mut primary, mut secondaries) = group_of(1);
    primary.ask("ring wide 64 multi").expect("a ring");
    let why = secondaries[0].ask("find-ring-of-halves wide").expect_err("other elements");
    assert!(why.contains("wide"), "{why}");
    let why = secondaries[0].ask("find-zone wide").expect_err("a ring is no zone");
    assert!(why.contains("wide"), "{why}");
}

#[test]
fn the_single_end_of_a_ring_is_refused_to_a_second_process_until_the_first_is_gone() {
    let (_group, mut primary, mut secondaries) = group_of(2);
    primary.ask("ring lane 64 single").expect("a ring");
    secondaries[0].ask("hold lane").expect("nobody has it");
    let why = secondaries[1].ask("consume lane 0").expect_err("somebody has it");
    assert!(why.contains(&secondaries[0].id().to_string()), "{why}");
    secondaries.remove(0).kill().assert_killed();
    secondaries[0].ask("consume lane 0").expect("the holder is dead");
}

/// Two producers and two consumers, each a process of its own; every element arrives once.
fn every_element_arrives_once(sync: &str) {
    const EACH: u32 = 20_000;
    let (_group, mut primary, mut peers) = group_of(4);
    primary.ask(&format!("ring busy 256 {sync}")).expect("a ring");
    for (me, producer) in peers[..2].iter_mut().enumerate() {
        producer.say(&format!("produce busy {me} {EACH}"));
    }
    for consumer in &mut peers[2..] {
        consumer.say(&format!("consume busy {EACH}"));
    }
    let mut arrived = [0, 0];
    for peer in &mut peers {
        let answer = peer.answer().expect("no element was lost, doubled or overtaken");
        for word in answer.split_whitespace() {
            let (producer, times) = word.split_once(':').expect("producer:times");
            let producer: usize = producer.parse().expect("a number");
            arrived[producer] += times.parse::<u32>().expect("a number");
        }
    }
    assert_eq!(arrived, [EACH, EACH]);
}

#[test]
fn two_producers_and_two_consumers_lose_and_double_nothing() {
    every_element_arrives_once("multi");
}

#[test]
fn nor_with_relaxed_tails() {
    every_element_arrives_once("rts");
}

#[test]
fn nor_one_at_a_time() {
    every_element_arrives_once("hts");
}

#[test]
fn one_producer_and_one_consumer_keep_the_order() {
    let (_group, mut primary, mut peers) = group_of(1);
    primary.ask("ring lane 256 single").expect("a ring");
    peers[0].say("consume lane 200000");
    primary.ask("produce lane 7 200000").expect("room comes");
    assert_eq!(peers[0].answer(), Ok("7:200000".to_owned()));
}

#[test]
fn killing_everybody_in_the_middle_leaves_a_prefix_that_can_be_used_at_once() {
    let (group, mut primary, mut peers) = group_of(2);
    primary.ask("ring busy 256 multi").expect("a ring");
    peers[0].say("produce busy 0 100000000");
    peers[1].say("consume busy 100000000");
    peers.into_iter().for_each(|peer| peer.kill().assert_killed());
    primary.kill().assert_killed();
    let arguments = format!("--no-huge -m 16 {}", lcore(0));
    Process::run(group.command("join", &arguments)).assert_success();
    group.assert_nothing_left();
}
