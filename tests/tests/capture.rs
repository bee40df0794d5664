//! `phalanx capture` on ports that run.

use std::borrow::Cow;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use pcap_file::pcapng::blocks::enhanced_packet::EnhancedPacketOption;
use pcap_file::pcapng::blocks::interface_description::InterfaceDescriptionOption;
use pcap_file::pcapng::blocks::interface_statistics::InterfaceStatisticsOption;
use pcap_file::pcapng::{Block, PcapNgReader};
use phalanx_tests::binaries::app;
use phalanx_tests::cargo::workspace;
use phalanx_tests::cpu::lcore;
use phalanx_tests::group::TestGroup;
use phalanx_tests::process::{Ended, Process};
use phalanx_tests::require;
use phalanx_tests::scratch::Scratch;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

const PEER: &str = env!("CARGO_BIN_EXE_phalanx-peer");

/// A forwarder from a file, again and again, to nowhere.
struct Stage {
    group: TestGroup,
    files: Scratch,
    forwarder: Process,
}

impl Stage {
    fn new() -> Self {
        let group = TestGroup::of(PEER);
        let input = workspace().join("tests/data/capture.pcap");
        let vdevs =
            format!("--vdev net_pcap0,rx_pcap={},infinite_rx=1 --vdev net_null0", input.display());
        let mut forwarder = group.peer(&format!("--no-huge -m 32 {} {vdevs}", lcore(0)));
        forwarder.ask("pool-of-packets pool 511").expect("there is memory");
        forwarder.ask("run-ports 1 1").expect("it owns the ports");
        Self { group, files: Scratch::new(), forwarder }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.files.path().join(name)
    }

    fn tool(&self, arguments: &[&str]) -> Command {
        let mut command = self.group.other_command(&app("phalanx"));
        command.args(["capture", "--file-prefix", self.group.prefix()]).args(arguments);
        command
    }

    /// Starts a capture into `file`, and waits until it is on.
    fn capture(&self, file: &str, arguments: &[&str]) -> Process {
        let path = self.path(file);
        let mut command = self.tool(arguments);
        command.arg("-w").arg(path).arg("--json");
        let mut capture = Process::start(command);
        capture.await_line("capturing on");
        capture
    }

    fn forward(&mut self, count: u32) {
        let line = format!("forward pool net_pcap0 0 net_null0 0 {count}");
        assert_eq!(self.forwarder.ask(&line), Ok(count.to_string()));
    }
}

fn interrupt(process: &Process) {
    let pid = i32::try_from(process.id()).ok().and_then(Pid::from_raw);
    kill_process(pid.expect("it has one"), Signal::INT).expect("it is this test's child");
}

#[track_caller]
fn summary(ended: &Ended) -> Value {
    let text = &ended.assert_success().stdout;
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {ended}"))
}

/// What a file of pcapng has.
#[derive(Default)]
struct Contents {
    names: Vec<String>,
    /// Bytes, and whether it went out.
    packets: Vec<(Vec<u8>, bool)>,
    comments: Vec<String>,
}

fn contents(path: &Path) -> Contents {
    let bytes = fs::read(path).expect("it was written");
    let mut reader = PcapNgReader::new(&bytes[..]).expect("it is pcapng");
    let mut contents = Contents::default();
    while let Some(block) = reader.next_block() {
        match block.expect("it is whole") {
            Block::InterfaceDescription(it) => {
                assert!(it.options.contains(&InterfaceDescriptionOption::IfTsResol(9)));
                let name = it.options.iter().find_map(|option| match option {
                    InterfaceDescriptionOption::IfName(name) => Some(name.to_string()),
                    _ => None,
                });
                contents.names.extend(name);
            }
            Block::EnhancedPacket(it) => {
                let is_out = it.options.contains(&EnhancedPacketOption::Flags(2));
                assert!(is_out || it.options.contains(&EnhancedPacketOption::Flags(1)));
                contents.packets.push((it.data.into_owned(), is_out));
            }
            Block::InterfaceStatistics(it) => {
                contents.comments.extend(it.options.into_iter().filter_map(|it| match it {
                    InterfaceStatisticsOption::Comment(text) => Some(Cow::into_owned(text)),
                    _ => None,
                }));
            }
            _ => {}
        }
    }
    contents
}

/// The packets that come with the program, again and again.
fn sent(count: usize) -> Vec<Vec<u8>> {
    let bytes = fs::read(workspace().join("tests/data/capture.pcap")).expect("it is there");
    let mut reader = pcap_file::pcap::PcapReader::new(&bytes[..]).expect("it is pcap");
    let mut packets = Vec::new();
    while let Some(packet) = reader.next_packet() {
        packets.push(packet.expect("it is whole").data.into_owned());
    }
    packets.iter().cycle().take(count).cloned().collect()
}

