//! From a queue to a queue, a burst at a time.

use phalanx_core::mbuf::{Bundle, Mbuf, MbufHome};
use phalanx_core::port::{RxDriver, RxQueue, TxDriver, TxQueue};

/// Packets that are received, or sent, at a time where they are looked at.
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

/// What passes packets on, in one thread: room for a burst, and nothing in it from one pass to the next.
#[derive(Debug)]
pub struct Passage<'h> {
    burst: Burst<'h>,
    bundle: Bundle<'h>,
}

impl<'h> Passage<'h> {
    /// By way of `home`, what is not sent goes back.
    pub fn new(home: &'h MbufHome<'h>) -> Self {
        Self { burst: [const { None }; BURST], bundle: Bundle::new(home) }
    }

    /// Sends what has come by `from` through `to`; what `to` does not take is freed. Between the two a
    /// packet is in this process's hands, and nowhere else: what a killed process had there goes back to
    /// its pool. Where both queues can do without, packets are not looked at.
    ///
    /// Where nothing has come, `to` is told so: what its driver could not send before goes now.
    #[inline]
    pub fn pass<R: RxDriver, T: TxDriver>(
        &mut self,
        from: &mut RxQueue<R>,
        to: &mut TxQueue<T>,
    ) -> Passed {
        if from.driver().gives_unseen() && to.driver().takes_unseen() {
            return self.pass_unseen(from, to);
        }
        let home = self.bundle.home();
        let received = from.burst(home, &mut self.burst);
        if received == 0 {
            to.burst(&mut []);
            return Passed::default();
        }
        let packets = self.burst.get_mut(..received).unwrap_or_default();
        let sent = to.burst(packets);
        if sent < received {
            home.free_bulk(packets.iter_mut().filter_map(Option::take));
        }
        Passed { received, sent }
    }

    #[inline]
    fn pass_unseen<R: RxDriver, T: TxDriver>(
        &mut self,
        from: &mut RxQueue<R>,
        to: &mut TxQueue<T>,
    ) -> Passed {
        let received = from.burst_unseen(&mut self.bundle);
        let sent = to.burst_unseen(&mut self.bundle);
        if sent < received {
            self.bundle.free();
        }
        Passed { received, sent }
    }
}
