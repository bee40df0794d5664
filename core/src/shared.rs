//! `Shared`: what may lie in memory that several processes map.
//!
//! A peer may be another build of the program, may be stopped at any instruction, or may be
//! hostile. So a type is `Shared` only if whatever bytes a peer leaves there are a value of
//! it: no `bool`, no Rust enum, no reference, no pointer, no padding. What changes under a
//! reader's eyes is an atomic of [`crate::sync`].
#![expect(
    unsafe_code,
    reason = "the marker trait is the border of shared memory, and unsafe to cross"
)]

use crate::layout::{FNV_START, fnv, fnv_word};

/// Marks types that may lie in shared memory.
///
/// # Safety
///
/// For whoever implements it:
/// 1. every bit pattern of `size_of::<Self>()` bytes is a value;
/// 2. there is no padding, so that no byte of the writer's stack travels;
/// 3. it holds no address, reference, descriptor or other thing that means something in one
///    process only;
/// 4. its layout is fixed (`repr(C)`, `repr(transparent)` or a primitive).
///
/// User types get it by [`shared!`](crate::shared!), which checks all four.
pub unsafe trait Shared: Sized + Send + Sync + 'static {
    /// What tells this type from others of the same size, in every build.
    const HASH: u64;
}

static_assertions::assert_not_impl_any!(bool: Shared);
static_assertions::assert_not_impl_any!(char: Shared);
static_assertions::assert_not_impl_any!(usize: Shared);
static_assertions::assert_not_impl_any!(&'static u8: Shared);
static_assertions::assert_not_impl_any!(fn() -> u8: Shared);

/// Marks shared types that are atomics through and through: what several processes may look at and
/// write at a time.
///
/// The words of [`crate::sync`], arrays of them, and the structures of
/// [`shared_words!`](crate::shared_words!). A plain value is read and written by one at a time, and
/// so lies in a ring or a pool, never in a zone that others see.
///
/// # Safety
///
/// For whoever implements it: every byte is a part of an atomic, or is never read and never written
/// ([`Pad`]).
pub unsafe trait Words: Shared {}

static_assertions::assert_not_impl_any!(u64: Words);
static_assertions::assert_not_impl_any!([u64; 2]: Words);

/// What may be an element of a ring or an object of a pool: shared, and plain to copy.
pub trait Element: Shared + Copy {}
impl<T: Shared + Copy> Element for T {}

/// What an object in shared memory is made of, as stored beside it: size, alignment, hash.
///
/// A lookup compares it, so that a `Ring<u64>` is not taken for a `Ring<[u32; 2]>` (design,
/// decision 8).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ElementLayout {
    /// Bytes of one element.
    pub size: u32,
    /// Alignment of one element in bytes.
    pub align: u32,
    /// [`Shared::HASH`] of the element type, or 0 for raw bytes.
    pub hash: u64,
}

impl ElementLayout {
    /// The layout of `T`.
    pub const fn of<T: Shared>() -> Self {
        assert!(size_of::<T>() <= u32::MAX as usize, "a shared type is smaller than 4 GB");
        Self { size: size_of::<T>() as u32, align: align_of::<T>() as u32, hash: T::HASH }
    }

    /// Raw bytes, for objects that have no element type (a memzone).
    pub const fn bytes() -> Self {
        Self { size: 1, align: 1, hash: 0 }
    }
}

/// Bytes that have a name and no meaning: they keep neighbours apart. Always written as zero.
#[repr(transparent)]
#[derive(Clone, Copy)]
pub struct Pad<const N: usize>([u8; N]);

impl<const N: usize> Default for Pad<N> {
    fn default() -> Self {
        Self([0; N])
    }
}

impl<const N: usize> core::fmt::Debug for Pad<N> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "Pad<{N}>")
    }
}

/// The hash of a named type.
#[doc(hidden)]
pub const fn hash_of(name: &str) -> u64 {
    fnv(FNV_START, name.as_bytes())
}

/// The hash of a type made of another one `n` times.
#[doc(hidden)]
pub const fn hash_times(hash: u64, n: usize) -> u64 {
    fnv_word(fnv_word(FNV_START, hash as usize), n)
}

macro_rules! primitives {
    ($($t:ty),+) => {$(
        // SAFETY: an integer: any bytes are a value, no padding, no address, fixed layout.
        unsafe impl Shared for $t {
            const HASH: u64 = hash_of(stringify!($t));
        }
    )+};
}
primitives!(u8, u16, u32, u64, u128, i8, i16, i32, i64, i128);

// SAFETY: an array has its element's properties; its layout is the element's, repeated.
unsafe impl<T: Shared, const N: usize> Shared for [T; N] {
    const HASH: u64 = hash_times(T::HASH, N);
}

// SAFETY: an array is its elements.
unsafe impl<T: Words, const N: usize> Words for [T; N] {}

// SAFETY: the bytes are this type's own, and it neither reads nor writes them.
unsafe impl<const N: usize> Words for Pad<N> {}

// SAFETY: a transparent array of bytes.
unsafe impl<const N: usize> Shared for Pad<N> {
    const HASH: u64 = hash_times(hash_of("Pad"), N);
}

