//! net_pcap between processes: what is in a file comes out in another, whole, whoever dies.

use std::fs;
use std::path::{Path, PathBuf};

use phalanx_linux::port::pcap::{Encoder, Format, PacketReader};
use phalanx_tests::cpu::lcore;
use phalanx_tests::group::TestGroup;
use phalanx_tests::process::Process;
use phalanx_tests::require;
use phalanx_tests::scratch::Scratch;

const PEER: &str = env!("CARGO_BIN_EXE_phalanx-peer");

/// A group, and a directory for its files.
struct Stage {
    group: TestGroup,
    files: Scratch,
}

impl Stage {
    fn new() -> Self {
        Self { group: TestGroup::of(PEER), files: Scratch::new() }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.files.path().join(name)
    }

    /// The options of a port `net_pcap0` with these files.
    fn vdev(&self, args: &[(&str, &str)]) -> String {
        let pairs = args.iter().map(|(key, name)| match *key {
            "infinite_rx" => format!("{key}={name}"),
            _ => format!("{key}={}", self.path(name).display()),
        });
        format!("--vdev net_pcap0,{}", pairs.collect::<Vec<_>>().join(","))
    }

    /// A primary with that port, its queues and a pool.
    fn primary(&self, vdev: &str, queues: u16) -> Process {
        let mut primary = self.group.peer(&format!("--no-huge -m 16 {} {vdev}", lcore(0)));
        primary.ask("pool-of-packets pool 1023").expect("there is memory");
        primary.ask(&format!("run-ports {queues} {queues}")).expect("it owns the port");
        primary
    }

    fn secondary(&self, id: u16) -> Process {
        self.group.peer(&format!("--proc-type secondary {}", lcore(id)))
    }

    fn write(&self, name: &str, packets: impl IntoIterator<Item = Vec<u8>>) {
        let path = self.path(name);
        let (mut file, encoder) = (Vec::new(), Encoder::new(Format::of_name(&path)));
        encoder.header(&mut file);
        for (at, packet) in packets.into_iter().enumerate() {
            encoder.packet(&mut file, at as u64, packet.len() as u32, [&packet[..]]);
        }
        fs::write(path, file).expect("the directory is the test's");
    }
}

/// UDP packet `number` of one of 64 flows; its last bytes are the number.
fn packet(number: u32) -> Vec<u8> {
    let flow = (number % 64) as u8;
    let mut packet = vec![2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 8, 0];
    let len = 28 + 4 + (number % 50) as u8;
    packet.extend([0x45, 0, 0, len, 0, 0, 0, 0, 64, 17, 0, 0, 10, 0, 0, flow, 10, 0, 1, 1]);
    packet.extend([16, flow, 0, 53, 0, len - 20, 0, 0]);
    packet.resize(14 + usize::from(len) - 4, 0);
    packet.extend(number.to_be_bytes());
    packet
}

/// The packets of a file that is whole.
fn read(path: &Path) -> Vec<Vec<u8>> {
    let file = fs::File::open(path).expect("it was made");
    let mut reader = PacketReader::new(file).expect("it is a capture");
    let mut packets = Vec::new();
    while let Some(data) = reader.peek().expect("it is whole") {
        packets.push(data.to_vec());
        reader.pass();
    }
    packets
}

fn number_of(packet: &[u8]) -> u32 {
    packet.last_chunk().map_or(0, |bytes| u32::from_be_bytes(*bytes))
}

/// `count` packets in, out, the same.
fn passes_whole(count: u32, input: &str, output: &str) {
    let stage = Stage::new();
    stage.write(input, (0..count).map(packet));
    let mut primary = stage.primary(&stage.vdev(&[("rx_pcap", input), ("tx_pcap", output)]), 1);
    let went = primary.ask("forward pool net_pcap0 0 net_pcap0 0 100000000").expect("it reads");
    assert_eq!(went, count.to_string());
    assert_eq!(
        primary.ask("port-sums net_pcap0").expect("it is there"),
        format!("rx {count} tx {count} errors 0 dropped 0 done true")
    );
    let packets = read(&stage.path(output));
    assert_eq!(packets.len(), count as usize);
    for (number, found) in (0..count).zip(&packets) {
        assert!(*found == packet(number), "packet {number} is another");
    }
}

