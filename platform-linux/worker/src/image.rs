//! Where the program lies in memory, and which it is: what `linker/worker.ld` says.
#![expect(unsafe_code, reason = "symbols of the linker script")]

unsafe extern "C" {
    /// The addresses from here on to `__phx_locked_end` are code and data, but for what lies in the section
    /// `.bss.unlocked`.
    pub(crate) static __phx_image_start: u8;
    pub(crate) static __phx_locked_end: u8;
    static __phx_build_id: BuildId;
}

/// The note that holds the build id, as the linker is asked for it (`--build-id=sha1`).
#[repr(C, align(4))]
struct BuildId {
    /// Lengths and kind, and the name `GNU`.
    head: [u8; 16],
    id: [u8; 20],
}

/// The build id, by which the program's file is found.
pub(crate) fn build_id() -> &'static [u8] {
    // SAFETY: the script puts the note there, which nobody writes.
    let note = unsafe { &__phx_build_id };
    &note.id
}
