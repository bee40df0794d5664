//! Sleeping on Rx queues until a device has received something (IN-3).
//!
//! Who finds nothing in its queues *arms* them: each device interrupts once when something comes. Then it looks
//! once more, for what came before, and sleeps. The interrupt goes to the port's owner, who *rouses* whoever has
//! the queue, in whichever process that is.
//!
//! ```text
//!   claimant                                   device                 the port's owner
//!     RxSleep::begin
//!     arm: flag in the queue's line, device ──►  will interrupt once
//!     look: a burst; something? ── go on         a packet ──► interrupt ──► rouse: flag? count + 1, wake
//!     sleep, while the process's count stands
//!     disarm
//! ```
//!
//! # Decisions
//!
//! - **The owner rouses by a word in shared memory.** The kernel could tell the claimant by a descriptor, without
//!   the owner; but only where each queue has a vector of its own, and it would have to be handed on at every
//!   change of owner and of claimant. So it is one way for lines, messages and tables of vectors, of VFIO and UIO,
//!   and what dies leaves nothing to be handed back. It costs a second wake-up.
//! - **The claimant arms, by what is its own**: a word in the queue's memory (virtio), or a bit of a register where
//!   a 1 sets that bit and a 0 nothing (e1000e). So nobody is asked, and it works while a port has no owner.
//! - **A thread sleeps on as many queues as it has**: the count that it sleeps on is its process's.
//! - **What interrupts once need not be turned off.** A claimant that died armed costs the owner one interrupt, of
//!   virtio as many as the device has buffers left.
//!
//! # Crash points
//!
//! | who dies, where | what is left | who repairs |
//! |---|---|---|
//! | a claimant that sleeps, or has armed | flag 1, a device that interrupts | its interrupt: one call in vain; the next claimant of a virtio queue with its first burst |
//! | the owner, before it has roused | a sleeper, and packets | the sleeper wakes by itself, after [`NAP_NS`](crate::wait::NAP_NS) at the latest |
//! | the owner, later | nobody hears interrupts | as above, until a new owner hears them |

use core::fmt;

use super::driver::RxDriver;
use super::kinds::DriverKind;
use super::port::Port;
use super::queue::RxQueue;
use crate::group::{Group, ProcessId};
use crate::mbuf::{Mbuf, MbufHome};
use crate::name::Name;
use crate::sync::{Contested32, relax};
use crate::wait::{Roused, Waiting, get_up, lie_down, rouse, sleep_while};

/// Nobody would wake who sleeps on this queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NobodyRouses {
    /// The port.
    pub port: Name,
    /// Its driver.
    pub driver: DriverKind,
}

impl fmt::Display for NobodyRouses {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { port, driver } = self;
        write!(f, "an Rx queue of the port {port} was to be slept on, and ")?;
        if driver.is_pci() {
            f.write_str("its owner hears no interrupt of the device")?;
        } else {
            write!(f, "{driver} does not say when something comes")?;
        }
        f.write_str(", so nobody would wake the sleeper; poll it, or wait with Waiting::Mixed")
    }
}

impl core::error::Error for NobodyRouses {}

/// A sleep of one thread, on Rx queues that it has: begun, then each queue is [armed](Self::arm) and looked at once
/// more, and then slept.
///
/// ```no_run
/// # use phalanx_core::port::{NobodyRouses, RxDriver, RxQueue, RxSleep};
/// # use phalanx_core::mbuf::{Mbuf, MbufHome};
/// # fn f<'h, D: RxDriver>(
/// #     queues: &mut [RxQueue<D>], home: &'h MbufHome<'h>, burst: &mut [Option<Mbuf<'h>>],
/// # ) -> Result<(), NobodyRouses> {
/// # let Some(first) = queues.first() else { return Ok(()) };
/// let sleep = RxSleep::begin(first.port().group());
/// queues.iter_mut().try_for_each(|queue| sleep.arm(queue))?;
/// // What came before a queue was armed interrupts nobody.
/// let came: usize = queues.iter_mut().map(|queue| queue.burst(home, burst)).sum();
/// if came == 0 {
///     sleep.sleep(u64::MAX);
/// }
/// queues.iter_mut().for_each(RxQueue::disarm);
/// # Ok(()) }
/// ```
#[derive(Clone, Copy, Debug)]
pub struct RxSleep {
    group: Group,
    /// What its process sleeps on, and what that said at the beginning. None of an observer, who has no queues.
    count: Option<(&'static Contested32, u32)>,
}

impl RxSleep {
    /// Begins. Two loads.
    #[must_use]
    pub fn begin(group: &Group) -> Self {
        let count = count_of(group, group.me());
        // Before any flag: what is roused from here on is seen.
        Self { group: *group, count: count.map(|count| (count, count.observe())) }
    }

