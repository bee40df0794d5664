//! `dpdk-testpmd` in its simplest way of forwarding (`io`), told by its prompt.

use core::time::Duration;
use std::io;
use std::process::Command;

use phalanx_tests::dpdk;
use phalanx_tests::process::Process;

use crate::other;

/// DPDK's name for this group. Fixed, so that a run that was cut short is cleaned by the next.
const PREFIX: &str = "phalanx_bench_ports";

/// How long it runs before its packets are counted.
const SETTLES: Duration = Duration::from_millis(30);

/// How long it may take to close its ports.
const CLOSES: Duration = Duration::from_secs(10);

/// Mbufs, as many as our forwarder has.
const MBUFS: &str = "--total-num-mbufs=65536";

/// A running `dpdk-testpmd`.
#[derive(Debug)]
pub(crate) struct Testpmd {
    process: Process,
    /// What makes it forward.
    start: &'static str,
}

impl Testpmd {
    /// Starts it with two devices, behind the words of `prefix`. `start` is its command for forwarding.
    pub(crate) fn start(
        prefix: &[String],
        devices: [&str; 2],
        start: &'static str,
    ) -> io::Result<Self> {
        dpdk::remove_leftovers(PREFIX);
        // Into a pipe it would write only when four kilobytes are together.
        let program = ["stdbuf", "-oL", "dpdk-testpmd"];
        let mut words = prefix.iter().map(String::as_str).chain(program);
        let mut command = Command::new(words.next().unwrap_or("stdbuf"));
        command.args(words);
        command.args(["-l", "0,1", "--main-lcore", "0", "--file-prefix", PREFIX]);
        command.args(["--no-pci", "--no-telemetry", "--log-level", "error"]);
        command.args(devices.iter().flat_map(|device| ["--vdev", device]));
        command.args(["--", "-i", "--forward-mode=io", "--nb-cores=1", MBUFS]);
        let mut process = Process::start(command);
        // The prompt ends no line, so an answer is asked for.
        process.say("show config fwd");
        let is_up = process.line_or_end("io packet forwarding");
        is_up.ok_or_else(|| other("dpdk-testpmd did not start"))?;
        Ok(Self { process, start })
    }

    /// Forwards for `slice`; packets per second, of both ports.
    pub(crate) fn slice(&mut self, slice: Duration) -> io::Result<f64> {
        self.process.say(self.start);
        std::thread::sleep(SETTLES);
        self.rate()?;
        std::thread::sleep(slice);
        let rate = self.rate()?;
        self.process.say("stop");
        self.process.line_or_end("Done.").ok_or_else(|| other("dpdk-testpmd did not stop"))?;
        Ok(rate)
    }

    /// Lets it forward until it is dropped.
    pub(crate) fn run(&mut self) {
        self.process.say(self.start);
    }

    /// Packets that it has sent per second, on both ports, since it was last asked.
    pub(crate) fn rate(&mut self) -> io::Result<f64> {
        self.process.say("show port stats all");
        let mut sum = 0.0;
        for _ in 0..2 {
            let line = self.process.line_or_end("Tx-pps:");
            let line = line.ok_or_else(|| other("dpdk-testpmd ended"))?;
            let number = line.split_whitespace().nth(1).and_then(|word| word.parse::<f64>().ok());
            sum += number.ok_or_else(|| other(format!("dpdk-testpmd said '{line}'")))?;
        }
        Ok(sum)
    }
}

impl Drop for Testpmd {
    fn drop(&mut self) {
        self.process.say("quit");
        // It closes its ports, and says so; one that does not is killed with its process.
        let _ = self.process.line_within("Bye...", CLOSES);
        dpdk::remove_leftovers(PREFIX);
    }
}
