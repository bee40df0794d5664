//! Who has the timer, as far as this user may see.

use std::path::Path;

use crate::kernel_files::{KernelFiles, read_text};
use crate::process::{open_files, pids};

/// The lowest process id that has `device` open or mapped; `None` if none is seen.
///
/// Another user's processes are seen by root only. Cost: a look at every descriptor of every process.
pub(super) fn of(kernel: &KernelFiles, device: &Path) -> Option<u32> {
    pids(kernel).into_iter().find(|pid| has(kernel, *pid, device))
}

fn has(kernel: &KernelFiles, pid: u32, device: &Path) -> bool {
    let is_mapped = || {
        read_text(&kernel.proc(&format!("{pid}/maps"))).is_ok_and(|maps| {
            maps.lines().any(|line| line.split_whitespace().nth(5).map(Path::new) == Some(device))
        })
    };
    open_files(kernel, pid).iter().any(|file| file == device) || is_mapped()
}
