//! A server and one client, on a processor each: DPDK's samples, and ours.

use core::time::Duration;
use std::io;
use std::path::Path;
use std::process::Command;

use phalanx_tests::binaries::app;
use phalanx_tests::dpdk;
use phalanx_tests::group::TestGroup;
use phalanx_tests::process::Process;

use crate::other;
use crate::reader::Reader;

/// DPDK's name for this group. Fixed, so that a run that was cut short is cleaned by the next.
const PREFIX: &str = "phalanx_bench_serving";

/// How long both run before packets are counted.
const SETTLES: Duration = Duration::from_millis(30);

/// Who gives, who takes, and who counts.
#[derive(Debug)]
pub(crate) struct Serving {
    client: Process,
    server: Process,
    reader: Reader,
    _group: Option<TestGroup>,
}

impl Serving {
    /// DPDK's, built from the sources of its samples.
    pub(crate) fn dpdk(devices: [&str; 2]) -> io::Result<Self> {
        let programs = dpdk::samples(Path::new(env!("CARGO_TARGET_TMPDIR")))?;
        dpdk::remove_leftovers(PREFIX);
        let start = |program: &str, role: &str, lcores: &str, more: &[&str]| {
            let mut command = Command::new(programs.join(program));
            command.args(["--file-prefix", PREFIX, "--no-pci", "--no-telemetry"]);
            command.args(["--proc-type", role, "--lcores", lcores]).args(more);
            Process::start(command)
        };
        let [first, second] = devices;
        let devices = ["--vdev", first, "--vdev", second, "--", "-p", "3", "-n", "1"];
        let server = started(start("mp_server", "primary", "0@0", &devices))?;
        let client = started(start("mp_client", "secondary", "1@1", &["--", "-n", "0"]))?;
        let reader =
            Reader::of(start("served", "secondary", "2@(0,1)", &["--log-level", "error"]))?;
        let serving = Self { client, server, reader, _group: None };
        serving.freeze();
        Ok(serving)
    }

    /// Ours.
    pub(crate) fn ours(devices: [&str; 2]) -> io::Result<Self> {
        let group = TestGroup::of(app("mp_server"));
        let start = |program: &str, role: &str, lcores: &str, more: &[&str]| {
            let mut command = group.other_command(&app(program));
            command.args(["--file-prefix", group.prefix(), "--proc-type", role]);
            command.args(["--lcores", lcores]).args(more);
            started(Process::start(command))
        };
        let [first, second] = devices;
        let devices = ["--vdev", first, "--vdev", second, "--", "-p", "3", "-n", "1"];
        let server = start("mp_server", "primary", "0@0", &devices)?;
        let client = start("mp_client", "secondary", "1@1", &["--", "-n", "0"])?;
        let reader = Reader::start(&group, "2@0")?;
        let serving = Self { client, server, reader, _group: Some(group) };
        serving.freeze();
        Ok(serving)
    }

    /// Serves for `slice`; packets per second that the client sends. Stands still before and after.
    pub(crate) fn slice(&mut self, slice: Duration) -> io::Result<f64> {
        self.server.thaw();
        self.client.thaw();
        std::thread::sleep(SETTLES);
        let before = self.reader.count()?;
        std::thread::sleep(slice);
        let rate = self.reader.count()?.since(before);
        self.freeze();
        Ok(rate)
    }

    fn freeze(&self) {
        self.client.freeze();
        self.server.freeze();
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        // DPDK's leave their files to who comes next; what is not there need not be removed.
        dpdk::remove_leftovers(PREFIX);
    }
}

/// Both samples, and both of ours, say this when they begin.
fn started(mut process: Process) -> io::Result<Process> {
    match process.line_or_end("Finished Process Init.") {
        Some(_) => Ok(process),
        None => Err(other(format!("a program did not start: {}", process.end().stderr))),
    }
}
