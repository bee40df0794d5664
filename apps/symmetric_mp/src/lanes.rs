//! Which lcore has which ports, and what it does with them until the program ends.

use core::error::Error;

use forwarding::{BURST, Burst, FaultEar, Rest, Stop, Voice, pass};
use phalanx_core::group::Lcore;
use phalanx_core::mbuf::{MbufHome, MbufPool};
use phalanx_core::port::{Direction, Port, RxQueue, TxQueue};
use phalanx_linux::console::ConsoleError;
use phalanx_linux::eal::Eal;
use phalanx_linux::port::{AnyRx, AnyTx};

use crate::counters::PortCounters;
use crate::setup::Shared;

/// One port, as one lcore has it.
#[derive(Debug)]
pub(crate) struct End {
    id: u16,
    rx: RxQueue<AnyRx>,
    tx: TxQueue<AnyTx>,
    rx_ear: FaultEar,
    tx_ear: FaultEar,
    line: &'static PortCounters,
}

/// Two ports: what comes by one leaves by the other.
pub(crate) type Pair = [End; 2];

/// An lcore's pairs.
#[derive(Debug)]
pub(crate) struct LcoreShare {
    lcore: u16,
    pairs: Vec<Pair>,
}

/// Claims this process's queue of every port, and divides the pairs among its lcores, the first ones
/// getting those that are left over. A queue that is taken is refused by its holder's name.
pub(crate) fn share_out(eal: &Eal, shared: &Shared) -> Result<Vec<LcoreShare>, Box<dyn Error>> {
    let mut pairs = Vec::new();
    for two in shared.ports.chunks_exact(2) {
        let [first, second] = two else { continue };
        pairs.push([end(eal, shared, first)?, end(eal, shared, second)?]);
    }
    let count = eal.lcores().count();
    let (each, more) = (pairs.len() / count, pairs.len() % count);
    let mut pairs = pairs.into_iter();
    let lcores = [eal.main_lcore().id()].into_iter().chain(eal.lcores().worker_ids());
    Ok(lcores
        .enumerate()
        .map(|(place, lcore)| {
            let wanted = each + usize::from(place < more);
            LcoreShare { lcore, pairs: pairs.by_ref().take(wanted).collect() }
        })
        .collect())
}

fn end(eal: &Eal, shared: &Shared, port: &Port) -> Result<End, Box<dyn Error>> {
    let (id, queue) = (port.id(), shared.id);
    let taken =
        |error: &dyn core::fmt::Display| format!("--proc-id {queue} cannot be had: {error}");
    let ports = eal.ports();
    let rx = ports.open_rx(port, queue).map_err(|error| taken(&error))?;
    let tx = ports.open_tx(port, queue).map_err(|error| taken(&error))?;
    let line = shared.counters.value().line(queue, id);
    let [rx_ear, tx_ear] =
        [Direction::Rx, Direction::Tx].map(|direction| FaultEar::new(port.name(), direction));
    Ok(End { id, rx, tx, rx_ear, tx_ear, line: line.ok_or("a port has no line in the counters")? })
}

/// Runs every lcore's loop until the program is to end.
pub(crate) fn run(
    eal: &Eal,
    shared: &Shared,
    shares: Vec<LcoreShare>,
    stop: &Stop,
) -> Result<(), Box<dyn Error>> {
    let (main_id, queue) = (eal.main_lcore().id(), shared.id);
    let mut own = None;
    let mut workers = Vec::new();
    for share in shares {
        if share.lcore == main_id {
            own = Some(share);
            continue;
        }
        let (id, pool, stops) = (share.lcore, shared.pool.clone(), stop.clone());
        let work = move |lcore: &Lcore| {
            let done = forward(lcore, share, &pool, queue, &stops);
            stops.end_if(done.is_err());
            done
        };
        // Those that were started before it end too.
        workers.push(eal.lcores().launch(id, work).inspect_err(|_| stop.end_if(true))?);
    }
    let mut result =
        own.map_or(Ok(()), |share| forward(eal.main_lcore(), share, &shared.pool, queue, stop));
    stop.end_if(result.is_err());
    for worker in workers {
        result = worker.wait().inspect_err(|_| stop.end_if(true))?.and(result);
    }
    Ok(result?)
}

/// One lcore's loop.
fn forward(
    lcore: &Lcore,
    share: LcoreShare,
    pool: &MbufPool,
    queue: u16,
    stop: &Stop,
) -> Result<(), String> {
    let mut pairs = share.pairs;
    introduce(lcore.id(), &pairs, queue).map_err(|error| error.to_string())?;
    if pairs.is_empty() {
        return Ok(());
    }
    let home = pool.home_of(lcore).map_err(|error| error.to_string())?;
    let mut burst: Burst<'_> = [const { None }; BURST];
    let mut rest = Rest::default();
    while !stop.is_asked() {
        let mut received = 0;
        for [first, second] in &mut pairs {
            received += step(first, second, &home, &mut burst);
            received += step(second, first, &home, &mut burst);
        }
        rest.after(received);
    }
    for end in pairs.iter().flatten() {
        end.rx_ear.say_last_words();
        end.tx_ear.say_last_words();
    }
    Ok(())
}

/// One burst from a port to the other; returns how many packets came.
#[inline]
fn step<'h>(from: &mut End, to: &mut End, home: &'h MbufHome<'h>, burst: &mut Burst<'h>) -> usize {
    let passed = pass(&mut from.rx, &mut to.tx, home, burst);
    if passed.received == 0 {
        from.rx_ear.hear(from.rx.driver().fault());
    } else {
        from.line.rx.count(passed.received as u64);
        to.line.tx.count(passed.sent as u64);
        to.line.drop.count((passed.received - passed.sent) as u64);
        if passed.sent < passed.received {
            to.tx_ear.hear(to.tx.driver().fault());
        }
    }
    passed.received
}

/// What the sample says of each lcore.
fn introduce(lcore: u16, pairs: &[Pair], queue: u16) -> Result<(), ConsoleError> {
    if pairs.is_empty() {
        return Voice::Out.say(format_args!("Lcore {lcore} has nothing to do"));
    }
    let ids: String = pairs.iter().flatten().map(|end| format!("{} ", end.id)).collect();
    Voice::Out.say(format_args!(
        "Lcore {lcore} using ports {ids}\nlcore {lcore} using queue {queue} of each port"
    ))
}