#[test]
fn what_is_in_comes_out_the_same_and_is_counted() {
    passes_whole(10_000, "in.pcap", "out.pcapng");
}

#[test]
#[ignore = "a million packets"]
fn a_million_packets_come_out_the_same() {
    passes_whole(1_000_000, "in.pcapng", "out.pcap");
}

#[test]
fn frames_of_any_length_pass() {
    let stage = Stage::new();
    let frames = [0, 13, 14, 60, 1514, 9018, 65_535].map(|len: usize| vec![0x5a; len]);
    stage.write("in.pcap", frames.clone());
    let mut primary =
        stage.primary(&stage.vdev(&[("rx_pcap", "in.pcap"), ("tx_pcap", "out.pcap")]), 1);
    assert_eq!(primary.ask("forward pool net_pcap0 0 net_pcap0 0 100"), Ok("7".to_owned()));
    assert!(read(&stage.path("out.pcap")) == frames);
}

#[test]
fn two_processes_share_a_file_by_flow_and_write_one_file_without_mixing_records() {
    let stage = Stage::new();
    stage.write("in.pcap", (0..10_000).map(packet));
    let vdev = stage.vdev(&[("rx_pcap", "in.pcap"), ("tx_pcap", "out.pcap")]);
    let mut primary = stage.primary(&vdev, 2);
    let mut secondary = stage.secondary(1);
    primary.say("forward pool net_pcap0 0 net_pcap0 0 100000");
    secondary.say("forward pool net_pcap0 1 net_pcap0 1 100000");
    let went = [&mut primary, &mut secondary].map(|it| it.answer().expect("it reads"));
    let counts = went.map(|count| count.parse::<u32>().expect("it is a number"));
    assert!(counts.iter().all(|count| *count > 0), "{counts:?}");
    assert_eq!(counts.iter().sum::<u32>(), 10_000);
    let packets = read(&stage.path("out.pcap"));
    let mut last = [None; 64];
    for found in &packets {
        let number = number_of(found);
        assert_eq!(*found, packet(number));
        let before = last[(number % 64) as usize].replace(number);
        assert!(before < Some(number), "{number} came behind {before:?} of its flow");
    }
    assert_eq!(packets.len(), 10_000);
}

#[test]
fn a_successor_goes_on_where_a_dead_claimant_was_and_its_file_is_whole() {
    let stage = Stage::new();
    stage.write("in.pcap", (0..6_400).map(packet));
    let vdev = stage.vdev(&[("rx_pcap", "in.pcap"), ("tx_pcap", "out.pcap")]);
    let _primary = stage.primary(&vdev, 1);
    let mut first = stage.secondary(1);
    assert_eq!(first.ask("forward pool net_pcap0 0 net_pcap0 0 3200"), Ok("3200".to_owned()));
    first.kill().assert_killed();
    // Half a record, as of one that was killed while it wrote.
    let path = stage.path("out.pcap");
    let mut bytes = fs::read(&path).expect("it was made");
    bytes.extend([0; 11]);
    fs::write(&path, bytes).expect("the directory is the test's");
    let mut second = stage.secondary(2);
    assert_eq!(second.ask("forward pool net_pcap0 0 net_pcap0 0 10000"), Ok("3200".to_owned()));
    let numbers: Vec<u32> = read(&path).iter().map(|it| number_of(it)).collect();
    assert!(numbers == (0..6_400).collect::<Vec<_>>());
}

