//! The counters of a server and its clients at a moment.

use super::layout::{ClientSide, PortInfo, ServerSide};
use phalanx_core::sync::Word64;

/// What has passed one port.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PortFigures {
    /// Its id.
    pub id: u16,
    /// Packets received by the server.
    pub rx: u64,
    /// Packets sent by all clients.
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
    /// Packets that it sent.
    pub tx: u64,
    /// Packets that no port took.
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
    /// Those of now. While packets pass, counters that belong together may be some packets apart.
    pub fn of(info: &PortInfo) -> Self {
        let clients = usize::from(info.client_count());
        let sides = info.given.iter().zip(&info.done).take(clients);
        let ports = info.port_ids().zip(&info.rx).enumerate();
        Self {
            ports: ports.map(|(place, (id, rx))| port(info, place, id, rx)).collect(),
            clients: sides.zip(0..).map(|((given, done), id)| client(id, given, done)).collect(),
        }
    }
}

fn port(info: &PortInfo, place: usize, id: u16, rx: &Word64) -> PortFigures {
    let sent = info.done.iter().filter_map(|client| client.tx.get(place)).map(Word64::get);
    PortFigures { id, rx: rx.get(), tx: sent.sum() }
}

fn client(id: u16, given: &ServerSide, done: &ClientSide) -> ClientFigures {
    let sum = |words: &[Word64]| words.iter().map(Word64::get).sum::<u64>();
    ClientFigures {
        id,
        rx: given.rx.get(),
        rx_drop: given.rx_drop.get(),
        taken: done.taken.get(),
        tx: sum(&done.tx),
        tx_drop: sum(&done.tx_drop) + done.strays.get(),
        lives: done.lives.get(),
    }
}
