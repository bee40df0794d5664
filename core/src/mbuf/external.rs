//! External buffers: memory that is no pool's, lent to mbufs and given back to its lender.
//!
//! How such a buffer is released, its header says by a number: a function's address means nothing
//! in another program (MB-4). Each process says what a number means to it
//! ([`MbufHome::releasing`]). Who frees the last mbuf that refers to a buffer and does not know its
//! number keeps it: it is marked and counted, an audit names it, and its lender may ask for it
//! ([`External::take_kept`]). So it is with a buffer whose last holder died.
//!
//! A buffer is released once; after a death in the middle of a release it may also be kept.
#![expect(unsafe_code, reason = "who lends memory promises that it is his to lend")]

use core::fmt;

use super::data::SharedData;
use super::flags;
use super::foreign::is_backed;
use super::home::MbufHome;
use super::layout::{EXTERNAL_MAGIC, ExternalHeader, MbufHeader, MbufPoolFacts};
use super::mbuf::{Mbuf, is_shared};
use super::refs::{self, Bond, Bound, Kind, Owner, Refs, TooManyClones};
use super::span::Span;
use crate::group::Group;
use crate::mempool::PoolView;
use crate::offset::Offset;
use crate::recovery::Fenced;

/// How a buffer is released: a number that its users agreed on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReleaseId(pub u32);

/// What a number means to a process. The function gets the buffer, which is its own again.
#[doc(alias = "rte_mbuf_extbuf_free_callback_t")]
pub type Release<'p> = (ReleaseId, &'p dyn Fn(&External));

/// A buffer that is no pool's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct External {
    /// Where it lies, aligned to 64 bytes: 64 bytes for its header, then the bytes of the buffer.
    pub at: Offset<u8>,
    /// Bytes of the buffer, without the header.
    pub len: u16,
    /// How it is released.
    pub release: ReleaseId,
    /// What is handed to whoever releases it.
    pub argument: u64,
}

/// Why a buffer was not lent to an mbuf. Neither has changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExternalError {
    /// It does not lie wholly in memory of the group, aligned to 64 bytes.
    Place {
        /// Bytes from the window's start.
        at: u64,
        /// Bytes, header and all.
        bytes: u32,
    },
    /// The mbuf has a buffer that is another's, or that others use.
    Shared(SharedData),
    /// It could not be bound to the mbuf.
    TooMany(TooManyClones),
    /// This process has lost its slot.
    Fenced(Fenced),
}

impl fmt::Display for ExternalError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Place { at, bytes } => write!(
                f,
                "{bytes} bytes at +{at:#x} were to be lent to an mbuf and do not lie in memory of the group, or are \
                 not aligned to 64 bytes; lend memory of the group"
            ),
            Self::Shared(SharedData { at }) => write!(
                f,
                "a buffer was to be lent to the mbuf at +{at:#x}, which is a clone, has clones, or has been lent one; \
                 use a fresh mbuf"
            ),
            Self::TooMany(error) => error.fmt(f),
            Self::Fenced(error) => error.fmt(f),
        }
    }
}

impl core::error::Error for ExternalError {}

impl External {
    /// Takes the buffer whose header lies at `at` back, if it was kept: nobody refers to it and
    /// nobody released it. Succeeds once for each time it was kept.
    pub fn take_kept(group: &Group, at: Offset<u8>) -> Option<Self> {
        let header = external(group, at.get())?;
        let buffer = Self::of(at.get(), header);
        header.kept.swap_if(1, 0).is_ok().then_some(buffer)
    }

    fn of(at: u64, header: &ExternalHeader) -> Self {
        Self {
            at: Offset::new(at),
            len: u16::try_from(header.len.get()).unwrap_or(u16::MAX),
            release: ReleaseId(header.release.get()),
            argument: header.argument.get(),
        }
    }
}

