//! Another process, an instruction at a time (ptrace).
//!
//! A traced process runs freely until it executes a mark, a breakpoint instruction of its own;
//! from there [`Traced::step`] takes it on by one instruction a call, up to the next mark. All
//! calls come from the thread that seized it, as the kernel demands.

use core::ops::Range;
use std::fs::File;
use std::os::unix::fs::FileExt;

use nix::sys::ptrace;
use nix::sys::signal::Signal;
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::Pid;

use super::effect::{Effects, LONGEST};

/// `si_code` of a `SIGTRAP` that a breakpoint instruction raised; a step's is another.
const BY_THE_KERNEL: i32 = 0x80;

/// Where a step has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stop {
    /// Behind an ordinary instruction.
    Instruction,
    /// Behind a system call: what the kernel keeps may have changed.
    SystemCall,
    /// Behind a mark.
    Mark,
}

/// One instruction, done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// Where the process stands now.
    pub stop: Stop,
    /// The addresses that the instruction may have written.
    pub writes: Vec<Range<u64>>,
}

/// A process that this thread traces. It is killed when the tracer ends.
#[derive(Debug)]
pub struct Traced {
    pid: Pid,
    memory: File,
    effects: Effects,
}

impl Traced {
    /// Begins to trace process `id`, which goes on running.
    ///
    /// # Panics
    /// If the kernel does not allow it.
    pub fn seize(id: u32) -> Self {
        let pid = Pid::from_raw(id.cast_signed());
        let options = ptrace::Options::PTRACE_O_EXITKILL | ptrace::Options::PTRACE_O_TRACESYSGOOD;
        let seized = ptrace::seize(pid, options);
        assert_eq!(seized, Ok(()), "process {id} cannot be traced");
        let memory = match File::open(format!("/proc/{id}/mem")) {
            Ok(memory) => memory,
            Err(error) => panic!("the memory of process {id} cannot be read: {error}"),
        };
        Self { pid, memory, effects: Effects::default() }
    }

    /// Waits until it has executed a mark.
    ///
    /// # Panics
    /// If it ends first.
    pub fn await_mark(&self) {
        while self.stopped() != Stop::Mark {
            self.go_on();
        }
    }

    /// Lets it run.
    ///
    /// # Panics
    /// If it is gone.
    pub fn go_on(&self) {
        assert_eq!(ptrace::cont(self.pid, None), Ok(()), "process {} is gone", self.pid);
    }

    /// Executes one instruction. A repeated one (`rep movs`) counts for each repetition.
    ///
    /// # Panics
    /// If it ends, or is gone.
    pub fn step(&mut self) -> Step {
        let registers = match ptrace::getregs(self.pid) {
            Ok(registers) => registers,
            Err(errno) => panic!("process {} has no registers: {errno}", self.pid),
        };
        let effect = self.effects.next(&registers, || {
            let mut code = [0; LONGEST + 1];
            // What lies beyond the last page of code is no part of the instruction.
            let _ = self.memory.read_at(&mut code, registers.rip);
            code
        });
        assert_eq!(ptrace::step(self.pid, None), Ok(()), "process {} is gone", self.pid);
        let stop = match self.stopped() {
            Stop::Instruction if effect.is_call => Stop::SystemCall,
            stop => stop,
        };
        Step { stop, writes: effect.writes }
    }

    /// Stops it wherever it is: [`go_to_system_call`](Self::go_to_system_call) goes on from there.
    ///
    /// # Panics
    /// If it is gone.
    pub fn interrupt(&self) {
        assert_eq!(ptrace::interrupt(self.pid), Ok(()), "process {} is gone", self.pid);
        let stopped = waitpid(self.pid, Some(WaitPidFlag::__WALL));
        assert!(stopped.is_ok(), "process {} does not stop: {stopped:?}", self.pid);
    }

    /// Runs to the next beginning or end of a system call; `false` if the process ends before.
    ///
    /// # Panics
    /// If the kernel refuses.
    pub fn go_to_system_call(&self) -> bool {
        let mut pending = None;
        loop {
            if ptrace::syscall(self.pid, pending).is_err() {
                return false;
            }
            match waitpid(self.pid, Some(WaitPidFlag::__WALL)) {
                Ok(WaitStatus::PtraceSyscall(_)) => return true,
                Ok(WaitStatus::Stopped(_, signal)) => pending = Some(signal),
                Ok(WaitStatus::PtraceEvent(..)) => pending = None,
                Ok(_) => return false,
                Err(errno) => panic!("process {} cannot be waited for: {errno}", self.pid),
            }
        }
    }

    /// Kills it where it stands, as nothing can catch it, and waits until it is gone.
    ///
    /// # Panics
    /// If it does not go.
    pub fn kill(self) {
        let _ = nix::sys::signal::kill(self.pid, Signal::SIGKILL);
        loop {
            match waitpid(self.pid, Some(WaitPidFlag::__WALL)) {
                Ok(WaitStatus::Signaled(..) | WaitStatus::Exited(..)) => return,
                Ok(_) => {}
                Err(errno) => panic!("process {} does not go: {errno}", self.pid),
            }
        }
    }

    /// Lets go of it: it runs on, and nobody traces it.
    ///
    /// # Panics
    /// If it is gone.
    pub fn release(self) {
        assert_eq!(ptrace::detach(self.pid, None), Ok(()), "process {} is gone", self.pid);
    }

    /// Lets go of it as `SIGSTOP` finds it: it executes nothing until `SIGCONT`.
    ///
    /// # Panics
    /// If it is gone.
    pub fn stop(self) {
        let stopped = ptrace::detach(self.pid, Signal::SIGSTOP);
        assert_eq!(stopped, Ok(()), "process {} is gone", self.pid);
    }

    /// Sends it `SIGCONT`.
    ///
    /// # Panics
    /// If it is gone.
    pub fn awake(&self) {
        let sent = nix::sys::signal::kill(self.pid, Signal::SIGCONT);
        assert_eq!(sent, Ok(()), "process {} is gone", self.pid);
    }

    /// The address of the instruction that is next.
    ///
    /// # Panics
    /// If it is gone.
    pub fn place(&self) -> u64 {
        match ptrace::getregs(self.pid) {
            Ok(registers) => registers.rip,
            Err(errno) => panic!("process {} has no registers: {errno}", self.pid),
        }
    }

    /// Waits for its next stop; hands on what signals it gets meanwhile.
    fn stopped(&self) -> Stop {
        loop {
            match waitpid(self.pid, Some(WaitPidFlag::__WALL)) {
                Ok(WaitStatus::Stopped(_, Signal::SIGTRAP)) => {
                    let by_kernel = ptrace::getsiginfo(self.pid)
                        .is_ok_and(|info| info.si_code == BY_THE_KERNEL);
                    return if by_kernel { Stop::Mark } else { Stop::Instruction };
                }
                Ok(WaitStatus::Stopped(_, signal)) => {
                    assert_eq!(ptrace::cont(self.pid, signal), Ok(()), "{} is gone", self.pid);
                }
                Ok(WaitStatus::PtraceEvent(..)) => self.go_on(),
                other => panic!("process {} ended while it was traced: {other:?}", self.pid),
            }
        }
    }
}
