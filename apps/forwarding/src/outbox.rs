//! Packets that wait to be sent by one queue, up to a burst of them (`rte_eth_tx_buffer`).

use phalanx_core::mbuf::{Bundle, MbufHome, Unseen};
use phalanx_core::port::{TxDriver, TxQueue};

/// What waits for one queue. What is in it is in this process's hands, and not looked at.
#[derive(Debug)]
pub struct Outbox<'h>(Bundle<'h>);

impl<'h> Outbox<'h> {
    /// An empty one. By way of `home`, what is not sent goes back.
    pub fn new(home: &'h MbufHome<'h>) -> Self {
        Self(Bundle::new(home))
    }

    /// Whether nothing waits.
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Adds a packet; gives it back if a burst is together already.
    #[inline]
    pub fn put(&mut self, packet: Unseen<'h>) -> Result<(), Unseen<'h>> {
        self.0.push(packet)
    }

    /// Frees all of it. Returns how many packets that were.
    pub fn discard(&mut self) -> usize {
        self.0.free()
    }

    /// Sends all of it; what `queue` does not take is freed. Returns how many packets were sent and
    /// how many freed.
    #[inline]
    pub fn flush<T: TxDriver>(&mut self, queue: &mut TxQueue<T>) -> (usize, usize) {
        let sent = queue.burst_unseen(&mut self.0);
        (sent, if self.is_empty() { 0 } else { self.discard() })
    }
}
