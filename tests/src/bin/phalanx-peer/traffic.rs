//! Commands about ports: packets from one to another.

use phalanx_core::mbuf::{MbufConfig, MbufPool};
use phalanx_core::port::PortSetup;
use phalanx_linux::eal::Eal;
use phalanx_linux::port::{AnyRx, AnyTx};

use crate::obey::{Answer, number, sentence};

/// Packets that go at once.
const BURST: usize = 32;

/// Bursts without a packet after which a forwarder gives up: more than any wait of a driver's.
const IDLE_MAX: u32 = 100_000;

/// | command | answers |
/// |---|---|
/// | `pool-of-packets NAME COUNT` creates a pool | |
/// | `run-ports RX TX` gives each port of its own so many queues, and starts it | |
/// | `forward POOL IN RX OUT TX COUNT` from a queue of a port to one of another, until so many went or the queue is done | how many |
/// | `port-sums NAME` | its sums: `rx N tx N errors N dropped N done BOOL` |
pub(crate) fn answer(eal: &Eal, words: &[&str]) -> Answer {
    let (group, ports) = (eal.group(), eal.ports());
    match words {
        ["pool-of-packets", name, count] => {
            let config = MbufConfig::new(number(count)?);
            MbufPool::create(group, name, &config).map_err(sentence)?;
            Ok(String::new())
        }
        ["run-ports", rx, tx] => {
            let setup = PortSetup::queues(number(rx)?, number(tx)?);
            for port in ports.all().map_err(sentence)?.filter(|port| port.is_mine()) {
                ports.configure(&port, &setup).map_err(sentence)?;
                ports.start(&port).map_err(sentence)?;
            }
            Ok(String::new())
        }
        ["forward", pool, from, rx, to, tx, count] => {
            let pool = MbufPool::lookup(group, pool).map_err(sentence)?;
            let (from, to) =
                (ports.port(from).map_err(sentence)?, ports.port(to).map_err(sentence)?);
            let mut rx = ports.open_rx(&from, number(rx)?).map_err(sentence)?;
            let mut tx = ports.open_tx(&to, number(tx)?).map_err(sentence)?;
            forward(&pool, &mut rx, &mut tx, number(count)?)
        }
        ["port-sums", name] => {
            let port = ports.port(name).map_err(sentence)?;
            let it = port.stats();
            Ok(format!(
                "rx {} tx {} errors {} dropped {} done {}",
                it.rx_packets,
                it.tx_packets,
                it.rx_errors,
                it.tx_dropped,
                port.is_done()
            ))
        }
        _ => Err(format!("no such command: {}", words.join(" "))),
    }
}

fn forward(
    pool: &MbufPool,
    rx: &mut phalanx_core::port::RxQueue<AnyRx>,
    tx: &mut phalanx_core::port::TxQueue<AnyTx>,
    count: usize,
) -> Answer {
    let home = pool.home();
    let (mut sent, mut idle) = (0, 0);
    while sent < count && idle < IDLE_MAX {
        let mut packets = [const { None }; BURST];
        let wanted = BURST.min(count - sent);
        let came = rx.burst(&home, packets.get_mut(..wanted).unwrap_or_default());
        if came == 0 && rx.claim().line().is_done() {
            break;
        }
        idle = if came == 0 { idle + 1 } else { 0 };
        while packets.iter().any(Option::is_some) && idle < IDLE_MAX {
            let went = tx.burst(&mut packets);
            idle = if went == 0 { idle + 1 } else { 0 };
            sent += went;
        }
    }
    match rx.driver().fault().or(tx.driver().fault()) {
        Some(fault) => Err(format!("{sent} went, then {fault}")),
        None => Ok(sent.to_string()),
    }
}
