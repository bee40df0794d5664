//! What is asked of the heap, and what it gives.

use super::LINE_BYTES;
use super::error::AllocError;
use super::fit::Shape;
use crate::offset::Offset;
use crate::window;

/// On which NUMA node memory shall lie.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Node {
    /// Wherever there is some, the lists' order deciding (`SOCKET_ID_ANY`).
    #[doc(alias = "SOCKET_ID_ANY")]
    #[default]
    Any,
    /// On this node if it has some, else wherever there is some: what a thread of that node wants.
    Prefer(u32),
    /// On this node and no other. A group of ordinary pages knows no nodes, and takes any (MZ-3).
    On(u32),
}

impl Node {
    /// The node that is wanted, if one is.
    pub const fn wanted(self) -> Option<u32> {
        match self {
            Self::Any => None,
            Self::Prefer(node) | Self::On(node) => Some(node),
        }
    }
}

/// On pages of which size memory shall lie. A mask is page sizes in bytes, added up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Pages {
    /// Of any size.
    #[default]
    Any,
    /// Of one of these and no other (`RTE_MEMZONE_2MB`).
    #[doc(alias = "RTE_MEMZONE_2MB")]
    Only(u64),
    /// Of one of these if there are any left (`RTE_MEMZONE_SIZE_HINT_ONLY`).
    #[doc(alias = "RTE_MEMZONE_SIZE_HINT_ONLY")]
    Prefer(u64),
}

/// A block of memory that is wanted.
///
/// ```
/// use phalanx_core::heap::{AllocRequest, Node, Pages};
/// let ring = AllocRequest::new(4096).align(128).node(Node::On(0)).pages(Pages::Only(2 << 20));
/// assert_eq!((ring.bytes, ring.bound), (4096, 0));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AllocRequest {
    /// How many bytes, from 1.
    pub bytes: u64,
    /// What its address is a multiple of: a power of two up to 1 GB (what the window's own
    /// address is a multiple of); below 64, and 0, mean 64.
    pub align: u64,
    /// A power of two, of which no multiple lies inside the block; 0 for no bound.
    pub bound: u64,
    /// On which node.
    pub node: Node,
    /// On which pages.
    pub pages: Pages,
}

impl AllocRequest {
    /// `bytes` of any memory, aligned to a line.
    pub const fn new(bytes: u64) -> Self {
        Self { bytes, align: LINE_BYTES, bound: 0, node: Node::Any, pages: Pages::Any }
    }

    /// With this alignment.
    pub const fn align(self, align: u64) -> Self {
        Self { align, ..self }
    }

    /// Not across a multiple of `bound`.
    pub const fn bound(self, bound: u64) -> Self {
        Self { bound, ..self }
    }

    /// On this node.
    pub const fn node(self, node: Node) -> Self {
        Self { node, ..self }
    }

    /// On these pages.
    pub const fn pages(self, pages: Pages) -> Self {
        Self { pages, ..self }
    }

    /// The checked request, sizes rounded to lines. Reads and changes nothing shared.
    pub(super) fn shape(&self, window_bytes: u64) -> Result<Shape, AllocError> {
        let Self { bytes, align, bound, .. } = *self;
        if bytes == 0 {
            return Err(AllocError::ZeroBytes);
        }
        if align != 0 && (!align.is_power_of_two() || align > window::ALIGN as u64) {
            return Err(AllocError::BadAlign { align });
        }
        if bound != 0 && (!bound.is_power_of_two() || bound < bytes || bound < LINE_BYTES) {
            return Err(AllocError::BadBound { bound, bytes });
        }
        if bytes > window_bytes {
            return Err(AllocError::TooBig { bytes, most: window_bytes });
        }
        let bytes = bytes.next_multiple_of(LINE_BYTES);
        Ok(Shape { bytes, align: align.max(LINE_BYTES), bound })
    }
}

impl Pages {
    /// Whether a first try may use pages of `page_bytes`.
    pub(super) const fn wants(self, page_bytes: u64) -> bool {
        match self {
            Self::Any => true,
            Self::Only(mask) | Self::Prefer(mask) => mask & page_bytes != 0,
        }
    }
}

/// A block that the heap gave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Block {
    /// Where it starts.
    pub at: Offset<u8>,
    /// Bytes that may be used: what was asked for, rounded up to whole lines of 64.
    pub bytes: u64,
    /// Bytes of the pages it lies on.
    pub page_bytes: u64,
    /// The NUMA node it lies on.
    pub node: u32,
}
