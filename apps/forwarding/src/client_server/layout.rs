//! The zone `MProc_port_info`: facts, written once; what the server counts; what each client counts.
//!
//! Each counter has one writer at a time, who has claimed what it counts for: the server the Rx queue
//! of the first port, a client its ring. So counters go on where the last one left them.

use phalanx_core::group::ProcessId;
use phalanx_core::port::PORTS_MAX;
use phalanx_core::shared_words;
use phalanx_core::sync::{Contested64, Word64};

use super::names::CLIENTS_MAX;

shared_words! {
    /// What the server counts of one client. Writer: the server. Readers: all.
    pub struct ServerSide {
        /// Packets put into its ring.
        pub rx: Word64,
        /// Packets for which its ring had no room, and that were freed.
        pub rx_drop: Word64,
        /// Keeps the line off its neighbour.
        pub pad: [Word64; 14],
    }
}

shared_words! {
    /// What a client counts, over all its lives. Writer: the client. Readers: all.
    pub struct ClientSide {
        /// How many processes have been this client.
        pub lives: Word64,
        /// Packets taken out of its ring.
        pub taken: Word64,
        /// Packets that came by no port of the server's, and were freed.
        pub strays: Word64,
        /// Keeps what changes in bursts together.
        pub pad: [Word64; 13],
        /// Packets sent, by place among the ports.
        pub tx: [Word64; PORTS_MAX],
        /// Packets that a port did not take, and that were freed, by place among the ports.
        pub tx_drop: [Word64; PORTS_MAX],
    }
}

shared_words! {
    /// The zone.
    pub struct PortInfo {
        /// How many ports there are, 2..=32. Writer: who makes the zone. Readers: all.
        pub ports: Word64,
        /// How many clients there may be, 1..=16. Writer and readers as above.
        pub clients: Word64,
        /// Ids of the ports. Writer and readers as above.
        pub ids: [Word64; PORTS_MAX],
        /// Keeps what never changes off what does.
        pub pad: [Word64; 14],
        /// Goes up whenever a client has come or gone in good order. Writers: clients. Reader: the
        /// server, which looks then who is there.
        pub changes: Contested64,
        /// Who the server is: a packed process id, 0 before there was one. Writer: the server.
        /// Readers: clients.
        pub server: Contested64,
        /// Keeps it off the counters.
        pub pad_server: [Word64; 14],
        /// Packets received, by place among the ports. Writer: the server. Readers: all.
        pub rx: [Word64; PORTS_MAX],
        /// What the server counts of each client.
        pub given: [ServerSide; CLIENTS_MAX as usize],
        /// What each client counts.
        pub done: [ClientSide; CLIENTS_MAX as usize],
    }
}

impl PortInfo {
    /// How many clients there may be; what a peer wrote is bounded.
    pub fn client_count(&self) -> u16 {
        self.clients.get().min(u64::from(CLIENTS_MAX)) as u16
    }

    /// Ids of the ports, in their order; what a peer wrote is bounded.
    pub fn port_ids(&self) -> impl Iterator<Item = u16> + '_ {
        let count = self.ports.get().min(PORTS_MAX as u64) as usize;
        self.ids.iter().take(count).map(|id| id.get().min(u64::from(u16::MAX)) as u16)
    }

    /// Who the server is, or was last.
    pub fn last_server(&self) -> Option<ProcessId> {
        ProcessId::unpack(self.server.observe())
    }
}
