//! What server and clients share: made by the first server, found by those that come after it.

use core::error::Error;

use forwarding::client_server::{
    INFO, POOL, POOL_CACHE, PortInfo, RING_SIZE, pool_size, ring_name,
};
use forwarding::{ChooseError, Chosen, Ready, Stop, Voice, await_links, choose, make_run, near};
use phalanx_core::group::{Group, Role};
use phalanx_core::mbuf::{MbufConfig, MbufPool, MbufRing};
use phalanx_core::memzone::{TypedZone, Zone, ZoneOptions};
use phalanx_core::port::Port;
use phalanx_core::ring::{RingConfig, Sync};
use phalanx_linux::console::complain;
use phalanx_linux::eal::Eal;

use crate::options::Options;

/// What server and clients share.
#[derive(Clone, Debug)]
pub(crate) struct Shared {
    /// How many clients there may be.
    pub clients: u16,
    /// The ports, in their order.
    pub ports: Vec<Port>,
    /// Facts and counters.
    pub info: TypedZone<PortInfo>,
    /// Where packets lie.
    pub pool: MbufPool,
    /// A ring to each client.
    pub rings: Vec<MbufRing>,
}

impl Shared {
    /// Makes it, or finds it, and makes the ports run.
    pub(crate) fn prepare(
        eal: &Eal,
        options: &Options,
        stop: &Stop,
    ) -> Result<Self, Box<dyn Error>> {
        let group = eal.group();
        if eal.role() != Role::Primary {
            return Err(not_primary(group).into());
        }
        let Chosen { ports, leftover } = choose(group, options.mask).map_err(in_its_words)?;
        if leftover != 0 {
            complain(format_args!("WARNING: leftover ports in mask {leftover:#x} - ignoring"));
        }
        let info = info(group, &ports, options.clients)?;
        let voice = options.show.voice();
        let pool = pool(group, &ports, options.clients, voice)?;
        for port in &ports {
            voice.show(format_args!("Port {} init ... ", port.id()))?;
            // A client sends by a queue of its own; one to receive by is enough, if it can be one.
            let rx_queues = if port.driver().has_pairs() { options.clients } else { 1 };
            let ready = make_run(eal.ports(), port, rx_queues, options.clients)
                .map_err(|error| format!("Cannot initialise port {}: {error}", port.id()))?;
            voice.say(match ready {
                Ready::Anew => "done: ",
                Ready::AsItWas => "it runs already",
            })?;
        }
        // Before the links: a client that was started with the server waits for its ring.
        let rings = (0..options.clients).map(|id| ring(group, id)).collect::<Result<_, _>>()?;
        await_links(&ports, stop, voice)?;
        Ok(Self { clients: options.clients, ports, info, pool, rings })
    }
}

/// What the sample says of an odd number of ports; of all else what everybody says.
fn in_its_words(error: ChooseError) -> String {
    match error {
        ChooseError::Odd { count } => format!(
            "ERROR: application requires an even number of ports to use (the mask names {count} that are there)"
        ),
        other => other.to_string(),
    }
}

fn not_primary(group: &Group) -> String {
    let primary = group.processes().find(|process| process.role == Role::Primary);
    let who = primary.map_or_else(String::new, |it| format!(", {} (pid {}),", it.name, it.pid));
    format!(
        "a server must be the primary and this group has one{who} already; end that first, or name another group with \
         --file-prefix"
    )
}

/// The zone of facts and counters; one that is there must have been made for the same ports and
/// clients.
fn info(
    group: &Group,
    ports: &[Port],
    clients: u16,
) -> Result<TypedZone<PortInfo>, Box<dyn Error>> {
    let options = ZoneOptions { align: 128, ..ZoneOptions::default() };
    let (info, _) = Zone::create_typed_or_find::<PortInfo>(group, INFO, &options, |it| {
        it.ports.set(ports.len() as u64);
        it.clients.set(u64::from(clients));
        it.ids.iter().zip(ports).for_each(|(id, port)| id.set(u64::from(port.id())));
    })
    .map_err(|error| format!("Cannot reserve memory zone for port information: {error}"))?;
    let (ids, there): (Vec<u16>, Vec<u16>) =
        (ports.iter().map(Port::id).collect(), info.port_ids().collect());
    if ids != there || info.client_count() != clients {
        let text = format!(
            "ports {ids:?} and {clients} clients were asked for, and the last server of this group had ports {there:?} and \
             {} clients; ask for the same, or end its clients first",
            info.client_count()
        );
        return Err(text.into());
    }
    Ok(info)
}

fn pool(
    group: &Group,
    ports: &[Port],
    clients: u16,
    voice: Voice,
) -> Result<MbufPool, Box<dyn Error>> {
    let mbufs = pool_size(u32::try_from(ports.len())?, u32::from(clients));
    voice.say(format_args!("Creating mbuf pool '{POOL}' [{mbufs} mbufs] ..."))?;
    let config = MbufConfig::new(mbufs).cache(POOL_CACHE).node(near(ports));
    let (pool, _) = MbufPool::create_or_attach(group, POOL, &config)
        .map_err(|error| format!("Cannot create needed mbuf pools: {error}"))?;
    Ok(pool)
}

fn ring(group: &Group, id: u16) -> Result<MbufRing, Box<dyn Error>> {
    let config = RingConfig::new(RING_SIZE).both(Sync::Single);
    let (ring, _) = MbufRing::create_or_attach(group, &ring_name(id), &config)
        .map_err(|error| format!("Cannot create rx ring queue for client {id}: {error}"))?;
    Ok(ring)
}
