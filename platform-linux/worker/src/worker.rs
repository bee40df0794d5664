//! `Worker`: what a static worker's function is given.

use core::fmt;
use core::time::Duration;

use phalanx_core::directory::LookupError;
use phalanx_core::group::{Group, Lcore, ProcessId, Role};
use phalanx_core::mempool::{Mempool, PoolError, PoolItem};
use phalanx_core::memzone::Zone;
use phalanx_core::message::InboxError;
use phalanx_core::ring::{Ring, RingError};
use phalanx_core::shared::{self, Element};
use phalanx_linux::clock::{Tsc, cycles};
use phalanx_linux::cpu;
use phalanx_linux::eal::options::{SOLO_USAGE, SandboxChoice, SoloOptions};
use phalanx_linux::eal::{Identity, Solo, Stay};
use phalanx_linux::log::Program;
use phalanx_linux::port::Ports;
use phalanx_linux::runtime_dir::{Base, RUNTIME_DIRECTORY, XDG_RUNTIME_DIR};
use phalanx_linux::sys::clock::monotonic_ns;
use phalanx_linux::sys::schedule;
use phalanx_linux::sys::seccomp::Rule;

use crate::failure::Failure;
use crate::mail::Mail;
use crate::options::{for_the_program, for_the_runtime};
use crate::say::{self, complain};
use crate::settle::{self, OwnMemory, sandbox};
use crate::start::words::{Arguments, Words};
use crate::{clock, faults, image};

/// Why a worker's function is not called.
pub(crate) enum Stop {
    /// The user asked for a text, and has it.
    Asked,
    /// The start failed.
    Failed(Failure),
}

impl<E: Into<Failure>> From<E> for Stop {
    fn from(error: E) -> Self {
        Self::Failed(error.into())
    }
}

/// A worker: its group, its lcore, and a way to what lies in the group by name.
///
/// Nothing here makes a system call unless it says so.
#[derive(Debug)]
pub struct Worker {
    stay: Place,
    is_sandboxed: bool,
    words: Words,
    primary: Option<ProcessId>,
    took: Duration,
}

/// A member, with or without what only an open one can do.
#[derive(Debug)]
enum Place {
    Open(Solo),
    Sealed(Stay),
}

impl Worker {
    /// Joins and settles as the command line says.
    #[inline(never)]
    pub(crate) fn start(words: Words, rules: &[Rule], own_memory: OwnMemory) -> Result<Self, Stop> {
        let begun = monotonic_ns();
        settle::close_inherited();
        let own_words = for_the_runtime(words.command_line());
        let Some(options) = SoloOptions::parse(own_words, &cpu::allowed()?)? else {
            say::show(SOLO_USAGE);
            return Err(Stop::Asked);
        };
        let variable = |name| words.variable(name);
        let base = Base::for_user(variable(RUNTIME_DIRECTORY), variable(XDG_RUNTIME_DIR))?;
        let identity = Identity::of(words.command_line());
        let program = Program::new(image::build_id(), words.executed());
        // Who it waits for from here on may need its processor.
        schedule::note_class();
        let solo = Solo::join(&options, &base, &identity, faults::was_asked_to_stop, program)?;
        settle::lock_memory(own_memory, solo.group());
        if let Some(priority) = options.fifo {
            settle::become_fifo(priority);
        }
        let primary =
            solo.group().processes().find(|process| process.role == Role::Primary).map(|p| p.id);
        let (stay, is_sandboxed) = enclose(solo, options.sandbox, rules)?;
        let took = Duration::from_nanos(monotonic_ns().saturating_sub(begun));
        let worker = Self { stay, is_sandboxed, words, primary, took };
        defmt::info!(
            "static worker, lcore {=u16}, sandboxed: {=bool}, attached in {=u64} us",
            worker.lcore().id(),
            worker.is_sandboxed(),
            took.as_nanos() as u64 / 1000
        );
        Ok(worker)
    }

    /// The group, as this member sees it: what every object is looked up with.
    pub fn group(&self) -> &Group {
        match &self.stay {
            Place::Open(solo) => solo.group(),
            Place::Sealed(stay) => stay.group(),
        }
    }

    /// The worker's lcore.
    pub fn lcore(&self) -> &Lcore {
        match &self.stay {
            Place::Open(solo) => solo.lcore(),
            Place::Sealed(stay) => stay.lcore(),
        }
    }

    /// The ring `name`; ask it for an end. [`Ring::lookup`] for who must know why there is none.
    ///
    /// # Errors
    /// What a lookup may find.
    pub fn ring<T: Element>(&self, name: &str) -> Result<Ring<T>, Failure> {
        Ring::lookup(self.group(), name).map_err(no_ring)
    }

    /// The pool `name`. [`Mempool::lookup`] for who must know why there is none.
    ///
    /// # Errors
    /// What a lookup may find.
    pub fn pool<T: PoolItem + ?Sized>(&self, name: &str) -> Result<Mempool<T>, Failure> {
        Mempool::lookup(self.group(), name).map_err(no_pool)
    }

