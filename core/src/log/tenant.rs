//! Who wrote the records of a generation: enough to find the program that decodes them.

use super::layout::{BUILD_ID_MAX, LogRing, LogTenant, PATH_MAX, TENANTS_MAX};
use crate::sync::Published64;

/// What a process says of itself when it begins to write a log.
#[derive(Clone, Copy, Debug, Default)]
pub struct Tenant<'a> {
    /// Its process id.
    pub pid: u32,
    /// Ticks a second of the clock that its records bear.
    pub ticks_hz: u64,
    /// Its program's build id; of more than 24 bytes the first 24, none if it has none.
    pub build_id: &'a [u8],
    /// Where its program lies; of more than 192 bytes none.
    pub path: &'a [u8],
}

/// What a log says of one tenant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Program {
    /// Which tenant of the slot, from 1.
    pub generation: u32,
    /// Its process id.
    pub pid: u32,
    /// Ticks a second of the clock that its records bear, never 0.
    pub ticks_hz: u64,
    /// How many of its frames were dropped; wraps.
    pub dropped: u32,
    build_id: [u8; BUILD_ID_MAX],
    build_id_len: usize,
    path: [u8; PATH_MAX],
    path_len: usize,
}

impl Program {
    /// The program's build id; empty if it has none.
    pub fn build_id(&self) -> &[u8] {
        self.build_id.get(..self.build_id_len).unwrap_or_default()
    }

    /// Where the program lay when it was started; empty if nobody knows. What a process claims.
    pub fn path(&self) -> &[u8] {
        self.path.get(..self.path_len).unwrap_or_default()
    }
}

/// Where the entry of a generation lies.
const fn index(generation: u32) -> usize {
    generation as usize % TENANTS_MAX
}

/// Whether two generations share an entry, so that the later one displaces the earlier.
pub(super) const fn displaces(later: u32, earlier: u32) -> bool {
    later != earlier && index(later) == index(earlier)
}

impl LogRing {
    pub(super) fn entry(&self, generation: u32) -> Option<&LogTenant> {
        self.tenants.get(index(generation))
    }

    /// What is known of tenant `generation`; `None` if that is nothing any more.
    pub(super) fn program(&self, generation: u32) -> Option<Program> {
        let entry = self.entry(generation)?;
        let is_its = || generation != 0 && entry.generation.observe() == generation;
        if !is_its() {
            return None;
        }
        let mut program = Program {
            generation,
            pid: entry.pid.observe(),
            ticks_hz: entry.ticks_hz.observe().max(1),
            dropped: entry.dropped.observe() as u32,
            build_id: [0; BUILD_ID_MAX],
            build_id_len: (entry.build_id_len.observe() as usize).min(BUILD_ID_MAX),
            path: [0; PATH_MAX],
            path_len: (entry.path_len.observe() as usize).min(PATH_MAX),
        };
        read(&entry.build_id, &mut program.build_id);
        read(&entry.path, &mut program.path);
        // Each field is published: one of a later tenant's shows that its entry was begun.
        is_its().then_some(program)
    }
}

impl LogTenant {
    /// Makes the entry that of tenant `generation`.
    pub(super) fn write(&self, generation: u32, tenant: &Tenant<'_>) {
        // Pairs with the second look in `program`.
        self.generation.publish(0);
        crash_point!("log: a tenant's entry is begun");
        let build_id = tenant.build_id.get(..BUILD_ID_MAX).unwrap_or(tenant.build_id);
        let path = if tenant.path.len() > PATH_MAX { &[] } else { tenant.path };
        self.pid.publish(tenant.pid);
        self.ticks_hz.publish(tenant.ticks_hz);
        self.dropped.publish(0);
        self.build_id_len.publish(build_id.len() as u32);
        self.path_len.publish(path.len() as u32);
        publish(&self.build_id, build_id);
        publish(&self.path, path);
        // Pairs with the first look in `program`.
        self.generation.publish(generation);
        crash_point!("log: a tenant's entry stands");
    }
}

fn read(words: &[Published64], to: &mut [u8]) {
    for (bytes, word) in to.chunks_exact_mut(8).zip(words) {
        bytes.copy_from_slice(&word.observe().to_le_bytes());
    }
}

fn publish(words: &[Published64], from: &[u8]) {
    let mut bytes = from.iter().copied();
    for word in words {
        let eight = core::array::from_fn(|_| bytes.next().unwrap_or(0));
        word.publish(u64::from_le_bytes(eight));
    }
}
