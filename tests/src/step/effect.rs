//! What an instruction will do that others can see.

use core::ops::Range;
use std::collections::HashMap;

use iced_x86::{
    Code, Decoder, DecoderOptions, Instruction, InstructionInfoFactory, OpAccess, Register,
};
use nix::libc::user_regs_struct as Registers;

/// The longest instruction.
pub(super) const LONGEST: usize = 15;

/// What the next instruction does.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Effect {
    /// It is a system call.
    pub is_call: bool,
    /// It writes these addresses (or may).
    pub writes: Vec<Range<u64>>,
}

/// Instructions that were met, decoded once each.
#[derive(Debug)]
pub struct Effects {
    known: HashMap<u64, Instruction>,
    factory: InstructionInfoFactory,
}

impl Default for Effects {
    fn default() -> Self {
        Self { known: HashMap::new(), factory: InstructionInfoFactory::new() }
    }
}

impl Effects {
    /// What the instruction at `registers.rip` does; `code` reads it the first time.
    pub fn next(
        &mut self,
        registers: &Registers,
        code: impl FnOnce() -> [u8; LONGEST + 1],
    ) -> Effect {
        let rip = registers.rip;
        let instruction = self
            .known
            .entry(rip)
            .or_insert_with(|| Decoder::with_ip(64, &code(), rip, DecoderOptions::NONE).decode());
        if instruction.code() == Code::Syscall {
            return Effect { is_call: true, writes: Vec::new() };
        }
        let info = self.factory.info(instruction);
        let written = info.used_memory().iter().filter(|memory| {
            !matches!(memory.access(), OpAccess::Read | OpAccess::CondRead | OpAccess::NoMemAccess)
        });
        let writes = written.map(|memory| {
            let value = |register, _, _| Some(value_of(registers, register));
            let at = memory.virtual_address(0, value).unwrap_or(0);
            // What has no size of its own writes a line at most.
            let size = memory.memory_size().size() as u64;
            at..at.saturating_add(if size == 0 { 64 } else { size })
        });
        Effect { is_call: false, writes: writes.collect() }
    }
}

/// What a general register holds; segments start at 0, but for thread-local storage.
fn value_of(registers: &Registers, register: Register) -> u64 {
    let whole = match register.full_register() {
        Register::RAX => registers.rax,
        Register::RBX => registers.rbx,
        Register::RCX => registers.rcx,
        Register::RDX => registers.rdx,
        Register::RSI => registers.rsi,
        Register::RDI => registers.rdi,
        Register::RBP => registers.rbp,
        Register::RSP => registers.rsp,
        Register::R8 => registers.r8,
        Register::R9 => registers.r9,
        Register::R10 => registers.r10,
        Register::R11 => registers.r11,
        Register::R12 => registers.r12,
        Register::R13 => registers.r13,
        Register::R14 => registers.r14,
        Register::R15 => registers.r15,
        Register::RIP => registers.rip,
        Register::FS => registers.fs_base,
        Register::GS => registers.gs_base,
        _ => 0,
    };
    if register.size() == 4 { whole & 0xffff_ffff } else { whole }
}
