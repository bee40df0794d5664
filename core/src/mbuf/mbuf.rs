//! `Mbuf`: a packet, held by nobody else.

use core::fmt;
use core::marker::PhantomData;
use core::mem::ManuallyDrop;

use super::external::is_lent_to_others;
use super::home::MbufHome;
use super::layout::{MbufHeader, Waybill};
use super::link::Link;
use super::refs::Refs;
use super::span::Span;
use super::{PORT_NONE, flags};
use crate::window::Window;

/// A packet of one or several segments, held exclusively; dropped, each segment goes back to its
/// pool. Two words; stays on its thread.
///
/// What its header says, a peer may have written: it is checked before a slice is made of it. Where
/// it cannot be, there are no data; [`check`](Self::check) says why.
#[doc(alias = "rte_mbuf")]
pub struct Mbuf<'h> {
    pub(super) home: &'h MbufHome<'h>,
    pub(super) header: &'static MbufHeader,
    _owns: PhantomData<*mut ()>,
}

impl<'h> Mbuf<'h> {
    /// Takes over the packet whose first segment's header is `header`, in the window; it is the caller's.
    #[inline]
    pub(super) fn new(home: &'h MbufHome<'h>, header: &'static MbufHeader) -> Self {
        Self { home, header, _owns: PhantomData }
    }

    /// Lets go of it without freeing it.
    #[inline]
    pub(crate) fn into_place(self) -> u64 {
        ManuallyDrop::new(self).at()
    }

    /// What a ring says of it. Reads the header's first line.
    #[inline(always)]
    pub(super) fn bill(&self) -> Waybill {
        Waybill::of(self.at(), self.header)
    }

    /// The same, and lets go of it without freeing it.
    #[inline(always)]
    pub(super) fn into_bill(self) -> Waybill {
        let bill = self.bill();
        let _ = self.into_place();
        bill
    }

    #[inline]
    pub(super) fn window(&self) -> Window {
        self.home.group().window()
    }