#[test]
fn several_files_are_a_queue_each() {
    let stage = Stage::new();
    stage.write("a.pcap", (0..100).map(packet));
    stage.write("b.pcapng", (100..300).map(packet));
    let vdev = stage.vdev(&[
        ("rx_pcap", "a.pcap"),
        ("rx_pcap", "b.pcapng"),
        ("tx_pcap", "x.pcap"),
        ("tx_pcap", "y.pcap"),
    ]);
    let mut primary = stage.primary(&vdev, 2);
    assert_eq!(primary.ask("forward pool net_pcap0 0 net_pcap0 1 1000"), Ok("100".to_owned()));
    assert_eq!(primary.ask("forward pool net_pcap0 1 net_pcap0 0 1000"), Ok("200".to_owned()));
    assert_eq!((read(&stage.path("x.pcap")).len(), read(&stage.path("y.pcap")).len()), (200, 100));
}

#[test]
fn a_file_is_read_again_and_again_if_asked() {
    let stage = Stage::new();
    stage.write("in.pcap", (0..10).map(packet));
    let vdev = stage.vdev(&[("rx_pcap", "in.pcap"), ("infinite_rx", "1"), ("tx_pcap", "out.pcap")]);
    let mut primary = stage.primary(&vdev, 1);
    // The successor goes on in the middle of a round.
    assert_eq!(primary.ask("forward pool net_pcap0 0 net_pcap0 0 17"), Ok("17".to_owned()));
    assert_eq!(primary.ask("forward pool net_pcap0 0 net_pcap0 0 1000"), Ok("1000".to_owned()));
    let numbers: Vec<u32> = read(&stage.path("out.pcap")).iter().map(|it| number_of(it)).collect();
    assert!(numbers == (0..1017).map(|at| at % 10).collect::<Vec<_>>());
}

#[test]
fn a_cut_file_gives_what_is_whole_and_says_where_it_ends() {
    let stage = Stage::new();
    stage.write("in.pcap", (0..50).map(packet));
    let path = stage.path("in.pcap");
    let bytes = fs::read(&path).expect("it was written");
    fs::write(&path, &bytes[..bytes.len() - 3]).expect("the directory is the test's");
    let vdev = stage.vdev(&[("rx_pcap", "in.pcap"), ("tx_pcap", "out.pcap")]);
    let mut primary = stage.primary(&vdev, 1);
    let error = primary.ask("forward pool net_pcap0 0 net_pcap0 0 1000").unwrap_err();
    assert!(error.starts_with("49 went, then ") && error.contains("after 49 packets"), "{error}");
    let sums = primary.ask("port-sums net_pcap0").expect("it is there");
    assert_eq!(sums, "rx 49 tx 49 errors 1 dropped 0 done true");
    assert_eq!(read(&stage.path("out.pcap")).len(), 49);
}

#[test]
fn a_packet_longer_than_all_of_the_pool_counts_as_an_error_and_those_behind_it_come() {
    let stage = Stage::new();
    stage.write("in.pcap", [vec![1; 60], vec![2; 20_000], vec![3; 60]]);
    let vdev = stage.vdev(&[("rx_pcap", "in.pcap"), ("tx_pcap", "out.pcap")]);
    let mut primary = stage.primary(&vdev, 1);
    primary.ask("pool-of-packets small 7").expect("there is memory");
    assert_eq!(primary.ask("forward small net_pcap0 0 net_pcap0 0 10"), Ok("2".to_owned()));
    let sums = primary.ask("port-sums net_pcap0").expect("it is there");
    assert_eq!(sums, "rx 2 tx 2 errors 1 dropped 0 done true");
}

#[test]
fn bad_files_are_refused_before_anything_is_made() {
    let stage = Stage::new();
    fs::write(stage.path("noise.pcap"), "noise").expect("the directory is the test's");
    for (args, why) in [
        (&[("rx_pcap", "none.pcap")][..], "none.pcap could not be opened: No such file"),
        (&[("rx_pcap", "noise.pcap"), ("tx_pcap", "out.pcap")], "neither pcap nor pcapng"),
        (&[("tx_pcap", "a.pcap"), ("tx_pcap", "a.pcap")], "given to net_pcap twice"),
    ] {
        let arguments = format!("--no-huge -m 4 {} {}", lcore(0), stage.vdev(args));
        let ended = Process::run(stage.group.command("join", &arguments));
        let line = ended.assert_refused();
        assert!(line.contains("--vdev net_pcap0") && line.contains(why), "{line}");
        stage.group.assert_nothing_left();
    }
    assert!(!stage.path("out.pcap").exists());
}

