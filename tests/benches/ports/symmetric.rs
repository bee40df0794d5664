//! `symmetric_mp`, one process with one lcore: our forwarder.

use core::time::Duration;
use std::io;

use phalanx_tests::binaries::app;
use phalanx_tests::group::TestGroup;
use phalanx_tests::process::Process;

use crate::other;
use crate::reader::{Count, Order, Reader};

/// The lcore that forwards, on CPU 1 as testpmd's.
const FORWARDS: &str = "0@1";

/// The reader's.
const READS: &str = "1@0";

/// How long it runs before its packets are counted.
const SETTLES: Duration = Duration::from_millis(30);

/// A running `symmetric_mp`, and who reads its counters.
#[derive(Debug)]
pub(crate) struct Symmetric {
    // Dropped first: it leaves before its group's files go.
    process: Process,
    reader: Reader,
    _group: TestGroup,
}

impl Symmetric {
    /// Starts it with two devices, behind the words of `prefix`, and puts so many frames into each, if any.
    pub(crate) fn start(
        prefix: &[String],
        devices: [&str; 2],
        frames: Option<(Order, usize)>,
    ) -> io::Result<Self> {
        let group = TestGroup::of(app("symmetric_mp"));
        let process = forwarder(&group, prefix, &devices)?;
        let mut reader = Reader::start(&group, READS)?;
        let Some((order, count)) = frames else {
            return Ok(Self { process, reader, _group: group });
        };
        // Its queues are free between its first life and its second.
        process.kill();
        devices.iter().try_for_each(|port| reader.put(port, order, count))?;
        Ok(Self { process: forwarder(&group, prefix, &[])?, reader, _group: group })
    }

    /// Forwards for `slice`; packets per second, of both ports. Stands still before and after.
    pub(crate) fn slice(&mut self, slice: Duration) -> io::Result<f64> {
        self.process.thaw();
        std::thread::sleep(SETTLES);
        let before = self.count()?;
        std::thread::sleep(slice);
        let rate = self.count()?.since(before);
        self.process.freeze();
        Ok(rate)
    }

    /// How many packets it has sent.
    pub(crate) fn count(&mut self) -> io::Result<Count> {
        self.reader.count()
    }

    /// Stops it in its tracks.
    pub(crate) fn freeze(&self) {
        self.process.freeze();
    }
}

fn forwarder(group: &TestGroup, prefix: &[String], devices: &[&str]) -> io::Result<Process> {
    let mut command = group.command_behind(prefix);
    command.args(["--proc-type=primary", "--file-prefix", group.prefix(), "--lcores", FORWARDS]);
    command.args(devices.iter().flat_map(|device| ["--vdev", device]));
    command.args(["--", "-p", "3", "--num-procs", "1", "--proc-id", "0"]);
    let mut process = Process::start(command);
    match process.line_or_end("using queue 0") {
        Some(_) => Ok(process),
        None => Err(other(format!("symmetric_mp did not start: {}", process.end().stderr))),
    }
}
