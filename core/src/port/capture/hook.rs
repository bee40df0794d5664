//! What a burst does while somebody looks on: filter, copy, put into the ring. Out of the hot path.

use core::fmt;

use super::super::filter;
use super::super::kinds::Direction;
use super::layout::CaptureState;
use super::look::state_at;
use super::record::Origin;
use crate::group::Group;
use crate::mbuf::{CopyError, Mbuf, MbufHome, MbufPool, MbufProducer, MbufRing};
use crate::offset::Offset;

/// Bytes of a packet that the filter sees.
const SEEN: u32 = 256;

/// Packets that are copied before they are sent.
pub(in super::super) const BATCH: usize = 32;

/// A queue's way into a capture, kept while it is the same one.
pub(in super::super) struct Tap {
    at: Offset<u8>,
    state: &'static CaptureState,
    pool: MbufPool,
    ring: MbufProducer,
}

impl fmt::Debug for Tap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Tap(+{:#x})", self.at.get())
    }
}

/// Where a burst passes.
#[derive(Clone, Copy)]
pub(in super::super) struct Place {
    pub(in super::super) port: u16,
    pub(in super::super) queue: u16,
    pub(in super::super) direction: Direction,
}

/// What becomes of a packet.
enum Shown<'h> {
    /// Nothing: it is of another direction or queue, or cannot be read.
    Unasked,
    Filtered,
    NoMbuf,
    Copy(Mbuf<'h>),
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
        Some(Self { at, state, pool, ring: ring.producer().ok()? })
    }

    /// Shows packets that came.
    pub(in super::super) fn show_came(
        kept: &mut Option<Self>,
        group: &Group,
        at: Offset<u8>,
        place: Place,
        packets: &[Option<Mbuf<'_>>],
    ) {
        let Some(tap) = Self::open(kept, group, at) else { return };
        let (home, now) = (tap.pool.home(), group.platform().now_ns());
        for packet in packets.iter().flatten() {
            let shown = show(tap.state, &home, packet, place, now);
            settle(tap.state, &mut tap.ring, shown);
        }
    }

    /// Has `send` send `packets`, and shows those that it took.
    pub(in super::super) fn show_going(
        kept: &mut Option<Self>,
        group: &Group,
        at: Offset<u8>,
        place: Place,
        packets: &mut [Option<Mbuf<'_>>],
        mut send: impl FnMut(&mut [Option<Mbuf<'_>>]) -> usize,
    ) -> usize {
        let Some(tap) = Self::open(kept, group, at) else { return send(packets) };
        let (home, now) = (tap.pool.home(), group.platform().now_ns());
        let mut sent = 0;
        for part in packets.chunks_mut(BATCH) {
            // Copied before they go: then they are others'.
            let mut copies: [Option<Shown<'_>>; BATCH] = [const { None }; BATCH];
            for (copy, packet) in copies.iter_mut().zip(part.iter()) {
                *copy = packet.as_ref().map(|it| show(tap.state, &home, it, place, now));
            }
            sent += send(part);
            let mut is_left = false;
            for (copy, packet) in copies.into_iter().zip(part.iter()) {
                match (copy, packet) {
                    (Some(shown), None) => settle(tap.state, &mut tap.ring, shown),
                    (Some(_), Some(_)) => is_left = true,
                    (None, _) => {}
                }
            }
            if is_left {
                break;
            }
        }
        sent
    }
}

/// Makes a copy of a packet, if it is wanted.
fn show<'h>(
    state: &CaptureState,
    home: &'h MbufHome<'h>,
    packet: &Mbuf<'h>,
    Place { port, queue, direction }: Place,
    at_ns: u64,
) -> Shown<'h> {
    let bit = if direction == Direction::Rx { 1 } else { 2 };
    let only = state.queue.get();
    if state.directions.get() & bit == 0 || only != 0 && only != u32::from(queue) + 1 {
        return Shown::Unasked;
    }
    let (len, mut scratch) = (packet.len(), [0; SEEN as usize]);
    let Some(seen) = packet.read(0, len.min(SEEN), &mut scratch) else { return Shown::Unasked };
    let words = |step: usize, word: usize| {
        state.filter.get(step * filter::STEP_WORDS + word).map_or(0, |it| it.get())
    };
    let fetch = |step| [words(step, 0), words(step, 1), words(step, 2)];
    if !filter::run(state.steps.get() as usize, fetch, seen, len) {
        return Shown::Filtered;
    }
    match packet.copy(home, 0, state.snap_len.get()) {
        Ok(mut copy) => {
            crash_point!("capture: a copy is made");
            let origin = Origin { at_ns, original: len, port, queue, direction };
            let is_written = origin.write(&mut copy, state.round.observe() as u32);
            if is_written { Shown::Copy(copy) } else { Shown::Unasked }
        }
        Err(CopyError::Empty) => Shown::NoMbuf,
        Err(_) => Shown::Unasked,
    }
}

/// Puts a copy into the ring, and counts.
fn settle(state: &CaptureState, ring: &mut MbufProducer, shown: Shown<'_>) {
    let count = match shown {
        Shown::Unasked => return,
        Shown::Filtered => &state.filtered,
        Shown::NoMbuf => &state.no_mbuf,
        Shown::Copy(copy) => match ring.enqueue(copy) {
            Ok(()) => {
                crash_point!("capture: a copy is put in");
                &state.accepted
            }
            Err(_) => &state.ring_full,
        },
    };
    count.add(1);
}
