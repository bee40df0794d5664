//! What the server has made, and this client's part of it.

use core::error::Error;
use core::time::Duration;
use std::time::Instant;

use forwarding::client_server::{ClientSide, INFO, POOL, PortInfo, ring_name};
use forwarding::{FaultEar, Stop, has_stayed, is_leaving, tell_leaving, tell_stayed};
use phalanx_core::group::{Group, Role};
use phalanx_core::mbuf::{MbufConsumer, MbufPool, MbufRing};
use phalanx_core::memzone::Zone;
use phalanx_core::port::{Direction, PORTS_MAX, Port, PortPhase, QueueError, TxQueue};
use phalanx_core::ring::ClaimError;
use phalanx_core::ring::kind::Single;
use phalanx_linux::eal::Eal;
use phalanx_linux::port::descriptors::DescriptorError;
use phalanx_linux::port::{AnyTx, OpenError, Ports};

/// How long a client waits for a server that is there, but not ready.
const PATIENCE: Duration = Duration::from_secs(10);

/// How often it looks.
const LOOK_EVERY: Duration = Duration::from_millis(10);

/// Where packets go that came by some port.
#[derive(Debug)]
pub(crate) struct Way {
    /// The port that they leave by.
    pub port: Port,
    /// Its queue; `None` while the port goes, and once it is gone.
    pub tx: Option<TxQueue<AnyTx>>,
    /// That port's place among the ports.
    pub place: usize,
    /// Hears what is wrong with it.
    pub ear: FaultEar,
}

impl Way {
    /// Lets the queue go if its port goes, and has it again, queue `id`, if that has stayed.
    #[cold]
    pub(crate) fn follow(&mut self, ports: Ports, id: u16) {
        if self.tx.is_some() && is_leaving(&self.port) {
            tell_leaving(&self.port);
            self.tx = None;
        } else if self.tx.is_none() && has_stayed(&self.port) {
            // What cannot be had now is tried again when there are news.
            self.tx = ports.open_tx(&self.port, id).ok();
            self.tx.iter().for_each(|_| tell_stayed(&self.port));
        }
    }
}

/// A client, with all that is its own.
#[derive(Debug)]
pub(crate) struct Client {
    /// Which it is.
    pub id: u16,
    /// How queues are had.
    pub ports: Ports,
    /// What comes to it.
    pub input: MbufConsumer<Single>,
    /// Where packets lie.
    pub pool: MbufPool,
    /// One for each port, in their order.
    pub ways: Vec<Way>,
    /// By id of the port that a packet came by, the place of its way; `None` if the server has no such
    /// port.
    pub way_of: [Option<usize>; PORTS_MAX],
    /// Its counters.
    pub line: &'static ClientSide,
    /// The zone that they are in.
    pub info: &'static PortInfo,
}

/// Why there is no client.
enum Not {
    /// It may be there in a moment.
    Yet(String),
    /// It will not be.
    Ever(String),
}

impl Client {
    /// Finds what the server has made, and claims what is client `id`'s. Waits while there is a server
    /// that has not made it yet; `None` if the program is to end meanwhile.
    pub(crate) fn find(eal: &Eal, id: u16, stop: &Stop) -> Result<Option<Self>, Box<dyn Error>> {
        if eal.role() == Role::Primary {
            let text = "there is no server in this group, and a client is none; start mp_server first, and clients with \
                        --proc-type=secondary";
            return Err(text.into());
        }
        let deadline = Instant::now() + PATIENCE;
        loop {
            let missing = match Self::claim(eal, id) {
                Ok(client) => return Ok(Some(client)),
                Err(Not::Ever(why)) => return Err(why.into()),
                Err(Not::Yet(missing)) => missing,
            };
            if stop.is_asked() {
                return Ok(None);
            }
            if !has_primary(eal.group()) || Instant::now() >= deadline {
                return Err(missing.into());
            }
            std::thread::sleep(LOOK_EVERY);
        }
    }

