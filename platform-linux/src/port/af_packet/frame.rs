//! What the kernel wrote before a packet that came, checked. Nothing here touches memory.
//!
//! The ring can be written by every process that has it mapped, so a length is believed only as far
//! as the frame goes, and an offset only if it lies behind the header.

use super::ring::{FrameRing, HEADER_BYTES};

/// The frame is the process's.
pub(super) const USER: u32 = 1;
/// It is the kernel's.
pub(super) const KERNEL: u32 = 0;
/// Packets were lost since somebody asked for their number.
const LOSING: u32 = 1 << 2;
/// The VLAN tag is in the header.
const VLAN_VALID: u32 = 1 << 4;
/// And its type too.
const VLAN_TYPE_VALID: u32 = 1 << 6;

/// The type of a VLAN tag whose type is not said.
const VLAN: u16 = 0x8100;

/// Bytes of the `virtio_net_hdr` that stands before the packet.
pub(super) const VNET_BYTES: usize = 10;
/// Its flag: the checksum is to be completed.
const NEEDS_CHECKSUM: u8 = 1;

/// Bytes of the two addresses, behind which a VLAN tag stands.
pub(super) const ADDRESSES: usize = 12;

/// A packet that lies in a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Frame {
    /// Its first byte, counted from the frame's.
    pub(super) offset: usize,
    /// How many bytes.
    pub(super) len: usize,
    /// Type and value of the VLAN tag that was taken out behind the addresses.
    pub(super) vlan: Option<(u16, u16)>,
    /// The checksum to be completed.
    pub(super) checksum: Option<Checksum>,
    /// Into pieces of how much payload it is to be cut.
    pub(super) cut: Option<Cut>,
}

/// Where a checksum goes, and what it is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Checksum {
    /// It is of the bytes from here on.
    pub(super) start: usize,
    /// It lies here: both count from the packet's first byte, and a sum has room there.
    pub(super) at: usize,
}

/// A packet that is to become several.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Cut {
    /// Bytes of payload of each but the last, at least 1.
    pub(super) size: usize,
    /// Whether they are TCP segments, or UDP datagrams.
    pub(super) is_tcp: bool,
}

/// Why what lies in a frame is no packet that can be had.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// It was longer than the frame.
    Truncated,
    /// What the header says cannot be.
    Malformed,
}

/// What the words before a packet say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Header {
    pub(super) status: u32,
    pub(super) len: u32,
    pub(super) kept: u32,
    pub(super) mac: u16,
    pub(super) tag: u16,
    pub(super) tag_type: u16,
}

impl Header {
    /// Reads it, of a frame that is the process's.
    #[inline(always)]
    pub(super) fn read(ring: &FrameRing, status: u32) -> Self {
        let halves = |word: u32| {
            let [a, b, c, d] = word.to_ne_bytes();
            (u16::from_ne_bytes([a, b]), u16::from_ne_bytes([c, d]))
        };
        let (mac, _) = halves(ring.word(12));
        let (tag, tag_type) = halves(ring.word(24));
        Self { status, len: ring.word(4), kept: ring.word(8), mac, tag, tag_type }
    }

    /// Whether the kernel has lost packets that nobody has counted.
    #[inline(always)]
    pub(super) fn tells_of_loss(&self) -> bool {
        self.status & LOSING != 0
    }

    /// Where the `virtio_net_hdr` starts, if it lies in the frame.
    #[inline(always)]
    pub(super) fn vnet_offset(&self) -> Option<usize> {
        usize::from(self.mac).checked_sub(VNET_BYTES).filter(|at| *at >= HEADER_BYTES)
    }

    /// What lies in a frame of `frame_size` bytes, with this before the packet.
    #[inline(always)]
    pub(super) fn check(self, vnet: [u8; VNET_BYTES], frame_size: usize) -> Result<Frame, Fault> {
        let (offset, len) = (usize::from(self.mac), self.kept as usize);
        if self.kept < self.len {
            return Err(Fault::Truncated);
        }
        let fits = offset.checked_add(len).is_some_and(|end| end <= frame_size);
        if !fits || self.kept != self.len {
            return Err(Fault::Malformed);
        }
        let vlan = (self.status & VLAN_VALID != 0).then(|| {
            let is_told = self.status & VLAN_TYPE_VALID != 0;
            (if is_told { self.tag_type } else { VLAN }, self.tag)
        });
        if vlan.is_some() && len < ADDRESSES {
            return Err(Fault::Malformed);
        }
        let mut frame = Frame { offset, len, vlan, checksum: None, cut: None };
        let [flags, kind, ..] = vnet;
        if flags & NEEDS_CHECKSUM != 0 || kind != 0 {
            frame.read_offloads(vnet)?;
        }
        Ok(frame)
    }
}

impl Frame {
    /// What the sender has left to its device.
    #[cold]
    fn read_offloads(&mut self, vnet: [u8; VNET_BYTES]) -> Result<(), Fault> {
        let [flags, kind, _, _, size, size2, start, start2, at, at2] = vnet;
        if flags & NEEDS_CHECKSUM != 0 {
            let start = usize::from(u16::from_ne_bytes([start, start2]));
            let at = start + usize::from(u16::from_ne_bytes([at, at2]));
            if at + 2 > self.len || self.vlan.is_some() && at < ADDRESSES {
                return Err(Fault::Malformed);
            }
            self.checksum = Some(Checksum { start, at });
        }
        let size = usize::from(u16::from_ne_bytes([size, size2]));
        // Bit 7: congestion is to be told; the flags of TCP tell it anyway.
        self.cut = match kind & 0x7f {
            0 => None,
            1 | 4 if size > 0 => Some(Cut { size, is_tcp: true }),
            5 if size > 0 => Some(Cut { size, is_tcp: false }),
            _ => return Err(Fault::Malformed),
        };
        Ok(())
    }
}

#[cfg(test)]
mod tests;
