//! `MbufConsumer`: taking packets out of a ring.
//!
//! Between copying and publishing, while the packets still lie in the ring for everybody else, each
//! segment gets its taker's tag. A burst is worked on in two passes: that one, which finds out as well
//! whether all are mbufs of the taker's own pool, and one afterwards that hands them out, and need not
//! ask again if they are. Of what a [`Waybill`] calls plain, the first reads no header.

use super::bundle::Bundle;
use super::home::MbufHome;
use super::layout::{MbufHeader, Waybill};
use super::link::{Link, header};
use super::mbuf::Mbuf;
use super::origin::{Origin, first_of, found, opened};
use super::ring::RING_BATCH;
use super::sum::Sum;
use super::tally::Tally;
use crate::mempool::Tagger;
use crate::ring::kind::{Any, Kind};
use crate::ring::{Consumer, Held, WaitError, Want};
use crate::wait::Waiting;

/// Takes packets out, and writes down who has their segments before anybody sees them leave.
#[derive(Debug)]
pub struct MbufConsumer<K: Kind = Any>(Consumer<Waybill, K>);

/// What was taken out.
struct Taken {
    /// How many packets.
    count: usize,
    /// What is known of where each lies.
    origin: Origin,
    /// What all are worth.
    sum: Sum,
}

impl<K: Kind> MbufConsumer<K> {
    pub(super) fn of(consumer: Consumer<Waybill, K>) -> Self {
        Self(consumer)
    }

    /// Takes one packet out; `None` if there is none. Dropped, it goes back by way of `home`.
    ///
    /// What is no mbuf of any pool is left out, and counted as a stray of `home`'s pool: no more of it
    /// than there is when the first is met.
    #[inline]
    pub fn dequeue<'h>(&mut self, home: &'h MbufHome<'h>) -> Result<Option<Mbuf<'h>>, Held> {
        let (mut bills, mut rest) = ([Waybill::NONE], None);
        while self.take(home, &mut bills)?.count == 1 {
            let [bill] = bills;
            if let Some(header) = found(home, bill.place()) {
                return Ok(Some(opened(home, header, bill)));
            }
            if !self.goes_on(&mut rest, 1) {
                break;
            }
        }
        Ok(None)
    }

    /// Takes one packet out as [`dequeue`](Self::dequeue), waiting for it as [`Consumer::wait`] does:
    /// asleep only where the ring is [`waitable`](crate::ring::RingConfig::waitable), and woken by
    /// [`MbufProducer::wake`](super::MbufProducer::wake).
    pub fn wait<'h>(
        &mut self,
        home: &'h MbufHome<'h>,
        how: Waiting,
        go_on: impl FnMut() -> bool,
    ) -> Result<Option<Mbuf<'h>>, WaitError> {
        let ring = *self.0.ring();
        ring.wait_for(how, || self.dequeue(home), go_on)
    }

    /// Takes as many packets as there are and `packets` has room for, into its beginning; returns how
    /// many. What stood there is freed. As [`dequeue`](Self::dequeue) otherwise.
    #[inline]
    pub fn dequeue_burst<'h>(
        &mut self,
        home: &'h MbufHome<'h>,
        packets: &mut [Option<Mbuf<'h>>],
    ) -> Result<usize, Held> {
        self.hand_out(home, packets, |header, bill| opened(home, header, bill))
    }

    /// As [`dequeue_burst`](Self::dequeue_burst), sets each packet's port to `port`, and says how many bytes
    /// they have: what is written and read is in the header's first line.
    #[inline]
    pub fn dequeue_burst_by<'h>(
        &mut self,
        port: u16,
        home: &'h MbufHome<'h>,
        packets: &mut [Option<Mbuf<'h>>],
    ) -> Result<Tally, Held> {
        let mut bytes = 0;
        let packets = self.hand_out(home, packets, |header, bill| {
            let mut packet = opened(home, header, bill);
            packet.set_port(Some(port));
            bytes += u64::from(packet.len());
            packet
        })?;
        Ok(Tally { packets, bytes })
    }

    /// Takes as many packets as there are and `to` has room for, and looks at none: a header is read only
    /// of what has several segments, is shared, or is of another pool. What is no mbuf of any pool
    /// is found out when somebody looks at it.
    #[inline]
    pub fn dequeue_bundle(&mut self, to: &mut Bundle<'_>) -> Result<usize, Held> {
        Ok(self.take_into(to)?.count)
    }

    /// As [`dequeue_bundle`](Self::dequeue_bundle), of packets that come by `port`, and says how many bytes
    /// they have.
    #[inline]
    pub fn dequeue_bundle_by(&mut self, port: u16, to: &mut Bundle<'_>) -> Result<Tally, Held> {
        let before = to.len();
        let Taken { count, sum, .. } = self.take_into(to)?;
        let bytes = sum.bytes().unwrap_or_else(|| to.look_up_from(before));
        to.last_come_by(count, bytes, port);
        Ok(Tally { packets: count, bytes })
    }

    #[inline(always)]
    fn take_into(&mut self, to: &mut Bundle<'_>) -> Result<Taken, Held> {
        let taken = self.take(to.home(), to.room_for_more())?;
        to.grow(taken.count, taken.origin);
        Ok(taken)
    }

    /// Takes packets out into the beginning of `packets`, each made by `open`.
    #[inline(always)]
    fn hand_out<'h>(
        &mut self,
        home: &'h MbufHome<'h>,
        packets: &mut [Option<Mbuf<'h>>],
        mut open: impl FnMut(&'static MbufHeader, Waybill) -> Mbuf<'h>,
    ) -> Result<usize, Held> {
        let (mut filled, mut bills, mut rest) = (0, [Waybill::NONE; RING_BATCH], None);
        while filled < packets.len() {
            let wanted = (packets.len() - filled).min(RING_BATCH);
            let bills = bills.get_mut(..wanted).unwrap_or_default();
            let taken = match self.take(home, bills) {
                Ok(taken) => taken,
                Err(held) if filled == 0 => return Err(held),
                Err(_) => break,
            };
            let before = filled;
            let mut slots = packets.iter_mut().skip(filled);
            for bill in bills.iter().take(taken.count) {
                let Some(header) = first_of(home, *bill, taken.origin) else { continue };
                let Some(slot) = slots.next() else { break };
                *slot = Some(open(header, *bill));
                filled += 1;
            }
            let strays = before + taken.count - filled;
            if taken.count < wanted || strays > 0 && !self.goes_on(&mut rest, strays) {
                break;
            }
        }
        Ok(filled)
    }

    /// Whether to look further after `strays` more: they are no more than `rest`, what there was when
    /// the first was met. What others put in meanwhile is for the next call.
    #[cold]
    fn goes_on(&self, rest: &mut Option<u32>, strays: usize) -> bool {
        let there = rest.unwrap_or_else(|| self.0.available().saturating_add(strays as u32));
        *rest = Some(there.saturating_sub(strays as u32));
        *rest > Some(0)
    }

    #[inline(always)]
    fn take(&mut self, home: &MbufHome<'_>, bills: &mut [Waybill]) -> Result<Taken, Held> {
        let (mut origin, mut sum) = (Origin::Own, Sum::default());
        let count = self.0.take_with(bills, Want::UpTo, |taken| {
            crash_point!("dequeue: reserved and copied");
            (origin, sum) = claim_all(home, taken);
            crash_point!("dequeue: tagged");
        })?;
        Ok(Taken { count, origin, sum })
    }
}

