//! Messages between processes.
pub(crate) mod socket;
