//! `layout!`: the offset table that compiles.
//!
//! Every structure that processes share has a `layout.rs` with the struct and one
//! `layout!` table: offset, field, type. The table is not prose: a wrong offset, size,
//! alignment or type stops the build with a sentence that names the field, and so does a
//! byte that belongs to no field (an unnamed byte leaks memory between processes and lets
//! two builds differ unseen).
//!
//! From the same table comes a [`Layout`]: what the golden file pins, and what two
//! processes compare before one of them touches the other's memory.

/// One field of a shared structure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Field {
    /// Bytes from the start of the structure.
    pub at: usize,
    /// The field's name.
    pub name: &'static str,
    /// The field's type, as written in the table.
    pub type_name: &'static str,
    /// Bytes it takes.
    pub size: usize,
}

/// The whole layout of one shared structure, known at compile time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Layout {
    /// The structure's name: at most 31 bytes, so that it fits in the group's manifest.
    pub name: &'static str,
    /// Bytes it takes.
    pub size: usize,
    /// Its alignment in bytes.
    pub align: usize,
    /// Every field, in address order.
    pub fields: &'static [Field],
}

impl Layout {
    /// A 64-bit fingerprint of the name, the size, the alignment and every field.
    ///
    /// Two builds whose fingerprints agree lay the structure out alike (FNV-1a, 64 bit; not
    /// a defence against malice, which a fingerprint cannot be). Answers W-4.
    pub const fn fingerprint(&self) -> u64 {
        let mut hash = fnv(FNV_START, self.name.as_bytes());
        hash = fnv_word(hash, self.size);
        hash = fnv_word(hash, self.align);
        let mut i = 0;
        while i < self.fields.len() {
            let field = &self.fields[i];
            hash = fnv_word(hash, field.at);
            hash = fnv(hash, field.name.as_bytes());
            hash = fnv(hash, field.type_name.as_bytes());
            hash = fnv_word(hash, field.size);
            i += 1;
        }
        hash
    }
}

/// A structure with a compiled offset table.
pub trait HasLayout {
    /// The table.
    const LAYOUT: Layout;
}

/// Where FNV-1a starts.
pub const FNV_START: u64 = 0xcbf2_9ce4_8422_2325;

/// FNV-1a over `bytes`, going on from `hash`.
pub const fn fnv(mut hash: u64, bytes: &[u8]) -> u64 {
    let mut i = 0;
    while i < bytes.len() {
        hash = (hash ^ bytes[i] as u64).wrapping_mul(0x0000_0100_0000_01b3);
        i += 1;
    }
    hash
}

/// FNV-1a over the little-endian bytes of `word`, going on from `hash`.
pub const fn fnv_word(hash: u64, word: usize) -> u64 {
    fnv(hash, &(word as u64).to_le_bytes())
}

/// States where every field of a shared structure lies, and has the compiler check it.
///
/// ```
/// use phalanx_core::layout;
///
/// #[repr(C)]
/// struct Header { kind: u32, len: u16, count: u16 }
///
/// layout!(Header, size 8, align 4 { 0 => kind: u32, 4 => len: u16, 6 => count: u16 });
/// # use phalanx_core::layout::HasLayout;
/// assert_eq!(Header::LAYOUT.fields[2].at, 6);
/// ```
#[macro_export]
macro_rules! layout {
    ($t:ty, size $size:literal, align $align:literal { $($at:literal => $f:ident: $fty:ty),+ $(,)? }) => {
        // Loom's atomics are wider than the machine's; its builds share no memory.
        #[cfg(not(loom))]
        const _: () = {
            use ::core::mem::{align_of, size_of};
            ::core::assert!(size_of::<$t>() == $size, concat!(stringify!($t), ": size is not ", $size));
            ::core::assert!(align_of::<$t>() == $align, concat!(stringify!($t), ": align is not ", $align));
            $(
                let _: fn(&$t) -> &$fty = |it| &it.$f;
                ::core::assert!($crate::layout::offset_of!($t, $f) == $at,
                    concat!(stringify!($t), ".", stringify!($f), ": offset is not ", $at));
            )+
            let named: usize = 0 $(+ size_of::<$fty>())+;
            ::core::assert!(named == $size, concat!(stringify!($t), ": has unnamed padding"));
        };
        impl $crate::layout::HasLayout for $t {
            const LAYOUT: $crate::layout::Layout = $crate::layout::Layout {
                name: stringify!($t),
                size: ::core::mem::size_of::<$t>(),
                align: ::core::mem::align_of::<$t>(),
                fields: &[$($crate::layout::Field {
                    at: $crate::layout::offset_of!($t, $f),
                    name: stringify!($f),
                    type_name: stringify!($fty),
                    size: ::core::mem::size_of::<$fty>(),
                }),+],
            };
        }
    };
}

#[doc(hidden)]
pub use memoffset::offset_of;

#[cfg(test)]
mod tests {
    use super::*;

    #[repr(C)]
    struct Pair {
        a: u32,
        b: u32,
    }
    layout!(Pair, size 8, align 4 { 0 => a: u32, 4 => b: u32 });

    #[repr(C)]
    struct Other {
        a: u32,
        c: u32,
    }
    layout!(Other, size 8, align 4 { 0 => a: u32, 4 => c: u32 });

    #[test]
    fn the_table_lists_every_field_in_address_order() {
        let names: [&str; 2] = [Pair::LAYOUT.fields[0].name, Pair::LAYOUT.fields[1].name];
        assert_eq!(names, ["a", "b"]);
        assert_eq!(Pair::LAYOUT.fields[1].at, 4);
        let _ = (Pair { a: 0, b: 0 }.a, Pair { a: 0, b: 0 }.b);
    }

    #[test]
    fn a_renamed_field_changes_the_fingerprint() {
        assert_ne!(Pair::LAYOUT.fingerprint(), Other::LAYOUT.fingerprint());
        let _ = (Other { a: 0, c: 0 }.a, Other { a: 0, c: 0 }.c);
    }
}
