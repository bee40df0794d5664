//! `phalanx capture`: the packets that pass a group's ports, into a file that Wireshark opens.
//!
//! ```text
//!   core's Capture: copies, counts  →  output.rs: pcapng  →  a file, or standard output
//!   ports.rs: which ports            report.rs: the progress line, the summary
//!   others.rs: who forwards by them
//! ```

mod others;
mod output;
mod ports;
mod report;

use core::sync::atomic::{AtomicBool, Ordering};
use core::time::Duration;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Instant;

use phalanx_core::port::capture::{Capture, CaptureConfig, CaptureReader, Directions};
use phalanx_linux::console::complain;
use phalanx_linux::port::filter;
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};

use crate::cli::CaptureOptions;
use crate::{Failure, member};
use others::Others;
use output::Output;
use ports::Ports;
use report::{Ending, Progress, Summary};

/// How long it sleeps when there is nothing.
const PAUSE: Duration = Duration::from_micros(500);

/// How often it looks at ports, flushes, and thinks of the progress line.
const LOOK_AGAIN: Duration = Duration::from_millis(100);

/// Packets that are read at a time.
const BATCH: u64 = 64;

/// Runs the command.
pub(crate) fn run(options: &CaptureOptions) -> Result<ExitCode, Failure> {
    let config = config(options)?;
    let eal = member::join(&options.group.file_prefix)?;
    if options.list {
        ports::list(eal.group(), options.group.json)?;
        return Ok(ExitCode::SUCCESS);
    }
    let Some(path) = &options.write else {
        return Err(Failure::new(
            "packets were to be captured and no file was named; give -w FILE, or -w - for standard output",
        ));
    };
    let stop = Arc::new(AtomicBool::new(false));
    for signal in [SIGHUP, SIGINT, SIGTERM] {
        signal_hook::flag::register(signal, Arc::clone(&stop))?;
    }
    let mut ports = Ports::choose(eal.group(), &options.interface)?;
    ports.check_queue(&config)?;
    ports::check_file(eal.group(), path)?;
    let capture = Capture::open(eal.group(), &config)?;
    // A port that somebody else captures is found out before a file is overwritten.
    let left_out = ports.on(&capture)?;
    let mut output = Output::create(path, options.filter_text())?;
    let others = Others::of(ports.group(), ports.all(), options.quiet);
    if !options.quiet {
        for why in left_out {
            complain(format_args!("left out for now: {why}"));
        }
        complain(format_args!("capturing on {}", ports.names()));
    }
    let session = Session { options, capture: &capture, stop: &stop, begun: Instant::now() };
    let ending = session.run(&mut ports, &mut output, others)?;
    // Nothing is counted any more.
    ports.off(&capture);
    let counts = capture.counts();
    output.finish(&counts)?;
    let summary = Summary::new(&output, counts, session.begun.elapsed(), ending);
    summary.show(options)?;
    let is_early = matches!(ending, Ending::PortsGone | Ending::GroupEnded);
    Ok(if is_early { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

fn config(options: &CaptureOptions) -> Result<CaptureConfig, Failure> {
    let directions = match (options.rx, options.tx) {
        (true, false) => Directions::Rx,
        (false, true) => Directions::Tx,
        _ => Directions::Both,
    };
    Ok(CaptureConfig {
        directions,
        queue: options.queue,
        snap_len: options.snaplen,
        filter: filter::compile(&options.filter_text())?,
        copies: options.buffers,
    })
}

/// From the first packet to the last.
struct Session<'s> {
    options: &'s CaptureOptions,
    capture: &'s Capture,
    stop: &'s AtomicBool,
    begun: Instant,
}

impl Session<'_> {
    fn run(
        &self,
        ports: &mut Ports,
        output: &mut Output,
        mut others: Others,
    ) -> Result<Ending, Failure> {
        let mut reader = self.capture.reader()?;
        let (mut looked, mut progress) = (self.begun, Progress::new(self.options));
        loop {
            let shown = self.read(&mut reader, ports, output)?;
            if output.is_closed() {
                return Ok(Ending::ReaderGone);
            }
            if self.left(output) == Some(0) {
                return Ok(Ending::Count);
            }
            if self.stop.load(Ordering::Relaxed) {
                return self.rest(&mut reader, ports, output, Ending::Asked);
            }
            let now = Instant::now();
            if self.options.duration.is_some_and(|limit| now - self.begun >= limit) {
                return self.rest(&mut reader, ports, output, Ending::Duration);
            }
            if now - looked >= LOOK_AGAIN {
                looked = now;
                output.flush()?;
                if !ports.look_again(self.capture)? {
                    return self.rest(&mut reader, ports, output, Ending::PortsGone);
                }
                if !others.look(ports.group(), ports.all())? {
                    return self.rest(&mut reader, ports, output, Ending::GroupEnded);
                }
                progress.tick(output.written(), &self.capture.counts());
            }
            if shown == 0 {
                std::thread::sleep(PAUSE);
            }
        }
    }

    /// What has passed before the end.
    fn rest(
        &self,
        reader: &mut CaptureReader<'_>,
        ports: &mut Ports,
        output: &mut Output,
        ending: Ending,
    ) -> Result<Ending, Failure> {
        ports.off(self.capture);
        while self.left(output) != Some(0) && self.read(reader, ports, output)? > 0 {}
        Ok(ending)
    }

    /// How many packets are still wanted, if that has an end.
    fn left(&self, output: &Output) -> Option<u64> {
        self.options.count.map(|count| count.saturating_sub(output.written()))
    }

    fn read(
        &self,
        reader: &mut CaptureReader<'_>,
        ports: &Ports,
        output: &mut Output,
    ) -> Result<usize, Failure> {
        let most = self.left(output).unwrap_or(BATCH).min(BATCH) as usize;
        let mut wrote = Ok(());
        let shown = reader.read(most, |packet| {
            if wrote.is_ok() {
                wrote = output.packet(packet, ports);
            }
        });
        wrote?;
        Ok(shown)
    }
}
