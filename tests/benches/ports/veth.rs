//! A pair of interfaces that are each other's wire, in the bench's own network namespace.
//!
//! Both ends are the forwarder's: what it sends by one it receives by the other, so that frames go round
//! for ever. The first ones the kernel sends: some pings to nobody.

use std::io;
use std::process::{Command, Stdio};

use crate::other;

/// A network namespace, with the pair in it; gone when it is dropped.
#[derive(Debug)]
pub(crate) struct Veth {
    namespace: String,
}

/// The two ends.
pub(crate) const ENDS: [&str; 2] = ["phxb0", "phxb1"];

impl Veth {
    /// Makes it.
    pub(crate) fn new() -> io::Result<Self> {
        let veth = Self { namespace: format!("phxbench{}", std::process::id()) };
        let [first, second] = ENDS;
        ip(&format!("netns add {}", veth.namespace))?;
        veth.run(
            "sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1",
        )?;
        veth.run(&format!("ip link add {first} type veth peer name {second}"))?;
        veth.run(&format!("ip addr add 10.99.0.1/24 dev {first}"))?;
        for end in ENDS {
            veth.run(&format!("ip link set {end} up"))?;
        }
        veth.run(&format!("ip neigh replace 10.99.0.2 lladdr 02:00:00:00:00:99 dev {first}"))?;
        Ok(veth)
    }

    /// What stands before a program's words, so that it runs there.
    pub(crate) fn prefix(&self) -> Vec<String> {
        ["ip", "netns", "exec", &self.namespace].map(str::to_owned).to_vec()
    }

    /// Has the kernel send `count` frames out of the first end.
    pub(crate) fn put(&self, count: usize) -> io::Result<()> {
        // Nobody answers, so it fails.
        self.command(&format!("ping -q -l {count} -c {count} -W 1 -s 22 10.99.0.2")).status()?;
        Ok(())
    }

    fn command(&self, line: &str) -> Command {
        let mut command = Command::new("ip");
        command.args(["netns", "exec", &self.namespace]).args(line.split(' '));
        command.stdout(Stdio::null()).stderr(Stdio::null()).stdin(Stdio::null());
        command
    }

    fn run(&self, line: &str) -> io::Result<()> {
        let status = self.command(line).status()?;
        if status.success() { Ok(()) } else { Err(other(format!("`{line}`: {status}"))) }
    }
}

impl Drop for Veth {
    fn drop(&mut self) {
        // With it go the interfaces.
        let _ = ip(&format!("netns del {}", self.namespace));
    }
}

fn ip(line: &str) -> io::Result<()> {
    let status = Command::new("ip").args(line.split(' ')).stderr(Stdio::null()).status()?;
    if status.success() { Ok(()) } else { Err(other(format!("`ip {line}`: {status}"))) }
}
