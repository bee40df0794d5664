//! The table that people read.

use core::fmt;

use phalanx_core::count::Count;

use super::facts::Process;
use crate::table::{Rows, show};

/// The columns.
const HEAD: [&str; 10] =
    ["slot", "pid", "role", "state", "age", "lcores", "objects", "ports", "name", "command"];

/// Which of them are numbers.
const RIGHT: [usize; 4] = [0, 1, 4, 6];

/// All processes.
pub(super) struct Table<'a>(pub &'a [Process]);

impl fmt::Display for Table<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        processes(f, self.0)
    }
}

/// Writes the table of processes.
pub(crate) fn processes(f: &mut fmt::Formatter<'_>, processes: &[Process]) -> fmt::Result {
    let row = |process: &Process| {
        let lcores: Vec<String> = process.lcores.iter().map(u16::to_string).collect();
        vec![
            process.slot.to_string(),
            process.pid.to_string(),
            process.role.clone(),
            process.state.to_owned(),
            age(process.age_s),
            lcores.join(","),
            objects(process),
            ports(process),
            process.name.clone(),
            process.command.clone(),
        ]
    };
    let rows: Rows = processes.iter().map(row).collect();
    show(f, &HEAD, &RIGHT, rows)
}

/// `31`, or `31 (packets 20, events 11)` if they are of several pools.
fn objects(process: &Process) -> String {
    if process.pools.len() < 2 {
        return process.objects.to_string();
    }
    let each: Vec<String> =
        process.pools.iter().map(|held| format!("{} {}", held.pool, held.objects)).collect();
    format!("{} ({})", process.objects, each.join(", "))
}

/// `2 owned, 4 queues`, or `-` for a process that has none of either.
fn ports(process: &Process) -> String {
    let owned = process.ports.len();
    let queues = Count::of(process.queues.len() as u64, "queue", "queues");
    match (owned, process.queues.is_empty()) {
        (0, true) => "-".to_owned(),
        (0, false) => queues.to_string(),
        (_, true) => format!("{owned} owned"),
        (_, false) => format!("{owned} owned, {queues}"),
    }
}

/// `0.4 s`, `12 s`, `3 min 5 s`, `2 h 7 min`, `5 d 3 h`.
fn age(seconds: f64) -> String {
    let whole = seconds as u64;
    match whole {
        0..10 => format!("{seconds:.1} s"),
        10..60 => format!("{whole} s"),
        60..3600 => format!("{} min {} s", whole / 60, whole % 60),
        3600..86_400 => format!("{} h {} min", whole / 3600, whole / 60 % 60),
        _ => format!("{} d {} h", whole / 86_400, whole / 3600 % 24),
    }
}

#[cfg(test)]
mod tests {
    use super::age;

    #[test]
    fn an_age_has_the_two_biggest_units() {
        let ages = [0.44, 9.96, 59.9, 185.0, 7620.0, 442_800.0].map(age);
        assert_eq!(ages, ["0.4 s", "10.0 s", "59 s", "3 min 5 s", "2 h 7 min", "5 d 3 h"]);
    }
}
