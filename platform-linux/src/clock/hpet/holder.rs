//! Who has the timer, as far as this user may see.

use std::fs;
use std::path::Path;

/// The lowest process id that has `device` open or mapped; `None` if none is seen.
///
/// Another user's processes are seen by root only. Cost: a look at every descriptor of every process.
pub(super) fn of(device: &Path, proc_root: &Path) -> Option<u32> {
    let entries = fs::read_dir(proc_root).ok()?;
    let pids = entries.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse::<u32>().ok());
    pids.filter(|pid| has(&proc_root.join(pid.to_string()), device)).min()
}

fn has(process: &Path, device: &Path) -> bool {
    let leads_there = |link: &Path| fs::read_link(link).is_ok_and(|target| target == device);
    let is_open = fs::read_dir(process.join("fd"))
        .is_ok_and(|links| links.flatten().any(|link| leads_there(&link.path())));
    is_open
        || fs::read_to_string(process.join("maps")).is_ok_and(|maps| {
            maps.lines().any(|line| line.split_whitespace().nth(5).map(Path::new) == Some(device))
        })
}
