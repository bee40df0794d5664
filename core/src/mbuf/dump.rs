//! What a packet looks like in text: the lines that people of the field know.

use core::fmt;

use super::data::data;
use super::mbuf::Mbuf;
use super::refs::Refs;
use super::span::Span;

/// A packet, to be printed.
///
/// ```text
/// dump mbuf at +0x4000080, buf_len=2176
///   pkt_len=60, ol_flags=0, nb_segs=1, port=65535, ptype=0
///   segment at +0x4000080, data=+0x4000180, len=60, off=128, refcnt=1
/// ```
#[derive(Clone, Copy, Debug)]
pub struct MbufDump<'m> {
    packet: &'m Mbuf<'m>,
    bytes: usize,
}

impl Mbuf<'_> {
    /// The packet in text, with the first `bytes` bytes of data.
    #[doc(alias = "rte_pktmbuf_dump")]
    pub fn dump(&self, bytes: usize) -> MbufDump<'_> {
        MbufDump { packet: self, bytes }
    }
}

impl fmt::Display for MbufDump<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let packet = self.packet;
        let Span { room, port, .. } = Span::of(packet.header);
        writeln!(f, "dump mbuf at +{:#x}, buf_len={room}", packet.at())?;
        writeln!(
            f,
            "  pkt_len={}, ol_flags={:#x}, nb_segs={}, port={port}, ptype={:#x}",
            packet.len(),
            packet.flags(),
            packet.segments_count(),
            packet.packet_type()
        )?;
        let mut left = self.bytes;
        for (at, header) in packet.walk() {
            let Span { offset, len, .. } = Span::of(header);
            let start = header.buf.get().saturating_add(u64::from(offset));
            let count = Refs::from_word(header.refs.observe()).count();
            writeln!(
                f,
                "  segment at +{at:#x}, data=+{start:#x}, len={len}, off={offset}, refcnt={count}"
            )?;
            let data = data(packet.home, header);
            let shown = data.get(..left.min(data.len())).unwrap_or_default();
            left -= shown.len();
            for (line, at) in shown.chunks(16).zip((0..).step_by(16)) {
                write!(f, "    {at:04x}:")?;
                line.iter().try_for_each(|byte| write!(f, " {byte:02x}"))?;
                writeln!(f)?;
            }
        }
        Ok(())
    }
}
