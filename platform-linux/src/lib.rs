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
//! | [`eal`] | start-up: the command line, creating and joining a group |
//! | [`console`] | what programs say to their terminal |
//! | [`kernel_files`] | `/sys` and `/proc`, or trees that look like them |

pub mod affinity;
pub mod change;
pub mod console;
pub mod cpu;
pub mod eal;
pub mod hugepage;
pub mod kernel_files;
pub mod liveness;
pub mod lockfile;
pub mod mapping;
pub mod message;
pub mod numa;
pub mod process;
pub mod runtime_dir;
pub mod sys;
