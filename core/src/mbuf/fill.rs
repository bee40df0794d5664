//! What comes into a [`Bundle`] and is written on its way in: fresh packets, and ports.

use super::bundle::Bundle;
use super::fresh::{Fresh, FreshWords};
use super::home::MbufHome;
use super::layout::Waybill;
use super::link::header;
use super::mbuf::Mbuf;
use super::origin::{Origin, first_of, opened};
use super::ring::RING_BATCH;
use super::waybill::News;
use crate::mempool::PoolEmpty;

impl Bundle<'_> {
    /// Fills what room there is with fresh packets of one mbuf each, or with none, if the pool has not as many;
    /// how many.
    #[inline]
    pub(crate) fn fill_fresh(&mut self, fresh: Fresh) -> Result<usize, PoolEmpty> {
        let (home, asked) = (self.home(), self.room());
        let mut places = [0; RING_BATCH];
        let places = places.get_mut(..asked).unwrap_or_default();
        if !home.take(places) {
            return Err(PoolEmpty { asked });
        }
        let words = home.fresh_words(fresh);
        let is_sound = match words.blank() {
            Some(bill) => self.fill_blank(places, bill),
            None => self.fill_written(places, words),
        };
        if !is_sound {
            return Err(home.put_sound(places));
        }
        self.grow(asked, Origin::Own);
        self.last_have(asked, asked as u64 * words.bytes());
        Ok(asked)
    }

    /// Notes packets at `places` as `bill` says; their headers are written by who opens them. `false` if no mbuf
    /// of the home's pool lies at one of them: a peer left that place.
    #[inline(always)]
    fn fill_blank(&mut self, places: &[u64], bill: Waybill) -> bool {
        for (slot, at) in self.room_for_more().iter_mut().zip(places) {
            *slot = bill.at(*at);
        }
        // A word that is no mbuf's place is another's once it is cut to fit: so it is looked at whole.
        self.home().are_own(places)
    }

    /// The same, of packets whose bill has no room for what their headers have to say.
    #[cold]
    #[inline(never)]
    fn fill_written(&mut self, places: &[u64], words: FreshWords) -> bool {
        let home = self.home();
        let (window, mut numbers) = (home.group().window(), home.own_numbers().in_turn());
        for (slot, at) in self.room_for_more().iter_mut().zip(places) {
            let found = numbers.of(*at).and_then(|_| header(window, *at));
            let Some(header) = found else { return false };
            home.reset(*at, header, words);
            crash_point!("fill: a header is fresh");
            *slot = words.bill().at(*at);
        }
        true
    }
}

/// Writes `port` into the headers of packets whose bills have no room for it.
#[cold]
#[inline(never)]
pub(super) fn tell_headers(home: &MbufHome<'_>, bills: &mut [Waybill], origin: Origin, port: u16) {
    for bill in bills {
        if let Some(header) = first_of(home, *bill, origin) {
            let mut packet = opened(home, header, *bill);
            packet.set_port(Some(port));
            *bill = packet.into_bill();
        }
    }
}

/// Writes the headers of packets that were built in a bundle, which their words leave to be written, and that say
/// no port.
pub(super) fn tell_built(home: &MbufHome<'_>, bills: &mut [Waybill], origin: Origin) {
    for bill in bills {
        let News::All { len, port } = bill.news() else { continue };
        if let Some(header) = first_of(home, *bill, origin) {
            home.freshen(bill.place(), header, Fresh { len, port });
            crash_point!("fill: a header is fresh");
            *bill = Mbuf::new(home, header).into_bill();
        }
    }
}
