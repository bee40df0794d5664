//! What a burst does while somebody looks on: filter, copy, put into the ring. Out of the hot path.

use core::fmt;

use super::super::filter;
use super::super::kinds::Direction;
use super::super::port::Port;
use super::layout::CaptureState;
use super::look::state_at;
use super::record::Origin;
use crate::group::Group;
use crate::mbuf::{CopyError, Mbuf, MbufHome, MbufPool, MbufProducer, MbufRing};
use crate::offset::Offset;
use crate::sync::Contested64;

/// Bytes of a packet that the filter sees.
const SEEN: u32 = 256;

/// Packets that are copied, and put into the ring, at a time.
pub(in super::super) const BATCH: usize = 32;

/// Nanoseconds that a queue leaves the ring alone after it has found a stopped process in the middle of
/// it. To find it takes some 50 us: so a queue loses half a percent of its time by that.
const HELD_NS: u64 = 10_000_000;

/// A queue's way into a capture, kept while it is the same one.
pub(in super::super) struct Tap {
    at: Offset<u8>,
    state: &'static CaptureState,
    pool: MbufPool,
    ring: MbufProducer,
    /// Until when the ring is left alone.
    held_until_ns: u64,
}

impl fmt::Debug for Tap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Tap(+{:#x})", self.at.get())
    }
}

/// Where a burst passes.
#[derive(Clone, Copy)]
pub(in super::super) struct Place<'p> {
    pub(in super::super) port: &'p Port,
    pub(in super::super) queue: u16,
    pub(in super::super) direction: Direction,
}

/// A burst's look at a capture.
#[derive(Clone, Copy)]
struct View<'p> {
    state: &'static CaptureState,
    place: Place<'p>,
    now_ns: u64,
    /// The round that its copies bear.
    round: u32,
    is_held: bool,
}

/// What becomes of a packet.
enum Shown<'h> {
    /// Nothing: it is of another direction or queue, or cannot be read.
    Unasked,
    Filtered,
    NoMbuf,
    /// The ring is left alone.
    Held,
    Copy(Mbuf<'h>),
}

/// Up to [`BATCH`] packets, on their way into the ring.
struct Batch<'h> {
    copies: [Option<Mbuf<'h>>; BATCH],
    len: usize,
    filtered: u64,
    no_mbuf: u64,
    held: u64,
}