/// Says of all segments of the packets of `bills` that they are this process's; what is known
/// of the first of each, and what all are worth.
#[inline(always)]
fn claim_all(home: &MbufHome<'_>, bills: &[Waybill]) -> (Origin, Sum) {
    let (tagger, mut bytes) = (home.tagger(), 0);
    let Some(first) = bills.first() else { return (Origin::Own, Sum::default()) };
    // As they come from a pool: then there is next to nothing to be done for each. All are added up, whatever
    // is found.
    let words = bills.iter().map(|bill| {
        bytes += bill.bytes();
        bill.row_word()
    });
    if let Some(any) = tagger.tag_row(first.row_word(), words) {
        return (Origin::Own, Sum::of(bytes, any));
    }
    let (origin, any) = claim_each(home, bills);
    (origin, Sum::of(bytes, any))
}

/// The same of packets that lie in no row, and every bit that is set in one of their words.
#[inline(never)]
fn claim_each(home: &MbufHome<'_>, bills: &[Waybill]) -> (Origin, u64) {
    // Next best is that all are plain ones of that pool.
    let (tagger, mut numbers) = (home.tagger(), [0; RING_BATCH]);
    if let Some(numbers) = numbers.get_mut(..bills.len())
        && let Some(any) = tagger.tag_each(bills.iter().map(|bill| bill.row_word()), numbers)
    {
        return (Origin::Own, any);
    }
    let mut any = 0;
    let each = bills.iter().map(|bill| {
        any |= bill.row_word();
        claim_one(home, &tagger, *bill)
    });
    (each.fold(Origin::Own, Origin::and), any)
}

/// The same of the segments of one packet.
#[inline(always)]
fn claim_one(home: &MbufHome<'_>, tagger: &Tagger<'_>, bill: Waybill) -> Origin {
    let (window, head) = (home.group().window(), bill.place());
    if !tagger.tag(head) {
        claim(home, head);
        return Origin::Any;
    }
    crash_point!("dequeue: a segment is tagged");
    let is_alone = || header(window, head).is_some_and(|first| Link::of(first) == Link::ALONE);
    if !bill.is_plain() && !is_alone() {
        claim_rest(home, head);
    }
    Origin::Own
}

/// Says of all segments of the packet at `head` that they are this process's, whatever pools they are of.
/// Reads nothing where no mbuf lies.
#[cold]
#[inline(never)]
fn claim(home: &MbufHome<'_>, head: u64) {
    if let Some(first) = header(home.group().window(), head)
        && home.tag(head, first)
    {
        crash_point!("dequeue: a segment is tagged");
        claim_rest(home, head);
    }
}

/// The same of all segments but the first, which is an mbuf.
#[inline(never)]
fn claim_rest(home: &MbufHome<'_>, head: u64) {
    for (at, header) in home.walk(head).skip(1) {
        // It is one: the walk has asked.
        let _is_mbuf = home.tag(at, header);
        crash_point!("dequeue: a segment is tagged");
    }
}

/// Says of all segments of the packet at `head`, which lies elsewhere than in a ring, that they are this
/// process's. Reads nothing where no mbuf lies.
#[inline]
pub(crate) fn own_all(home: &MbufHome<'_>, head: u64) {
    let _of_them = claim_all(home, &[Waybill::bare(head)]);
}

/// The packet at `head`, which this process has just taken out. What is none is counted as a stray.
#[inline]
pub(crate) fn taken_out<'h>(home: &'h MbufHome<'h>, head: u64) -> Option<Mbuf<'h>> {
    found(home, head).map(|header| Mbuf::new(home, header))
}
