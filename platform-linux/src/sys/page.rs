//! The size of an ordinary page.

/// Bytes. Where there is no standard library it is what the only machine of static workers has.
pub(crate) fn page_size() -> usize {
    #[cfg(feature = "std")]
    return rustix::param::page_size();
    #[cfg(not(feature = "std"))]
    4096
}
