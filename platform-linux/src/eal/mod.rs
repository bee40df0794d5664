//! The environment abstraction layer: what happens between `main` and the first packet.
pub mod options;
