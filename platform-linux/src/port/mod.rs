//! Ports on Linux.

#[cfg(feature = "std")]
pub mod filter;
#[cfg(feature = "std")]
pub mod pcap;
