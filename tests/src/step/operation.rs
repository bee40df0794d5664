//! What an operation is to these tests.

#![expect(unsafe_code, reason = "a mark is a breakpoint instruction")]

use phalanx_core::group::{Group, Lcore};

/// How a step of an operation came out: a sentence if it failed.
pub type Outcome = Result<(), String>;

/// One operation of one structure, which a process is killed in.
///
/// Each function runs in a process of its own, and finds its objects by name: what a process has
/// in its own memory would not be put back with the shared memory.
pub trait Operation: Sync {
    /// Its name: one word, the structure first (`ring.multi.enqueue-bulk.full`).
    fn name(&self) -> &str;

    /// Makes what the operation works on. Runs once, in the group's primary.
    fn prepare(&self, member: &Member<'_>) -> Outcome;

    /// Gets ready, and does the operation between the marks. This is what is killed. It ends
    /// without an error even if the operation says no, as it may (a full ring).
    fn operate(&self, member: &Member<'_>, marks: Marks) -> Outcome;

    /// After the recovery, in one survivor: everything is where it was before the operation, or
    /// where the operation put it, and the structure can be used.
    fn judge(&self, member: &Member<'_>) -> Outcome;

    /// After that, in another survivor: the structure can be used from there too.
    fn use_again(&self, member: &Member<'_>) -> Outcome;
}

/// A process of the group, as an operation sees it.
#[derive(Debug)]
pub struct Member<'a> {
    /// The group.
    pub group: &'a Group,
    /// Its main lcore.
    pub lcore: &'a Lcore,
    /// The group's file, for operations that enter it once more.
    pub group_file: &'a str,
}

/// The instructions before the first and behind the last one of an operation.
#[derive(Clone, Copy, Debug)]
pub struct Marks {
    _private: (),
}

impl Marks {
    /// Marks that stop this process, which is traced. Untraced it would end there.
    pub const fn of_a_traced_process() -> Self {
        Self { _private: () }
    }

    /// Runs `operation` between the marks.
    #[inline(always)]
    pub fn around<R>(self, operation: impl FnOnce() -> R) -> R {
        mark();
        let result = operation();
        mark();
        result
    }
}

#[inline(always)]
fn mark() {
    // SAFETY: a breakpoint changes no register and no memory; the tracer goes on behind it.
    #[cfg(target_arch = "x86_64")]
    unsafe {
        core::arch::asm!("int3");
    }
}

/// Turns an error into the sentence that it is.
pub fn sentence(error: impl core::fmt::Display) -> String {
    error.to_string()
}

/// `Ok` if `found` is `wanted`, else a sentence about `what`.
pub fn same<T: PartialEq + core::fmt::Debug>(what: &str, found: T, wanted: T) -> Outcome {
    if found == wanted { Ok(()) } else { Err(format!("{what}: {found:?}, not {wanted:?}")) }
}
