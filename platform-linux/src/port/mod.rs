//! Ports.
pub mod af_packet;
#[cfg(feature = "std")]
pub mod tap;
