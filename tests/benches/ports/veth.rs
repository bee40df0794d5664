//! A pair of interfaces that are each other's wire, in the bench's own network namespace.
//!
//! Both ends are the forwarder's: what it sends by one it receives by the other, so that frames go round
//! for ever. The first ones the kernel sends: some pings to nobody.

use std::io;

use phalanx_tests::netns::Namespace;
use phalanx_tests::process::Process;
use phalanx_tests::require;

use crate::other;

/// A network namespace, with the pair in it; gone when it is dropped, or with the next that is made if
/// this process is killed.
#[derive(Debug)]
pub(crate) struct Veth(Namespace);

/// The two ends.
pub(crate) const ENDS: [&str; 2] = ["phxb0", "phxb1"];

impl Veth {
    /// Makes it.
    pub(crate) fn new() -> io::Result<Self> {
        require::netns().ok_or_else(|| other("there can be no network namespaces here"))?;
        let veth = Self(Namespace::new("bench"));
        let [first, second] = ENDS;
        veth.run(&format!("ip link add {first} type veth peer name {second}"));
        veth.run(&format!("ip addr add 10.99.0.1/24 dev {first}"));
        for end in ENDS {
            veth.run(&format!("ip link set {end} up"));
        }
        veth.run(&format!("ip neigh replace 10.99.0.2 lladdr 02:00:00:00:00:99 dev {first}"));
        Ok(veth)
    }

    /// What stands before a program's words, so that it runs there.
    pub(crate) fn prefix(&self) -> Vec<String> {
        ["ip", "netns", "exec", self.0.name()].map(str::to_owned).to_vec()
    }

    /// Has the kernel send `count` frames out of the first end.
    pub(crate) fn put(&self, count: usize) {
        let mut ping = self.0.command("ping");
        ping.args(format!("-q -l {count} -c {count} -W 1 -w 5 -s 22 10.99.0.2").split(' '));
        // Nobody answers, so it fails.
        let _ = Process::run(ping);
    }

    fn run(&self, line: &str) {
        let words: Vec<&str> = line.split(' ').collect();
        if let [program, arguments @ ..] = words.as_slice() {
            self.0.must(program, arguments);
        }
    }
}
