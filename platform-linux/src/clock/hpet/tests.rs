use core::cell::Cell;

use super::*;
use crate::kernel_files::KernelFiles;

/// Registers in plain memory.
#[derive(Debug)]
struct Fake {
    capabilities: u64,
    configuration: u64,
    counter: Cell<u64>,
}

impl Block for Fake {
    fn read(&self, at: usize) -> u64 {
        match at {
            CAPABILITIES => self.capabilities,
            CONFIGURATION => self.configuration,
            COUNTER => self.counter.get(),
            _ => u64::MAX,
        }
    }
}

/// What QEMU's has: 10 ns, 64 bits, three comparators.
const QEMU: u64 = 0x0098_9680_8086_a201;

fn fake(capabilities: u64, configuration: u64, counter: u64) -> Fake {
    Fake { capabilities, configuration, counter: Cell::new(counter) }
}

#[test]
fn the_rate_is_what_the_period_says() {
    let counter = Counter::of(fake(QEMU, 1, 5)).unwrap();
    assert_eq!((counter.hz, counter.now()), (100_000_000, 5));
    assert!(matches!(counter.width, Width::Full));
}

#[test]
fn periods_that_no_timer_has_are_refused() {
    for period in [0, PERIOD_MAX_FS + 1, u64::from(u32::MAX)] {
        let capabilities = period << 32 | 0x2000;
        let error = Counter::of(fake(capabilities, 1, 0)).unwrap_err();
        assert_eq!(error, HpetError::Nonsense { capabilities });
    }
}

#[test]
fn a_timer_that_stands_is_no_clock() {
    assert_eq!(Counter::of(fake(QEMU, 0, 0)).unwrap_err(), HpetError::Stands);
}

#[test]
fn half_a_counter_goes_on_where_it_comes_round() {
    let counter = Counter::of(fake(QEMU & !0x2000, 1, u64::from(u32::MAX) - 9)).unwrap();
    assert_eq!(counter.now(), u64::from(u32::MAX) - 9);
    counter.block.counter.set(90);
    assert_eq!(counter.now(), u64::from(u32::MAX) + 91);
}

#[test]
fn what_was_long_unread_is_carried_on_by_the_clock() {
    const HZ: u64 = 100_000_000;
    // A day later, the two clocks 100 ms apart.
    let day = 86_400;
    let true_count = 1_000 + day * HZ;
    let count = carry_on((1_000, 0), true_count as u32, day * 1_000_000_000 + 100_000_000, HZ);
    assert_eq!(count, true_count);
    // Never back, whatever the register says.
    assert_eq!(carry_on((1_000, 0), 900, 0, HZ), 1_000);
}

#[test]
fn a_device_that_is_not_there_or_no_timer_is_named() {
    let directory = crate::sys::test_support::TempDir::new("hpet");
    assert_eq!(Hpet::open_at(&directory.path().join("none")).unwrap_err(), HpetError::Absent);
    let file = directory.path().join("file");
    std::fs::write(&file, [0; 4096]).unwrap();
    assert_eq!(Hpet::open_at(&file).unwrap_err(), HpetError::Nonsense { capabilities: 0 });
}

#[test]
fn who_has_the_device_is_found_among_processes() {
    let directory = crate::sys::test_support::TempDir::new("hpet-holder");
    let (root, device) = (directory.path(), Path::new("/dev/hpet-of-the-test"));
    let kernel = KernelFiles::at(root, root);
    for (pid, is_open) in [(7, false), (12, true)] {
        let descriptors = root.join(format!("{pid}/fd"));
        std::fs::create_dir_all(&descriptors).unwrap();
        if is_open {
            std::os::unix::fs::symlink(device, descriptors.join("3")).unwrap();
        }
    }
    assert_eq!(holder::of(&kernel, device), Some(12));
    std::fs::write(root.join("7/maps"), "1-2 r--s 0 00:01 5 /dev/hpet-of-the-test\n").unwrap();
    assert_eq!(holder::of(&kernel, device), Some(7));
}

#[test]
fn each_refusal_says_what_to_do_and_what_is_used() {
    for (error, words) in [
        (HpetError::Forbidden, "--no-hpet"),
        (HpetError::Absent, "CONFIG_HPET"),
        (HpetError::Busy { holder: Some(5), is_there: true, is_root: false }, "pid 5"),
        (HpetError::Busy { holder: None, is_there: true, is_root: false }, "fuser"),
        (
            HpetError::Busy { holder: None, is_there: true, is_root: true },
            "uses all its timers itself",
        ),
        (HpetError::Busy { holder: None, is_there: false, is_root: true }, "this machine has none"),
        (HpetError::Open { errno: Errno::ACCESS }, "the right to read it"),
        (HpetError::NotMapped, "hpet_mmap=1"),
        (HpetError::Nonsense { capabilities: 0 }, "firmware"),
        (HpetError::Stands, "switched it off"),
    ] {
        let text = error.to_string();
        assert!(text.contains(words) && text.ends_with("; the TSC is used"), "{text}");
    }
}
