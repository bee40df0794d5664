//! Arguments and environment, from the stack as the kernel leaves it.
//!
//! ```text
//!   sp → count | argument … | 0 | variable … | 0 | kind, value | … | 0, 0
//! ```
//! Each is the address of a text that ends with a zero byte and lives as long as the process.
#![expect(unsafe_code, reason = "reads what the kernel put on the stack")]

use core::ffi::{CStr, c_char};
use core::fmt;
use core::slice;

use crate::settle::OwnMemory;

/// Number of the fact that is the address of the object that the kernel maps (`AT_SYSINFO_EHDR`).
pub(crate) const KERNEL_OBJECT: usize = 33;

/// Number of the fact that is the address of the path that was executed (`AT_EXECFN`).
const EXECUTED: usize = 31;

/// The stack pointer that the process was started with, and what was done before anything was read.
#[derive(Debug)]
pub struct StartStack {
    at: *const usize,
    own_memory: OwnMemory,
}

/// An argument of the process is no text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct NotText {
    /// Which, counted from 1; 0 for the program's name.
    pub(crate) position: usize,
}

impl fmt::Display for NotText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "argument {} is not UTF-8 text; write it in UTF-8", self.position)
    }
}

impl core::error::Error for NotText {}

impl StartStack {
    /// # Safety
    /// `at` is the stack pointer that the kernel started this process with.
    pub(super) unsafe fn new(at: *const usize, own_memory: OwnMemory) -> Self {
        Self { at, own_memory }
    }

    /// Its address: every later frame lies below.
    pub(super) fn address(&self) -> usize {
        self.at.addr()
    }

    /// Whether the program's own memory is locked.
    pub(super) fn own_memory(&self) -> OwnMemory {
        self.own_memory
    }

    /// Arguments and environment.
    pub(super) fn read(self) -> Result<Words, NotText> {
        // SAFETY: by the promise of `new` the number of arguments lies here.
        let count = unsafe { *self.at };
        let first = self.at.wrapping_add(1);
        // SAFETY: and behind it so many addresses; the kernel wrote them and nobody changes them.
        let arguments: &'static [usize] = unsafe { slice::from_raw_parts(first, count) };
        for (position, address) in arguments.iter().enumerate() {
            text_at(*address).ok_or(NotText { position })?;
        }
        Ok(Words { arguments, variables: first.wrapping_add(count + 1) })
    }
}

/// The text at an address from the kernel's lists; `None` if it is no UTF-8.
fn text_at(address: usize) -> Option<&'static str> {
    let text: *const c_char = core::ptr::with_exposed_provenance(address);
    // SAFETY: each address on the kernel's lists is of a text that ends with a zero byte, lies
    // above the stack for as long as the process lives, and is changed by nobody.
    unsafe { CStr::from_ptr(text) }.to_str().ok()
}

/// Whether the text at an address from the kernel's lists is `name`, an equals sign, and whatever.
fn begins_with(address: usize, name: &str) -> bool {
    let text: *const u8 = core::ptr::with_exposed_provenance(address);
    name.bytes().chain([b'=']).enumerate().all(|(index, byte)| {
        // SAFETY: no byte before was other than `name`'s, which has no zero in it: the text goes on.
        byte == unsafe { text.wrapping_add(index).read() }
    })
}

/// What the process was started with.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Words {
    /// Addresses of texts that have been checked.
    arguments: &'static [usize],
    /// The first address of the environment; a 0 ends it.
    variables: *const usize,
}

impl Words {
    /// The whole command line, the program's name first.
    pub(crate) fn command_line(&self) -> Arguments {
        Arguments(self.arguments.iter())
    }

    /// What the kernel says of the process under number `kind`; 0 if nothing.
    pub(crate) fn fact(&self, kind: usize) -> usize {
        let mut at = self.variables;
        // SAFETY: `at` has not passed the 0 that ends the environment.
        while unsafe { *at } != 0 {
            at = at.wrapping_add(1);
        }
        loop {
            at = at.wrapping_add(1);
            // SAFETY: behind it are pairs of a kind and a value, of which one of kind 0 is the last.
            let found = unsafe { *at };
            at = at.wrapping_add(1);
            if found == 0 || found == kind {
                // SAFETY: as above.
                return unsafe { *at };
            }
        }
    }

    /// The path that was executed, as whoever did it gave it; empty if it is no text.
    pub(crate) fn executed(&self) -> &'static str {
        match self.fact(EXECUTED) {
            0 => "",
            address => text_at(address).unwrap_or_default(),
        }
    }

    /// The value of an environment variable; what is no text counts as not set.
    pub(crate) fn variable(&self, name: &str) -> Option<&'static str> {
        let mut at = self.variables;
        loop {
            // SAFETY: `at` has not passed the 0 that ends the list.
            let address = unsafe { *at };
            if address == 0 {
                return None;
            }
            if begins_with(address, name) {
                return text_at(address)?.get(name.len() + 1..);
            }
            at = at.wrapping_add(1);
        }
    }
}

/// Arguments, one after the other.
#[derive(Clone, Debug)]
pub struct Arguments(slice::Iter<'static, usize>);

impl Iterator for Arguments {
    type Item = &'static str;

    fn next(&mut self) -> Option<&'static str> {
        self.0.next().and_then(|address| text_at(*address))
    }
}
