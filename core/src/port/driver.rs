//! What serves a queue: a driver, which the program knows by its type.

use super::layout::{RxLine, TxLine};
use super::port::Port;
use crate::mbuf::{Bundle, Mbuf, MbufHome, Tally};

/// Where packets come from.
pub trait RxDriver {
    /// Fills the beginning of `to` with packets that came, and returns how many; what stood there is
    /// freed. Nothing waits, but for a process that is stopped in the middle of a shared ring's end:
    /// 80 ms at most, and then none came. Each packet has its data and length; its port is set by the caller.
    fn receive<'h>(
        &mut self,
        queue: &RxLine,
        home: &'h MbufHome<'h>,
        to: &mut [Option<Mbuf<'h>>],
    ) -> usize;

    /// As [`receive`](Self::receive), and sets each packet's port to `port` and counts its bytes: what a
    /// queue calls. A driver that has each packet's header at hand anyway does it there.
    #[inline]
    fn receive_by<'h>(
        &mut self,
        port: u16,
        queue: &RxLine,
        home: &'h MbufHome<'h>,
        to: &mut [Option<Mbuf<'h>>],
    ) -> Tally {
        let (packets, mut bytes) = (self.receive(queue, home, to), 0);
        for packet in to.iter_mut().take(packets).flatten() {
            packet.set_port(Some(port));
            bytes += u64::from(packet.len());
        }
        Tally { packets, bytes }
    }

    /// Has the device of `port`, which is this queue's, interrupt once when something comes, from now on;
    /// whether it will, and the port's owner hears it. By default it does not.
    /// [`RxSleep::arm`](super::RxSleep::arm) calls it.
    fn arm(&mut self, _port: &Port) -> bool {
        false
    }

    /// Has the device interrupt no more, or once in vain.
    fn disarm(&mut self) {}

    /// Whether it has packets to give that need not be looked at on their way:
    /// [`receive_unseen`](Self::receive_unseen).
    #[inline]
    fn gives_unseen(&self) -> bool {
        false
    }

    /// As [`receive_by`](Self::receive_by), and adds what came to `to`. Called only of a driver that
    /// [`gives_unseen`](Self::gives_unseen): who overrides that overrides this too, since by default nothing comes.
    #[inline]
    fn receive_unseen(&mut self, _port: u16, _queue: &RxLine, _to: &mut Bundle<'_>) -> Tally {
        Tally::default()
    }
}

/// Where packets go to.
pub trait TxDriver {
    /// Takes packets, the first first, leaving `None` where it took one, and returns how many. What
    /// it took it sends, or frees and counts as dropped. What it leaves there was not to be taken now.
    /// Places that are `None` before are passed over. Nothing waits, but as of
    /// [`RxDriver::receive`]: once a burst.
    fn send(&mut self, queue: &TxLine, packets: &mut [Option<Mbuf<'_>>]) -> usize;

    /// As [`send`](Self::send), and counts the bytes of what it took: what a queue calls. A driver that
    /// has each packet's header at hand anyway does it there.
    #[inline]
    fn send_tallied(&mut self, queue: &TxLine, packets: &mut [Option<Mbuf<'_>>]) -> Tally {
        tallied(packets, |packets| self.send(queue, packets))
    }

    /// Whether it takes packets without a look at them: [`send_unseen`](Self::send_unseen).
    #[inline]
    fn takes_unseen(&self) -> bool {
        false
    }

    /// As [`send_tallied`](Self::send_tallied): what it leaves is in `packets` after. Called only of a driver
    /// that [`takes_unseen`](Self::takes_unseen): who overrides that overrides this too, since by default nothing
    /// goes.
    #[inline]
    fn send_unseen(&mut self, _queue: &TxLine, _packets: &mut Bundle<'_>) -> Tally {
        Tally::default()
    }
}

/// Has `send` take packets, and counts the bytes of what it took by what is left.
#[inline(always)]
pub(super) fn tallied(
    packets: &mut [Option<Mbuf<'_>>],
    send: impl FnOnce(&mut [Option<Mbuf<'_>>]) -> usize,
) -> Tally {
    let all = bytes_of(packets);
    let sent = send(packets);
    let left = if sent == packets.len() { 0 } else { bytes_of(packets) };
    Tally { packets: sent, bytes: all.saturating_sub(left) }
}

#[inline(always)]
fn bytes_of(packets: &[Option<Mbuf<'_>>]) -> u64 {
    packets.iter().flatten().map(|packet| u64::from(packet.len())).sum()
}