#[test]
fn packets_of_a_running_port_are_written_with_its_name_until_there_are_enough() {
    let mut stage = Stage::new();
    stage.forward(100);
    let capture = stage.capture("a.pcapng", &["-i", "net_null0", "-c", "1000"]);
    stage.forward(2000);
    let ended = capture.end();
    let summary = summary(&ended);
    assert_eq!((&summary["packets"], &summary["ended"]), (&1000.into(), &"count".into()));
    let contents = contents(&stage.path("a.pcapng"));
    assert_eq!(contents.names, ["net_null0"]);
    let packets: Vec<Vec<u8>> = contents.packets.iter().map(|(data, _)| data.clone()).collect();
    assert!(packets == sent(1100)[100..]);
    assert!(contents.packets.iter().all(|(_, is_out)| *is_out));
    assert!(contents.comments[0].contains("0 filtered"), "{:?}", contents.comments);
    // Whoever was looked at goes on as before.
    stage.forward(100);
}

#[test]
fn all_ports_are_captured_both_ways_until_it_is_interrupted() {
    let mut stage = Stage::new();
    let capture = stage.capture("a.pcapng", &["-i", "any"]);
    stage.forward(500);
    interrupt(&capture);
    let ended = capture.end();
    let summary = summary(&ended);
    assert_eq!(
        (&summary["packets"], &summary["ended"]),
        (&1000.into(), &"asked".into()),
        "{ended}"
    );
    let contents = contents(&stage.path("a.pcapng"));
    assert_eq!(contents.names, ["net_pcap0", "net_null0"]);
    let out = contents.packets.iter().filter(|(_, is_out)| *is_out).count();
    assert_eq!((contents.packets.len(), out), (1000, 500));
}

#[test]
fn a_filter_a_direction_and_a_snap_length_choose() {
    let mut stage = Stage::new();
    let arguments = ["-i", "0", "-i", "1", "--rx", "-s", "60", "-f", "icmp or icmp6"];
    let capture = stage.capture("a.pcapng", &arguments);
    stage.forward(400);
    interrupt(&capture);
    let summary = summary(&capture.end());
    let packets = summary["packets"].as_u64().expect("it is a number");
    let filtered = summary["filtered"].as_u64().expect("it is a number");
    assert!(packets > 0 && packets + filtered == 400, "{summary}");
    let contents = contents(&stage.path("a.pcapng"));
    assert!(contents.packets.iter().all(|(data, is_out)| data.len() <= 60 && !is_out));
}

#[test]
fn a_second_capture_is_refused_by_name_and_the_next_after_a_killed_one_is_not() {
    let mut stage = Stage::new();
    let first = stage.capture("a.pcapng", &["-i", "net_pcap0"]);
    let second = stage.path("b.pcapng");
    let mut command = stage.tool(&["-i", "net_pcap0"]);
    command.arg("-w").arg(&second);
    let ended = Process::run(command);
    let line = ended.assert_refused();
    let who = format!("phalanx (pid {}, slot", first.id());
    assert!(line.contains(&who) && line.contains("captures it already"), "{line}");
    assert!(!second.exists(), "it was made for nothing");
    stage.forward(300);
    first.kill().assert_killed();
    // More than the dead one's ring takes: nobody is held up.
    stage.forward(10_000);
    let third = stage.capture("c.pcapng", &["-i", "net_pcap0", "-c", "200"]);
    stage.forward(200);
    assert_eq!(summary(&third.end())["packets"], 200);
    let mut audit = stage.group.other_command(&app("phalanx"));
    audit.args(["audit", "--file-prefix", stage.group.prefix()]);
    Process::run(audit).assert_success();
}

#[test]
fn of_all_ports_one_that_another_captures_is_left_out_by_name() {
    let mut stage = Stage::new();
    let _first = stage.capture("a.pcapng", &["-i", "net_pcap0"]);
    let mut command = stage.tool(&["-i", "any", "-c", "100"]);
    command.arg("-w").arg(stage.path("b.pcapng")).arg("--json");
    let mut second = Process::start(command);
    second.await_line("left out for now: the port net_pcap0 was to be captured");
    second.await_line("capturing on net_null0, and every port that comes");
    stage.forward(100);
    assert_eq!(summary(&second.end())["packets"], 100);
    assert_eq!(contents(&stage.path("b.pcapng")).names, ["net_null0"]);
}

