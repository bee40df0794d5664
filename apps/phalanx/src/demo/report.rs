//! What the demo shows: a table that lives while it runs, and the books at its end.

use core::fmt;
use core::time::Duration;

use comfy_table::{CellAlignment, Table, presets};
use serde::Serialize;

/// One worker's line.
#[derive(Clone, Debug, Serialize)]
pub(super) struct WorkerReport {
    /// Its number.
    pub worker: usize,
    /// The process that is this worker now.
    pub pid: u32,
    /// The path of its program.
    pub program: String,
    /// How many processes have been this worker.
    pub lives: u64,
    /// Packets sent to it.
    pub sent: u64,
    /// Packets that came back right.
    pub back: u64,
    /// Packets that came back other than they should.
    pub wrong: u64,
    /// Packets waiting for it.
    pub waiting: u32,
    /// Packets that did not come back: still on their way while the demo runs, in the hands of the
    /// killed at its end.
    pub missing: u64,
}

/// The books.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Report {
    /// Where the packets came from.
    pub capture: String,
    /// Process id of the primary.
    pub primary_pid: u32,
    /// The workers.
    pub workers: Vec<WorkerReport>,
    /// Packets sent.
    pub packets_in: u64,
    /// Packets that came back.
    pub packets_out: u64,
    /// Packets that were in the hands of the killed: their buffers went back to the pool.
    pub recovered: u64,
    /// Packets of which neither can be said.
    pub lost: u64,
    /// Buffers that are not in the pool at the end.
    pub buffers_missing: u64,
    /// Workers killed.
    pub kills: u32,
    /// How long it took.
    pub seconds: f64,
    /// Whether somebody ended the demo before all packets were sent.
    pub(super) interrupted: bool,
    /// Whether every packet and every buffer is accounted for.
    pub balanced: bool,
}

impl Report {
    /// Packets out a second.
    fn rate(&self) -> f64 {
        self.packets_out as f64 / self.seconds.max(1e-9)
    }
}

/// The table of the moment.
pub(super) fn live(workers: &[WorkerReport], sent: u64, total: u64, elapsed: Duration) -> String {
    let percent = sent * 100 / total.max(1);
    let mut text =
        format!("{percent:3}% of {total} packets sent, {:.1} s\n", elapsed.as_secs_f64());
    text.push_str(&table(workers, "on the way").to_string());
    text
}

fn table(workers: &[WorkerReport], missing: &str) -> Table {
    let mut table = Table::new();
    table.load_preset(presets::NOTHING);
    table.set_header([
        "process",
        "pid",
        "lives",
        "sent to it",
        "came back",
        "wrong",
        "in its ring",
        missing,
    ]);
    for worker in workers {
        table.add_row([
            format!("worker {}", worker.worker),
            worker.pid.to_string(),
            worker.lives.to_string(),
            worker.sent.to_string(),
            worker.back.to_string(),
            worker.wrong.to_string(),
            worker.waiting.to_string(),
            worker.missing.to_string(),
        ]);
    }
    for column in table.column_iter_mut().skip(1) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    table
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", table(&self.workers, "not back"))?;
        writeln!(f, "\npackets in   {:>12}   from {}", self.packets_in, self.capture)?;
        writeln!(
            f,
            "packets out  {:>12}   {:.0} a second for {:.1} s",
            self.packets_out,
            self.rate(),
            self.seconds
        )?;
        writeln!(
            f,
            "recovered    {:>12}   buffers in the hands of killed workers: {}",
            self.recovered, self.kills
        )?;
        writeln!(f, "lost         {:>12}", self.lost)?;
        writeln!(f, "buffers gone {:>12}   as the pool counts them", self.buffers_missing)?;
        if self.interrupted {
            writeln!(f, "interrupted: not all packets were sent")?;
        }
        match self.balanced {
            true => writeln!(f, "the books balance: in = out + recovered, lost 0"),
            false => writeln!(f, "THE BOOKS DO NOT BALANCE"),
        }
    }
}