    /// Has the device of `queue` interrupt once, when something comes by it. What has come before may interrupt
    /// too, or not: look once more before you sleep.
    ///
    /// Cost: a full fence, and of e1000e three accesses to its registers.
    ///
    /// # Errors
    /// [`NobodyRouses`]; the queue is not armed.
    #[doc(alias = "rte_eth_dev_rx_intr_enable")]
    pub fn arm<D: RxDriver>(&self, queue: &mut RxQueue<D>) -> Result<(), NobodyRouses> {
        let port = *queue.port();
        let flag = &queue.claim.line().asleep;
        lie_down(flag);
        if queue.driver.arm(&port) {
            return Ok(());
        }
        get_up(flag);
        Err(NobodyRouses { port: port.name(), driver: port.driver() })
    }

    /// Sleeps until somebody rouses a thread of this process that sleeps so, or `longest_ns` nanoseconds are over;
    /// [`NAP_NS`](crate::wait::NAP_NS) at most, for whoever should rouse may be gone. Look what there is, and
    /// [disarm](RxQueue::disarm) what was armed. One system call.
    #[doc(alias = "rte_epoll_wait")]
    pub fn sleep(self, longest_ns: u64) -> Roused {
        match self.count {
            Some((count, seen)) => sleep_while(count, seen, self.group.platform(), longest_ns),
            None => Roused::ByItself,
        }
    }
}

impl<D: RxDriver> RxQueue<D> {
    /// Has the device interrupt no more, or once in vain. Behind each [`RxSleep::arm`].
    #[doc(alias = "rte_eth_dev_rx_intr_disable")]
    pub fn disarm(&mut self) {
        self.driver.disarm();
        get_up(&self.claim.line().asleep);
    }

    /// As [`burst`](Self::burst), and waits for packets as `how` says; none once `go_on` says `false`, which is
    /// asked after each sleep (or a million turns): ask it whether the port is still worth waiting for.
    ///
    /// [`Waiting::SpinThenSleep`] needs a device whose interrupts its owner hears; [`Waiting::Mixed`] wakes by itself
    /// soon enough, and takes any driver.
    ///
    /// Cost: as of `burst` while it turns; for each sleep, one system call and what [`RxSleep::arm`] costs.
    ///
    /// # Errors
    /// [`NobodyRouses`], if it was to sleep until it is woken. Packets that came are given first.
    pub fn wait<'h>(
        &mut self,
        home: &'h MbufHome<'h>,
        to: &mut [Option<Mbuf<'h>>],
        how: Waiting,
        mut go_on: impl FnMut() -> bool,
    ) -> Result<usize, NobodyRouses> {
        let (spins, nap_ns) = how.parts();
        loop {
            for _ in 0..=spins {
                let count = self.burst(home, to);
                if count > 0 {
                    return Ok(count);
                }
                relax();
            }
            if nap_ns > 0 {
                let sleep = RxSleep::begin(self.port().group());
                let armed = sleep.arm(self);
                let count = self.burst(home, to);
                let must_be_woken = matches!(how, Waiting::SpinThenSleep { .. });
                if count == 0 && (armed.is_ok() || !must_be_woken) {
                    sleep.sleep(nap_ns);
                }
                if armed.is_ok() {
                    self.disarm();
                }
                match armed {
                    _ if count > 0 => return Ok(count),
                    Err(why) if must_be_woken => return Err(why),
                    _ => {}
                }
            }
            if !go_on() {
                return Ok(0);
            }
        }
    }
}

impl Port {
    /// Wakes who sleeps on Rx queue `queue`, in whichever process: something has come there, or may have. For who
    /// hears the device's interrupts.
    ///
    /// Cost: a full fence and a load; one system call if somebody may sleep.
    pub fn rouse(&self, queue: u16) {
        let Some(line) = self.rx_line(queue) else { return };
        rouse(&line.asleep, self.group.platform(), || {
            count_of(&self.group, ProcessId::unpack(line.claim.observe())?)
        });
    }

    /// Wakes who sleeps on any of its Rx queues: of a device that does not say which has something.
    pub fn rouse_all(&self) {
        (0..self.rx_queues()).for_each(|queue| self.rouse(queue));
    }
}

/// What sleepers of `who` sleep on.
fn count_of(group: &Group, who: ProcessId) -> Option<&'static Contested32> {
    group.region().processes.get(usize::from(who.slot())).map(|entry| &entry.roused)
}
