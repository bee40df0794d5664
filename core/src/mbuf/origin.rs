//! `Origin`: what is known of where a packet is from, and how it is looked at then.

use super::fresh::Fresh;
use super::home::MbufHome;
use super::layout::{MbufHeader, Waybill};
use super::link::header;
use super::mbuf::Mbuf;
use super::waybill::News;

/// What is known of the place that a waybill names.
///
/// As wide as a count: what is written as a byte and read with its neighbours waits for the store to get through,
/// some 13 cycles for each packet that a bundle is given.
#[repr(usize)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Origin {
    /// An mbuf of the home's own pool lies there.
    Own,
    /// Nothing: an mbuf of any pool, or none.
    Any,
}

impl Origin {
    /// Of the place `at`.
    #[inline(always)]
    pub(super) fn of(home: &MbufHome<'_>, at: u64) -> Self {
        if home.own_numbers().of(at).is_some() { Self::Own } else { Self::Any }
    }

    /// What is known of all, if this is of some and `other` of the others.
    #[inline(always)]
    pub(super) fn and(self, other: Self) -> Self {
        if other == Self::Own { self } else { Self::Any }
    }
}

/// The first segment of the packet at `head`, which this process has just taken; counted as a stray if
/// no mbuf lies there.
#[inline]
pub(super) fn found(home: &MbufHome<'_>, head: u64) -> Option<&'static MbufHeader> {
    let header = home.mbuf(head);
    if header.is_none() {
        home.note_stray();
    }
    header
}

/// The first segment of the packet of `bill`, which this process has, and of
/// which `origin` is known.
#[inline(always)]
pub(super) fn first_of(
    home: &MbufHome<'_>,
    bill: Waybill,
    origin: Origin,
) -> Option<&'static MbufHeader> {
    match origin {
        Origin::Own => header(home.group().window(), bill.place()),
        Origin::Any => found(home, bill.place()),
    }
}

/// The packet of `bill`, whose first segment's header is `header`: it is told what the bill says and it does
/// not.
#[inline(always)]
pub(super) fn opened<'h>(
    home: &'h MbufHome<'h>,
    header: &'static MbufHeader,
    bill: Waybill,
) -> Mbuf<'h> {
    let mut packet = Mbuf::new(home, header);
    match bill.news() {
        News::None => {}
        News::Port(port) => packet.set_port(Some(port)),
        News::All { len, port } => home.freshen(bill.place(), header, Fresh { len, port }),
    }
    packet
}
