//! From a queue to a queue, a burst at a time.

use phalanx_core::mbuf::{Mbuf, MbufHome};
use phalanx_core::port::{RxDriver, RxQueue, TxDriver, TxQueue};

/// Packets that are received, or sent, at a time.
pub const BURST: usize = 32;

/// Room for a burst.
pub type Burst<'h> = [Option<Mbuf<'h>>; BURST];

/// What became of a burst.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Passed {
    /// Packets received.
    pub received: usize,
    /// Packets sent. The others were freed.
    pub sent: usize,
}

/// Sends what has come by `from` through `to`; what `to` does not take is freed. Between the two a
/// packet is in this process's hands, and nowhere else: what a killed process had there goes back to
/// its pool.
///
/// Where nothing has come, `to` is told so: what its driver could not send before goes now.
#[inline]
pub fn pass<'h, R: RxDriver, T: TxDriver>(
    from: &mut RxQueue<R>,
    to: &mut TxQueue<T>,
    home: &'h MbufHome<'h>,
    burst: &mut Burst<'h>,
) -> Passed {
    let received = from.burst(home, burst);
    if received == 0 {
        to.burst(&mut []);
        return Passed::default();
    }
    let packets = burst.get_mut(..received).unwrap_or_default();
    let sent = to.burst(packets);
    if sent < received {
        home.free_bulk(packets.iter_mut().filter_map(Option::take));
    }
    Passed { received, sent }
}