    /// The value in the typed zone `name`.
    ///
    /// # Errors
    /// [`LookupError`].
    pub fn zone<T: shared::Words>(&self, name: &str) -> Result<&'static T, LookupError> {
        Zone::lookup_typed::<T>(self.group(), name).map(|zone| zone.value())
    }

    /// The group's ports: found by name or id, and opened queue by queue. A worker that never calls this
    /// has none of it in its program.
    ///
    /// ```ignore
    /// let ports = worker.ports();
    /// let mut rx = ports.open_rx(&ports.port("net_ring0")?, 0)?;
    /// ```
    pub fn ports(&self) -> Ports {
        Ports::of(*self.group())
    }

    /// Opens the worker's mailbox: from now on others can ask it, `phalanx ping` among them. Dropping
    /// it closes the mailbox. A worker that never calls this has none of it in its program.
    ///
    /// ```ignore
    /// let mut mail: Mail = worker.mail()?;
    /// mail.register(&ActionName::new("count")?, Allowed::Anyone)?;
    /// while !worker.should_stop() {
    ///     while let Some(incoming) = mail.poll() { /* ... */ }
    /// }
    /// ```
    ///
    /// # Errors
    /// [`InboxError`]: it is open already.
    pub fn mail<const ACTIONS: usize, const FLIGHTS: usize>(
        &self,
    ) -> Result<Mail<ACTIONS, FLIGHTS>, InboxError> {
        Mail::open(self.group())
    }

    /// What stands on the command line behind `--`.
    pub fn arguments(&self) -> Arguments {
        for_the_program(self.words.command_line())
    }

    /// Nanoseconds of the monotonic clock that all processes share. No system call.
    #[doc(alias = "rte_get_timer_cycles")]
    pub fn now_ns(&self) -> u64 {
        monotonic_ns()
    }

    /// The processor's time stamp counter: some 25 cycles.
    #[doc(alias = "rte_rdtsc")]
    pub fn cycles(&self) -> u64 {
        cycles()
    }

    /// How many of these are a second, if the group knows: the processor told it, or a process with a standard
    /// library has measured it. One load.
    #[doc(alias = "rte_get_tsc_hz")]
    pub fn tsc(&self) -> Option<Tsc> {
        self.group().tsc_hz().and_then(Tsc::at)
    }

    /// Whether somebody has asked this process to end (`SIGTERM` or `SIGINT`; a second one ends
    /// it at once). Reads one word.
    pub fn should_stop(&self) -> bool {
        faults::was_asked_to_stop()
    }

    /// Whether the primary that was there at the start still lives; `false` if there was none.
    ///
    /// Cost: one system call. Ask it in idle rounds, and not in all of them.
    pub fn primary_lives(&self) -> bool {
        self.primary.is_some_and(|id| self.group().is_alive(id))
    }

    /// Rests: for a worker that shares its processor. Cost: one system call.
    pub fn rest(&self, time: Duration) {
        clock::rest(time);
    }

    /// Writes a line to standard output. Cost: one system call.
    pub fn say(&self, line: fmt::Arguments<'_>) {
        say::say(line);
    }

    /// How long the start took, from the first instruction to the program's function.
    pub fn took(&self) -> Duration {
        self.took
    }

    /// Whether it can open no file and make no system call but those it declared.
    pub fn is_sandboxed(&self) -> bool {
        self.is_sandboxed
    }

    /// The start-up line, as other programs have it.
    pub fn start_line(&self) -> impl fmt::Display + '_ {
        fmt::from_fn(|f| {
            let (slot, lcore) = (self.group().me().slot(), self.lcore().id());
            let sandbox = if self.is_sandboxed() { "sandboxed" } else { "not sandboxed" };
            let took = self.took.as_nanos() as u64 / 1000;
            write!(
                f,
                "static worker in slot {slot}, lcore {lcore}, {sandbox}: attached in {took} µs"
            )
        })
    }

    /// Leaves the group; the process ends next.
    pub(crate) fn leave(self) {
        match self.stay {
            Place::Open(solo) => drop(solo),
            Place::Sealed(stay) => stay.leave(),
        }
    }
}

/// Why a lookup has found no ring. Its other errors are of who makes or destroys one; their sentences
/// need not be in a program that does neither.
#[cold]
#[inline(never)]
fn no_ring(error: RingError) -> Failure {
    match error {
        RingError::Name(error) => error.into(),
        RingError::Lookup(error) => error.into(),
        RingError::Attach(error) => error.into(),
        _ => Failure::new("a ring was looked up and cannot be used"),
    }
}

/// The same of a pool.
#[cold]
#[inline(never)]
fn no_pool(error: PoolError) -> Failure {
    match error {
        PoolError::Name(error) => error.into(),
        PoolError::Lookup(error) => error.into(),
        PoolError::Attach(error) => error.into(),
        _ => Failure::new("a pool was looked up and cannot be used"),
    }
}

/// Puts the sandbox round a member, as far as it is wanted and can be had; whether it is there.
#[inline(never)]
fn enclose(solo: Solo, choice: SandboxChoice, rules: &[Rule]) -> Result<(Place, bool), Stop> {
    if choice == SandboxChoice::Off {
        return Ok((Place::Open(solo), false));
    }
    // Opened directories are closed before: afterwards it may not close any.
    let stay = solo.seal();
    match sandbox::enter(rules) {
        Ok(()) => return Ok((Place::Sealed(stay), true)),
        Err(error) if choice == SandboxChoice::Required => return Err(error.into()),
        Err(error) => {
            defmt::warn!(
                "the sandbox is not to be had; the worker runs without (--sandbox makes it required)"
            );
            complain(format_args!("worker: {error}; it runs without (--sandbox makes it required)"))
        }
    }
    Ok((Place::Sealed(stay), false))
}
