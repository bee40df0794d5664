//! What went through a port: each queue's claimant counts, and everybody may read.

use super::claim::{RxClaim, TxClaim};
use super::kinds::Direction;
use super::layout::{QUEUES_MAX, RxLine, TxLine};
use super::port::Port;
use crate::group::ProcessId;
use crate::mbuf::Tally;
use crate::sync::Word64;

/// What came by an Rx queue since the statistics were last set to zero.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RxStats {
    /// Packets.
    pub packets: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Packets that came and could not be used.
    pub errors: u64,
    /// Packets for which there was no mbuf.
    pub no_mbuf: u64,
    /// The driver's own place in what it reads.
    pub cursor: u64,
    /// Whether no packet will ever come any more: a file is read to its end.
    pub is_done: bool,
    /// Who has the queue; he may be gone.
    pub claimant: Option<ProcessId>,
}

/// What went by a Tx queue since the statistics were last set to zero.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TxStats {
    /// Packets that the driver took, those of `dropped` among them.
    pub packets: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Packets that the driver took and could not send: freed.
    pub dropped: u64,
    /// The driver's own place in what it writes.
    pub cursor: u64,
    /// Who has the queue; he may be gone.
    pub claimant: Option<ProcessId>,
}

/// The sums over a port's queues.
#[doc(alias = "rte_eth_stats")]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PortStats {
    /// Packets that came.
    pub rx_packets: u64,
    /// Their bytes.
    pub rx_bytes: u64,
    /// Packets that came and could not be used.
    pub rx_errors: u64,
    /// Packets for which there was no mbuf.
    pub rx_no_mbuf: u64,
    /// Packets that came and for which the device had no room: nobody had fetched those before. As far as the
    /// owner has asked the device, which it does every second.
    #[doc(alias = "imissed")]
    pub rx_missed: u64,
    /// Packets that came damaged, too long or too short, and that the device dropped. As far as the owner has asked.
    #[doc(alias = "ierrors")]
    pub rx_damaged: u64,
    /// Packets that the driver took, those of `tx_dropped` among them.
    pub tx_packets: u64,
    /// Their bytes.
    pub tx_bytes: u64,
    /// Packets that the driver took and could not send.
    pub tx_dropped: u64,
}

impl Port {
    /// The sums over all queues, those of earlier claimants included. Reads a line a queue.
    #[doc(alias = "rte_eth_stats_get")]
    pub fn stats(&self) -> PortStats {
        let [rx_missed] =
            since([&self.state.missed], core::array::from_ref(&self.state.missed_zero));
        let [rx_damaged] =
            since([&self.state.damaged], core::array::from_ref(&self.state.damaged_zero));
        let mut sums = PortStats { rx_missed, rx_damaged, ..PortStats::default() };
        for queue in 0..QUEUES_MAX as u16 {
            if let Some(rx) = self.rx_stats(queue) {
                sums.rx_packets = sums.rx_packets.wrapping_add(rx.packets);
                sums.rx_bytes = sums.rx_bytes.wrapping_add(rx.bytes);
                sums.rx_errors = sums.rx_errors.wrapping_add(rx.errors);
                sums.rx_no_mbuf = sums.rx_no_mbuf.wrapping_add(rx.no_mbuf);
            }
            if let Some(tx) = self.tx_stats(queue) {
                sums.tx_packets = sums.tx_packets.wrapping_add(tx.packets);
                sums.tx_bytes = sums.tx_bytes.wrapping_add(tx.bytes);
                sums.tx_dropped = sums.tx_dropped.wrapping_add(tx.dropped);
            }
        }
        sums
    }

    /// Counts packets for which the device had no room. The owner's alone: nothing, in another process.
    pub fn count_missed(&self, packets: u64) {
        if packets > 0 && self.is_current() && self.is_mine() {
            self.state.missed.count(packets);
        }
    }

    /// Counts packets that the device dropped, for they came damaged. The owner's alone: nothing, in another process.
    pub fn count_damaged(&self, packets: u64) {
        if packets > 0 && self.is_current() && self.is_mine() {
            self.state.damaged.count(packets);
        }
    }

