//! Rings on a fake platform: what every kind promises (ring_autotest's cases), by element size.

#![expect(unsafe_code, reason = "a small leaked allocation plays the window")]

mod attach;
mod claims;
mod every_kind;
mod facts;
mod model;
mod peek;
mod recovery;
mod threads;
mod waiting;
mod waits;

use core::ptr::NonNull;

use crate::fake::{self, FakePlatform};
use crate::group::{Group, GroupConfig, GroupRegion, Phase};
use crate::offset::Offset;
use crate::ring::{Consumer, Producer, Ring, RingConfig, Sync};
use crate::shared::Element;
use crate::window::Window;

/// Where the tests make their rings: past the group region.
pub(super) const PLACE: Offset<u8> = Offset::new(4 << 20);

/// Room enough for any ring of the tests.
pub(super) const ROOM: usize = 1 << 20;

/// Bytes of the window: a small one, because there is one a test.
pub(super) const WINDOW_BYTES: usize = 5 << 20;

pub(super) const KINDS: [Sync; 4] = [Sync::Single, Sync::Multi, Sync::Rts, Sync::Hts];

/// Every pair of kinds, producers' first.
pub(super) fn pairs() -> impl Iterator<Item = (Sync, Sync)> {
    KINDS.into_iter().flat_map(|p| KINDS.into_iter().map(move |c| (p, c)))
}

pub(super) struct Fixture {
    pub(super) group: Group,
    pub(super) platform: &'static FakePlatform,
}

impl Fixture {
    pub(super) fn new() -> Self {
        let memory = Box::leak(vec![0u64; (WINDOW_BYTES + 4096) / 8].into_boxed_slice());
        let first: NonNull<u8> = NonNull::from(memory).cast();
        // SAFETY: 4096 bytes more than the window were allocated, and fewer are skipped.
        let base = unsafe { first.add(first.as_ptr().align_offset(4096)) };
        // SAFETY: leaked, so it stays for ever; aligned; nobody else has it.
        let window = unsafe { Window::from_raw(base, WINDOW_BYTES) };
        let platform: &'static FakePlatform = Box::leak(Box::default());
        let config = GroupConfig {
            group_id: 1,
            flags: 0,
            creator_pid: 1,
            created_ns: 0,
            tsc_hz: 0,
            window_base: crate::window::BASE as u64,
        };
        GroupRegion::format(window, &config).unwrap().set_phase(Phase::Ready);
        Self { group: fake::join(window, 0, platform), platform }
    }

    pub(super) fn ring<T: Element>(&self, config: RingConfig) -> Ring<T> {
        Ring::format(&self.group, PLACE, ROOM, &config).unwrap()
    }

    /// A ring whose positions begin at `start`.
    pub(super) fn ring_from<T: Element>(&self, config: RingConfig, start: u32) -> Ring<T> {
        Ring::format_named(&self.group, PLACE, ROOM, &config, None, start).unwrap()
    }

    /// Both ends of a new ring whose positions begin at `start`.
    pub(super) fn ends<T: Element>(
        &self,
        config: RingConfig,
        start: u32,
    ) -> (Producer<T>, Consumer<T>) {
        let ring = self.ring_from(config, start);
        (ring.producer().unwrap(), ring.consumer().unwrap())
    }
}

/// An element whose every word says which it is, so that a torn one is seen.
pub(super) trait Numbered: Element + PartialEq + core::fmt::Debug {
    fn number(n: u32) -> Self;
}

impl Numbered for u32 {
    fn number(n: u32) -> Self {
        n
    }
}

impl Numbered for u64 {
    fn number(n: u32) -> Self {
        u64::from(n) << 32 | u64::from(!n)
    }
}

impl<const N: usize> Numbered for [u32; N] {
    fn number(n: u32) -> Self {
        core::array::from_fn(|i| n.wrapping_mul(2 * i as u32 + 1))
    }
}

pub(super) fn numbers<T: Numbered>(from: u32, count: usize) -> Vec<T> {
    (0..count as u32).map(|i| T::number(from.wrapping_add(i))).collect()
}
