//! Why a capture file was not opened, read or written.

use core::fmt;
use std::path::PathBuf;

use phalanx_core::count::Count;

use super::format::{INTERFACES_MAX, RECORD_MAX};

/// What is wrong with a capture file, at the place where it was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ReadFault {
    /// It has no byte.
    Empty,
    /// It is of neither format; its first bytes.
    Unknown([u8; 4]),
    /// A link type that is not Ethernet's.
    LinkType(u32),
    /// A packet, or a block that must be looked into, of so many bytes.
    TooLong(u32),
    /// It ends in the middle of a header, a packet or a block.
    Truncated,
    /// A section has more than 4,096 interfaces.
    Interfaces,
    /// A packet names an interface that was not described.
    NoInterface(u32),
    /// What is written there cannot be.
    Malformed(&'static str),
    /// The system refused.
    Io(String),
}

impl fmt::Display for ReadFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("it is empty; give a pcap or pcapng file"),
            Self::Unknown([a, b, c, d]) => write!(
                f,
                "it begins with {a:02x} {b:02x} {c:02x} {d:02x} and is neither pcap nor pcapng; give a file of these"
            ),
            Self::LinkType(found) => write!(
                f,
                "its packets have link type {found} and a port's are Ethernet (1); convert it, or leave them out"
            ),
            Self::TooLong(len) => write!(
                f,
                "a packet or block of {len} bytes stands there and {RECORD_MAX} are the most; it is damaged, or cut \
                 its packets with `editcap -s`"
            ),
            Self::Truncated => f.write_str(
                "it ends in the middle of what begins there; what is before it is whole",
            ),
            Self::Interfaces => {
                write!(f, "it describes more than {INTERFACES_MAX} interfaces; it is damaged")
            }
            Self::NoInterface(id) => {
                write!(
                    f,
                    "a packet came by interface {id}, which it does not describe; it is damaged"
                )
            }
            Self::Malformed(what) => write!(f, "it is damaged: {what}"),
            Self::Io(error) => f.write_str(error),
        }
    }
}

/// Why a port of capture files does not work, or not any more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PcapError {
    /// An argument that `net_pcap` does not have.
    Argument {
        /// The argument.
        argument: String,
        /// The one most like it.
        near: Option<&'static str>,
    },
    /// An argument's value is none.
    Value {
        /// The argument.
        argument: &'static str,
        /// Its value.
        value: String,
        /// What it takes.
        takes: &'static str,
    },
    /// More files than a port has queues.
    TooManyFiles {
        /// The argument.
        argument: &'static str,
        /// How many there are.
        count: usize,
    },
    /// More files than the port is to have queues.
    MoreFiles {
        /// The argument.
        argument: &'static str,
        /// How many files there are.
        count: usize,
        /// How many queues the port is to have.
        queues: u16,
    },
    /// A queue that has no file.
    NoFile {
        /// `Rx` or `Tx`.
        direction: &'static str,
        /// The queue.
        queue: u16,
        /// How many files there are.
        files: usize,
    },
    /// Two arguments are one file.
    Twice {
        /// The file.
        path: PathBuf,
    },
    /// It is another port's file, and one of the two writes it.
    Shared {
        /// The file.
        path: PathBuf,
        /// The other port.
        port: String,
    },
    /// It is a directory, a pipe, a device, or the like.
    NotRegular {
        /// The file.
        path: PathBuf,
    },
    /// The system refused.
    Io {
        /// What was to be done with it.
        doing: &'static str,
        /// The file.
        path: PathBuf,
        /// What the system says.
        error: String,
    },
    /// It cannot be read, or not further.
    Read {
        /// The file.
        path: PathBuf,
        /// Packets before that place.
        packets: u64,
        /// The place: bytes from its start.
        at: u64,
        /// What is wrong there.
        fault: ReadFault,
    },
    /// It has become shorter than what was written to it.
    Shortened {
        /// The file.
        path: PathBuf,
        /// Its bytes.
        found: u64,
        /// Bytes that were written.
        written: u64,
    },
}

impl fmt::Display for PcapError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Argument { argument, near: Some(near) } => {
                write!(
                    f,
                    "net_pcap was given `{argument}`, which it does not know; did you mean `{near}`?"
                )
            }
            Self::Argument { argument, near: None } => write!(
                f,
                "net_pcap was given `{argument}`, which it does not know; it takes rx_pcap, tx_pcap and infinite_rx"
            ),
            Self::Value { argument, value, takes } => {
                write!(f, "net_pcap was given `{argument}={value}`; {argument} takes {takes}")
            }
            Self::TooManyFiles { argument, count } => write!(
                f,
                "net_pcap was given {count} files with {argument}, and a port has 64 queues; give fewer"
            ),
            Self::MoreFiles { argument, count, queues } => write!(
                f,
                "it has {count} files with {argument}, one a queue, and is to have {}, so that some would never be \
                 used; give as many files as queues, or one for all",
                Count::of(*queues, "such queue", "such queues")
            ),
            Self::NoFile { direction, queue, files } => write!(
                f,
                "{direction} queue {queue} of a net_pcap port was to be opened and there are {files} files, one a \
                 queue; give one file, or one for each"
            ),
            Self::Twice { path } => write!(
                f,
                "{} was given to net_pcap twice, and once to be written; name another file",
                path.display()
            ),
            Self::Shared { path, port } => write!(
                f,
                "{} is a file of {port} too, and one of the two ports writes it; name another file",
                path.display()
            ),
            Self::NotRegular { path } => {
                write!(
                    f,
                    "{} is no regular file, and net_pcap takes no directory, pipe or device, nor stdin; name one that is",
                    path.display()
                )
            }
            Self::Io { doing, path, error } => {
                write!(f, "{} could not be {doing}: {error}", path.display())
            }
            Self::Read { path, packets, at, fault } => {
                write!(f, "{}, after {packets} packets, at byte {at}: {fault}", path.display())
            }
            Self::Shortened { path, found, written } => write!(
                f,
                "{} has {found} bytes and {written} were written to it; somebody else has cut it: have each port write \
                 its own file",
                path.display()
            ),
        }
    }
}

impl core::error::Error for PcapError {}
