//! What rustix does not offer, and nothing more.
//!
//! rustix 1.1 has no open-file-description locks ([`ofd`]), no NUMA memory policy
//! ([`mempolicy`], [`cpu_node`]), no real-time class ([`schedule`]), no system call
//! filter ([`seccomp`]), no Landlock ([`landlock`]), no [`descriptors::close_from`], has no rings of
//! packet sockets ([`packet`]) and no properties of interfaces ([`netdevice`]), does
//! not ask how a process ended ([`pidfd`]), nor what a socket has sent and nobody taken in
//! ([`outq`]); all are built here on one raw system call ([`mod@syscall`]) with the constants and structures of linux-raw-sys. Small helpers that
//! every module wants lie beside them: [`deadline`] (waiting that ends), [`errno`] (error
//! numbers with their names), [`file_len`] (no signal for a file that is too long) and [`user`] (whose
//! files are trusted).
//!
//! No allocation and no `std` in here: static workers use these files as they
//! are.

pub mod affinity;
pub mod clock;
pub mod cpu_node;
pub mod deadline;
pub mod descriptors;
pub mod errno;
pub mod file_len;
pub mod futex;
pub mod landlock;
pub mod mempolicy;
pub mod netdevice;
pub mod ofd;
pub mod outq;
pub mod packet;
pub(crate) mod page;
pub(crate) mod path;
pub mod pidfd;
pub mod schedule;
pub mod seccomp;
#[cfg(not(feature = "std"))]
pub mod sentence;
pub mod syscall;
#[cfg(test)]
pub(crate) mod test_support;
pub mod user;
#[cfg(any(test, not(feature = "std")))]
pub mod vdso;
