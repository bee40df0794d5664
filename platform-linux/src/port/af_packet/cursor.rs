//! `Cursor`: how far the claimant of a queue has come in its ring, for who follows a dead one.
//!
//! The kernel's own place in a ring cannot be asked for, and the frames do not always show it: a ring
//! that is empty looks the same all around. So the claimant writes down where it is, around each frame
//! that it hands over: first "handing over n", then the frame's status, then "at n + 1". A claimant that
//! dies between the first and the last is followed by who looks at the status of frame n.
//!
//! With the place stands which ring is meant, so that a new ring begins at its first frame.

use rustix::fd::BorrowedFd;

use super::ring::FrameRing;

/// `ring << 33 | at << 1 | is_handing`, with 31 bits of the socket's cookie.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Cursor {
    ring: u64,
}

/// Where a claimant was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) at: u32,
    /// Whether the frame at `at` was being handed over.
    pub(super) is_handing: bool,
}

impl Cursor {
    /// The cursor of the ring of `socket`. One system call.
    pub(super) fn of(socket: BorrowedFd<'_>) -> Self {
        // What has no cookie is no socket, and no ring either.
        let cookie = rustix::net::sockopt::socket_cookie(socket).unwrap_or(0);
        Self { ring: cookie << 33 }
    }

    /// The word that says "handing over frame `at`".
    #[inline(always)]
    pub(super) fn handing(self, at: u32) -> u64 {
        self.ring | u64::from(at) << 1 | 1
    }

    /// The word that says "at frame `at`".
    #[inline(always)]
    pub(super) fn at(self, at: u32) -> u64 {
        self.ring | u64::from(at) << 1
    }

    /// Where the claimant was that wrote `word` last; at the first frame, if it had another ring.
    pub(super) fn place(self, word: u64) -> Place {
        if word >> 33 << 33 != self.ring {
            return Place { at: 0, is_handing: false };
        }
        Place { at: (word >> 1) as u32, is_handing: word & 1 == 1 }
    }
}

/// Goes to the frame behind `place`'s if that was handed over, which `is_over` tells of it.
pub(super) fn resume(
    ring: &mut FrameRing,
    place: Place,
    is_over: impl FnOnce(&mut FrameRing) -> bool,
) {
    ring.seek(place.at);
    if place.is_handing && is_over(ring) {
        ring.seek(place.at % ring.count() + 1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_comes_back_and_another_rings_does_not() {
        let cursor = Cursor { ring: 0x1234 << 33 };
        let place = Place { at: 511, is_handing: true };
        assert_eq!(cursor.place(cursor.handing(511)), place);
        assert_eq!(cursor.place(cursor.at(511)), Place { is_handing: false, ..place });
        let other = Cursor { ring: 0x1235 << 33 };
        assert_eq!(other.place(cursor.handing(511)), Place { at: 0, is_handing: false });
        assert_eq!(cursor.place(u64::MAX), Place { at: 0, is_handing: false });
    }
}
