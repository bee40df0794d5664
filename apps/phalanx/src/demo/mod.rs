//! `phalanx demo`: the main job in one command.
//!
//! This process is the primary of a group of its own and starts two workers, which are
//! secondaries. Between it and each of them are two ports of net_ring that are joined, both the
//! primary's. Every packet is an mbuf: it goes by one of these lanes to a worker, is turned round where it
//! lies, and comes back. Half-way one worker is killed and started anew: it takes over the dead one's
//! queues, and the mbufs in its hands go back to the pool. At the
//! end in = out + recovered, nothing is lost, and the pool misses no mbuf.
//!
//! The primary drives its ports as any program does, so that `phalanx capture -i demo_primary0` shows what goes to
//! worker 0 and comes back; of the workers' ports a capture sees nothing (`demo_lane`'s `hands.rs` says why).
//!
//! | file | concept |
//! |---|---|
//! | `capture.rs` | the packets |
//! | `own_options.rs` | options that are the demo's and not its user's |
//! | `program.rs` | which program the workers are |
//! | `children.rs` `said.rs` | the worker processes, and what they say |
//! | `worker.rs` | a worker's work |
//! | `lanes.rs` | the ports between the primary and the workers |
//! | `courier.rs` | the primary's work |
//! | `deaths.rs` | what becomes of a killed worker |
//! | `conduct.rs` | the demo from the first packet to the last |
//! | `report.rs` `painter.rs` | the live table and the books; where the table is shown |

mod capture;
mod children;
mod conduct;
mod courier;
mod deaths;
mod lanes;
mod own_options;
mod painter;
mod program;
mod report;
mod said;
mod worker;

pub(crate) use worker::run as work;

use core::sync::atomic::AtomicBool;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Instant;

use demo_lane::{CONTROL, Control, NOTE_BYTES, POOL, WORKERS};
use phalanx_core::group::flags;
use phalanx_core::mbuf::{MbufConfig, MbufPool};
use phalanx_core::memzone::{Zone, ZoneOptions};
use phalanx_linux::console::{say, show};
use phalanx_linux::cpu;
use phalanx_linux::eal::clean::clean;
use phalanx_linux::eal::{EalBuilder, EalError, Fallback};
use phalanx_linux::runtime_dir::{Base, Prefix, list_prefixes};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};

use children::WorkerProcess;
use conduct::Demo;
use courier::Courier;
use deaths::Deaths;
use program::WorkerKind;

use crate::Failure;
use crate::cli::DemoOptions;

/// How the prefix of a demo's group begins; its process id follows.
const PREFIX: &str = "demo-";

/// Packets that the demo sends unless told otherwise: three seconds' worth.
const PACKETS: u64 = 300_000;

/// Buffers: what both rings of both workers hold, and some in hands and caches.
const BUFFERS: u32 = 8191;

/// Runs the demo. Success only if the books balance.
pub(crate) fn run(options: &DemoOptions) -> Result<ExitCode, Failure> {
    let capture = capture::read(options.pcap.as_deref())?;
    let total = options.packets.unwrap_or(PACKETS.max(capture.packets.len() as u64));
    clean_earlier_demos();
    let prefix = format!("{PREFIX}{}", std::process::id());
    let cpus = cpu::allowed()?;
    let common = |role: &str, lcore: usize| {
        let lcores = format!("{lcore}@({cpus})");
        ["--proc-type", role, "--file-prefix", &prefix, "--lcores", &lcores]
            .map(str::to_owned)
            .to_vec()
    };
    let mut arguments = common("primary", 0);
    arguments.extend_from_slice(&options.eal);
    let (eal, _) = match EalBuilder::new().fallback(Fallback::NoHuge).init(arguments) {
        Ok(started) => started,
        Err(EalError::Asked(text)) => {
            say(text)?;
            return Ok(ExitCode::SUCCESS);
        }
        Err(error) => return Err(own_options::why_not(&error, &prefix)),
    };
    if !options.json {
        eal.notices().try_for_each(say)?;
        say(eal.start_line())?;
    }
    if eal.group().has(flags::PRIVATE) {
        return Err(Failure::new(
            "the demo's workers must be able to join its group; leave --in-memory, --no-shconf and --huge-unlink=always out",
        ));
    }
    let config = MbufConfig::new(BUFFERS).cache(256).private(NOTE_BYTES);
    let pool = MbufPool::create(eal.group(), POOL, &config)?;
    let home = pool.home_of(eal.main_lcore())?;
    let control =
        Zone::create_typed::<Control>(eal.group(), CONTROL, &ZoneOptions::default(), |_| ())?
            .value();
    let lanes = [lanes::open(eal.ports(), 0)?, lanes::open(eal.ports(), 1)?];
    let courier = Courier::new(&capture.packets, total, lanes, &home);
    let deaths = Deaths::hear(&eal)?;
    let kind = WorkerKind::find();
    if !options.json {
        say(format_args!("workers: {kind}"))?;
    }
    let workers = (0..WORKERS).zip(&control.workers).map(|(index, line)| {
        WorkerProcess::start(&kind, index, &common("secondary", index + 1), line)
    });
    let workers = workers.collect::<Result<Vec<_>, _>>()?;
    let interrupted = Arc::new(AtomicBool::new(false));
    for signal in [SIGINT, SIGTERM, SIGHUP] {
        signal_hook::flag::register(signal, Arc::clone(&interrupted))?;
    }
    let begun = Instant::now();
    let demo = Demo { options, control, courier, deaths, workers, total, begun, interrupted };
    let report = demo.run(&capture, &pool)?;
    if options.json {
        say(serde_json::to_string_pretty(&report)?)?;
    } else {
        show(format_args!("\n{report}"))?;
    }
    Ok(if report.balanced { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Removes what demos that were killed have left: nobody starts a group of their prefix again.
fn clean_earlier_demos() {
    let Ok(base) = Base::from_environment() else { return };
    let is_demo = |prefix: &Prefix| {
        let number = prefix.as_str().strip_prefix(PREFIX);
        number.is_some_and(|number| number.bytes().all(|byte| byte.is_ascii_digit()))
    };
    for prefix in list_prefixes(&base).unwrap_or_default().iter().filter(|prefix| is_demo(prefix)) {
        // One that lives stays, and what cannot be removed stops no new demo.
        let _ = clean(&base, prefix);
    }
}
