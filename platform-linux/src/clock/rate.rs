//! The rate of the time stamp counter: one for the whole group.

use core::time::Duration;
use std::thread;

use phalanx_core::group::Group;
use rustix::time::{ClockId, clock_gettime};

use super::tsc::{Tsc, cycles};

/// How long a measurement takes.
const MEASURED: Duration = Duration::from_millis(100);

/// What a measurement is rounded to (TI-1): processors have no odd rates.
const STEP: u64 = 100_000;

/// The group's time stamp counter. The first who asks finds its rate out, the others read it in the group
/// (TI-2): so ticks of all processes are the same ticks.
///
/// Cost: one load. The first who asks, where neither processor nor hypervisor tell the rate, and an
/// observer of a group that nobody has asked: 100 ms.
pub fn tsc_of(group: &Group) -> Tsc {
    if let Some(tsc) = group.tsc_hz().and_then(Tsc::at) {
        return tsc;
    }
    let found = tsc_here();
    if group.is_observer() {
        return found;
    }
    Tsc::at(group.settle_tsc_hz(found.hz())).unwrap_or(found)
}

/// The time stamp counter of this machine, in no group. Cost: 100 ms, where neither processor nor hypervisor
/// tell the rate.
pub fn tsc_here() -> Tsc {
    Tsc::told().unwrap_or_else(measure)
}

/// Counts ticks beside the clock that nothing corrects.
fn measure() -> Tsc {
    let before = both();
    thread::sleep(MEASURED);
    let after = both();
    let ns = (after.1 - before.1).max(1);
    let hz = u128::from(after.0.wrapping_sub(before.0)) * 1_000_000_000 / ns;
    let hz = u64::try_from(hz).unwrap_or(u64::MAX).saturating_add(STEP / 2) / STEP * STEP;
    // Out of range is a counter that something has set meanwhile.
    Tsc::at(hz).unwrap_or_else(measure)
}

/// Both counters at one time: of several readings the pair that took least, so that a processor that
/// was taken away between the two does no harm.
fn both() -> (u64, u128) {
    let read = || {
        let begun = cycles();
        let now = clock_gettime(ClockId::MonotonicRaw);
        let took = cycles().wrapping_sub(begun);
        let ns = now.tv_sec as u128 * 1_000_000_000 + now.tv_nsec as u128;
        (took, (begun.wrapping_add(took / 2), ns))
    };
    let tries = [read(), read(), read(), read(), read(), read(), read(), read()];
    tries.into_iter().min_by_key(|(took, _)| *took).map_or((0, 0), |(_, both)| both)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_told_and_what_is_measured_agree() {
        let measured = measure().hz();
        if let Some(told) = Tsc::told() {
            assert!(told.hz().abs_diff(measured) < told.hz() / 50, "{} {measured}", told.hz());
        }
        assert!(measured.is_multiple_of(STEP));
    }
}
