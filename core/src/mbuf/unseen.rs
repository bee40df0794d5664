//! `Unseen`: one packet that was not looked at, of a [`Bundle`](super::Bundle).

use core::fmt;
use core::marker::PhantomData;
use core::mem::ManuallyDrop;

use super::home::MbufHome;
use super::layout::Waybill;
use super::mbuf::Mbuf;
use super::origin::{Origin, first_of, opened};

/// A packet held exclusively, of which is known what its ring said; dropped, it is freed.
pub struct Unseen<'h> {
    home: &'h MbufHome<'h>,
    bill: Waybill,
    /// What is known of where it lies.
    origin: Origin,
    _owns: PhantomData<*mut ()>,
}

impl fmt::Debug for Unseen<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Unseen(+{:#x})", self.bill.place())
    }
}

impl Drop for Unseen<'_> {
    fn drop(&mut self) {
        drop(self.take());
    }
}

impl<'h> Unseen<'h> {
    /// The port that it came by or goes to; `None` for none. A header is looked at only if the ring's word
    /// had no room for it.
    #[inline]
    pub fn port(&self) -> Option<u16> {
        self.bill.port(self.home)
    }

    /// Bytes of data in all segments; the header is looked at only if they are 65,535 or more.
    #[expect(clippy::len_without_is_empty, reason = "a packet of no bytes is nothing special")]
    #[inline]
    pub fn len(&self) -> u32 {
        self.bill.len(self.home)
    }

    /// The packet, to be looked at; `None`, and a stray is counted, if it is no mbuf of any pool.
    #[inline]
    pub fn open(self) -> Option<Mbuf<'h>> {
        ManuallyDrop::new(self).take()
    }

    #[inline]
    fn take(&mut self) -> Option<Mbuf<'h>> {
        let header = first_of(self.home, self.bill, self.origin)?;
        Some(opened(self.home, header, self.bill))
    }

    #[inline(always)]
    pub(super) fn home(&self) -> &'h MbufHome<'h> {
        self.home
    }

    #[inline(always)]
    pub(super) fn origin(&self) -> Origin {
        self.origin
    }

    /// Lets go of it without freeing it.
    #[inline(always)]
    pub(super) fn into_bill(self) -> Waybill {
        ManuallyDrop::new(self).bill
    }
}

/// The packets of a bundle, one by one; those that are left when it is dropped are freed.
pub struct Drain<'b, 'h> {
    home: &'h MbufHome<'h>,
    bills: core::slice::Iter<'b, Waybill>,
    origin: Origin,
    _owns: PhantomData<*mut ()>,
}

impl<'b, 'h> Drain<'b, 'h> {
    /// The packets of `bills`, which are the caller's to give.
    #[inline(always)]
    pub(super) fn new(home: &'h MbufHome<'h>, bills: &'b [Waybill], origin: Origin) -> Self {
        Self { home, bills: bills.iter(), origin, _owns: PhantomData }
    }
}

impl fmt::Debug for Drain<'_, '_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Drain({} packets)", self.bills.len())
    }
}

impl<'h> Iterator for Drain<'_, 'h> {
    type Item = Unseen<'h>;

    #[inline(always)]
    fn next(&mut self) -> Option<Unseen<'h>> {
        let bill = *self.bills.next()?;
        Some(Unseen { home: self.home, bill, origin: self.origin, _owns: PhantomData })
    }

    #[inline]
    fn size_hint(&self) -> (usize, Option<usize>) {
        self.bills.size_hint()
    }
}

impl ExactSizeIterator for Drain<'_, '_> {}

impl Drop for Drain<'_, '_> {
    #[inline]
    fn drop(&mut self) {
        self.for_each(drop);
    }
}
