//! Ports.

pub mod filter;