    /// Of one Rx queue; `None` if there can be none of that number.
    pub fn rx_stats(&self, queue: u16) -> Option<RxStats> {
        let line = self.rx_line(queue)?;
        let [packets, bytes, errors, no_mbuf] =
            since([&line.packets, &line.bytes, &line.errors, &line.no_mbuf], &line.zero);
        let claimant = ProcessId::unpack(line.claim.observe());
        let (cursor, is_done) = (line.cursor(), line.is_done());
        Some(RxStats { packets, bytes, errors, no_mbuf, cursor, is_done, claimant })
    }

    /// Of one Tx queue; `None` if there can be none of that number.
    pub fn tx_stats(&self, queue: u16) -> Option<TxStats> {
        let line = self.tx_line(queue)?;
        let [packets, bytes, dropped] =
            since([&line.packets, &line.bytes, &line.dropped], &line.zero);
        let claimant = ProcessId::unpack(line.claim.observe());
        Some(TxStats { packets, bytes, dropped, cursor: line.cursor(), claimant })
    }

    /// Whether no packet will ever come any more by any of its Rx queues.
    pub fn is_done(&self) -> bool {
        let queues = usize::from(self.rx_queues());
        queues > 0 && self.state.rx.iter().take(queues).all(RxLine::is_done)
    }

    /// Whether the queue is there to be had: who has it, if somebody has who lives. A system call.
    pub fn holder(&self, direction: Direction, queue: u16) -> Option<ProcessId> {
        let (_, who) = self.claims(direction).find(|(claimed, _)| *claimed == queue)?;
        Some(who).filter(|who| self.group().is_alive(*who))
    }
}

/// What was counted since `zero` was written. Read first, so that it is seldom ahead; if it is set
/// meanwhile, nothing was counted since.
fn since<const N: usize>(counts: [&Word64; N], zero: &[Word64; N]) -> [u64; N] {
    let mut zero = zero.iter();
    counts.map(|count| {
        let zero = zero.next().map_or(0, Word64::get);
        crash_point!("port: a count is about to be read");
        count.get().saturating_sub(zero)
    })
}

/// What a driver says of the queue that it serves. Only its claimant's driver calls these, and who takes packets
/// without one.
impl RxLine {
    /// Counts packets that came and could not be used.
    pub fn count_errors(&self, packets: u64) {
        self.errors.count(packets);
    }

    /// Counts packets for which there was no mbuf.
    pub fn count_no_mbuf(&self, packets: u64) {
        self.no_mbuf.count(packets);
    }

    /// The driver's own place in what it reads: what its last claimant left.
    pub fn cursor(&self) -> u64 {
        self.cursor.observe()
    }

    /// Keeps the driver's own place.
    pub fn set_cursor(&self, cursor: u64) {
        self.cursor.publish(cursor);
    }

    /// Whether no packet will ever come any more.
    pub fn is_done(&self) -> bool {
        self.done.get() != 0
    }

    /// For a queue that reads anew: its driver's place is the beginning. Nobody has the queue.
    pub(super) fn begin_anew(&self) {
        self.cursor.publish(0);
        self.done.set(0);
    }

    /// Says that no packet will ever come any more.
    pub fn set_done(&self) {
        self.done.set(1);
    }

    /// Counts packets that came. A [`RxQueue`](super::RxQueue) does it itself.
    #[inline(always)]
    pub fn count(&self, tally: Tally) {
        self.packets.count(tally.packets as u64);
        self.bytes.count(tally.bytes);
    }
}

/// As of [`RxLine`].
impl TxLine {
    /// Counts packets that the driver took and could not send.
    pub fn count_dropped(&self, packets: u64) {
        self.dropped.count(packets);
    }

    /// The driver's own place in what it writes: what its last claimant left.
    pub fn cursor(&self) -> u64 {
        self.cursor.observe()
    }

    /// Keeps the driver's own place.
    pub fn set_cursor(&self, cursor: u64) {
        self.cursor.publish(cursor);
    }

    /// Counts packets that went. A [`TxQueue`](super::TxQueue) does it itself.
    #[inline(always)]
    pub fn count(&self, tally: Tally) {
        self.packets.count(tally.packets as u64);
        self.bytes.count(tally.bytes);
    }
}

impl RxClaim {
    /// What came by it.
    pub fn stats(&self) -> RxStats {
        self.port().rx_stats(self.queue()).unwrap_or_default()
    }
}

impl TxClaim {
    /// What went by it.
    pub fn stats(&self) -> TxStats {
        self.port().tx_stats(self.queue()).unwrap_or_default()
    }
}
