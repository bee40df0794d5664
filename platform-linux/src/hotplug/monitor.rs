//! `DeviceMonitor`: hears what the kernel says of the machine's devices, for programs that ask for it (HP-6).
//!
//! It only tells: to attach what has come, and to detach what has gone, is the program's to decide. A
//! device that this process owns the port of and that is pulled is heard of without it.

use core::fmt;
use std::io;
use std::sync::Arc;
use std::thread::{self, JoinHandle};

use rustix::event::{EventfdFlags, PollFd, PollFlags, eventfd, poll};
use rustix::fd::{AsFd, OwnedFd};
use rustix::io::{Errno, write};
use rustix::net::netlink::{KOBJECT_UEVENT, SocketAddrNetlink};
use rustix::net::{AddressFamily, RecvFlags, SocketFlags, SocketType, bind, recvfrom, socket_with};

use super::uevent::DeviceEvent;
use crate::sys::errno::Named;

/// The kernel's own group; those of the device manager are others.
const KERNEL: u32 = 1;

/// Bytes of the longest message: what the kernel has room for.
const LONGEST: usize = 8192;

/// What a listener is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DeviceHeard {
    /// An event.
    Event(DeviceEvent),
    /// Events were lost, because more came than were heard: look what devices there are.
    Missed,
}

/// Why the kernel is not heard.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MonitorError {
    /// It gave no socket of this kind.
    Socket(Errno),
    /// The system made no thread; what it said.
    NoThread(String),
}

impl fmt::Display for MonitorError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Socket(errno) => write!(
                f,
                "the kernel's events of devices were asked for and there is no netlink socket for them: {}; run it where \
                 one may be had",
                Named(*errno)
            ),
            Self::NoThread(why) => write!(
                f,
                "the kernel's events of devices were asked for and no thread could be made: {why}; raise the limit of \
                 threads"
            ),
        }
    }
}

impl core::error::Error for MonitorError {}

/// Hears of the machine's devices until it is dropped, on a thread of its own.
#[derive(Debug)]
pub struct DeviceMonitor {
    stop: Arc<OwnedFd>,
    thread: Option<JoinHandle<()>>,
}

impl DeviceMonitor {
    /// Begins. `listener` is called on the monitor's thread, for each device that comes, goes, or changes its
    /// driver. The kernel tells processes in its first network namespace.
    ///
    /// Cost: a socket, an eventfd, a thread that sleeps.
    ///
    /// # Errors
    /// [`MonitorError`].
    ///
    /// ```no_run
    /// use phalanx_linux::hotplug::{DeviceHeard, DeviceMonitor};
    /// let _monitor = DeviceMonitor::start(|heard| {
    ///     if let DeviceHeard::Event(event) = heard {
    ///         println!("{event}");
    ///     }
    /// })?;
    /// # Ok::<(), phalanx_linux::hotplug::MonitorError>(())
    /// ```
    #[doc(alias = "rte_dev_event_monitor_start")]
    #[doc(alias = "rte_dev_event_monitor_stop")]
    pub fn start(listener: impl FnMut(DeviceHeard) + Send + 'static) -> Result<Self, MonitorError> {
        let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
        let kind = (AddressFamily::NETLINK, SocketType::RAW, Some(KOBJECT_UEVENT));
        let socket = socket_with(kind.0, kind.1, flags, kind.2).map_err(MonitorError::Socket)?;
        bind(&socket, &SocketAddrNetlink::new(0, KERNEL)).map_err(MonitorError::Socket)?;
        let stop = eventfd(0, EventfdFlags::CLOEXEC).map_err(MonitorError::Socket)?;
        let stop = Arc::new(stop);
        let stopped = Arc::clone(&stop);
        let name = "phalanx-uevent".to_owned();
        let thread = thread::Builder::new().name(name);
        let thread = thread
            .spawn(move || listen(&socket, &stopped, listener))
            .map_err(|error: io::Error| MonitorError::NoThread(error.to_string()))?;
        Ok(Self { stop, thread: Some(thread) })
    }
}

impl Drop for DeviceMonitor {
    fn drop(&mut self) {
        // A full counter is readable too.
        let _ = write(&*self.stop, &1u64.to_ne_bytes());
        let me = thread::current().id();
        if let Some(thread) = self.thread.take().filter(|thread| thread.thread().id() != me) {
            // A listener that panicked has said so on standard error.
            let _ = thread.join();
        }
    }
}

fn listen(socket: &OwnedFd, stop: &OwnedFd, mut listener: impl FnMut(DeviceHeard)) {
    loop {
        let mut polled = [
            PollFd::from_borrowed_fd(stop.as_fd(), PollFlags::IN),
            PollFd::from_borrowed_fd(socket.as_fd(), PollFlags::IN),
        ];
        match poll(&mut polled, None) {
            Ok(_) | Err(Errno::INTR) => {}
            // Nothing that passes: a descriptor is none any more.
            Err(_) => return,
        }
        if polled.first().is_some_and(|stop| !stop.revents().is_empty()) {
            return;
        }
        let why = loop {
            match next(socket) {
                Ok(heard) => heard.into_iter().for_each(&mut listener),
                Err(why) => break why,
            }
        };
        if why != Errno::AGAIN {
            // Nothing that passes: it would be tried again at once, and for ever.
            return;
        }
    }
}

/// What comes next; `None` for what is no event, or not the kernel's.
///
/// # Errors
/// `AGAIN`, if nothing is there; another, if nothing will be.
fn next(socket: &OwnedFd) -> Result<Option<DeviceHeard>, Errno> {
    let mut bytes = [0; LONGEST];
    match recvfrom(socket, &mut bytes[..], RecvFlags::DONTWAIT) {
        Ok((count, _, from)) => {
            let from = from.and_then(|from| SocketAddrNetlink::try_from(from).ok());
            // Any process may send to such a socket; the kernel's address is 0.
            let is_kernels = from.is_some_and(|from| from.pid() == 0);
            let event = bytes.get(..count).filter(|_| is_kernels).and_then(DeviceEvent::parse);
            Ok(event.map(DeviceHeard::Event))
        }
        Err(Errno::NOBUFS) => Ok(Some(DeviceHeard::Missed)),
        Err(Errno::INTR) => Ok(None),
        Err(why) => Err(why),
    }
}
