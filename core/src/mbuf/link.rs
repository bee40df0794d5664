//! How segments make a packet: each names the next, and says how many there are from it on.
//!
//! The counts fall by one from segment to segment. So a walk needs no bound of its own: it ends
//! where a count is not what it must be, and a circle cannot be walked through.

use super::layout::MbufHeader;
use crate::offset::Offset;
use crate::window::Window;

/// What a segment's `link` says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Link(u64);

impl Link {
    /// The only segment of its packet, or the last one.
    pub(crate) const ALONE: Self = Self(1);

    /// `next` is a place in the window: less than 2^48.
    #[inline]
    pub(crate) const fn new(next: u64, segments: u16) -> Self {
        Self(next << 16 | segments as u64)
    }

    #[inline]
    pub(crate) fn of(header: &MbufHeader) -> Self {
        Self(header.link.observe())
    }

    /// Pairs with the `observe` in [`of`](Self::of): who recovers and sees a segment led elsewhere
    /// sees the tags that were written when the packet left its ring.
    #[inline]
    pub(crate) fn write(self, header: &MbufHeader) {
        header.link.publish(self.0);
    }

    #[inline]
    pub(crate) const fn segments(self) -> u16 {
        self.0 as u16
    }

    #[inline]
    pub(crate) const fn next(self) -> Option<u64> {
        match self.0 >> 16 {
            0 => None,
            at => Some(at),
        }
    }
}

/// The header at `at`, if one fits there in the window.
#[inline]
pub(crate) fn header(window: Window, at: u64) -> Option<&'static MbufHeader> {
    window.resolve(Offset::new(at))
}

/// The segments of the packet whose first one lies at `head`, with their places. Reads a segment's
/// link before it shows it, so that what is shown may be freed.
///
/// That an mbuf lies at `head`, the caller knows. Of each further place a link is only a peer's word:
/// `is_sound` is asked before anything is read there, and where it says no the walk ends.
#[inline]
pub(crate) fn segments<F: Fn(u64) -> bool>(window: Window, head: u64, is_sound: F) -> Segments<F> {
    Segments { window, next: Some(head), left: None, is_sound }
}

/// See [`segments`].
#[derive(Clone)]
pub(crate) struct Segments<F> {
    window: Window,
    next: Option<u64>,
    left: Option<u16>,
    is_sound: F,
}

impl<F: Fn(u64) -> bool> Iterator for Segments<F> {
    type Item = (u64, &'static MbufHeader);

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        let at = self.next.take()?;
        if self.left.is_some() && !(self.is_sound)(at) {
            return None;
        }
        let header = header(self.window, at)?;
        let link = Link::of(header);
        if self.left.is_some_and(|left| left != link.segments()) {
            return None;
        }
        if link.segments() > 1 {
            self.next = link.next();
            self.left = Some(link.segments() - 1);
        }
        Some((at, header))
    }
}
