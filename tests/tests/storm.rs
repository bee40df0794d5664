//! Four processes move buffers while one after the other is killed and started anew.
//!
//! ```text
//! cargo test --release -p phalanx-tests --test storm -- --ignored --nocapture
//! ```
//!
//! Nobody but the survivors recovers anything. At the end every buffer is in its pool, and nothing
//! of the group is left.

use core::time::Duration;
use std::thread::sleep;

use phalanx_tests::cpu;
use phalanx_tests::group::TestGroup;
use phalanx_tests::process::Process;

/// How many processes there are; the first one is the primary.
const PROCESSES: u64 = 4;

/// Buffers of the pool.
const BUFFERS: u32 = 1024;

#[test]
fn a_short_storm_loses_nothing() {
    storm(40);
}

#[test]
#[ignore = "2,000 kills take two minutes"]
fn a_storm_of_2000_kills_loses_nothing() {
    storm(2000);
}

fn storm(kills: u64) {
    let group = TestGroup::of(env!("CARGO_BIN_EXE_phalanx-storm"));
    let mut processes: Vec<Process> = (0..PROCESSES).map(|index| start(&group, index)).collect();
    for process in &mut processes {
        process.await_line("joined");
    }
    let mut random = 0x2545_f491_4f6c_dd1du64;
    for kill in 0..kills {
        for (left, right) in [(13, 7), (17, 0)] {
            random ^= random << left;
            random ^= if right == 0 { 0 } else { random >> right };
        }
        // 50 ms on average, whatever the process is doing then: starting too.
        sleep(Duration::from_micros(random % 100_000));
        let index = (random >> 32) % PROCESSES;
        let ended = processes.remove(index as usize).kill();
        processes.insert(index as usize, start(&group, index));
        assert_eq!(ended.stderr, "", "before kill {kill}, process {index} said");
        ended.assert_killed();
    }
    let books = close(processes);
    println!("{kills} kills: {books}");
    assert!(books.starts_with(&format!("free {BUFFERS} lost 0 ")), "{books}");
    group.assert_nothing_left();
}

/// Starts process `index`, with its role and its lcore.
fn start(group: &TestGroup, index: u64) -> Process {
    let role = if index == 0 { "primary" } else { "secondary" };
    let mut command = group.bare_command();
    command.args(["--file-prefix", group.prefix(), "--no-huge"]);
    command.args([format!("--proc-type={role}"), cpu::lcore_in_turn(index as u16)]);
    Process::start(command)
}

/// Has all stop, and one of them count.
fn close(mut processes: Vec<Process>) -> String {
    for process in &mut processes {
        let stopped = process.ask("stop");
        assert_eq!(stopped, Ok("stopped".to_owned()));
    }
    let Some(first) = processes.first_mut() else { return String::new() };
    let books = first.ask("books").unwrap_or_else(|why| panic!("the books: {why}"));
    let sums = first.ask("sums").unwrap_or_else(|why| panic!("the sums: {why}"));
    for process in processes {
        process.end().assert_success();
    }
    format!("{books} {sums}")
}
