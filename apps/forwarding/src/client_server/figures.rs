//! The counters of a server and its clients at a moment. What a port's driver took and could not send (its
//! interface is down, or gone) is dropped, and not sent.

use phalanx_core::port::Port;

use super::layout::{ClientSide, PortInfo, ServerSide};
use phalanx_core::sync::Word64;

/// What has passed one port.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PortFigures {
    /// Its id.
    pub id: u16,
    /// Packets received by the server.
    pub rx: u64,
    /// Packets sent by all clients, and not lost.
    pub tx: u64,
}

/// What one client has had.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ClientFigures {
    /// Which client.
    pub id: u16,
    /// Packets put into its ring.
    pub rx: u64,
    /// Packets for which there was no room.
    pub rx_drop: u64,
    /// Packets that it took.
    pub taken: u64,
    /// Packets that it sent, and that were not lost.
    pub tx: u64,
    /// Packets that no port took, or could not send.
    pub tx_drop: u64,
    /// How many processes have been this client.
    pub lives: u64,
}

/// All of them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Figures {
    /// The ports, in their order.
    pub ports: Vec<PortFigures>,
    /// The clients, by id.
    pub clients: Vec<ClientFigures>,
}

impl Figures {
    /// Those of now, of a server with these ports. While packets pass, counters that belong together may be
    /// some packets apart.
    pub fn of(info: &PortInfo, ports: &[Port]) -> Self {
        let clients = usize::from(info.client_count());
        let sides = info.given.iter().zip(&info.done).take(clients);
        let places = ports.iter().zip(&info.rx).enumerate();
        Self {
            ports: places.map(|(place, (port, rx))| of_port(info, place, port, rx)).collect(),
            clients: sides
                .zip(0..)
                .map(|((given, done), id)| client(id, given, done, ports))
                .collect(),
        }
    }
}

fn of_port(info: &PortInfo, place: usize, port: &Port, rx: &Word64) -> PortFigures {
    let sent = info.done.iter().filter_map(|client| client.tx.get(place)).map(Word64::get);
    let sent = sent.sum::<u64>().saturating_sub(port.stats().tx_dropped);
    PortFigures { id: port.id(), rx: rx.get(), tx: sent }
}

fn client(id: u16, given: &ServerSide, done: &ClientSide, ports: &[Port]) -> ClientFigures {
    let sum = |words: &[Word64]| words.iter().map(Word64::get).sum::<u64>();
    // Client `id` has Tx queue `id` of each port.
    let queues = ports.iter().filter_map(|port| port.tx_stats(id));
    let lost: u64 = queues.map(|queue| queue.dropped).sum();
    ClientFigures {
        id,
        rx: given.rx.get(),
        rx_drop: given.rx_drop.get(),
        taken: done.taken.get(),
        tx: sum(&done.tx).saturating_sub(lost),
        tx_drop: sum(&done.tx_drop) + done.strays.get() + lost,
        lives: done.lives.get(),
    }
}
