//! Killing a process after each instruction of an operation, and looking at what is left.
//!
//! | module | what it gives |
//! |---|---|
//! | [`operation`] | what an operation is: prepare, operate, judge, use again |
//! | [`ops`] | all of them, a file a structure; a new one is one row there |
//! | [`recovery`] | what survivors do after a death, and the audit |
//! | [`trace`] | a process, an instruction at a time |
//! | [`effect`] | what an instruction writes |
//! | [`image`] | all memory that a group shares, kept and put back |
//! | [`locks`] | the kernel's locks of a process, let go and taken again |
//! | [`actor`] | the harness's end of a `phalanx-step` process |
//! | [`walk`] | an operation, killed everywhere |
//! | [`stop`] | a process that is stopped in the middle |
//! | [`report`] | how many points were tried |
//!
//! # How a kill is tried
//!
//! *Literally*: a fresh process runs the operation for k instructions and gets `SIGKILL`. That
//! costs k steps and a process for each k, so only a seeded sample of points is tried so.
//!
//! *In place*: one process runs the operation. After instruction k it stands still; its locks are
//! let go; survivors recover, audit, and use the structure; then all shared memory is put back as
//! it was, the locks are taken again, and the process goes on to k + 1. The survivors cannot tell
//! this from a kill. What a killed process leaves to others is the shared memory as its last
//! instruction left it, and what the kernel keeps for it. Of the latter, the survivors can see
//! its locks (the same system call with the same descriptor's description lets them go), the
//! files it has made (which no operation here removes again), and its pid, which is never asked
//! about. Its registers and its own memory nobody else can see. And it cannot tell that time has
//! passed. A walk tries both ways on the sample and wants the same verdict.
//!
//! *States*: two points with no change of shared memory and no system call between them leave
//! the same to others, bit for bit. The quick walk judges each such state once, where it begins,
//! and every point with it; the whole walk judges at every instruction.

pub mod actor;
pub mod effect;
pub mod image;
pub mod locks;
pub mod operation;
pub mod ops;
pub mod recovery;
pub mod report;
pub mod stop;
pub mod trace;
pub mod walk;
