//! A platform for the unit tests, stricter than a real one: it counts what is committed, runs
//! out of memory when told to, and refuses to release what was never committed.
#![expect(unsafe_code, reason = "a leaked allocation plays the window")]
#![allow(
    dead_code,
    clippy::disallowed_types,
    reason = "a test double counts with plain atomics; not every test uses all of it"
)]

use core::alloc::Layout;
use core::ptr::NonNull;
use core::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::collections::BTreeSet;
use std::sync::Mutex;

use crate::directory::{self, DestroyError, Found, Kind};
use crate::group::{Group, GroupConfig, GroupRegion, Phase, ProcessId, ProcessInfo, Role};
use crate::heap::{AllocError, Block, FreeError};
use crate::lock::Transaction;
use crate::log::Told;
use crate::memseg::{ListConfig, MemsegLists};
use crate::memzone::Zone;
use crate::name::Name;
use crate::offset::Offset;
use crate::platform::{CommitError, Platform};
use crate::sync::Contested32;
use crate::window::Window;

/// Bytes of a fake window.
pub(crate) const WINDOW_BYTES: usize = 256 << 20;

#[derive(Debug, Default)]
pub(crate) struct FakePlatform {
    /// Slots whose process is dead.
    pub(crate) dead: Mutex<BTreeSet<u16>>,
    /// Committed ranges of 4 KB: (list, page).
    pub(crate) committed: Mutex<BTreeSet<(usize, u64)>>,
    /// How many bytes may still be committed.
    pub(crate) free_bytes: AtomicU64,
    /// Whether the asking process may give nothing back.
    pub(crate) sealed: AtomicBool,
    /// What the core has told.
    pub(crate) told: Mutex<Vec<Told>>,
    clock: AtomicU64,
    sleeps: AtomicU64,
    wakes: AtomicU64,
}

impl FakePlatform {
    /// Lets time pass.
    pub(crate) fn advance(&self, ns: u64) {
        self.clock.fetch_add(ns, Ordering::Relaxed);
    }

    /// How often a process went to sleep.
    pub(crate) fn sleeps(&self) -> u64 {
        self.sleeps.load(Ordering::Relaxed)
    }

    /// How often sleepers were woken.
    pub(crate) fn wakes(&self) -> u64 {
        self.wakes.load(Ordering::Relaxed)
    }
}

// SAFETY: a test says who is dead, and drops what the dead held; memory is there all the time.
unsafe impl Platform for FakePlatform {
    fn is_alive(&self, slot: u16) -> bool {
        !self.dead.lock().unwrap().contains(&slot)
    }
    fn commit(&self, list: usize, at: u64, len: u64) -> Result<(), CommitError> {
        assert!(
            at.is_multiple_of(4096) && len.is_multiple_of(4096) && len > 0,
            "commit of whole pages"
        );
        let mut committed = self.committed.lock().unwrap();
        let new: Vec<_> =
            (at / 4096..(at + len) / 4096).filter(|p| !committed.contains(&(list, *p))).collect();
        let free = self.free_bytes.load(Ordering::Relaxed);
        let wanted = new.len() as u64 * 4096;
        if wanted > free {
            return Err(CommitError::NotEnough { free });
        }
        self.free_bytes.store(free - wanted, Ordering::Relaxed);
        committed.extend(new.into_iter().map(|page| (list, page)));
        Ok(())
    }
    fn release(&self, list: usize, at: u64, len: u64) -> bool {
        if self.sealed.load(Ordering::Relaxed) {
            return false;
        }
        assert!(at.is_multiple_of(4096) && len.is_multiple_of(4096), "release of whole pages");
        let mut committed = self.committed.lock().unwrap();
        for page in at / 4096..(at + len) / 4096 {
            assert!(
                committed.remove(&(list, page)),
                "released page {page} of list {list} was not committed"
            );
        }
        self.free_bytes.fetch_add(len, Ordering::Relaxed);
        true
    }
    fn give_way(&self) {
        std::thread::yield_now();
    }
    /// Stricter than a platform must be: it ends at once, or as soon as the word has changed.
    fn sleep(&self, word: &Contested32, expected: u32, _: u64) {
        self.sleeps.fetch_add(1, Ordering::Relaxed);
        for _ in 0..100 {
            if word.observe() != expected {
                break;
            }
            std::thread::yield_now();
        }
    }
    fn wake(&self, _: &Contested32) {
        self.wakes.fetch_add(1, Ordering::Relaxed);
    }
    fn now_ns(&self) -> u64 {
        self.clock.fetch_add(100_000, Ordering::Relaxed)
    }
    fn tell(&self, told: Told) {
        self.told.lock().unwrap().push(told);
    }
}