    fn claim(eal: &Eal, id: u16) -> Result<Self, Not> {
        let group = eal.group();
        let ring = MbufRing::lookup(group, &ring_name(id));
        let info = match Zone::lookup_typed::<PortInfo>(group, INFO) {
            Ok(zone) => zone.value(),
            Err(_) if ring.is_err() => {
                return Err(yet("Cannot get RX ring - is server process running?", &ring.err()));
            }
            Err(error) => return Err(yet("Cannot get port info structure", &Some(error))),
        };
        let clients = info.client_count();
        if id >= clients {
            let last = clients.saturating_sub(1);
            return Err(Not::Ever(format!(
                "client {id} was asked for and the server has {clients} clients; give -n with 0 to {last}"
            )));
        }
        let ring = match ring {
            Ok(ring) => ring,
            Err(error) => {
                return Err(yet("Cannot get RX ring - is server process running?", &Some(error)));
            }
        };
        let pool = MbufPool::lookup(group, POOL)
            .map_err(|error| yet("Cannot get mempool for mbufs", &Some(error)))?;
        // First of all the ring: it says whether there is such a client.
        let input = ring.consumer_as::<Single>().map_err(|error| taken(group, id, &error))?;
        let ports = ports(group, info)?;
        let ways = ports.iter().enumerate().map(|(place, port)| way(eal, port, place, id));
        let ways = ways.collect::<Result<Vec<_>, _>>()?;
        let line = info.done.get(usize::from(id));
        let line = line.ok_or_else(|| Not::Ever(format!("client {id} has no counters")))?;
        Ok(Self { id, ports: eal.ports(), input, pool, ways, way_of: pairs(&ports), line, info })
    }

    /// The ports, in their order.
    pub(crate) fn ports(&self) -> Vec<Port> {
        self.ways.iter().map(|way| way.port).collect()
    }

    /// Says that this client is there.
    pub(crate) fn come(&self) {
        self.line.lives.count(1);
        self.info.changes.add(1);
    }

    /// Gives its ring's end back, and says so.
    pub(crate) fn go(self) {
        let Self { input, info, .. } = self;
        drop(input);
        info.changes.add(1);
    }
}

/// Something that the server makes is not there.
fn yet(what: &str, error: &Option<impl Error>) -> Not {
    Not::Yet(match error {
        Some(error) => format!("{what}: {error}"),
        None => what.to_owned(),
    })
}

/// Why the ring's end cannot be had: mostly because there is such a client.
fn taken(group: &Group, id: u16, error: &ClaimError) -> Not {
    let ClaimError::Held { by, pid, .. } = error else { return Not::Ever(error.to_string()) };
    let name = group.processes().find(|it| it.id == *by).map(|it| it.name.to_string());
    let name = name.unwrap_or_else(|| "a process".to_owned());
    Not::Ever(format!(
        "client {id} was asked for and there is one, {name} (pid {pid}, slot {}), which lives; end it, or give another -n",
        by.slot()
    ))
}

fn has_primary(group: &Group) -> bool {
    group.processes().any(|it| it.role == Role::Primary && group.is_alive(it.id))
}

/// The server's ports, if they run.
fn ports(group: &Group, info: &PortInfo) -> Result<Vec<Port>, Not> {
    let port = |id| match Port::by_id(group, id) {
        Ok(port) if port.phase() == PortPhase::Started => Ok(port),
        Ok(port) => Err(Not::Yet(format!(
            "port {id} ({}) is {} and does not run; the server starts it",
            port.name(),
            port.phase()
        ))),
        Err(error) => Err(Not::Yet(error.to_string())),
    };
    info.port_ids().map(port).collect()
}

fn way(eal: &Eal, port: &Port, place: usize, id: u16) -> Result<Way, Not> {
    let tx = eal.ports().open_tx(port, id).map_err(|error| not_opened(&error))?;
    Ok(Way { port: *port, tx: Some(tx), place, ear: FaultEar::new(port.name(), Direction::Tx) })
}

/// A server that has just died hands out nothing, and the next one does; one that starts has its ports not
/// ready. All else stays as it is.
fn not_opened(error: &OpenError) -> Not {
    let is_yet = matches!(
        error,
        OpenError::Queue(QueueError::Port(_))
            | OpenError::Descriptor(
                DescriptorError::OwnerGone { .. }
                    | DescriptorError::NotAsked { .. }
                    | DescriptorError::NoAnswer { .. }
            )
    );
    if is_yet { Not::Yet(error.to_string()) } else { Not::Ever(error.to_string()) }
}

/// What comes by the first of two ports leaves by the second, and the other way round.
fn pairs(ports: &[Port]) -> [Option<usize>; PORTS_MAX] {
    let mut ways = [None; PORTS_MAX];
    for (place, port) in ports.iter().enumerate() {
        if let Some(way) = ways.get_mut(usize::from(port.id())) {
            *way = Some(place ^ 1).filter(|beside| *beside < ports.len());
        }
    }
    ways
}