/// A start with these options is refused, for this reason, and leaves nothing.
fn refused(stage: &Stage, vdevs: &str, why: &str) {
    let arguments = format!("--no-huge -m 4 {} {vdevs}", lcore(0));
    let ended = Process::run(stage.group.command("join", &arguments));
    let line = ended.assert_refused();
    assert!(line.contains(why), "{line}");
    stage.group.assert_nothing_left();
}

#[test]
fn a_file_that_one_port_writes_is_no_other_ports_in_whatever_order() {
    let stage = Stage::new();
    stage.write("in.pcap", (0..10).map(packet));
    let (input, link) = (stage.path("in.pcap"), stage.path("link.pcap"));
    std::os::unix::fs::symlink(&input, &link).expect("the directory is the test's");
    let (new, before) = (stage.path("new.pcap"), fs::read(&input).expect("it was written"));
    let (read, written) = (format!("rx_pcap={}", input.display()), link.display());
    for (first, second) in [
        (read.clone(), format!("tx_pcap={written}")),
        (format!("tx_pcap={written}"), read),
        (format!("tx_pcap={}", input.display()), format!("tx_pcap={written}")),
        (format!("tx_pcap={}", new.display()), format!("tx_pcap={}", new.display())),
    ] {
        let vdevs = format!("--vdev net_pcap0,{first} --vdev net_pcap1,{second}");
        refused(&stage, &vdevs, "one of the two ports writes it; name another file");
    }
    assert_eq!(fs::read(&input).expect("it is there"), before);
    assert!(!new.exists());
}

#[test]
fn a_file_of_a_port_that_the_group_has_is_not_given_to_another() {
    let stage = Stage::new();
    stage.write("in.pcap", (0..10).map(packet));
    let vdev = stage.vdev(&[("rx_pcap", "in.pcap"), ("tx_pcap", "out.pcap")]);
    let mut primary = stage.primary(&vdev, 1);
    for (key, name) in [("tx_pcap", "in.pcap"), ("rx_pcap", "out.pcap"), ("tx_pcap", "out.pcap")] {
        let vdev = format!("--vdev net_pcap1,{key}={}", stage.path(name).display());
        let arguments = format!("--proc-type secondary {} {vdev}", lcore(1));
        let ended = Process::run(stage.group.command("join", &arguments));
        let line = ended.assert_refused();
        assert!(line.contains("--vdev net_pcap1") && line.contains("file of net_pcap0"), "{line}");
    }
    assert_eq!(primary.ask("forward pool net_pcap0 0 net_pcap0 0 100"), Ok("10".to_owned()));
    assert_eq!(read(&stage.path("out.pcap")).len(), 10);
}

#[test]
fn a_start_that_fails_has_neither_emptied_nor_made_a_file() {
    let stage = Stage::new();
    stage.write("old.pcap", (0..10).map(packet));
    let (old, new) = (stage.path("old.pcap"), stage.path("new.pcap"));
    let before = fs::read(&old).expect("it was written");
    let port = format!("--vdev net_pcap0,tx_pcap={},tx_pcap={}", old.display(), new.display());
    for (other, why) in [
        ("net_pcap1,rx_pcap=/nonexistent", "--vdev net_pcap1: /nonexistent could not be opened"),
        ("net_pcap1,tx_pcap=/nonexistent/out.pcap", "--vdev net_pcap1: /nonexistent/out.pcap"),
        ("net_ring1,peer=net_ring2", "there is no such port"),
    ] {
        refused(&stage, &format!("{port} --vdev {other}"), why);
        assert_eq!(fs::read(&old).expect("it is there"), before);
        assert!(!new.exists());
    }
}

