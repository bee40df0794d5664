//! What the processes share: the primary makes it, and finds it again if another was there before; a
//! secondary waits for it.

use core::error::Error;
use core::time::Duration;
use std::time::Instant;

use forwarding::{Chosen, PortMask, Ready, Stop, Voice, await_links, choose, make_run, near};
use phalanx_core::group::{Group, Role};
use phalanx_core::mbuf::{MbufConfig, MbufPool};
use phalanx_core::memzone::{TypedZone, Zone};
use phalanx_core::port::{Port, PortPhase};
use phalanx_linux::console::complain;
use phalanx_linux::eal::Eal;

use crate::counters::{Counters, Totals, ZONE};
use crate::options::{Options, wrong};

/// The pool's name.
const POOL: &str = "SMP_MBUF_POOL";

/// How many mbufs it has.
const MBUFS: u32 = 64 * 1024;

/// How many of them an lcore's cache keeps.
const CACHE: u32 = 256;

/// How long a secondary waits for what its primary makes.
const PATIENCE: Duration = Duration::from_secs(10);

/// How often it looks.
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// What the processes share, and which of them this is.
#[derive(Debug)]
pub(crate) struct Shared {
    /// This process.
    pub id: u16,
    /// How many there are.
    pub processes: u16,
    /// The ports, in pairs.
    pub ports: Vec<Port>,
    /// Where packets lie.
    pub pool: MbufPool,
    /// What all have counted.
    pub counters: TypedZone<Counters>,
}

impl Shared {
    /// Makes it, or finds it.
    pub(crate) fn prepare(
        eal: &Eal,
        options: &Options,
        stop: &Stop,
    ) -> Result<Self, Box<dyn Error>> {
        let shared = match eal.role() {
            Role::Primary => Self::make(eal, options, stop)?,
            Role::Secondary => Self::find(eal.group(), options, stop)?,
        };
        if shared.id >= shared.processes {
            let (id, count) = (shared.id, shared.processes);
            return Err(wrong(&format!("proc-id {id} is not below num-procs, {count}")).into());
        }
        Ok(shared)
    }

    fn make(eal: &Eal, options: &Options, stop: &Stop) -> Result<Self, Box<dyn Error>> {
        let group = eal.group();
        let processes =
            options.processes.ok_or_else(|| wrong("Invalid or missing num-procs parameter"))?;
        let Chosen { ports, leftover } = choose(group, options.mask)?;
        warn_of_leftover(leftover)?;
        let counters = Counters::find_or_make(group, processes, options.mask)
            .map_err(|error| format!("Cannot get the counters: {error}"))?;
        check_agreed(&counters, Some(processes), options.mask)?;
        let config = MbufConfig::new(MBUFS).cache(CACHE).node(near(&ports));
        let (pool, _) = MbufPool::create_or_attach(group, POOL, &config)
            .map_err(|error| format!("Cannot get memory pool for buffers: {error}"))?;
        for port in &ports {
            Voice::Out.show(format_args!("# Initialising port {}... ", port.id()))?;
            let ready = make_run(eal.ports(), port, processes, processes)
                .map_err(|error| format!("Error initialising ports: {error}"))?;
            Voice::Out.say(match ready {
                Ready::Anew => "done",
                Ready::AsItWas => "it runs already",
            })?;
        }
        await_links(&ports, stop, Voice::Out)?;
        Ok(Self { id: options.id, processes, ports, pool, counters })
    }

    /// All of it, once it is there and the ports run.
    fn find(group: &Group, options: &Options, stop: &Stop) -> Result<Self, Box<dyn Error>> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let missing = match Self::look(group, options)? {
                Found::All(shared) => return Ok(*shared),
                Found::Not(missing) => missing,
            };
            if stop.is_asked() || Instant::now() >= deadline {
                return Err(missing.into());
            }
            std::thread::sleep(LOOK_EVERY);
        }
    }

    fn look(group: &Group, options: &Options) -> Result<Found, Box<dyn Error>> {
        let counters = match Zone::lookup_typed::<Counters>(group, ZONE) {
            Ok(counters) => counters,
            Err(_) if is_anothers(group) => return Err(anothers(group).into()),
            Err(error) => return Ok(Found::Not(format!("Cannot get the counters: {error}"))),
        };
        let processes = check_agreed(&counters, options.processes, options.mask)?;
        let pool = match MbufPool::lookup(group, POOL) {
            Ok(pool) => pool,
            Err(error) => {
                return Ok(Found::Not(format!("Cannot get memory pool for buffers: {error}")));
            }
        };
        let Chosen { ports, leftover } = choose(group, options.mask)?;
        if let Some(port) = ports.iter().find(|port| port.phase() != PortPhase::Started) {
            let text = format!(
                "port {} ({}) is {} and does not run; the primary starts it",
                port.id(),
                port.name(),
                port.phase()
            );
            return Ok(Found::Not(text));
        }
        warn_of_leftover(leftover)?;
        Ok(Found::All(Box::new(Self { id: options.id, processes, ports, pool, counters })))
    }

    /// What this process's id has counted so far, a port each.
    pub(crate) fn own_totals(&self) -> Vec<Totals> {
        let of = |port: &Port| {
            let lost = port.tx_stats(self.id).map_or(0, |queue| queue.dropped);
            self.counters.of(self.id, port.id()).less_lost(lost)
        };
        self.ports.iter().map(of).collect()
    }

    /// What all processes have counted at `port`.
    pub(crate) fn totals(&self, port: &Port) -> Totals {
        self.counters.all(port.id()).less_lost(port.stats().tx_dropped)
    }
}

/// Whether the group's ports run and are not for this program: whoever makes its counters makes them first.
fn is_anothers(group: &Group) -> bool {
    let runs = |port: Port| port.phase() == PortPhase::Started;
    Port::all(group).is_ok_and(|mut ports| ports.any(runs))
}

fn anothers(group: &Group) -> String {
    let primary = group.processes().find(|it| it.role == Role::Primary && group.is_alive(it.id));
    let who = primary.map_or_else(String::new, |it| format!(", {} (pid {})", it.name, it.pid));
    format!(
        "the ports of this group run for another program{who}, and not for symmetric_mp; name symmetric_mp's group with \
         --file-prefix"
    )
}

enum Found {
    All(Box<Shared>),
    /// What is not there yet.
    Not(String),
}

/// How many processes there are, if that and the ports are what this process was told.
fn check_agreed(
    counters: &Counters,
    processes: Option<u16>,
    mask: PortMask,
) -> Result<u16, Box<dyn Error>> {
    let (there, ports) = (counters.processes.get(), counters.mask.get());
    if let Some(asked) = processes.filter(|asked| u64::from(*asked) != there) {
        let why =
            format!("num-procs {asked} was given, and the processes of this group are {there}");
        return Err(wrong(&why).into());
    }
    if mask.bits() != ports {
        let asked = mask.bits();
        let why = format!(
            "the port mask {asked:#x} was given, and the processes of this group use {ports:#x}"
        );
        return Err(wrong(&why).into());
    }
    Ok(u16::try_from(there)?)
}

fn warn_of_leftover(bits: u64) -> Result<(), Box<dyn Error>> {
    if bits != 0 {
        complain(format_args!("WARNING: leftover ports in mask {bits:#x} - ignoring"));
    }
    Ok(())
}