/// A formatted group in leaked memory, with one live process in slot 0.
pub(crate) fn group() -> (Group, &'static FakePlatform) {
    // Aligned by hand: an allocator asked for 2 MB clears the whole window, and every test
    // would hold 256 MB.
    let layout = Layout::from_size_align(WINDOW_BYTES + (1 << 21), 16).unwrap();
    // SAFETY: the layout has a size above zero.
    let memory = unsafe { std::alloc::alloc_zeroed(layout) };
    let aligned = memory.wrapping_add(memory.align_offset(1 << 21));
    let base = NonNull::new(aligned).expect("memory for a fake window");
    // SAFETY: leaked, so it stays for ever; aligned to 2 MB; nobody else has it.
    let window = unsafe { Window::from_raw(base, WINDOW_BYTES) };
    let platform: &'static FakePlatform = Box::leak(Box::default());
    platform.free_bytes.store(1 << 30, Ordering::Relaxed);
    let config = GroupConfig {
        group_id: 1,
        flags: 0,
        creator_pid: 1,
        created_ns: 0,
        tsc_hz: 0,
        window_base: crate::window::BASE as u64,
    };
    let region = GroupRegion::format(window, &config).unwrap();
    region.set_phase(Phase::Ready);
    let member = join(window, 0, platform);
    (member, platform)
}

/// As [`group`], with memory: 64 MB of 2 MB pages and 48 MB of 16 MB pages on node 0, 32 MB of
/// 2 MB pages on node 1, none of it committed yet.
pub(crate) fn group_with_memory() -> (Group, &'static FakePlatform) {
    let (group, platform) = group();
    let tx = group.begin().unwrap();
    for (page_bytes, grains, node) in [(2 << 20, 32, 0), (16 << 20, 3, 0), (2 << 20, 16, 1)] {
        let bytes = page_bytes * grains as u64;
        let base = group.memseg_lists().place_for(bytes, page_bytes).unwrap();
        let config = ListConfig {
            page_bytes,
            grain_bytes: page_bytes,
            node,
            base,
            grains,
            limit: 0,
            flags: 0,
            path: "/dev/hugepages/fake",
        };
        MemsegLists::add(&tx, &config).unwrap();
    }
    tx.commit();
    (group, platform)
}

/// Who looks at the group in `window`.
pub(crate) fn observe(window: Window, platform: &'static dyn Platform) -> Group {
    // SAFETY: an observer has no claims that another could have too.
    unsafe { Group::new(window, ProcessId::OBSERVER, platform) }.unwrap()
}

/// Where this thread is to die, and how often it may pass there before.
#[derive(Debug, Clone, Default)]
pub(crate) struct Fate {
    /// The crash points passed so far.
    passed: Vec<&'static str>,
    /// After how many the thread stops for ever; `None` for never.
    stop_after: Option<usize>,
}

