//! The names of system calls, for the line that says which one was forbidden.

use core::fmt::{self, Write};

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

/// A system call, as `openat (257)`.
pub(crate) struct Called(pub(crate) i32);

impl fmt::Display for Called {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for word in KNOWN.as_bytes().split(|byte| *byte == b' ') {
            let mut bytes = word.iter();
            let digits = bytes.by_ref().take_while(|byte| **byte != b'=');
            if digits.fold(0, |sum, digit| sum * 10 + i32::from(*digit - b'0')) == self.0 {
                bytes.try_for_each(|byte| f.write_char(char::from(*byte)))?;
                return write!(f, " ({})", self.0);
            }
        }
        write!(f, "{}", self.0)
    }
}