    /// Its segments, with their places, as far as links lead to mbufs.
    #[inline]
    pub(super) fn walk(
        &self,
    ) -> impl Iterator<Item = (u64, &'static MbufHeader)> + Clone + use<'h> {
        self.home.walk(self.at())
    }

    /// Where its header lies: bytes from the window's start.
    #[inline]
    pub fn at(&self) -> u64 {
        self.home.place_of(self.header)
    }

    /// Bytes of data in all segments.
    #[doc(alias = "rte_pktmbuf_pkt_len")]
    #[expect(clippy::len_without_is_empty, reason = "a packet of no bytes is nothing special")]
    #[inline]
    pub fn len(&self) -> u32 {
        self.header.packet_len.get()
    }

    /// Bytes of data in the first segment.
    #[doc(alias = "rte_pktmbuf_data_len")]
    #[inline]
    pub fn data_len(&self) -> u16 {
        Span::of(self.header).len
    }

    /// How many segments it has, from 1.
    #[inline]
    pub fn segments_count(&self) -> u16 {
        Link::of(self.header).segments()
    }

    /// Whether all its data lie in one piece.
    #[doc(alias = "rte_pktmbuf_is_contiguous")]
    pub fn is_contiguous(&self) -> bool {
        self.segments_count() == 1
    }

    /// Bytes before the data of the first segment.
    #[doc(alias = "rte_pktmbuf_headroom")]
    pub fn headroom(&self) -> u16 {
        Span::of(self.header).offset
    }

    /// Bytes behind the data of the last segment.
    #[doc(alias = "rte_pktmbuf_tailroom")]
    pub fn tailroom(&self) -> u16 {
        Span::of(self.last().1).tailroom()
    }

    /// Whether the first segment has no buffer of its own: it is a clone.
    #[doc(alias = "RTE_MBUF_CLONED")]
    #[doc(alias = "RTE_MBUF_DIRECT")]
    pub fn is_clone(&self) -> bool {
        self.header.flags.get() & flags::INDIRECT != 0
    }

    /// Whether the first segment's data may be read only: it is a clone, or has clones.
    pub fn is_shared(&self) -> bool {
        is_shared(self.home, self.header)
    }

    /// How many refer to the first segment's buffer through this mbuf: 1, and one for each clone
    /// of it.
    #[doc(alias = "rte_mbuf_refcnt_read")]
    pub fn references(&self) -> u16 {
        Refs::from_word(self.header.refs.observe()).count()
    }

    /// The port that it came by or goes to.
    #[inline]
    pub fn port(&self) -> Option<u16> {
        Some(Span::of(self.header).port).filter(|port| *port != PORT_NONE)
    }

    /// Sets the port; `None` for none.
    #[inline]
    pub fn set_port(&mut self, port: Option<u16>) {
        let port = port.unwrap_or(PORT_NONE);
        Span { port, ..Span::of(self.header) }.write(self.header);
    }

    /// What is known of it: bits of [`flags`].
    #[inline]
    pub fn flags(&self) -> u64 {
        self.header.flags.get()
    }

    /// Sets what is known of it. Bits that say what the buffer is ([`flags::OWN`]) stay.
    #[inline]
    pub fn set_flags(&mut self, bits: u64) {
        let own = self.header.flags.get() & flags::OWN;
        self.header.flags.set(bits & !flags::OWN | own);
    }

    /// Its packet type, as DPDK numbers them; 0 for unknown.
    pub fn packet_type(&self) -> u32 {
        self.header.packet_type.get()
    }

    /// Sets its packet type.
    pub fn set_packet_type(&mut self, packet_type: u32) {
        self.header.packet_type.set(packet_type);
    }

    /// The VLAN tag (TCI), in the machine's byte order.
    pub fn vlan(&self) -> u16 {
        self.header.vlan.get() as u16
    }

    /// Sets the VLAN tag.
    pub fn set_vlan(&mut self, tag: u16) {
        let outer = self.header.vlan.get() & 0xffff_0000;
        self.header.vlan.set(outer | u32::from(tag));
    }

    /// The outer VLAN tag of two (QinQ).
    pub fn outer_vlan(&self) -> u16 {
        (self.header.vlan.get() >> 16) as u16
    }

    /// Sets the outer VLAN tag.
    pub fn set_outer_vlan(&mut self, tag: u16) {
        let inner = self.header.vlan.get() & 0xffff;
        self.header.vlan.set(u32::from(tag) << 16 | inner);
    }

    /// The RSS hash; means something if [`flags::RSS_HASH`] is set.
    #[inline]
    pub fn hash(&self) -> u32 {
        self.header.hash.get()
    }

    /// Sets the RSS hash.
    #[inline]
    pub fn set_hash(&mut self, hash: u32) {
        self.header.hash.set(hash);
    }

    /// What a rule of the device marked it with; means something if [`flags::MARK`] is set.
    pub fn mark(&self) -> u32 {
        self.header.mark.get()
    }

    /// Sets the mark.
    pub fn set_mark(&mut self, mark: u32) {
        self.header.mark.set(mark);
    }

    /// Lengths of headers for offloads, as DPDK packs them; means something where flags ask for it.
    pub fn tx_offload(&self) -> u64 {
        self.header.tx_offload.get()
    }

    /// Sets the lengths for offloads.
    pub fn set_tx_offload(&mut self, lengths: u64) {
        self.header.tx_offload.set(lengths);
    }

    /// As if it had just come from its pool; further segments are freed.
    #[doc(alias = "rte_pktmbuf_reset")]
    pub fn reset(&mut self) {
        drop(self.split_off(1));
        if self.flags() & flags::OWN == 0 {
            let Span { room, .. } = Span::of(self.header);
            let offset = super::HEADROOM.min(room);
            Span { offset, len: 0, room, port: PORT_NONE }.write(self.header);
        } else {
            Span { len: 0, port: PORT_NONE, ..Span::of(self.header) }.write(self.header);
        }
        self.set_flags(0);
        self.header.packet_len.set(0);
        self.header.packet_type.set(0);
        self.header.vlan.set(0);
        self.header.hash.set(0);
    }
}

/// Whether a segment's data may be read only.
#[inline]
pub(super) fn is_shared(home: &MbufHome<'_>, header: &MbufHeader) -> bool {
    is_shared_of_kind(home, header, header.flags.get() & flags::OWN)
}

/// The same of one whose flags say of which kind its buffer is.
#[inline]
pub(super) fn is_shared_of_kind(home: &MbufHome<'_>, header: &MbufHeader, kind: u64) -> bool {
    let is_sole = Refs::from_word(header.refs.observe()).is_sole();
    match kind {
        0 => !is_sole,
        flags::EXTERNAL => !is_sole || is_lent_to_others(home.group(), header),
        _ => true,
    }
}

impl Drop for Mbuf<'_> {
    #[doc(alias = "rte_pktmbuf_free")]
    #[doc(alias = "rte_pktmbuf_free_seg")]
    #[inline]
    fn drop(&mut self) {
        self.home.free(self.at());
    }
}

impl fmt::Debug for Mbuf<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "Mbuf(+{:#x}, {} bytes, {} segments)",
            self.at(),
            self.len(),
            self.segments_count()
        )
    }
}