impl Tap {
    /// The way into the capture at `at`: `kept`, if it is that one's.
    fn open<'t>(kept: &'t mut Option<Self>, group: &Group, at: Offset<u8>) -> Option<&'t mut Self> {
        if kept.as_ref().is_none_or(|tap| tap.at != at) {
            *kept = Self::to(group, at);
        }
        kept.as_mut()
    }

    #[cold]
    #[inline(never)]
    fn to(group: &Group, at: Offset<u8>) -> Option<Self> {
        let state = state_at(group, at)?;
        // Pairs with the `publish` of who has opened it: its pool and ring are there.
        let _round = state.round.observe();
        let pool = MbufPool::attach(group, Offset::new(state.pool.get())).ok()?;
        let ring = MbufRing::attach(group, Offset::new(state.ring.get())).ok()?;
        let ring = ring.producer().ok()?.hurried();
        Some(Self { at, state, pool, ring, held_until_ns: 0 })
    }

    /// A burst's look; `None` if the capture is not the port's any more.
    ///
    /// The round comes first. If another has opened the capture since this burst looked at the port's
    /// word, and the round is that one's, then the word was cleared before, and is seen so. What is read
    /// after this may be a later one's: then the copies bear an earlier round than that.
    fn view<'p>(&self, place: Place<'p>) -> Option<View<'p>> {
        // Pairs with the `publish` in `begin_round`.
        let round = self.state.round.observe() as u32;
        if place.port.capture() != Some(self.at) {
            return None;
        }
        let now_ns = place.port.group().platform().now_ns();
        let is_held = now_ns < self.held_until_ns;
        Some(View { state: self.state, place, now_ns, round, is_held })
    }

    /// Shows packets that came.
    pub(in super::super) fn show_came(
        kept: &mut Option<Self>,
        at: Offset<u8>,
        place: Place<'_>,
        packets: &[Option<Mbuf<'_>>],
    ) {
        let Some(tap) = Self::open(kept, place.port.group(), at) else { return };
        let Some(mut view) = tap.view(place) else { return };
        let Self { pool, ring, held_until_ns, .. } = tap;
        let home = pool.home();
        for part in packets.chunks(BATCH) {
            let mut batch = Batch::new();
            part.iter().flatten().for_each(|packet| batch.add(view.show(&home, packet)));
            view.settle(batch, ring, held_until_ns);
        }
    }

    /// Has `send` send `packets`, and shows those that it took.
    pub(in super::super) fn show_going(
        kept: &mut Option<Self>,
        at: Offset<u8>,
        place: Place<'_>,
        packets: &mut [Option<Mbuf<'_>>],
        mut send: impl FnMut(&mut [Option<Mbuf<'_>>]) -> usize,
    ) -> usize {
        let Some(tap) = Self::open(kept, place.port.group(), at) else { return send(packets) };
        let Some(mut view) = tap.view(place) else { return send(packets) };
        let Self { pool, ring, held_until_ns, .. } = tap;
        let (home, mut sent) = (pool.home(), 0);
        for part in packets.chunks_mut(BATCH) {
            // Copied before they go: then they are others'.
            let mut copies: [Option<Shown<'_>>; BATCH] = [const { None }; BATCH];
            for (copy, packet) in copies.iter_mut().zip(part.iter()) {
                *copy = packet.as_ref().map(|packet| view.show(&home, packet));
            }
            sent += send(part);
            let (mut batch, mut is_left) = (Batch::new(), false);
            for (copy, packet) in copies.into_iter().zip(part.iter()) {
                match (copy, packet) {
                    (Some(shown), None) => batch.add(shown),
                    (Some(_), Some(_)) => is_left = true,
                    (None, _) => {}
                }
            }
            view.settle(batch, ring, held_until_ns);
            if is_left {
                break;
            }
        }
        sent
    }
}

impl View<'_> {
    /// Makes a copy of a packet, if it is wanted.
    fn show<'h>(&self, home: &'h MbufHome<'h>, packet: &Mbuf<'h>) -> Shown<'h> {
        let Self { state, place: Place { port, queue, direction }, .. } = *self;
        let bit = if direction == Direction::Rx { 1 } else { 2 };
        let only = state.queue.get();
        if state.directions.get() & bit == 0 || only != 0 && only != u32::from(queue) + 1 {
            return Shown::Unasked;
        }
        let (len, mut scratch) = (packet.len(), [0; SEEN as usize]);
        let Some(seen) = packet.read(0, len.min(SEEN), &mut scratch) else {
            return Shown::Unasked;
        };
        let words = |step: usize, word: usize| {
            state.filter.get(step * filter::STEP_WORDS + word).map_or(0, |it| it.get())
        };
        let fetch = |step| [words(step, 0), words(step, 1), words(step, 2)];
        if !filter::run(state.steps.get() as usize, fetch, seen, len) {
            return Shown::Filtered;
        }
        if self.is_held {
            return Shown::Held;
        }
        match packet.copy(home, 0, state.snap_len.get()) {
            Ok(mut copy) => {
                crash_point!("capture: a copy is made");
                let (at_ns, port) = (self.now_ns, port.id());
                let origin = Origin { at_ns, original: len, port, queue, direction };
                let is_written = origin.write(&mut copy, self.round);
                if is_written { Shown::Copy(copy) } else { Shown::Unasked }
            }
            Err(CopyError::Empty) => Shown::NoMbuf,
            Err(_) => Shown::Unasked,
        }
    }

    /// Puts copies into the ring, and counts.
    fn settle(&mut self, batch: Batch<'_>, ring: &mut MbufProducer, held_until_ns: &mut u64) {
        let Batch { mut copies, len, filtered, no_mbuf, held } = batch;
        let put = match copies.get_mut(..len) {
            Some(copies @ [_, ..]) => ring.enqueue_burst(copies).unwrap_or_else(|_| {
                *held_until_ns = self.now_ns.saturating_add(HELD_NS);
                self.is_held = true;
                0
            }),
            _ => 0,
        };
        crash_point!("capture: copies are put in");
        add(&self.state.accepted, put as u64);
        add(&self.state.filtered, filtered);
        add(&self.state.no_mbuf, no_mbuf);
        add(&self.state.ring_full, held + len.saturating_sub(put) as u64);
    }
}

impl<'h> Batch<'h> {
    fn new() -> Self {
        Self { copies: [const { None }; BATCH], len: 0, filtered: 0, no_mbuf: 0, held: 0 }
    }

    /// No more than [`BATCH`] are added.
    fn add(&mut self, shown: Shown<'h>) {
        match shown {
            Shown::Unasked => {}
            Shown::Filtered => self.filtered += 1,
            Shown::NoMbuf => self.no_mbuf += 1,
            Shown::Held => self.held += 1,
            Shown::Copy(copy) => {
                if let Some(slot) = self.copies.get_mut(self.len) {
                    *slot = Some(copy);
                    self.len += 1;
                }
            }
        }
    }
}

fn add(count: &Contested64, packets: u64) {
    if packets > 0 {
        count.add(packets);
    }
}
