//! Bursts of packets that are not looked at, where the drivers can do without.

use super::driver::{RxDriver, TxDriver};
use super::queue::{RxQueue, TxQueue};
use crate::mbuf::Bundle;

impl<D: RxDriver> RxQueue<D> {
    /// Adds packets that came to `to`, as many as it has room for, and returns how many; as
    /// [`burst`](Self::burst), for who only passes them on. Where the driver can, no header is looked at:
    /// then a packet's port stands in its ring's word until somebody looks.
    #[inline]
    pub fn burst_unseen(&mut self, to: &mut Bundle<'_>) -> usize {
        if self.claim.attention() != 0 || !self.driver.gives_unseen() {
            return self.burst_seen(to);
        }
        let (line, port) = (self.claim.line(), self.claim.port().id());
        let came = self.driver.receive_unseen(port, line, to);
        if came.packets > 0 {
            line.count(came);
        }
        came.packets
    }

    /// The driver looks at packets, or somebody else does.
    #[inline(never)]
    fn burst_seen(&mut self, to: &mut Bundle<'_>) -> usize {
        let (home, mut packets) = (to.home(), [const { None }; Bundle::SIZE]);
        let count = self.burst(home, packets.get_mut(..to.room()).unwrap_or_default());
        to.add_all(&mut packets);
        count
    }
}

impl<D: TxDriver> TxQueue<D> {
    /// Sends the packets of a bundle; what could not be taken now stays in it. As [`burst`](Self::burst);
    /// where the driver can, no header is looked at.
    #[inline]
    pub fn burst_unseen(&mut self, packets: &mut Bundle<'_>) -> usize {
        if self.claim.attention() != 0 || !self.driver.takes_unseen() {
            return self.burst_seen(packets);
        }
        let line = self.claim.line();
        let sent = self.driver.send_unseen(line, packets);
        if sent.packets > 0 {
            line.count(sent);
        }
        sent.packets
    }

    /// As of [`RxQueue`].
    #[inline(never)]
    fn burst_seen(&mut self, packets: &mut Bundle<'_>) -> usize {
        let mut open = packets.open();
        let sent = self.burst(&mut open);
        packets.add_all(&mut open);
        sent
    }
}
