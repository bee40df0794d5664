//! The effective user of this process: who the files that it trusts must belong to.

/// Its id.
///
/// Cost: one system call. A static worker, which is one user from its start to its end, makes it once.
#[cfg(feature = "std")]
pub fn own_uid() -> u32 {
    rustix::process::geteuid().as_raw()
}

/// Its id.
///
/// Cost: one system call the first time.
#[cfg(not(feature = "std"))]
pub fn own_uid() -> u32 {
    use core::sync::atomic::{AtomicU32, Ordering};

    /// Its complement; 0 until it is known, for no user has the highest id.
    static OTHER_BITS: AtomicU32 = AtomicU32::new(0);

    match OTHER_BITS.load(Ordering::Relaxed) {
        0 => {
            let uid = rustix::process::geteuid().as_raw();
            OTHER_BITS.store(!uid, Ordering::Relaxed);
            uid
        }
        other_bits => !other_bits,
    }
}
