//! What a process needs to start: kernel, addresses, limits, classes, sandbox.

use phalanx_core::window;
use phalanx_linux::doctor::{Capability, Machine};
use phalanx_linux::runtime_dir::Amount;

use crate::doctor::Subject;
use crate::doctor::check::Check;

/// The first kernel that can reserve a range without replacing what is there.
const OLDEST: (u32, u32) = (4, 17);

/// Less stack than this is not enough for a worker, which locks a part of it.
const STACK_LEAST: u64 = 256 << 10;

/// So many open files hold 8 GB of memory in pages of 2 MB.
const FILES_LEAST: u64 = 4096;

/// What the kernel allows a process unless told otherwise.
const MAPS_LEAST: u64 = 65_530;

pub(super) fn kernel(machine: &Machine) -> Check {
    let release = match &machine.release {
        Ok(release) => release,
        Err(why) => return Check::unknown(Subject::Kernel, why),
    };
    let answers = machine.answers;
    let features = [
        ("locks of open files (Linux 3.15)", answers.ofd_locks),
        ("pidfd (5.3)", answers.pidfd),
        ("futex", answers.futex),
        ("prefaulting that reports (5.14)", answers.populate),
    ];
    let details = features.map(|(what, is_there)| {
        format!("{what}: {}", if is_there { "there" } else { "not to be had" })
    });
    let lacking: Vec<&str> =
        features.iter().filter(|(_, is_there)| !is_there).map(|(what, _)| *what).collect();
    let is_old = version(release).is_some_and(|version| version < OLDEST);
    let mend = "use Linux 5.14 or later; in a container, a seccomp profile that allows these calls";
    let check = match lacking.as_slice() {
        _ if is_old => Check::missing(Subject::Kernel, format!("Linux {release} is too old"), mend),
        [] => Check::good(Subject::Kernel, format!("Linux {release}, with all that is used")),
        ["prefaulting that reports (5.14)"] => Check::poor(
            Subject::Kernel,
            format!(
                "Linux {release}: a page that cannot be had ends a process instead of its start"
            ),
            mend,
        ),
        _ => Check::missing(
            Subject::Kernel,
            format!("Linux {release} without {}", lacking.join(", ")),
            mend,
        ),
    };
    check.with(details.to_vec())
}

/// `6.18.44-x` is (6, 18).
fn version(release: &str) -> Option<(u32, u32)> {
    let mut numbers = release.split(['.', '-', '+']).map(str::parse);
    Some((numbers.next()?.ok()?, numbers.next()?.ok()?))
}

pub(super) fn window(machine: &Machine) -> Check {
    let (base, end) = (window::BASE, window::BASE + window::LEN);
    let most = machine.limits.as_ref().ok().and_then(|limits| limits.address_space.soft);
    match (&machine.space.in_the_way, most) {
        (Err(why), _) => Check::unknown(Subject::Window, why),
        (Ok(Some(mapped)), _) => Check::missing(
            Subject::Window,
            format!("{base:#x}-{end:#x} is taken: {mapped}"),
            "ulimit -s 8192, and start without a sanitizer that claims these addresses",
        ),
        (Ok(None), Some(most)) if most < window::LEN as u64 => Check::missing(
            Subject::Window,
            format!("a process may have {} of addresses, and the window has 1 TB", Amount(most)),
            "ulimit -v unlimited",
        ),
        (Ok(None), _) => Check::good(Subject::Window, format!("{base:#x}-{end:#x} is free")),
    }
}

pub(super) fn stack(machine: &Machine) -> Check {
    let limits = machine.limits.as_ref();
    let (placement, stack) = match (&machine.space.placement, limits) {
        (Ok(placement), Ok(limits)) => (placement, limits.stack.soft),
        (Err(why), _) | (_, Err(why)) => return Check::unknown(Subject::Stack, why),
    };
    let limit = stack.map_or("no limit".to_owned(), |bytes| format!("{} at most", Amount(bytes)));
    let range = &placement.addresses;
    let check = if placement.hits_window {
        Check::missing(
            Subject::Stack,
            format!("{limit}, which puts what a program maps into the window"),
            "ulimit -s 8192, or start workers with `phalanx run`, which sets it",
        )
    } else if stack.is_some_and(|bytes| bytes < STACK_LEAST) {
        Check::poor(Subject::Stack, format!("{limit}, little for a worker"), "ulimit -s 8192")
    } else {
        Check::good(Subject::Stack, limit)
    };
    check.with(vec![format!("programs map at {:#x} to {:#x}", range.start, range.end)])
}

