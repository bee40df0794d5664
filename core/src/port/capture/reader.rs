//! Reading what passed.

use core::fmt;

use super::record::Origin;
use crate::mbuf::{Mbuf, MbufConsumer, MbufHome};

/// Copies that are taken out at a time.
const BATCH: usize = 32;

/// The end of a capture's ring. One thread's.
pub struct CaptureReader<'c> {
    home: MbufHome<'c>,
    consumer: MbufConsumer,
    round: u32,
}

impl fmt::Debug for CaptureReader<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CaptureReader").field("round", &self.round).finish_non_exhaustive()
    }
}

/// A packet that passed.
#[derive(Debug)]
pub struct Captured<'p> {
    origin: Origin,
    packet: &'p Mbuf<'p>,
}

impl<'c> CaptureReader<'c> {
    pub(super) fn new(home: MbufHome<'c>, consumer: MbufConsumer, round: u32) -> Self {
        Self { home, consumer, round }
    }

    /// Shows `visit` what has passed, the first first: at most `most` packets. Returns how many. Waits for
    /// nothing.
    pub fn read(&mut self, most: usize, mut visit: impl FnMut(&Captured<'_>)) -> usize {
        let mut shown = 0;
        while shown < most {
            let mut packets = [const { None }; BATCH];
            let wanted = (most - shown).min(BATCH);
            let room = packets.get_mut(..wanted).unwrap_or_default();
            // Held up by one that is stopped: nothing, for now.
            let Ok(count @ 1..) = self.consumer.dequeue_burst(&self.home, room) else { break };
            for packet in packets.iter().take(count).flatten() {
                if let Some(origin) = Origin::read(packet, self.round) {
                    visit(&Captured { origin, packet });
                    shown += 1;
                }
            }
        }
        shown
    }
}

impl Captured<'_> {
    /// Where and when it passed.
    pub fn origin(&self) -> &Origin {
        &self.origin
    }

    /// Bytes that were copied.
    #[expect(clippy::len_without_is_empty, reason = "a packet of no bytes is nothing special")]
    pub fn len(&self) -> u32 {
        self.packet.len()
    }

    /// These bytes, in order, in one or several parts.
    pub fn parts(&self) -> impl Iterator<Item = &[u8]> {
        self.packet.segments()
    }
}
