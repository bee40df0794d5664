//! `Sum`: what many packets are worth, by their waybills alone where these say it.

use super::home::MbufHome;
use super::layout::Waybill;
use super::waybill::LONG;

/// What many packets are worth, word by word.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Sum {
    bytes: u64,
    /// Every bit that is set in one of the words.
    any: u64,
}

impl Sum {
    /// Of words that have `bytes` by what they say, and whose bits together are `any`.
    #[inline(always)]
    pub(super) const fn of(bytes: u64, any: u64) -> Self {
        Self { bytes, any }
    }

    /// Adds a packet.
    #[inline(always)]
    fn add(&mut self, bill: Waybill) {
        self.bytes += bill.bytes();
        self.any |= bill.says;
    }

    /// The bytes of all; `None` if a header has to be asked.
    #[inline(always)]
    pub(super) fn bytes(self) -> Option<u64> {
        (self.any & LONG == 0).then_some(self.bytes)
    }
}

impl Waybill {
    /// The bytes of all packets of `bills`: their words say it, but for the longest.
    #[inline(always)]
    pub(super) fn bytes_of(bills: &[Self], home: &MbufHome<'_>) -> u64 {
        let mut sum = Sum::default();
        bills.iter().for_each(|bill| sum.add(*bill));
        sum.bytes().unwrap_or_else(|| Self::look_up(bills, home))
    }

    /// The same, where the headers have to be asked.
    #[cold]
    pub(super) fn look_up(bills: &[Self], home: &MbufHome<'_>) -> u64 {
        bills.iter().map(|bill| u64::from(bill.len(home))).sum()
    }
}
