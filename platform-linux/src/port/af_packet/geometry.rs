//! `Geometry`: how a ring is cut into blocks and frames, checked before the kernel is asked.

use core::fmt;

use crate::sys::packet::RingRequest;
use crate::sys::page::page_size;

/// What the length of a frame is a multiple of (`TPACKET_ALIGNMENT`).
const FRAME_ALIGN: u32 = 16;

/// The shortest frame: its header, the address behind it, and a packet of 14 bytes.
const FRAME_MIN: u32 = 128;

/// The most bytes of a ring: what the kernel can map at once, and far more than helps.
const RING_MAX: u64 = 1 << 31;

/// Bytes before the packet in an Rx frame: header and address (52) and 16 for alignment, rounded up, the
/// `virtio_net_hdr` (10), less the Ethernet header, which the kernel puts before that.
const RX_OVERHEAD: u32 = 80 + 10 - 14;

/// Bytes before the packet in a Tx frame: the header (32), and the `virtio_net_hdr` (10).
const TX_OVERHEAD: u32 = 32 + 10;

/// How a ring is cut. Frames lie one behind the other, without gaps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Geometry {
    block_size: u32,
    frame_size: u32,
    frame_count: u32,
}

/// Why a ring cannot be cut so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GeometryError {
    /// The frame's length.
    Frame(u32),
    /// The block's length is no multiple of this page size.
    BlockPages {
        /// What was asked for.
        block_size: u32,
        /// The page size.
        page_size: u32,
    },
    /// Frames do not fill a block.
    BlockFrames {
        /// The block's length.
        block_size: u32,
        /// The frame's length.
        frame_size: u32,
    },
    /// Not a whole number of blocks, none, or too many.
    Count {
        /// How many frames were asked for.
        frame_count: u32,
        /// How many go into a block.
        per_block: u32,
        /// How many there may be at most.
        most: u32,
    },
}

impl fmt::Display for GeometryError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Frame(given) => write!(
                f,
                "framesz={given} is no length of a frame; give a multiple of {FRAME_ALIGN} from {FRAME_MIN} on"
            ),
            Self::BlockPages { block_size, page_size } => write!(
                f,
                "blocksz={block_size} is no multiple of the page size, {page_size}; give one, or leave it out"
            ),
            Self::BlockFrames { block_size, frame_size } => write!(
                f,
                "blocksz={block_size} is no multiple of framesz={frame_size}; give one, or leave blocksz out"
            ),
            Self::Count { frame_count, per_block, most } => write!(
                f,
                "framecnt={frame_count} does not fill blocks of {per_block} frames; give a multiple of {per_block}, \
                 at most {most}"
            ),
        }
    }
}

impl core::error::Error for GeometryError {}

impl Geometry {
    /// Checks how a ring is to be cut: `frame_count` frames of `frame_size` bytes, in blocks of `block_size`
    /// (or of the fewest pages that frames fill).
    ///
    /// # Errors
    /// [`GeometryError`].
    pub fn new(
        block_size: Option<u32>,
        frame_size: u32,
        frame_count: u32,
    ) -> Result<Self, GeometryError> {
        let page_size = page_size() as u32;
        if frame_size < FRAME_MIN || !frame_size.is_multiple_of(FRAME_ALIGN) {
            return Err(GeometryError::Frame(frame_size));
        }
        if u64::from(frame_size) > RING_MAX {
            return Err(GeometryError::Frame(frame_size));
        }
        let block_size = match block_size {
            Some(given) => given,
            None => fitting_block(frame_size, page_size).ok_or(GeometryError::Frame(frame_size))?,
        };
        if block_size == 0 || !block_size.is_multiple_of(page_size) {
            return Err(GeometryError::BlockPages { block_size, page_size });
        }
        if !block_size.is_multiple_of(frame_size) {
            return Err(GeometryError::BlockFrames { block_size, frame_size });
        }
        let per_block = block_size / frame_size;
        let most = (RING_MAX / u64::from(block_size)) as u32 * per_block;
        if frame_count == 0 || !frame_count.is_multiple_of(per_block) || frame_count > most {
            return Err(GeometryError::Count { frame_count, per_block, most });
        }
        Ok(Self { block_size, frame_size, frame_count })
    }

    /// Bytes of a frame.
    pub fn frame_size(self) -> u32 {
        self.frame_size
    }

    /// How many frames, at least 1.
    pub fn frame_count(self) -> u32 {
        self.frame_count
    }

    /// Bytes of the whole ring.
    pub fn bytes(self) -> usize {
        self.frame_size as usize * self.frame_count as usize
    }

    /// The longest packet, Ethernet header and all, that a frame of an Rx ring takes.
    pub fn rx_room(self) -> u32 {
        self.frame_size - RX_OVERHEAD
    }

    /// The longest packet that a frame of a Tx ring takes.
    pub fn tx_room(self) -> u32 {
        self.frame_size - TX_OVERHEAD
    }

    /// As the kernel is asked for it.
    pub fn request(self) -> RingRequest {
        RingRequest {
            block_size: self.block_size,
            block_count: self.bytes().div_ceil(self.block_size as usize) as u32,
            frame_size: self.frame_size,
            frame_count: self.frame_count,
        }
    }
}

/// The smallest block that frames of this length fill: a page times a power of two, if the length is a
/// power of two; else the fewest pages (which, for odd lengths, are many).
fn fitting_block(frame_size: u32, page_size: u32) -> Option<u32> {
    let common = gcd(frame_size, page_size);
    frame_size.checked_mul(page_size / common)
}

const fn gcd(a: u32, b: u32) -> u32 {
    if b == 0 { a } else { gcd(b, a % b) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_references_defaults_make_a_ring_of_a_megabyte() {
        let ring = Geometry::new(None, 2048, 512).unwrap();
        assert_eq!((ring.bytes(), ring.rx_room(), ring.tx_room()), (1 << 20, 1972, 2006));
        let request = ring.request();
        assert_eq!((request.block_size, request.block_count), (4096, 256));
    }

    #[test]
    fn a_block_is_as_long_as_frames_need() {
        let block = |frame| Geometry::new(None, frame, 512).unwrap().request().block_size;
        assert_eq!((block(16_384), block(1 << 17), block(512)), (16_384, 1 << 17, 4096));
        assert_eq!(Geometry::new(None, 1536, 512 * 3).unwrap().request().block_size, 12_288);
    }

    #[test]
    fn a_ring_that_does_not_add_up_is_refused() {
        assert_eq!(Geometry::new(None, 100, 512), Err(GeometryError::Frame(100)));
        assert_eq!(Geometry::new(None, 2050, 512), Err(GeometryError::Frame(2050)));
        assert!(matches!(
            Geometry::new(Some(5000), 2048, 512),
            Err(GeometryError::BlockPages { .. })
        ));
        assert!(matches!(
            Geometry::new(Some(4096), 16_384, 512),
            Err(GeometryError::BlockFrames { .. })
        ));
        for count in [0, 511, u32::MAX - 1] {
            assert!(matches!(Geometry::new(None, 2048, count), Err(GeometryError::Count { .. })));
        }
    }
}
