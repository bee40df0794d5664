//! What a pool's objects may be: a type that may be shared, or bytes.

use core::ptr::NonNull;

use crate::shared::{Element, ElementLayout};

/// What the objects of a pool are: any [`Element`], or `[u8]` for objects of a size that is
/// known at run time only. Nothing else is one.
pub trait PoolItem: sealed::Sealed + 'static {
    /// What a place of an object is an offset to: the type itself, or `u8`.
    type Place: Element;

    #[doc(hidden)]
    fn is(found: ElementLayout) -> bool;

    #[doc(hidden)]
    fn expected() -> ElementLayout;

    #[doc(hidden)]
    fn at(data: NonNull<u8>, bytes: usize) -> NonNull<Self>;
}

mod sealed {
    pub trait Sealed {}
    impl Sealed for crate::mbuf::Segment {}
    impl<T: super::Element> Sealed for T {}
    impl Sealed for [u8] {}
}

impl<T: Element> PoolItem for T {
    type Place = T;

    fn is(found: ElementLayout) -> bool {
        found == ElementLayout::of::<T>()
    }

    fn expected() -> ElementLayout {
        ElementLayout::of::<T>()
    }

    fn at(data: NonNull<u8>, _bytes: usize) -> NonNull<T> {
        data.cast()
    }
}

impl PoolItem for [u8] {
    type Place = u8;

    fn is(found: ElementLayout) -> bool {
        found.hash == 0
    }

    fn expected() -> ElementLayout {
        ElementLayout::bytes()
    }

    fn at(data: NonNull<u8>, bytes: usize) -> NonNull<[u8]> {
        NonNull::slice_from_raw_parts(data, bytes)
    }
}
