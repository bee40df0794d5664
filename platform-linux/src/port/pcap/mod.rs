//! `net_pcap`: a port whose packets come from capture files and go to them.
//!
//! ```text
//!   --vdev net_pcap0,rx_pcap=in.pcap,tx_pcap=out.pcapng
//! ```
//!
//! | argument | what |
//! |---|---|
//! | `rx_pcap=FILE` | packets come from it, pcap or pcapng, whatever its name; several are a file a queue |
//! | `tx_pcap=FILE` | packets go to it, made anew; pcapng if its name ends so, else pcap (nanoseconds). Several are a file a queue |
//! | `infinite_rx=1` | begins anew at a file's end |
//!
//! Without `rx_pcap` no packet comes; without `tx_pcap` what is sent is freed, and counts as sent.
//!
//! # Decisions
//!
//! - **Each process opens the files itself**, by the port's arguments, which [`absolute`] makes
//!   independent of directories. The port's owner makes the files for Tx, with their headers, once: when it
//!   lets the port run for the first time ([`create_files`]). Who makes the port only looks ([`check_files`]).
//!   So a start that fails, in the EAL or in the program's own checks, has emptied no file and made none.
//! - **A file that is written is one port's**: no other port of the group reads or writes it. Files are regular;
//!   pipes, devices and stdin are refused, and never waited for.
//! - **One file for several Rx queues** is read whole by each queue's claimant, who keeps those
//!   packets whose RSS hash leads to its queue: exact, and nothing is shared. The queue's `cursor` counts the
//!   packets of the file that were passed, so whoever claims it next goes on there.
//! - **One file for several Tx queues**: a burst is written at once, under a kernel lock on the
//!   file, where the last one ended; that place is the `cursor` of queue 0. What a process that
//!   died in the middle of a write has left is cut off by the next. So records never interleave, and
//!   each is whole or not there.
//! - **Nothing is kept back**: when a burst returns its records are the kernel's, and survive the process's
//!   death (not the machine's). So there is nothing to flush.
//! - **At a file's end**, or where it is damaged, no packet comes any more and the queue is done
//!   ([`is_done`](phalanx_core::port::Port::is_done)); damage counts as one error. A packet for which there is
//!   no mbuf comes with a later burst, and counts once as such; one that has more bytes than the
//!   whole pool counts as an error, and is passed over.
//! - **A fault is a sentence**: [`AnyRx::fault`](super::AnyRx::fault) and
//!   [`AnyTx::fault`](super::AnyTx::fault) have it, for programs to show, and the process's log.
//!
//! The formats' headers are read and written by the crate `pcap-file`, under guards: what is longer than
//! [`RECORD_MAX`] is refused before room is made for it, blocks that carry no packet are skipped without
//! being stored, and no option is decoded (the crate refuses files for options that others live with,
//! keeps every interface for good, and refuses packets that were cut by a snap length).

/// A fault, in the process's log, if this build has one.
macro_rules! tell {
    ($text:literal, $fault:expr) => {{
        #[cfg(feature = "defmt")]
        defmt::warn!($text, $fault.to_string().as_str());
    }};
}

mod append;
mod args;
mod begin;
mod blocks;
mod create;
mod error;
mod files;
mod format;
mod reader;
mod rx;
#[cfg(test)]
mod tests;
mod tx;
mod writer;

pub use args::PcapArgs;
pub(crate) use begin::can_read;
pub use begin::files_of;
pub(super) use begin::{begin, check_queues};
pub use create::{PortFiles, check_files, create_files, user_of};
pub use error::{PcapError, ReadFault};
pub use files::absolute;
pub use format::{Format, RECORD_MAX};
pub use reader::PacketReader;
pub use rx::PcapRx;
pub use tx::PcapTx;
pub use writer::Encoder;
