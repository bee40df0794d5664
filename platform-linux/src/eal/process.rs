//! A process's place in its group, as a program with a standard library has it.

use core::fmt;
use core::time::Duration;
use std::sync::Arc;

use phalanx_core::group::{Group, Lcore, Role};

use super::EalError;
use super::builder::EalBuilder;
use super::lcores::Lcores;
use super::notice::Notice;
use super::options::Options;
use super::platform::PLATFORM;
use super::promote::{self, PromoteError, TakeOver};
use super::session::Session;
use super::watch::{Events, Heard, NoWatcher, Watcher};
use crate::clock::hpet::HpetError;
use crate::clock::{Timer, Tsc, tsc_of};
use crate::device::{self, Devices};
use crate::hotplug::Plugging;
use crate::message::{Messages, NoMessages, Running};
use crate::port::descriptors::Keeping;
use crate::port::{Ports, pci};

/// A process's place in its group. Dropping it waits for functions on worker lcores and leaves
/// the group (PT-14): from then on this process is no member, and must use nothing of the group
/// any more. What was mapped stays mapped until the process ends, so no handle dangles; and while
/// a thread of this process still has an lcore, it stays a member until it ends.
#[doc(alias = "rte_eal_init")]
#[derive(Debug)]
pub struct Eal {
    // Dropped first, in this order: handlers end while everything else still stands, nobody in here
    // watches any more, what ports had open is closed, lcores are released, and only then the session ends.
    pub(super) messages: Result<Running, NoMessages>,
    pub(super) watcher: Option<Watcher>,
    // What it had begun is undone while it has its descriptors and is a member.
    pub(super) plugging: Plugging,
    #[expect(dead_code, reason = "kept until this process leaves")]
    pub(super) keeping: Keeping,
    #[expect(dead_code, reason = "kept until this process leaves")]
    pub(super) pci: pci::Keeping,
    #[expect(dead_code, reason = "kept until this process leaves")]
    pub(super) devices: device::Keeping,
    pub(super) lcores: Lcores,
    pub(super) session: Session,
    pub(super) options: Box<Options>,
    pub(super) created: bool,
    pub(super) notices: Vec<Notice>,
    pub(super) attached: Duration,
    pub(super) took: Duration,
}

impl Eal {
    /// Starts with the arguments of this process (without the program's name), as
    /// [`EalBuilder::init`] does with the defaults. Returns what is left after `--`.
    ///
    /// # Errors
    /// [`EalError`]; nothing is left behind then, and another try is let in.
    ///
    /// ```no_run
    /// use phalanx_linux::eal::Eal;
    /// let (eal, rest) = Eal::init(["-l", "0", "--proc-type=auto", "--", "--ports", "2"])?;
    /// println!("slot {} of {}", eal.group().me().slot(), eal.options().file_prefix);
    /// assert_eq!(rest, ["--ports", "2"]);
    /// # Ok::<(), phalanx_linux::eal::EalError>(())
    /// ```
    pub fn init<S: Into<String>>(
        args: impl IntoIterator<Item = S>,
    ) -> Result<(Self, Vec<String>), EalError> {
        EalBuilder::new().init(args)
    }

    /// The group, as this member sees it: what every object is created and looked up with.
    pub fn group(&self) -> &Group {
        &self.session.group
    }

    /// This process's lcores.
    pub fn lcores(&self) -> &Lcores {
        &self.lcores
    }

    /// This process's messages: sending, asking, answering, descriptors.
    ///
    /// # Errors
    /// [`NoMessages`] in a private group, and if the program wanted none.
    #[doc(alias = "rte_mp_sendmsg")]
    pub fn messages(&self) -> Result<&Messages, NoMessages> {
        self.messages.as_ref().map(Running::messages).map_err(|why| *why)
    }

    /// The group's ports: found, configured by their owner, and opened queue by queue.
    pub fn ports(&self) -> Ports {
        Ports::of(*self.group())
    }

    /// The group's time stamp counter, with the rate that all its processes reckon with. Cost: as of
    /// [`tsc_of`].
    #[doc(alias = "rte_get_tsc_hz")]
    pub fn tsc(&self) -> Tsc {
        tsc_of(self.group())
    }

    /// The HPET if it may be used and can be had, else the TSC and why: one sentence to be shown. The kernel
    /// gives the HPET to one process, which keeps it until it drops the timer. Answers TI-4, W-44.
    #[doc(alias = "rte_eal_hpet_init")]
    pub fn timer(&self) -> (Timer, Option<HpetError>) {
        if self.options.no_hpet {
            return (Timer::Tsc(self.tsc()), Some(HpetError::Forbidden));
        }
        Timer::hpet_or(self.tsc())
    }

