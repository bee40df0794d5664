//! Another process, an instruction at a time (ptrace).
//!
//! A traced process runs freely until it executes a mark, a breakpoint instruction of its own;
//! from there [`Traced::step`] takes it on by one instruction a call, up to the next mark. All
//! calls come from the thread that seized it, as the kernel demands.

use nix::sys::ptrace;
use nix::sys::signal::Signal;
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::Pid;

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

/// A process that this thread traces. It is killed when the tracer ends.
#[derive(Debug)]
pub struct Traced {
    pid: Pid,
}

impl Traced {
    /// Begins to trace process `id`, which goes on running.
    ///
    /// # Panics
    /// If the kernel does not allow it.
    pub fn seize(id: u32) -> Self {
        let pid = Pid::from_raw(id.cast_signed());
        let seized = ptrace::seize(pid, ptrace::Options::PTRACE_O_EXITKILL);
        assert_eq!(seized, Ok(()), "process {id} cannot be traced");
        Self { pid }
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
    pub fn step(&self) -> Stop {
        let calls = self.next_is_system_call();
        assert_eq!(ptrace::step(self.pid, None), Ok(()), "process {} is gone", self.pid);
        match self.stopped() {
            Stop::Instruction if calls => Stop::SystemCall,
            stop => stop,
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

    fn next_is_system_call(&self) -> bool {
        // `syscall` is 0f 05.
        let at = self.place() as ptrace::AddressType;
        ptrace::read(self.pid, at).is_ok_and(|word| word & 0xffff == 0x050f)
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