#[test]
fn a_file_is_emptied_when_its_port_runs_for_the_first_time_and_not_again() {
    let stage = Stage::new();
    stage.write("old.pcap", (0..10).map(packet));
    stage.write("in.pcap", (0..10).map(packet));
    let (old, new) = (stage.path("old.pcap"), stage.path("new.pcap"));
    let before = fs::read(&old).expect("it was written");
    let vdev = stage.vdev(&[("rx_pcap", "in.pcap"), ("tx_pcap", "old.pcap")]);
    let other = format!("--vdev net_pcap1,tx_pcap={}", new.display());
    let mut primary = stage.group.peer(&format!("--no-huge -m 16 {} {vdev} {other}", lcore(0)));
    // The EAL has started; what the program itself finds wrong comes now.
    assert_eq!(fs::read(&old).expect("it is there"), before);
    assert!(!new.exists());
    primary.ask("pool-of-packets pool 1023").expect("there is memory");
    primary.ask("run-ports 1 1").expect("it owns the ports");
    assert_eq!((read(&old).len(), read(&new).len()), (0, 0));
    assert_eq!(primary.ask("forward pool net_pcap0 0 net_pcap0 0 10"), Ok("10".to_owned()));
    primary.ask("port-stop net_pcap0").expect("it owns the port");
    primary.ask("port-up net_pcap0 1 1").expect("it owns the port");
    assert_eq!(read(&old).len(), 10);
}

#[test]
fn a_file_that_would_never_be_read_or_written_is_refused() {
    let stage = Stage::new();
    for name in ["a.pcap", "b.pcap"] {
        stage.write(name, (0..10).map(packet));
    }
    for key in ["rx_pcap", "tx_pcap"] {
        let group = Stage::new();
        let args = format!(
            "{key}={},{key}={}",
            stage.path("a.pcap").display(),
            stage.path("b.pcap").display()
        );
        let mut primary =
            group.group.peer(&format!("--no-huge -m 16 {} --vdev net_pcap0,{args}", lcore(0)));
        let why = primary.ask("port-up net_pcap0 1 1").unwrap_err();
        assert!(
            why.contains(&format!(
                "it has 2 files with {key}, one a queue, and is to have 1 such queue"
            )),
            "{why}"
        );
        primary.ask("port-up net_pcap0 2 2").expect("each file has its queue");
    }
}

#[test]
fn a_pipe_a_device_and_stdin_are_refused_and_not_waited_for() {
    let stage = Stage::new();
    let pipe = stage.path("pipe");
    nix::unistd::mkfifo(&pipe, nix::sys::stat::Mode::S_IRWXU).expect("the directory is the test's");
    for key in ["rx_pcap", "tx_pcap"] {
        for path in [pipe.as_path(), Path::new("/dev/null")] {
            let vdev = format!("--vdev net_pcap0,{key}={}", path.display());
            refused(&stage, &vdev, "is no regular file, and net_pcap takes no");
        }
        refused(&stage, &format!("--vdev net_pcap0,{key}=-"), "neither stdin nor stdout");
    }
}

#[test]
fn tshark_opens_what_was_written() {
    let Some(tshark) = require::tshark() else { return };
    let stage = Stage::new();
    stage.write("in.pcap", (0..100).map(packet));
    for output in ["out.pcap", "out.pcapng"] {
        let stage_of_one = Stage::new();
        fs::copy(stage.path("in.pcap"), stage_of_one.path("in.pcap")).expect("it is there");
        let vdev = stage_of_one.vdev(&[("rx_pcap", "in.pcap"), ("tx_pcap", output)]);
        let mut primary = stage_of_one.primary(&vdev, 1);
        primary.ask("forward pool net_pcap0 0 net_pcap0 0 1000").expect("it reads");
        let mut command = std::process::Command::new(&tshark);
        command.arg("-r").arg(stage_of_one.path(output)).args(["-Y", "udp.dstport == 53"]);
        let ended = Process::run(command);
        assert_eq!(ended.assert_success().stdout.lines().count(), 100, "{ended}");
    }
}