    /// The devices of the machine that this process drives itself: opened by VFIO or UIO, or had from the
    /// process that owns them. `None` once this process leaves.
    #[doc(alias = "rte_dev_probe")]
    pub fn devices(&self) -> Option<Arc<Devices>> {
        device::devices()
    }

    /// The main lcore.
    pub fn main_lcore(&self) -> &Lcore {
        self.lcores.main()
    }

    /// What this process is in the group now: the role may move. No system call.
    #[doc(alias = "rte_eal_process_type")]
    pub fn role(&self) -> Role {
        let is_primary = PLATFORM.ask(|liveness| Ok(liveness.is_primary()));
        if is_primary == Ok(true) { Role::Primary } else { Role::Secondary }
    }

    /// Makes this process the primary. Of several that try at a time one wins. Nothing else
    /// changes: a primary does nothing that a secondary does not.
    ///
    /// Cost: three system calls if there is no primary; a living one is waited for 5 s at most
    /// ([`TakeOver::FromLiving`]). Answers W-13.
    ///
    /// # Errors
    /// [`PromoteError`]; the roles are then as they were, or another process has won.
    pub fn promote(&self, how: TakeOver) -> Result<(), PromoteError> {
        promote::take_role(self.group(), how)
    }

    /// Subscribes to what happens to processes of the group from now on: who joined, left, died
    /// (and how, as far as the kernel tells), was reaped (and what was recovered), or has another
    /// role. Every subscriber hears every event once. Answers W-13.
    ///
    /// # Errors
    /// [`NoWatcher`] in a process that was started with [`Watching::Off`](super::watch::Watching::Off).
    ///
    /// ```no_run
    /// # use phalanx_linux::eal::{Eal, watch::Heard};
    /// # let (eal, _) = Eal::init(["--proc-type=auto"])?;
    /// let mut events = eal.events()?;
    /// while let Some(heard) = events.wait(std::time::Duration::from_secs(1)) {
    ///     if let Heard::Event(event) = heard {
    ///         println!("{event}");
    ///     }
    /// }
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn events(&self) -> Result<Events, NoWatcher> {
        Ok(self.watcher.as_ref().ok_or(NoWatcher)?.hub().subscribe())
    }

    /// As [`events`](Self::events), by a function that is called on the watcher's thread until
    /// this process leaves. While it runs nobody is reaped by this process, so it should be
    /// short. One that panics is called no more.
    ///
    /// # Errors
    /// [`NoWatcher`].
    pub fn on_event(&self, callback: impl FnMut(&Heard) + Send + 'static) -> Result<(), NoWatcher> {
        self.watcher.as_ref().ok_or(NoWatcher)?.hub().call(Box::new(callback));
        Ok(())
    }

    /// Whether this process made the group (a primary may also have adopted it).
    pub fn created(&self) -> bool {
        self.created
    }

    /// What was asked for on the command line.
    pub fn options(&self) -> &Options {
        &self.options
    }

    /// What the start would like to be said, up to the log level of component `eal`.
    pub fn notices(&self) -> impl Iterator<Item = &Notice> {
        let level = self.options.log_level("eal");
        self.notices.iter().filter(move |notice| notice.level() <= level)
    }

    /// How long it took to have a slot, the group's memory and the lcores, from the first argument.
    /// What comes after is the process's own: the threads of its watcher and its message service.
    pub fn attached(&self) -> Duration {
        self.attached
    }

    /// How long the whole start took, with its threads.
    pub fn took(&self) -> Duration {
        self.took
    }

    /// The start-up line: role, slot, lcores, and `attached in N µs, started in M µs`.
    pub fn start_line(&self) -> impl fmt::Display + '_ {
        fmt::from_fn(|f| {
            let did = if self.created { "created" } else { "attached" };
            let me = self.group().me();
            write!(
                f,
                "{} of '{}' in slot {}, main lcore {}",
                self.role(),
                self.options.file_prefix,
                me.slot(),
                self.main_lcore().id()
            )?;
            if self.lcores.count() > 1 {
                f.write_str(", workers")?;
                for id in self.lcores.worker_ids() {
                    write!(f, " {id}")?;
                }
            }
            let (attached, took) = (self.attached.as_micros(), self.took.as_micros());
            write!(f, ": {did} in {attached} µs, started in {took} µs")
        })
    }
}