/// What happens while a thread is at a crash point.
type Meanwhile = (&'static str, Box<dyn FnOnce()>);

thread_local! {
    static FATE: core::cell::RefCell<Option<Fate>> = const { core::cell::RefCell::new(None) };
    static MEANWHILE: core::cell::RefCell<Option<Meanwhile>> = const { core::cell::RefCell::new(None) };
}

/// Has `work` done when this thread comes to the crash point `at` next: what another process does at
/// that moment.
pub(crate) fn meanwhile(at: &'static str, work: impl FnOnce() + 'static) {
    MEANWHILE.set(Some((at, Box::new(work))));
}

/// How a thread that was to die at a crash point ended.
#[derive(Debug)]
pub(crate) enum End<R> {
    /// It stopped there, with everything in its hands.
    Died(&'static str),
    /// It never came there.
    Finished(R),
}

/// What a thread says at its end.
static DEATHS: Mutex<Vec<(std::thread::ThreadId, &'static str)>> = Mutex::new(Vec::new());

/// A crash point: notes that the thread came by, and stops it for ever if it is to die here.
pub(crate) fn crash_point(at: &'static str) {
    let due = MEANWHILE.with_borrow_mut(|due| due.take_if(|(point, _)| *point == at));
    if let Some((_, work)) = due {
        work();
    }
    let dies = FATE.with_borrow_mut(|fate| {
        let Some(fate) = fate else { return false };
        fate.passed.push(at);
        fate.stop_after.is_some_and(|count| fate.passed.len() > count)
    });
    if dies {
        DEATHS.lock().unwrap().push((std::thread::current().id(), at));
        loop {
            std::thread::park();
        }
    }
}

/// Runs `work` in a thread that stops for ever at crash point number `at` (from 0) of it.
pub(crate) fn die_at<R: Send + 'static>(
    at: usize,
    work: impl FnOnce() -> R + Send + 'static,
) -> End<R> {
    let thread = std::thread::spawn(move || {
        FATE.set(Some(Fate { passed: Vec::new(), stop_after: Some(at) }));
        work()
    });
    let id = thread.thread().id();
    loop {
        if thread.is_finished() {
            return End::Finished(thread.join().expect("no test's work panics"));
        }
        if let Some((_, at)) = DEATHS.lock().unwrap().iter().find(|(dead, _)| *dead == id) {
            return End::Died(at);
        }
        std::thread::yield_now();
    }
}

/// The member `me` of the group in `window`, however far it has come.
pub(crate) fn member(window: Window, me: ProcessId, platform: &'static dyn Platform) -> Group {
    // SAFETY: a test gives each slot to one member at a time.
    unsafe { Group::new(window, me, platform) }.unwrap()
}

/// Another member of the group in `window`.
pub(crate) fn join(window: Window, slot: u16, platform: &'static FakePlatform) -> Group {
    let region: &'static GroupRegion = window.first().unwrap();
    let role = if slot == 0 { Role::Primary } else { Role::Secondary };
    let info = ProcessInfo {
        pid: 100 + u32::from(slot),
        role,
        name: Name::cut("fake"),
        command: "fake --test",
    };
    // A test that needs a process reaped reaps it.
    region.forget_tenant(slot);
    // SAFETY: every test gives each slot to one member at a time.
    let me: ProcessId = unsafe { region.enter(slot, &info, 0) }.unwrap();
    // SAFETY: `me` is who has just entered, and a fake platform says what the test says.
    let group = unsafe { Group::new(window, me, platform) }.unwrap();
    group.become_live();
    group
}

/// What is `unsafe` because of other processes; no test uses what it has given up.
impl Group {
    pub(crate) fn test_free(&self, at: Offset<u8>) -> Result<(), FreeError> {
        // SAFETY: as above.
        unsafe { self.free(at) }
    }

    pub(crate) fn test_free_cleared(&self, at: Offset<u8>) -> Result<(), FreeError> {
        // SAFETY: as above.
        unsafe { self.free_cleared(at) }
    }

    pub(crate) fn test_resize(
        &self,
        at: Offset<u8>,
        bytes: u64,
        align: u64,
    ) -> Result<Block, AllocError> {
        // SAFETY: as above.
        unsafe { self.resize(at, bytes, align) }
    }

    pub(crate) fn test_leave(&self) {
        // SAFETY: as above.
        unsafe { self.leave() }
    }

    pub(crate) fn test_enter(
        &self,
        slot: u16,
        info: &ProcessInfo<'_>,
        now_ns: u64,
    ) -> Option<ProcessId> {
        self.region().forget_tenant(slot);
        // SAFETY: as above.
        unsafe { self.region().enter(slot, info, now_ns) }
    }
}

impl Zone {
    pub(crate) fn test_free(self) -> Result<(), DestroyError> {
        // SAFETY: as above.
        unsafe { self.free() }
    }

    pub(crate) fn test_free_named(group: &Group, name: &str) -> Result<(), DestroyError> {
        // SAFETY: as above.
        unsafe { Self::free_named(group, name) }
    }
}

pub(crate) fn destroy<E: From<DestroyError>>(
    group: &Group,
    name: Name,
    kind: Kind,
    may: impl FnOnce(&Transaction, &Found) -> Result<(), E>,
) -> Result<(), E> {
    // SAFETY: as above.
    unsafe { directory::destroy(group, name, kind, may) }
}

pub(crate) fn destroy_exactly<E: From<DestroyError>>(
    group: &Group,
    found: &Found,
    may: impl FnOnce(&Transaction, &Found) -> Result<(), E>,
) -> Result<(), E> {
    // SAFETY: as above.
    unsafe { directory::destroy_exactly(group, found, may) }
}
