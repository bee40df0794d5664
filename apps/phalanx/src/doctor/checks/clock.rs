//! Clocks that are read without a system call.

use phalanx_linux::doctor::{Entry, Machine};

use crate::doctor::Subject;
use crate::doctor::check::Check;

pub(super) fn tsc(machine: &Machine) -> Check {
    let (subject, clock) = (Subject::Tsc, &machine.clock);
    let (is_constant, is_nonstop) = match (&clock.is_constant, &clock.is_nonstop) {
        (Ok(is_constant), Ok(is_nonstop)) => (*is_constant, *is_nonstop),
        (Err(why), _) | (_, Err(why)) => return Check::unknown(subject, why),
    };
    let source = match &clock.source {
        Ok(source) => source.as_deref().unwrap_or("an unknown clock"),
        Err(why) => return Check::unknown(subject, why),
    };
    let sources = clock.sources.clone().ok().flatten().unwrap_or_default();
    let check = match (is_constant && is_nonstop, source) {
        (true, "tsc") => {
            Check::good(subject, "constant and nonstop, and the kernel takes the time from it")
        }
        (true, source) => Check::poor(
            subject,
            format!("constant and nonstop, but the kernel takes the time from {source}"),
            "find out why (dmesg | grep -i tsc); if it is to be trusted, boot with tsc=reliable",
        ),
        (false, _) => Check::missing(
            subject,
            format!(
                "not {}: its rate is no clock",
                if is_constant { "nonstop" } else { "constant" }
            ),
            "use another processor, or in a virtual machine pass it through (QEMU: -cpu host,+invtsc)",
        ),
    };
    check.with(vec![format!("clock sources: {sources}; in use: {source}")])
}

pub(super) fn hpet(machine: &Machine) -> Check {
    let subject = Subject::Hpet;
    match &machine.clock.hpet {
        Some(entry) if entry.may_read => Check::good(subject, entry.path.display().to_string()),
        Some(Entry { path, mode, uid, gid, .. }) => {
            let path = path.display();
            let found = format!("{path} is closed to this user (mode {mode:04o}, {uid}:{gid})");
            Check::missing(subject, found, format!("as root: chmod a+r {path}"))
        }
        None => Check::missing(
            subject,
            "there is no /dev/hpet",
            "not needed where tsc is good; else a kernel with CONFIG_HPET and CONFIG_HPET_MMAP",
        ),
    }
}
