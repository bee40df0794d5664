//! The names of system calls, for the line that says which one was forbidden.

use core::fmt;

/// Those that programs make by mistake; any other prints as its number. The numbers are those of
/// x86_64, the only machine that static workers exist for. One text, for a table would be thrice
/// as long.
const KNOWN: &str = "\
    0=read 1=write 2=open 3=close 4=stat 5=fstat 7=poll 8=lseek 9=mmap 10=mprotect 11=munmap \
    12=brk 13=rt_sigaction 16=ioctl 21=access 28=madvise 32=dup 35=nanosleep 41=socket \
    42=connect 44=sendto 45=recvfrom 46=sendmsg 47=recvmsg 49=bind 56=clone 57=fork 59=execve \
    62=kill 72=fcntl 73=flock 77=ftruncate 87=unlink 144=sched_setscheduler 149=mlock 157=prctl \
    203=sched_setaffinity 217=getdents64 230=clock_nanosleep 232=epoll_wait 234=tgkill \
    257=openat 262=newfstatat 263=unlinkat 285=fallocate 290=eventfd2 293=pipe2 318=getrandom \
    319=memfd_create 332=statx 425=io_uring_setup 435=clone3 437=openat2";

/// The name of a system call, if it is known.
pub(crate) fn name(call: i32) -> Option<&'static str> {
    let mut at = 0;
    for word in KNOWN.as_bytes().split(|byte| *byte == b' ') {
        let digits = word.iter().take_while(|byte| **byte != b'=');
        let (len, number) =
            digits.fold((0, 0), |(len, sum), digit| (len + 1, sum * 10 + i32::from(*digit - b'0')));
        if number == call {
            return KNOWN.get(at + len + 1..at + word.len());
        }
        at += word.len() + 1;
    }
    None
}

/// A system call, as `openat (257)`.
pub(crate) struct Called(pub(crate) i32);

impl fmt::Display for Called {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match name(self.0) {
            Some(name) => write!(f, "{name} ({})", self.0),
            None => write!(f, "{}", self.0),
        }
    }
}
