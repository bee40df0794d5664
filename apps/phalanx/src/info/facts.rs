//! What there is to say of a group, as data: what `--json` prints and the tables show.

use phalanx_core::directory::{self, Kind};
use phalanx_core::group::{Group, LcoreRole, ProcessState, flags};
use phalanx_core::mempool;
use phalanx_core::ring;
use phalanx_linux::eal::Observer;
use serde::Serialize;

/// A group.
#[derive(Debug, Serialize)]
pub struct Facts {
    pub prefix: String,
    pub group_id: String,
    pub creator_pid: u64,
    pub phase: String,
    pub window_base: String,
    pub mode: Vec<&'static str>,
    pub processes: Vec<Process>,
    pub lcores: Vec<Lcore>,
    pub memseg_lists: Vec<MemsegList>,
    pub zones: Vec<Zone>,
    pub rings: Vec<Ring>,
    pub mempools: Vec<Mempool>,
}

/// A process of the group.
#[derive(Debug, Serialize)]
pub struct Process {
    pub slot: u16,
    pub generation: u32,
    pub pid: u32,
    pub role: String,
    pub state: &'static str,
    pub name: String,
    pub lcores: Vec<u16>,
    pub command: String,
}

/// A claimed lcore.
#[derive(Debug, Serialize)]
pub struct Lcore {
    pub id: u16,
    pub slot: u16,
    pub cpus: String,
    pub node: u32,
    pub role: &'static str,
}

/// A memseg list.
#[derive(Debug, Serialize)]
pub struct MemsegList {
    pub index: usize,
    pub page_bytes: u64,
    pub node: u32,
    pub base: String,
    pub backed_bytes: u64,
    pub most_bytes: u64,
    pub path: String,
}

/// A memzone.
#[derive(Debug, Serialize)]
pub struct Zone {
    pub name: String,
    pub kind: String,
    pub at: String,
    pub len: u64,
    pub page_bytes: u64,
    pub node: u32,
    pub owner_slot: u16,
}

/// A ring.
#[derive(Debug, Serialize)]
pub struct Ring {
    pub name: String,
    pub producers: String,
    pub consumers: String,
    pub element_bytes: u32,
    pub capacity: u32,
    pub used: u32,
    pub producer_slot: Option<u16>,
    pub consumer_slot: Option<u16>,
}

/// A pool.
#[derive(Debug, Serialize)]
pub struct Mempool {
    pub name: String,
    pub handler: String,
    pub element_bytes: u32,
    pub size: u32,
    pub free: u32,
    pub in_caches: u32,
    pub in_use: u32,
}
