//! What is measured, and both sides of it.

use core::fmt;
use std::io;
use std::process::Command;

use crate::options::Options;
use crate::other;
use crate::reader::Order;
use crate::serving::Serving;
use crate::symmetric::Symmetric;
use crate::table::{Round, Row};
use crate::testpmd::Testpmd;
use crate::veth::{ENDS, Veth};

/// Frames in each port of those that have no source: four bursts.
const FRAMES: usize = 128;

/// What is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Subject {
    /// Empty packets from nowhere to nowhere.
    Null,
    /// Frames that go round through rings, in the order in which they lie in memory, as they come from a pool.
    Ring,
    /// The same; testpmd moves as many at a time as we.
    RingWide,
    /// The same in no order, as after many have come and gone.
    RingScattered,
    /// Frames that go round through a pair of the kernel's interfaces.
    AfPacket,
    /// A server and a client, with empty packets.
    ServingNull,
}

impl Subject {
    /// All that there are.
    pub(crate) const ALL: [Self; 6] = [
        Self::Null,
        Self::Ring,
        Self::RingWide,
        Self::RingScattered,
        Self::AfPacket,
        Self::ServingNull,
    ];

    /// Its name.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Null => "net_null, one core",
            Self::Ring => "net_ring, one core",
            Self::RingWide => "net_ring, testpmd's burst 64",
            Self::RingScattered => "net_ring, buffers in no order",
            Self::AfPacket => "net_af_packet on a veth pair, one core",
            Self::ServingNull => "server and client, net_null, two cores",
        }
    }

    /// How many times DPDK's it is to be.
    pub(crate) fn asked(self) -> &'static str {
        match self {
            Self::Null | Self::Ring | Self::AfPacket => "1",
            Self::RingWide | Self::RingScattered => "–",
            Self::ServingNull => "1.2",
        }
    }
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// Runs all rounds of a subject.
pub(crate) fn run(subject: Subject, options: &Options) -> io::Result<Row> {
    // It has no option that only says its version: whether it runs at all is asked.
    Command::new("dpdk-testpmd").arg("--help").output().map_err(|error| {
        let advice = "apt-get install dpdk dpdk-doc libdpdk-dev";
        other(format!("DPDK is not beside us, dpdk-testpmd: {error} ({advice})"))
    })?;
    let rounds = match subject {
        Subject::Null => null(options),
        Subject::Ring => ring(options, TX_FIRST, Order::Lying),
        Subject::RingWide => ring(options, TX_FIRST_WIDE, Order::Lying),
        Subject::RingScattered => ring(options, TX_FIRST, Order::Scattered),
        Subject::AfPacket => af_packet(options),
        Subject::ServingNull => serving(options),
    };
    Ok(Row::new(subject, rounds?))
}

/// As many rounds as are wanted; who is first changes from one to the next.
fn rounds<S>(
    options: &Options,
    sides: &mut S,
    dpdk: impl Fn(&mut S) -> io::Result<f64>,
    ours: impl Fn(&mut S) -> io::Result<f64>,
) -> io::Result<Vec<Round>> {
    let mut round = |number: usize| {
        if number.is_multiple_of(2) {
            let dpdk = dpdk(sides)?;
            Ok(Round { dpdk, ours: ours(sides)? })
        } else {
            let ours = ours(sides)?;
            Ok(Round { dpdk: dpdk(sides)?, ours })
        }
    };
    let round = |number| {
        let done: io::Result<Round> = round(number);
        if let Ok(Round { dpdk, ours }) = &done {
            let (at, of) = (number + 1, options.rounds);
            eprintln!("  round {at} of {of}: {:.3} and {:.3} M/s", dpdk / 1e6, ours / 1e6);
        }
        done
    };
    (0..options.rounds).map(round).collect()
}

fn null(options: &Options) -> io::Result<Vec<Round>> {
    let devices = ["net_null0", "net_null1"];
    let dpdk = Testpmd::start(&[], devices, "start")?;
    let ours = Symmetric::start(&[], devices, None)?;
    ours.freeze();
    one_core(options, dpdk, ours)
}

/// testpmd empties its ports before it begins, so frames are sent anew each time: four bursts.
const TX_FIRST: &str = "start tx_first 4";

/// As many frames, in bursts that are twice as large.
const TX_FIRST_WIDE: &str = "set burst 64\nstart tx_first 2";

fn ring(options: &Options, start: &'static str, order: Order) -> io::Result<Vec<Round>> {
    let devices = ["net_ring0", "net_ring1"];
    let dpdk = Testpmd::start(&[], devices, start)?;
    let ours = Symmetric::start(&[], devices, Some((order, FRAMES)))?;
    ours.freeze();
    one_core(options, dpdk, ours)
}

fn one_core(options: &Options, dpdk: Testpmd, ours: Symmetric) -> io::Result<Vec<Round>> {
    let slice = options.slice;
    rounds(options, &mut (dpdk, ours), |sides| sides.0.slice(slice), |sides| sides.1.slice(slice))
}

/// Both would hear what the other sends, so only one of them lives at a time.
fn af_packet(options: &Options) -> io::Result<Vec<Round>> {
    let veth = Veth::new()?;
    let prefix = veth.prefix();
    let [first, second] = ENDS.map(|end| format!("iface={end},qdisc_bypass=1"));
    let devices = [format!("net_af_packet0,{first}"), format!("net_af_packet1,{second}")];
    let devices = devices.each_ref().map(String::as_str);
    let settle = || -> io::Result<()> {
        veth.put(FRAMES);
        std::thread::sleep(options.slice / 4);
        Ok(())
    };
    let dpdk = |_: &mut ()| {
        let mut testpmd = Testpmd::start(&prefix, devices, "start")?;
        testpmd.run();
        settle()?;
        testpmd.rate()?;
        std::thread::sleep(options.slice);
        testpmd.rate()
    };
    let ours = |_: &mut ()| {
        let mut symmetric = Symmetric::start(&prefix, devices, None)?;
        settle()?;
        let before = symmetric.count()?;
        std::thread::sleep(options.slice);
        Ok(symmetric.count()?.since(before))
    };
    rounds(options, &mut (), dpdk, ours)
}

fn serving(options: &Options) -> io::Result<Vec<Round>> {
    let devices = ["net_null0", "net_null1"];
    let (dpdk, ours) = (Serving::dpdk(devices)?, Serving::ours(devices)?);
    let slice = options.slice;
    rounds(options, &mut (dpdk, ours), |sides| sides.0.slice(slice), |sides| sides.1.slice(slice))
}
