//! The names of system calls, for the line that says which one was forbidden.

use core::fmt;

use linux_raw_sys::general as number;

macro_rules! names {
    ($($constant:ident $name:literal),+ $(,)?) => {
        &[$((number::$constant, $name)),+]
    };
}

/// Those that programs make by mistake; any other prints as its number.
const KNOWN: &[(u32, &str)] = names! {
    __NR_read "read", __NR_write "write", __NR_open "open", __NR_close "close", __NR_stat "stat",
    __NR_fstat "fstat", __NR_poll "poll", __NR_lseek "lseek", __NR_mmap "mmap",
    __NR_mprotect "mprotect", __NR_munmap "munmap", __NR_brk "brk", __NR_ioctl "ioctl",
    __NR_access "access", __NR_pipe2 "pipe2", __NR_madvise "madvise", __NR_dup "dup",
    __NR_nanosleep "nanosleep", __NR_clock_nanosleep "clock_nanosleep", __NR_socket "socket",
    __NR_connect "connect", __NR_sendto "sendto", __NR_recvfrom "recvfrom",
    __NR_sendmsg "sendmsg", __NR_recvmsg "recvmsg", __NR_bind "bind", __NR_clone "clone",
    __NR_clone3 "clone3", __NR_fork "fork", __NR_execve "execve", __NR_kill "kill",
    __NR_tgkill "tgkill", __NR_fcntl "fcntl", __NR_flock "flock", __NR_ftruncate "ftruncate",
    __NR_getdents64 "getdents64", __NR_unlink "unlink", __NR_prctl "prctl", __NR_openat "openat",
    __NR_openat2 "openat2", __NR_newfstatat "newfstatat", __NR_unlinkat "unlinkat",
    __NR_fallocate "fallocate", __NR_epoll_wait "epoll_wait", __NR_eventfd2 "eventfd2",
    __NR_getrandom "getrandom", __NR_memfd_create "memfd_create", __NR_statx "statx",
    __NR_sched_setaffinity "sched_setaffinity", __NR_sched_setscheduler "sched_setscheduler",
    __NR_io_uring_setup "io_uring_setup", __NR_mlock "mlock", __NR_rt_sigaction "rt_sigaction",
};

/// The name of a system call, if it is known.
pub(crate) fn name(call: i32) -> Option<&'static str> {
    KNOWN.iter().find(|(number, _)| i64::from(*number) == i64::from(call)).map(|(_, name)| *name)
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