pub(super) fn files(machine: &Machine) -> Check {
    let limit = match &machine.limits {
        Ok(limits) => limits.files,
        Err(why) => return Check::unknown(Subject::Files, why),
    };
    let maps = machine.settings.max_map_count.clone().ok().flatten();
    let shown = |limit: Option<u64>| limit.map_or("any number of".to_owned(), |it| it.to_string());
    let found = format!(
        "{} open files, or {} when raised; {} mappings",
        shown(limit.soft),
        shown(limit.hard),
        shown(maps)
    );
    if limit.hard.is_some_and(|most| most < FILES_LEAST) {
        return Check::poor(
            Subject::Files,
            found,
            "ulimit -n 65536 (LimitNOFILE=65536 in a service)",
        );
    }
    if maps.is_some_and(|most| most < MAPS_LEAST) {
        return Check::poor(Subject::Files, found, format!("sysctl vm.max_map_count={MAPS_LEAST}"));
    }
    Check::good(Subject::Files, found)
}

pub(super) fn realtime(machine: &Machine) -> Check {
    let rights = machine.rights.as_ref();
    let (limit, rights) = match (&machine.limits, rights) {
        (Ok(limits), Ok(rights)) => (limits.realtime, rights),
        (Err(why), _) | (_, Err(why)) => return Check::unknown(Subject::Realtime, why),
    };
    if rights.has(Capability::SysNice) {
        return Check::good(Subject::Realtime, "any priority (CAP_SYS_NICE)");
    }
    match (limit.soft, limit.hard) {
        (Some(0), Some(0)) => Check::missing(
            Subject::Realtime,
            "this process may have no real-time class",
            "as root: setcap cap_sys_nice+ep WORKER, or '* - rtprio 99' in /etc/security/limits.conf",
        ),
        (Some(0), _) => {
            Check::good(Subject::Realtime, "none yet, but `phalanx run` raises the limit")
        }
        (Some(most), _) => Check::good(Subject::Realtime, format!("priorities up to {most}")),
        (None, _) => Check::good(Subject::Realtime, "any priority"),
    }
}

pub(super) fn no_throttle(machine: &Machine) -> Check {
    let settings = &machine.settings;
    let runtime = match &settings.realtime_us {
        Ok(runtime) => runtime.unwrap_or(-1),
        Err(why) => return Check::unknown(Subject::NoThrottle, why),
    };
    let period = settings.realtime_period_us.clone().ok().flatten().unwrap_or(1_000_000);
    if runtime < 0 || runtime >= period {
        return Check::good(Subject::NoThrottle, "real-time threads may have all the time");
    }
    Check::poor(
        Subject::NoThrottle,
        format!("real-time threads may have {runtime} of each {period} µs, then they are stopped"),
        "sysctl kernel.sched_rt_runtime_us=-1",
    )
}

pub(super) fn sandbox(machine: &Machine) -> Check {
    let actions = match &machine.settings.seccomp_actions {
        Ok(actions) => actions.clone().unwrap_or_default(),
        Err(why) => return Check::unknown(Subject::Sandbox, why),
    };
    let has_filter = actions.split_whitespace().any(|action| action == "trap");
    let landlock = "boot with lsm=landlock,... (`cat /sys/kernel/security/lsm` has the rest)";
    match (has_filter, machine.answers.landlock) {
        (true, Some(version)) => {
            Check::good(Subject::Sandbox, format!("seccomp, and Landlock version {version}"))
        }
        (true, None) => Check::poor(
            Subject::Sandbox,
            "seccomp without Landlock: the filter alone forbids files",
            format!("use Linux 5.13 or later, and {landlock}"),
        ),
        (false, _) => Check::missing(
            Subject::Sandbox,
            "this kernel filters no system calls",
            "use a kernel with CONFIG_SECCOMP_FILTER",
        ),
    }
    .with(vec![format!("seccomp can: {}", if actions.is_empty() { "nothing" } else { &actions })])
}
