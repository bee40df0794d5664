//! The statistics as the sample's screen has them, and as JSON.

use core::fmt;

use forwarding::client_server::Figures;
use phalanx_core::port::MacAddress;
use serde::Serialize;

/// Clears the screen and goes to its first place.
pub(crate) const CLEAR: &str = "\x1b[2J\x1b[1;1H";

/// The screen of a moment. `macs` are the ports', in their order.
pub(crate) struct Screen<'a> {
    /// The counters.
    pub figures: &'a Figures,
    /// The ports' addresses.
    pub macs: &'a [MacAddress],
}

impl fmt::Display for Screen<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PORTS\n-----\n")?;
        for (port, mac) in self.figures.ports.iter().zip(self.macs) {
            write!(f, "Port {}: '{mac}'\t", port.id)?;
        }
        f.write_str("\n\n")?;
        for port in &self.figures.ports {
            writeln!(f, "Port {} - rx: {:>9}\ttx: {:>9}", port.id, port.rx, port.tx)?;
        }
        f.write_str("\nCLIENTS\n-------\n")?;
        for client in &self.figures.clients {
            let (id, rx, rx_drop) = (client.id, client.rx, client.rx_drop);
            writeln!(f, "Client {id:>2} - rx: {rx:>9}, rx_drop: {rx_drop:>9}")?;
            writeln!(f, "            tx: {:>9}, tx_drop: {:>9}", client.tx, client.tx_drop)?;
        }
        f.write_str("\n")
    }
}

/// The same for programs.
#[derive(Debug, Serialize)]
pub(crate) struct Json {
    ports: Vec<JsonPort>,
    clients: Vec<JsonClient>,
}

#[derive(Debug, Serialize)]
struct JsonPort {
    id: u16,
    mac: String,
    rx: u64,
    tx: u64,
}

#[derive(Debug, Serialize)]
struct JsonClient {
    id: u16,
    there: bool,
    lives: u64,
    rx: u64,
    rx_drop: u64,
    taken: u64,
    tx: u64,
    tx_drop: u64,
}

impl Json {
    /// The figures; `is_there` says of each client whether a process is it now.
    pub(crate) fn of(screen: &Screen<'_>, is_there: impl Fn(u16) -> bool) -> Self {
        let ports = screen.figures.ports.iter().zip(screen.macs);
        let clients = screen.figures.clients.iter();
        Self {
            ports: ports
                .map(|(port, mac)| JsonPort {
                    id: port.id,
                    mac: mac.to_string(),
                    rx: port.rx,
                    tx: port.tx,
                })
                .collect(),
            clients: clients
                .map(|it| JsonClient {
                    id: it.id,
                    there: is_there(it.id),
                    lives: it.lives,
                    rx: it.rx,
                    rx_drop: it.rx_drop,
                    taken: it.taken,
                    tx: it.tx,
                    tx_drop: it.tx_drop,
                })
                .collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use forwarding::client_server::{ClientFigures, PortFigures};

    fn figures() -> Figures {
        Figures {
            ports: vec![
                PortFigures { id: 0, rx: 1234, tx: 5 },
                PortFigures { id: 1, rx: 12_345_678_901, tx: 0 },
            ],
            clients: vec![ClientFigures {
                id: 0,
                rx: 1200,
                rx_drop: 34,
                taken: 7,
                tx: 5,
                tx_drop: 2,
                lives: 1,
            }],
        }
    }

    const MACS: [MacAddress; 2] =
        [MacAddress([0xaa, 0xbb, 0xcc, 0, 1, 2]), MacAddress([2, 0, 0, 0, 0, 0xf])];

    #[test]
    fn the_screen_is_the_samples_to_the_byte() {
        let shown = Screen { figures: &figures(), macs: &MACS }.to_string();
        let wanted = "PORTS\n-----\nPort 0: 'AA:BB:CC:00:01:02'\tPort 1: '02:00:00:00:00:0F'\t\n\n\
                      Port 0 - rx:      1234\ttx:         5\nPort 1 - rx: 12345678901\ttx:         0\n\n\
                      CLIENTS\n-------\nClient  0 - rx:      1200, rx_drop:        34\n            \
                      tx:         5, tx_drop:         2\n\n";
        assert_eq!(shown, wanted);
    }

    #[test]
    fn a_program_reads_the_same_figures() {
        let figures = figures();
        let json = Json::of(&Screen { figures: &figures, macs: &MACS }, |_| true);
        let text = serde_json::to_string(&json).unwrap();
        assert!(
            text.contains(r#""id":1,"mac":"02:00:00:00:00:0F","rx":12345678901,"tx":0"#),
            "{text}"
        );
        assert!(
            text.contains(r#""there":true,"lives":1,"rx":1200,"rx_drop":34,"taken":7"#),
            "{text}"
        );
    }
}
