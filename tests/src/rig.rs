//! Groups whose ports are interfaces in network namespaces of the test's own.

use crate::cpu::lcore;
use crate::group::TestGroup;
use crate::netns::{Between, Namespace, Wire, join};
use crate::process::Process;

/// Of a primary that has no hugepages.
pub const MEMORY: &str = "--no-huge -m 16";

/// A namespace with a group in it and one end of a wire, `port0`; the test has the other, `wire0`.
#[derive(Debug)]
pub struct Rig {
    /// The group.
    pub group: TestGroup,
    /// Where it is.
    pub inside: Namespace,
    /// Where the other end is.
    pub outside: Namespace,
}

impl Rig {
    /// Makes it, for processes of the program `peer`.
    pub fn new(peer: &'static str) -> Self {
        let (inside, outside) = (Namespace::new("in"), Namespace::new("out"));
        join((&inside, "port0"), (&outside, "wire0"));
        inside.must("ip", &["link", "set", "port0", "up"]);
        outside.must("ip", &["link", "set", "wire0", "up"]);
        Self { group: TestGroup::of(peer), inside, outside }
    }

    /// A peer in the namespace.
    pub fn peer(&self, arguments: &str) -> Process {
        peer_in(&self.group, &self.inside, arguments)
    }

    /// The owner of `net_af_packet0`, which is the wire's end and runs with so many queues.
    ///
    /// # Panics
    /// If it does not.
    pub fn owner(&self, args: &str, queues: u16) -> Process {
        let mut owner =
            self.peer(&format!("{MEMORY} {} --vdev net_af_packet0,iface=port0{args}", lcore(0)));
        owner.ask(&format!("port-up net_af_packet0 {queues} {queues}")).unwrap();
        owner
    }

    /// The test's end.
    pub fn wire(&self) -> Wire {
        self.outside.wire("wire0")
    }
}

/// Arguments of a secondary on lcore `id`.
pub fn secondary(id: u16) -> String {
    format!("--proc-type=secondary {}", lcore(id))
}

/// A peer of `group` in `namespace`.
pub fn peer_in(group: &TestGroup, namespace: &Namespace, arguments: &str) -> Process {
    let before = ["ip", "netns", "exec", namespace.name()].map(str::to_owned);
    let mut command = group.command_behind(&before);
    command.args(["serve", "--file-prefix", group.prefix()]).args(arguments.split_whitespace());
    let mut peer = Process::start(command);
    peer.await_line("joined ");
    peer
}

/// Two hosts, and the owner of two ports between them.
///
/// # Panics
/// If the ports do not run.
pub fn bridged(peer: &'static str, args: &str, queues: u16) -> (TestGroup, Between, Process) {
    let hosts = Between::new();
    let group = TestGroup::of(peer);
    let mut owner = peer_in(
        &group,
        &hosts.middle,
        &format!(
            "{MEMORY} {} --vdev net_af_packet0,iface=left0{args} --vdev net_af_packet1,iface=right0{args}",
            lcore(0)
        ),
    );
    for port in ["net_af_packet0", "net_af_packet1"] {
        owner.ask(&format!("port-up {port} {queues} {queues}")).unwrap();
    }
    (group, hosts, owner)
}

/// Has a peer pass packets between the two ports of [`bridged`].
pub const PASS: &str = "pass net_af_packet0 0 net_af_packet1 0";

/// A frame to everybody with a number in it, as `take` shows it.
pub fn frame(len: usize, number: u32) -> Vec<u8> {
    let mut frame = vec![0xff; 6];
    frame.extend([2, 0, 0, 0, 0, 1, 0x88, 0xb5]);
    frame.extend(number.to_be_bytes());
    frame.resize(len, 0xa5);
    frame
}

/// What the beginning of a frame that a peer gives looks like.
pub const GIVEN: [u8; 14] =
    [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x88, 0xb5];

/// The numbers that `take` shows.
///
/// # Panics
/// If it shows something else.
pub fn numbers(taken: &str) -> Vec<u32> {
    let number = |word: &str| word.split_once(':').unwrap().1.parse().unwrap();
    taken.split_whitespace().map(number).collect()
}