#[test]
fn what_is_wrong_is_said_in_one_line_and_changes_nothing() {
    let stage = Stage::new();
    let file = stage.path("a.pcapng");
    let name = file.display().to_string();
    for (arguments, why) in [
        (&["-i", "net_nul0", "-w", &name][..], "did you mean \"net_null0\"?"),
        (&["-i", "7", "-w", &name], "no port has that id"),
        (&["-i", "0"], "give -w FILE"),
        (&["-w", &name], "no port was named"),
        (&["-i", "0", "-w", &name, "-f", "tcp prot 80"], "\"prot\" at character 5"),
        (&["-i", "0", "-w", &name, "-c", "0"], "-c"),
        (&["-i", "0", "-w", "/nowhere/a.pcapng"], "/nowhere/a.pcapng cannot be written"),
    ] {
        let ended = Process::run(stage.tool(arguments));
        let line = ended.assert_refused();
        assert!(line.contains(why), "{line}");
    }
    assert!(!file.exists());
}

#[test]
fn a_queue_that_a_port_does_not_have_is_refused() {
    let stage = Stage::new();
    let name = stage.path("a.pcapng").display().to_string();
    for port in ["net_null0", "any"] {
        let ended = Process::run(stage.tool(&["-i", port, "-q", "5", "-w", &name]));
        let line = ended.assert_refused();
        let why = "was to be captured and that port has 1 Rx queue and 1 Tx queue";
        assert!(line.contains("queue 5 of net_") && line.contains(why), "{line}");
    }
}

#[test]
fn a_file_that_the_group_reads_is_not_overwritten() {
    let stage = Stage::new();
    let input = workspace().join("tests/data/capture.pcap");
    let (before, link) = (fs::read(&input).expect("it is there"), stage.path("link.pcap"));
    std::os::unix::fs::symlink(&input, &link).expect("the directory is the test's");
    for path in [&input, &link] {
        let ended = Process::run(stage.tool(&["-i", "0", "-w", &path.display().to_string()]));
        let line = ended.assert_refused();
        assert!(line.contains("is a file of the port net_pcap0; name another file"), "{line}");
    }
    assert!(fs::read(&input).expect("it is there") == before);
}

#[test]
fn a_capture_says_that_nobody_forwards_any_more_and_ends_with_its_group() {
    let stage = Stage::new();
    let forwarder = {
        let mut forwarder = stage.forwarder;
        forwarder.ask("open-rx net_pcap0 0").expect("nobody has it");
        forwarder
    };
    let mut other = stage.group.peer(&format!("--proc-type secondary {}", lcore(1)));
    other.ask("open-rx net_null0 0").expect("nobody has it");
    let path = stage.files.path().join("a.pcapng");
    let mut command = stage.group.other_command(&app("phalanx"));
    command.args(["capture", "--file-prefix", stage.group.prefix(), "-i", "net_pcap0", "--json"]);
    command.arg("-w").arg(&path);
    let mut capture = Process::start(command);
    capture.await_line("capturing on");
    forwarder.kill().assert_killed();
    capture.await_line("nobody forwards by these ports any more; waiting for who does");
    // One is left who could.
    other.end();
    let ended = capture.end();
    assert_eq!(ended.status.code(), Some(1), "{ended}");
    let summary: Value = serde_json::from_str(&ended.stdout).expect("it is JSON");
    assert_eq!(summary["ended"], "group-ended", "{summary}");
    stage.group.assert_nothing_left();
}

#[test]
fn the_ports_are_listed() {
    let stage = Stage::new();
    let ended = Process::run(stage.tool(&["-D", "--json"]));
    let list = summary(&ended);
    assert_eq!((&list[0]["name"], &list[1]["name"]), (&"net_pcap0".into(), &"net_null0".into()));
    let ended = Process::run(stage.tool(&["-D"]));
    assert!(ended.assert_success().stdout.contains("net_pcap"), "{ended}");
}

#[test]
fn tshark_reads_along_and_afterwards() {
    let Some(tshark) = require::tshark() else { return };
    let mut stage = Stage::new();
    let capture = stage.capture("a.pcapng", &["-i", "any", "-c", "300"]);
    stage.forward(300);
    summary(&capture.end());
    let mut command = Command::new(tshark);
    command.arg("-r").arg(stage.path("a.pcapng")).args(["-T", "fields"]);
    command.args(["-e", "frame.interface_name", "-e", "frame.packet_flags_direction"]);
    let ended = Process::run(command);
    assert_eq!(ended.assert_success().stdout.lines().count(), 300, "{ended}");
    assert!(ended.stdout.contains("net_pcap0") && ended.stdout.contains("net_null0"), "{ended}");
}
