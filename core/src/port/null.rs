//! net_null: gives empty packets as fast as it is asked, and swallows what it is given.

use super::args::Args;
use super::driver::{RxDriver, TxDriver};
use super::kinds::DriverKind;
use super::layout::{RxLine, TxLine};
use super::port::Port;
use crate::mbuf::{Bundle, Fresh, Mbuf, MbufHome, PORT_NONE, Tally};

/// Bytes of a packet, unless `size=` says otherwise.
pub const NULL_SIZE: u16 = 64;

/// What `net_null` is told: `size=64,copy=0|1,no-rx=0|1`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NullArgs {
    /// Bytes of each packet that comes. What does not fit one buffer of the receiver's pool does not
    /// come, and is counted as an error.
    pub size: u16,
    /// Whether the bytes of packets are written and read.
    pub copy: Copying,
    /// Whether packets come.
    pub rx: Source,
}

/// Whether a driver touches the bytes of packets.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Copying {
    /// It does not.
    #[default]
    Off,
    /// It writes what comes, and reads what goes.
    On,
}

/// Whether packets come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Source {
    /// As many as are asked for.
    #[default]
    Endless,
    /// None.
    Dry,
}

impl NullArgs {
    /// What `args` say; what they do not say, or not so that it can be, is as by default.
    pub fn read(args: &Args) -> Self {
        let is_one = |key| args.value(key) == Some("1");
        Self {
            size: args.value("size").and_then(|size| size.parse().ok()).unwrap_or(NULL_SIZE),
            copy: if is_one("copy") { Copying::On } else { Copying::Off },
            rx: if is_one("no-rx") { Source::Dry } else { Source::Endless },
        }
    }
}

/// An Rx queue of net_null.
#[derive(Debug)]
pub struct NullRx(NullArgs);

/// A Tx queue of net_null.
#[derive(Debug)]
pub struct NullTx(NullArgs);

impl NullRx {
    /// Of `port`; `None` if that is another driver's.
    pub fn of(port: &Port) -> Option<Self> {
        (port.driver() == DriverKind::Null).then(|| Self(NullArgs::read(&port.args())))
    }
}

impl NullTx {
    /// Of `port`; `None` if that is another driver's.
    pub fn of(port: &Port) -> Option<Self> {
        (port.driver() == DriverKind::Null).then(|| Self(NullArgs::read(&port.args())))
    }
}

impl RxDriver for NullRx {
    #[inline]
    fn receive<'h>(
        &mut self,
        queue: &RxLine,
        home: &'h MbufHome<'h>,
        to: &mut [Option<Mbuf<'h>>],
    ) -> usize {
        self.receive_by(PORT_NONE, queue, home, to).packets
    }

    #[inline]
    fn receive_by<'h>(
        &mut self,
        port: u16,
        queue: &RxLine,
        home: &'h MbufHome<'h>,
        to: &mut [Option<Mbuf<'h>>],
    ) -> Tally {
        if !self.may_come(queue, home, to.len()) {
            if self.0.rx == Source::Endless {
                to.fill_with(|| None);
            }
            return Tally::default();
        }
        let Self(args) = *self;
        if home.alloc_bulk_as(Fresh { len: args.size, port }, to).is_err() {
            queue.count_no_mbuf(to.len() as u64);
            return Tally::default();
        }
        if args.copy == Copying::On {
            for packet in to.iter_mut().flatten() {
                if let Ok(data) = packet.data_mut() {
                    data.fill(0);
                }
            }
        }
        Tally { packets: to.len(), bytes: to.len() as u64 * u64::from(args.size) }
    }

    /// Unless it writes their bytes.
    #[inline]
    fn gives_unseen(&self) -> bool {
        self.0.copy == Copying::Off
    }

    #[inline]
    fn receive_unseen(&mut self, port: u16, queue: &RxLine, to: &mut Bundle<'_>) -> Tally {
        let Self(args) = *self;
        let asked = to.room();
        if !self.may_come(queue, to.home(), asked) {
            return Tally::default();
        }
        match to.fill_fresh(Fresh { len: args.size, port }) {
            Ok(packets) => Tally { packets, bytes: packets as u64 * u64::from(args.size) },
            Err(_) => {
                queue.count_no_mbuf(asked as u64);
                Tally::default()
            }
        }
    }
}

impl NullRx {
    /// Whether packets come, and one fits a buffer of the receiver's pool; what does not is counted.
    #[inline]
    fn may_come(&self, queue: &RxLine, home: &MbufHome<'_>, asked: usize) -> bool {
        let Self(args) = *self;
        if args.rx == Source::Dry {
            return false;
        }
        let fits = args.size <= home.pool().data_room().saturating_sub(home.pool().headroom());
        if !fits {
            queue.count_errors(asked as u64);
        }
        fits
    }
}

impl TxDriver for NullTx {
    #[inline]
    fn send(&mut self, _: &TxLine, packets: &mut [Option<Mbuf<'_>>]) -> usize {
        let Self(args) = *self;
        if args.copy == Copying::On {
            for data in packets.iter().flatten().flat_map(Mbuf::segments) {
                core::hint::black_box(data.iter().fold(0, |sum: u8, byte| sum.wrapping_add(*byte)));
            }
        }
        Mbuf::free_all(packets)
    }

    /// Unless it reads their bytes.
    #[inline]
    fn takes_unseen(&self) -> bool {
        self.0.copy == Copying::Off
    }

    #[inline]
    fn send_unseen(&mut self, _: &TxLine, packets: &mut Bundle<'_>) -> Tally {
        let sent = packets.tally();
        packets.free();
        sent
    }
}
