//! Packets that wait to be sent by one queue, up to a burst of them (`rte_eth_tx_buffer`).

use core::fmt;

use phalanx_core::mbuf::{Mbuf, MbufHome};
use phalanx_core::port::{TxDriver, TxQueue};

use crate::pass::{BURST, Burst};

/// What waits for one queue. What is in it is in this process's hands.
pub struct Outbox<'h> {
    packets: Burst<'h>,
    count: usize,
}

impl fmt::Debug for Outbox<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Outbox({} packets)", self.count)
    }
}

impl Default for Outbox<'_> {
    fn default() -> Self {
        Self { packets: [const { None }; BURST], count: 0 }
    }
}

impl<'h> Outbox<'h> {
    /// Whether nothing waits.
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// Adds a packet; gives it back if a burst is together already.
    #[inline]
    pub fn put(&mut self, packet: Mbuf<'h>) -> Result<(), Mbuf<'h>> {
        match self.packets.get_mut(self.count) {
            Some(slot) => {
                *slot = Some(packet);
                self.count += 1;
                Ok(())
            }
            None => Err(packet),
        }
    }

    /// Frees all of it. Returns how many packets that were.
    pub fn discard(&mut self, home: &'h MbufHome<'h>) -> usize {
        let packets = self.packets.get_mut(..self.count).unwrap_or_default();
        home.free_bulk(packets.iter_mut().filter_map(Option::take));
        core::mem::take(&mut self.count)
    }

    /// Sends all of it; what `queue` does not take is freed. Returns how many packets were sent and
    /// how many freed.
    #[inline]
    pub fn flush<T: TxDriver>(
        &mut self,
        queue: &mut TxQueue<T>,
        home: &'h MbufHome<'h>,
    ) -> (usize, usize) {
        let packets = self.packets.get_mut(..self.count).unwrap_or_default();
        let sent = queue.burst(packets);
        let dropped = self.count - sent;
        if dropped > 0 {
            home.free_bulk(packets.iter_mut().filter_map(Option::take));
        }
        self.count = 0;
        (sent, dropped)
    }
}
