//! The manifest: every structure that processes share, and its fingerprint.
//!
//! Computed at compile time. The creator writes it into the header; a joining process
//! compares it entry by entry and, where they differ, names the structure (design, decision
//! 8; W-4).

use super::layout::{
    GroupHeader, GroupRegion, LcoreEntry, MANIFEST_MAX, ManifestEntry, ProcessEntry,
};
use crate::device::slots::DeviceQueueHeader;
use crate::directory::{Directory, Entry};
use crate::heap::{Element, Heap};
use crate::layout::{FNV_START, HasLayout, Layout, fnv_word};
use crate::lock::{JournalEntry, RobustLock};
use crate::log::{LogRing, LogTenant};
use crate::mbuf::{DynamicEntry, DynamicTable, ExternalHeader, MbufHeader, MbufPoolFacts, Waybill};
use crate::mempool::{CacheHeader, PoolChunk, PoolHeader, StackHeader};
use crate::memseg::MemsegList;
use crate::message::{Cell, Mailbox, RawFrame};
use crate::port::capture::CaptureState;
use crate::port::{PortState, RxLine, TxLine};
use crate::recovery::{EventRecord, Recovery};
use crate::ring::{CallLog, End as RingEnd, RingHeader};
use crate::wait::WaitLine;

/// Every shared structure, in reading order.
pub const MANIFEST: &[Layout] = &[
    GroupHeader::LAYOUT,
    ManifestEntry::LAYOUT,
    ProcessEntry::LAYOUT,
    LcoreEntry::LAYOUT,
    JournalEntry::LAYOUT,
    RobustLock::LAYOUT,
    MemsegList::LAYOUT,
    Heap::LAYOUT,
    Element::LAYOUT,
    Entry::LAYOUT,
    Directory::LAYOUT,
    RingEnd::LAYOUT,
    RingHeader::LAYOUT,
    CallLog::LAYOUT,
    PoolChunk::LAYOUT,
    PoolHeader::LAYOUT,
    CacheHeader::LAYOUT,
    StackHeader::LAYOUT,
    MbufHeader::LAYOUT,
    MbufPoolFacts::LAYOUT,
    Waybill::LAYOUT,
    ExternalHeader::LAYOUT,
    DynamicEntry::LAYOUT,
    DynamicTable::LAYOUT,
    RawFrame::LAYOUT,
    Cell::LAYOUT,
    Mailbox::LAYOUT,
    EventRecord::LAYOUT,
    Recovery::LAYOUT,
    RxLine::LAYOUT,
    TxLine::LAYOUT,
    PortState::LAYOUT,
    DeviceQueueHeader::LAYOUT,
    CaptureState::LAYOUT,
    WaitLine::LAYOUT,
    LogTenant::LAYOUT,
    LogRing::LAYOUT,
    GroupRegion::LAYOUT,
];

const _: () = assert!(
    MANIFEST.len() <= MANIFEST_MAX,
    "the manifest has more structures than the header has room for"
);

/// One number for the whole manifest.
pub const fn fingerprint() -> u64 {
    let mut hash = FNV_START;
    let mut i = 0;
    while i < MANIFEST.len() {
        hash = fnv_word(hash, MANIFEST[i].fingerprint() as usize);
        i += 1;
    }
    hash
}