/// Declares a plain structure that may be shared, and has the compiler prove it.
///
/// The struct becomes `repr(C)`, `Copy`, `Clone`, `Debug` and `Shared`; the build stops if a
/// field is not `Shared` or if there is padding. No `unsafe` at the place of use.
///
/// ```
/// phalanx_core::shared! {
///     /// One message of the sample.
///     pub struct Message { pub len: u32, pub text: [u8; 124] }
/// }
/// assert_eq!(size_of::<Message>(), 128);
/// ```
///
/// ```compile_fail
/// phalanx_core::shared! { pub struct Gap { pub a: u32, pub b: u64 } } // padding
/// ```
///
/// ```compile_fail
/// phalanx_core::shared! { pub struct Wild { pub a: &'static u8 } } // an address
/// ```
#[macro_export]
macro_rules! shared {
    ($(#[$meta:meta])* $vis:vis struct $name:ident { $($(#[$fmeta:meta])* $fvis:vis $f:ident: $fty:ty),+ $(,)? }) => {
        $(#[$meta])*
        #[repr(C)]
        #[derive(Clone, Copy, Debug)]
        $vis struct $name { $($(#[$fmeta])* $fvis $f: $fty),+ }

        $crate::shared!(@prove $name { $($f: $fty),+ });
    };
    (@prove $name:ident { $($f:ident: $fty:ty),+ }) => {
        const _: () = {
            let named: usize = 0 $(+ ::core::mem::size_of::<$fty>())+;
            ::core::assert!(named == ::core::mem::size_of::<$name>(),
                concat!(stringify!($name), ": has padding; add a `Pad` field where the gap is"));
        };

        // SAFETY: repr(C), no padding (asserted above), and every field is `Shared` (the
        // bound in `HASH` fails to compile otherwise).
        unsafe impl $crate::shared::Shared for $name {
            const HASH: u64 = {
                let mut hash = $crate::shared::hash_of(stringify!($name));
                $(
                    hash = $crate::layout::fnv(hash, stringify!($f).as_bytes());
                    hash = $crate::layout::fnv_word(hash, <$fty as $crate::shared::Shared>::HASH as usize);
                )+
                hash
            };
        }
    };
}

/// As [`shared!`](crate::shared!), for a structure of words that change under their readers'
/// eyes: the atomics of [`crate::sync`]. It is not `Copy`; it lives in shared memory and
/// nowhere else.
///
/// ```
/// use phalanx_core::sync::Word64;
/// phalanx_core::shared_words! {
///     /// What the workers have counted.
///     pub struct Counters { pub rx: Word64, pub tx: Word64 }
/// }
/// assert_eq!(size_of::<Counters>(), 16);
/// ```
///
/// ```compile_fail
/// phalanx_core::shared_words! { pub struct Plain { pub a: u64 } } // not a word of `sync`
/// ```
#[macro_export]
macro_rules! shared_words {
    ($(#[$meta:meta])* $vis:vis struct $name:ident { $($(#[$fmeta:meta])* $fvis:vis $f:ident: $fty:ty),+ $(,)? }) => {
        $(#[$meta])*
        #[repr(C)]
        #[derive(Debug)]
        $vis struct $name { $($(#[$fmeta])* $fvis $f: $fty),+ }

        $crate::shared!(@prove $name { $($f: $fty),+ });

        const _: () = {
            const fn is_words<T: $crate::shared::Words>() {}
            $( is_words::<$fty>(); )+
        };
        // SAFETY: every field is `Words` (the line above fails to compile otherwise).
        unsafe impl $crate::shared::Words for $name {}
    };
}

/// Marks structures that have a `layout!` table as `Shared`.
///
/// For core's own headers: the table has proven offsets and the absence of padding.
macro_rules! shared_layout {
    ($($t:ty { $($fty:ty),+ $(,)? }),+ $(,)?) => {$(
        #[expect(unsafe_code, reason = "the layout table proves what `Shared` asks")]
        // SAFETY: repr(C), no padding (its `layout!` table), and each field type is `Shared`
        // (used in `HASH`, which does not compile otherwise).
        unsafe impl $crate::shared::Shared for $t {
            const HASH: u64 = {
                let mut hash = <$t as $crate::layout::HasLayout>::LAYOUT.fingerprint();
                $( hash = $crate::layout::fnv_word(hash, <$fty as $crate::shared::Shared>::HASH as usize); )+
                hash
            };
        }
    )+};
}
pub(crate) use shared_layout;

#[cfg(test)]
mod tests {
    use super::*;

    shared! {
        struct A { x: u32, y: u32 }
    }
    shared! {
        struct B { x: u32, y: i32 }
    }

    mod swapped {
        shared! {
            pub(super) struct A { y: u32, x: u32 }
        }
    }

    #[test]
    fn types_of_one_size_and_another_content_have_different_hashes() {
        assert_eq!(ElementLayout::of::<A>().size, ElementLayout::of::<B>().size);
        assert_ne!(A::HASH, B::HASH);
        assert_ne!(<swapped::A as Shared>::HASH, A::HASH);
        assert_ne!(<[u32; 2]>::HASH, <u64>::HASH);
        let a = A { x: 1, y: 2 };
        let b = B { x: 1, y: 2 };
        assert_eq!((a.x, a.y), (b.x, b.y as u32));
    }
}