impl Mbuf<'_> {
    /// Gives the first segment `buffer` instead of its own, with no data in it. Its clones use it too;
    /// when the last of all is freed, it is released. Its own buffer rests until then.
    ///
    /// Errors: [`ExternalError`]. Until this returns without one, the memory is the caller's.
    ///
    /// # Safety
    ///
    /// The memory is the caller's, and nobody uses it until it was released, or taken back as kept.
    #[doc(alias = "rte_pktmbuf_attach_extbuf")]
    pub unsafe fn attach_external(&mut self, buffer: &External) -> Result<(), ExternalError> {
        let (window, at, mbuf) = (self.window(), buffer.at.get(), self.header);
        let group = self.home.group();
        group.check_member().map_err(ExternalError::Fenced)?;
        if is_shared(self.home, mbuf) || mbuf.flags.get() & flags::OWN != 0 {
            return Err(ExternalError::Shared(SharedData { at: self.at() }));
        }
        let bytes = size_of::<ExternalHeader>() as u32 + u32::from(buffer.len);
        let place = ExternalError::Place { at, bytes };
        let is_there = is_backed(group, at, bytes as usize);
        window.address(buffer.at, bytes as usize, 64).filter(|_| is_there).ok_or(place)?;
        let header = window.resolve(buffer.at.cast::<ExternalHeader>()).ok_or(place)?;
        let owner = Owner { kind: Kind::External, at, refs: &header.refs };
        let find = |at| self.home.bond_of(at);
        write(header, buffer);
        refs::open(owner, find);
        // Pairs with the `observe` in `external`.
        header.magic.publish(EXTERNAL_MAGIC);
        let bound = Bound { at: self.at(), bond: &mbuf.bond };
        refs::attach(bound, owner, find).map_err(ExternalError::TooMany)?;
        let gone = Span::of(mbuf).len;
        mbuf.buf.set(at + size_of::<ExternalHeader>() as u64);
        Span { offset: 0, len: 0, room: buffer.len, ..Span::of(mbuf) }.write(mbuf);
        mbuf.flags.set(mbuf.flags.get() | flags::EXTERNAL);
        self.set_len(self.len().saturating_sub(u32::from(gone)));
        Ok(())
    }
}

fn write(header: &ExternalHeader, buffer: &External) {
    header.magic.publish(0);
    header.release.set(buffer.release.0);
    header.len.set(u32::from(buffer.len));
    header.argument.set(buffer.argument);
    header.kept.publish(0);
}

impl MbufHome<'_> {
    /// Releases the buffer at `at`, to which the mbuf of `clone` was the last to refer.
    pub(super) fn release_external(&self, clone: u64, mbuf: &MbufHeader, at: u64) {
        let Some(header) = external(self.group(), at) else { return };
        let buffer = External::of(at, header);
        match self.releases().iter().find(|(id, _)| *id == buffer.release) {
            Some((_, release)) => release(&buffer),
            None => {
                let kept = self.with_pool(clone, mbuf, |pool, _, _| keep(pool, header));
                kept.unwrap_or_default();
            }
        }
    }
}

/// The header at `at`, if it is one. Who says that it lies there, may be wrong: where no page is,
/// nothing is read.
pub(super) fn external(group: &Group, at: u64) -> Option<&'static ExternalHeader> {
    let header: &ExternalHeader = group.window().resolve(Offset::new(at))?;
    let is_there = is_backed(group, at, size_of::<ExternalHeader>());
    (is_there && header.magic.observe() == EXTERNAL_MAGIC).then_some(header)
}

/// Whether more than one mbuf refers to the external buffer of an mbuf.
#[cold]
pub(super) fn is_lent_to_others(group: &Group, header: &MbufHeader) -> bool {
    let bond = Bond::from_word(header.bond.observe());
    let buffer = external(group, bond.to());
    buffer.is_none_or(|buffer| Refs::from_word(buffer.refs.observe()).clones() != 1)
}

/// Marks a buffer as kept, and counts it in the pool of the mbuf that was the last to refer to it.
pub(super) fn keep(pool: &PoolView, buffer: &ExternalHeader) {
    if buffer.kept.swap_if(0, 1).is_ok()
        && let Some(facts) = pool.private::<MbufPoolFacts>()
    {
        facts.kept.add(1);
    }
}
