//! Commands about ports.

use phalanx_core::mbuf::{MbufConfig, MbufPool};
use phalanx_core::port::{DriverKind, Port, PortConfig, PortSetup, RxQueue, TxQueue};
use phalanx_linux::eal::Eal;
use phalanx_linux::port::{AnyRx, AnyTx};

use crate::obey::{Answer, number, sentence};

/// Queues that this peer has.
#[derive(Default)]
pub(crate) struct Queues {
    rx: Vec<RxQueue<AnyRx>>,
    tx: Vec<TxQueue<AnyTx>>,
}

/// | command | does | answers |
/// |---|---|---|
/// | `ports` | | `ID:NAME` of each |
/// | `port-facts NAME` | | phase, owner's pid, whether orphaned, queues, packets in and out |
/// | `port-make NAME ARGS` | makes it, and does not join it | |
/// | `port-peer NAME` | | id of the port that it is joined with, or `none` |
/// | `port-up NAME RX TX` | configures and starts it, with so many queues | |
/// | `port-stop NAME`, `port-close NAME` | | |
/// | `open-rx NAME QUEUE`, `open-tx NAME QUEUE` | opens a queue and keeps it | |
/// | `port-send COUNT` | sends so many packets by the last Tx queue opened, 8 bytes each: its pid, a number | how many were taken |
/// | `port-receive` | takes a burst of 32 from the last Rx queue opened | how many came |
/// | `drop-queues` | lets all queues go | |
pub(crate) fn answer(eal: &Eal, queues: &mut Queues, words: &[&str]) -> Answer {
    let ports = eal.ports();
    let port = |name: &str| ports.port(name).map_err(sentence);
    let done = |()| String::new();
    match words {
        ["ports"] => {
            let all = ports.all().map_err(sentence)?;
            let all: Vec<String> = all.map(|it| format!("{}:{}", it.id(), it.name())).collect();
            Ok(all.join(" "))
        }
        ["port-facts", name] => Ok(facts_of(&port(name)?)),
        ["port-make", name, args] => {
            let driver = DriverKind::of_device(name).ok_or("no driver has this name")?;
            let config = PortConfig { args, ..PortConfig::new(driver) };
            Port::create(eal.group(), name, &config).map(|_| String::new()).map_err(sentence)
        }
        ["port-peer", name] => {
            Ok(port(name)?.peer().map_or_else(|| "none".to_owned(), |id| id.to_string()))
        }
        ["port-up", name, rx, tx] => {
            let port = port(name)?;
            ports
                .configure(&port, &PortSetup::queues(number(rx)?, number(tx)?))
                .map_err(sentence)?;
            ports.start(&port).map(done).map_err(sentence)
        }
        ["port-stop", name] => ports.stop(&port(name)?).map(done).map_err(sentence),
        ["port-close", name] => ports.close(&port(name)?).map(done).map_err(sentence),
        ["open-rx", name, queue] => {
            queues.rx.push(ports.open_rx(&port(name)?, number(queue)?).map_err(sentence)?);
            Ok(String::new())
        }
        ["open-tx", name, queue] => {
            queues.tx.push(ports.open_tx(&port(name)?, number(queue)?).map_err(sentence)?);
            Ok(String::new())
        }
        ["port-send", count] => send(eal, queues, number(count)?),
        ["port-receive"] => receive(eal, queues),
        ["drop-queues"] => {
            *queues = Queues::default();
            Ok(String::new())
        }
        _ => Err(format!("no such command: {}", words.join(" "))),
    }
}

fn facts_of(port: &Port) -> String {
    let (facts, stats) = (port.facts(), port.stats());
    format!(
        "{} owner {} orphaned {} queues {}/{} in {} out {}",
        facts.phase,
        facts.owner.pid,
        facts.is_orphaned,
        facts.rx_queues,
        facts.tx_queues,
        stats.rx_packets,
        stats.tx_packets
    )
}

fn pool(eal: &Eal) -> Result<MbufPool, String> {
    let made = MbufPool::create_or_attach(eal.group(), "peer.packets", &MbufConfig::new(1023));
    made.map(|(pool, _)| pool).map_err(sentence)
}

fn send(eal: &Eal, queues: &mut Queues, count: u32) -> Answer {
    let queue = queues.tx.last_mut().ok_or("open a Tx queue first")?;
    let pool = pool(eal)?;
    let (home, mut taken) = (pool.home(), 0);
    for number in 0..count {
        let mut packet = home.alloc().ok_or("the pool has no mbuf")?;
        let data = packet.append(8).map_err(sentence)?;
        let (who, which) = data.split_at_mut(4);
        who.copy_from_slice(&std::process::id().to_le_bytes());
        which.copy_from_slice(&number.to_le_bytes());
        taken += queue.burst(&mut [Some(packet)]);
    }
    Ok(taken.to_string())
}

fn receive(eal: &Eal, queues: &mut Queues) -> Answer {
    let queue = queues.rx.last_mut().ok_or("open an Rx queue first")?;
    let pool = pool(eal)?;
    let home = pool.home();
    let mut got = [const { None }; 32];
    Ok(queue.burst(&home, &mut got).to_string())
}
