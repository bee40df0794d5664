//! What the cross-process tests share: starting real processes, watching them, and saying aloud
//! what the machine does not have.
//!
//! | module | what it gives |
//! |---|---|
//! | [`require`] | root, hugepages and the like: had, skipped aloud, or failed for |
//! | [`scratch`] | a directory that is gone after the test |
//! | [`group`] | a group of the test's own, which no other test can meet |
//! | [`process`] | a child process: its lines, its signals, its end |
//! | [`binaries`] | the apps, built as the tests were |
//! | [`cargo`] | cargo inside of a test, with a target directory of its own |
//! | [`cpu`] | lcores on CPUs that the machine has |
//! | [`header`] | the bytes of a group file, to read and to spoil |
//! | [`netns`] | hosts of a test's own: network namespaces joined by `veth` pairs |
//! | [`dpdk`] | DPDK's programs beside ours in a bench |
//! | [`forwarders`] | the forwarding programs, in a group |
//! | [`frames`] | numbered packets in flows, and captures of them |
//! | [`vm`] | guests: machines with devices that this one lacks |
//! | [`step`] | a process killed after each instruction of an operation |
//!
//! The processes that tests start are mostly the `phalanx-peer` of this package: it starts the EAL
//! with the arguments it is given, says so in one line, and then does what it is told on standard
//! input, a line at a time. It leaves when its input ends, so that no peer outlives its test.
//!
//! Nothing depends on this package. Its functions panic with what was found: that is how a test
//! fails.

pub mod binaries;
pub mod cargo;
pub mod cpu;
pub mod dpdk;
pub mod forwarders;
pub mod frames;
pub mod group;
pub mod header;
pub mod netns;
pub mod peers;
pub mod process;
pub mod require;
pub mod rig;
pub mod scratch;
pub mod static_programs;
pub mod step;
pub mod vm;
