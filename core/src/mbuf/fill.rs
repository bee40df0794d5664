//! What comes into a [`Bundle`] and is written on its way in: fresh packets, and ports.

use super::bundle::Bundle;
use super::home::{Fresh, MbufHome};
use super::layout::Waybill;
use super::link::header;
use super::origin::{Origin, first_of, opened};
use super::ring::RING_BATCH;
use crate::mempool::PoolEmpty;

impl Bundle<'_> {
    /// Fills what room there is with fresh packets of one mbuf each, or with none; how many.
    #[inline]
    pub(crate) fn fill_fresh(&mut self, fresh: Fresh) -> Result<usize, PoolEmpty> {
        let (home, asked) = (self.home(), self.room());
        let mut places = [0; RING_BATCH];
        let places = places.get_mut(..asked).unwrap_or_default();
        if !home.take(places) {
            return Err(PoolEmpty { asked });
        }
        let (window, words) = (home.group().window(), home.fresh_words(fresh));
        let (bill, mut numbers) = (words.bill(), home.own_numbers().in_turn());
        for (slot, at) in self.room_for_more().iter_mut().zip(&*places) {
            let found = numbers.of(*at).and_then(|_| header(window, *at));
            let Some(header) = found else {
                // Where none of the pool's mbufs lies nothing is written: a peer left that place.
                return Err(home.put_sound(places));
            };
            home.reset(*at, header, words);
            crash_point!("fill: a header is fresh");
            *slot = bill.at(*at);
        }
        self.grow(asked, Origin::Own);
        self.last_have(asked, asked as u64 * words.bytes());
        Ok(asked)
    }
}

/// Writes `port` into the headers of packets whose bills have no room for it; how many bytes they have.
#[cold]
#[inline(never)]
pub(super) fn tell_headers(
    home: &MbufHome<'_>,
    bills: &mut [Waybill],
    origin: Origin,
    port: u16,
) -> u64 {
    let bytes = Waybill::bytes_of(bills, home);
    for bill in bills {
        if let Some(header) = first_of(home, *bill, origin) {
            let mut packet = opened(home, header, *bill);
            packet.set_port(Some(port));
            *bill = packet.into_bill();
        }
    }
    bytes
}
