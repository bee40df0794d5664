//! Ports on Linux.

#[cfg(feature = "std")]
pub mod filter;
