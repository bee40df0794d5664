//! Phalanx on Linux: thin modules over rustix, one for each thing the kernel
//! is asked for. They know Linux and nothing of rings or heaps; what a process
//! group *is* lives in `phalanx-core`.
//!
//! | module | what it gives |
//! |---|---|
//! | [`sys`] | the few system calls that rustix lacks, errno names, deadlines |
//! | [`lockfile`] | kernel locks on single bytes of a file, the start lock of a group |
//! | [`liveness`] | who is alive: one locked byte for each process |
//! | [`change`] | sleeping until a group's tables say something new |
//! | [`process`] | what another process does, and how one ended |
//! | [`runtime_dir`] | `<base>/phalanx/<prefix>`, and files in it that are really ours |
//! | [`mapping`] | the window: reserve, map, prefault |
//! | [`hugepage`] | huge pages the machine has, and the files memory comes from |
//! | [`numa`], [`cpu`], [`affinity`] | nodes, CPUs, and pinning a thread |
//! | [`message`] | messages, requests and descriptors between processes |
//! | [`pci`] | PCI devices, as the kernel shows them |
//! | [`port`] | ports: the drivers of the kernel's devices, and opening queues |
//! | [`device`], [`vfio`], [`uio`] | PCI devices that a process drives itself |
//! | [`hotplug`] | devices that come and go in a living group |
//! | [`interrupt`] | callbacks for when a device interrupts |
//! | [`eal`] | start-up: the command line, creating and joining a group |
//! | `log` | what the program says through `defmt`, into the group's memory (feature `defmt`) |
//! | [`launch`] | limits that a worker inherits |
//! | [`doctor`] | what a user wants to know of a machine beforehand |
//! | [`console`], [`program`] | what programs say to their terminal; what each `main` does |
//! | [`kernel_files`] | `/sys` and `/proc`, or trees that look like them |

//!
//! # Without a standard library
//!
//! Without the feature `std`, which is on by default, the crate needs neither `std` nor an
//! allocator, and has what it takes to join a group: that is how static workers use it. What a
//! creator, an observer or a cleaner needs on top, and threads, are left out then.
#![cfg_attr(not(feature = "std"), no_std)]

pub mod affinity;
pub mod change;
pub mod clock;
#[cfg(feature = "std")]
pub mod console;
pub mod cpu;
#[cfg(feature = "std")]
pub mod device;
#[cfg(feature = "std")]
pub mod doctor;
pub mod eal;
#[cfg(feature = "std")]
pub mod hotplug;
pub mod hugepage;
#[cfg(feature = "std")]
pub mod interrupt;
#[cfg(feature = "std")]
pub mod kernel_files;
pub mod launch;
pub mod liveness;
pub mod lockfile;
#[cfg(feature = "defmt")]
pub mod log;
pub mod mapping;
#[cfg(feature = "std")]
pub mod message;
#[cfg(feature = "std")]
pub mod numa;
pub mod pci;
pub mod port;
#[cfg(feature = "std")]
pub mod process;
#[cfg(feature = "std")]
pub mod program;
pub mod runtime_dir;
pub mod sys;
#[cfg(feature = "std")]
pub mod uio;
#[cfg(feature = "std")]
pub mod vfio;
