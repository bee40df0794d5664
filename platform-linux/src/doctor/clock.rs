//! Whether the TSC is a clock, and what else tells the time.

use super::text::{if_there, word};
use super::{Entry, Host, Reading};
use crate::kernel_files::{KernelFiles, read_text};

/// The clocks of a machine.
#[derive(Debug, Clone)]
pub struct Clock {
    /// The TSC runs at one rate, whatever the processor's frequency.
    pub is_constant: Reading<bool>,
    /// It runs in deep sleep, too.
    pub is_nonstop: Reading<bool>,
    /// What the kernel takes the time from.
    pub source: Reading<Option<String>>,
    /// What it could take it from.
    pub sources: Reading<Option<String>>,
    /// `/dev/hpet`.
    pub hpet: Option<Entry>,
}

impl Clock {
    pub(super) fn read(host: &Host) -> Self {
        let kernel = host.kernel();
        let source = |file: &str| {
            if_there(word(&kernel.sys(&format!("devices/system/clocksource/clocksource0/{file}"))))
        };
        let flags = flags(kernel);
        let has = |flag: &str| {
            flags.clone().map(|flags| flags.split_whitespace().any(|word| word == flag))
        };
        Self {
            is_constant: has("constant_tsc"),
            is_nonstop: has("nonstop_tsc"),
            source: source("current_clocksource"),
            sources: source("available_clocksource"),
            hpet: Entry::at(&host.dev("hpet")),
        }
    }
}

/// The features of the first processor; none on one that has no such line.
fn flags(kernel: &KernelFiles) -> Reading<String> {
    let text = read_text(&kernel.proc("cpuinfo"))?;
    let line = text.lines().find(|line| line.starts_with("flags"));
    Ok(line.and_then(|line| line.split_once(':')).map_or("", |(_, flags)| flags).to_owned())
}
