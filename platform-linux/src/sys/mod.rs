//! What rustix does not offer, and nothing more.
//!
//! rustix 1.1 has no open-file-description locks ([`ofd`]) and no NUMA memory
//! policy ([`mempolicy`]); both are built here on one raw system call
//! ([`syscall`]) with the constants and structures of linux-raw-sys. Two small
//! helpers that every module wants lie beside them: [`deadline`] (waiting that
//! ends) and [`errno`] (error numbers with their names).
//!
//! No allocation and no `std` in here: static workers use these files as they
//! are.

pub mod cpu_node;
pub mod deadline;
pub mod errno;
pub mod mempolicy;
pub mod ofd;
pub mod syscall;
#[cfg(test)]
pub(crate) mod test_support;
