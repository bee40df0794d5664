//! Every byte that Phalanx processes share, and every algorithm on it.
//!
//! A group of processes maps one window of memory at one fixed address. In it lie the group's
//! tables, its heaps, and the objects made from them: memzones, rings, mempools, mbufs. This crate
//! says what each byte means, who may write it, and what is left of an operation whose process
//! dies in the middle.
//!
//! # Reading order
//!
//! The vocabulary: [`mod@layout`] (the offset table that compiles), [`mod@shared`] (what may be shared),
//! [`offset`] and [`window`] (where things are), [`sync`] (the atomics, by role), [`name`],
//! [`claimed`], [`count`] (numbers in sentences). Then [`group`] (who is there), [`lock`] (the one lock, and its journal),
//! [`memseg`], [`heap`], [`directory`], [`memzone`], [`wait`], and what is built of them; [`message`],
//! how processes talk; [`port`] and [`device`], where packets come from and go to; [`reach`], what devices
//! see; [`mod@log`], what each says of itself. Last [`recovery`]: what becomes of all this when a process dies.
//!
//! # What this crate does not do
//!
//! It makes no system call, allocates nothing, has no clock, no descriptor and no thread: what
//! it needs of a platform is [`platform::Platform`]. It never panics on what a peer wrote, and
//! never keeps a pointer, a reference or a function in shared memory.
#![cfg_attr(not(test), no_std)]

/// Names an instruction after which a process may die. A test can stop a thread there, which then
/// never runs again; a program has nothing there.
macro_rules! crash_point {
    ($at:literal) => {
        #[cfg(test)]
        $crate::fake::crash_point($at);
    };
}

pub mod claimed;
pub mod count;
pub mod device;
pub mod directory;
pub mod group;
pub mod heap;
pub mod layout;
pub mod lock;
pub mod log;
pub mod mbuf;
pub mod mempool;
pub mod memseg;
pub mod memzone;
pub mod message;
pub mod name;
pub mod offset;
pub mod platform;
pub mod port;
pub mod reach;
pub mod recovery;
pub mod ring;
pub mod shared;
pub mod sync;
pub mod wait;
pub mod window;

#[cfg(test)]
mod fake;
