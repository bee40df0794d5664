//! Which lcore has which ports, and what it does with them until the program ends.

use core::error::Error;

use forwarding::{
    Departures, FaultEar, Passage, Stop, Voice, has_stayed, is_leaving, tell_leaving, tell_stayed,
};
use phalanx_core::group::Lcore;
use phalanx_core::mbuf::MbufPool;
use phalanx_core::port::{Direction, Port, RxQueue, TxQueue};
use phalanx_linux::console::ConsoleError;
use phalanx_linux::eal::Eal;
use phalanx_linux::port::{AnyRx, AnyTx, Ports};

use crate::counters::{Counters, PortCounters};
use crate::doze::{Doze, Sleeping};
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

/// What is forwarded between two ports.
#[derive(Debug)]
enum Lane {
    /// All that comes.
    Open(Box<Pair>),
    /// Nothing: one of them goes, or is gone.
    Shut([Port; 2]),
}

/// How this process's queue of a port is had.
#[derive(Clone, Copy, Debug)]
struct Opener {
    ports: Ports,
    queue: u16,
    counters: &'static Counters,
}

/// An lcore's lanes.
#[derive(Debug)]
pub(crate) struct LcoreShare {
    lcore: u16,
    lanes: Vec<Lane>,
    opener: Opener,
    departures: Departures,
    doze: Doze,
}

/// Claims this process's queue of every port, and divides the pairs among its lcores, the first ones
/// getting those that are left over. A queue that is taken is refused by its holder's name.
pub(crate) fn share_out(
    eal: &Eal,
    shared: &Shared,
    sleeping: Sleeping,
) -> Result<Vec<LcoreShare>, Box<dyn Error>> {
    let (ports, queue, counters) = (eal.ports(), shared.id, shared.counters.value());
    let opener = Opener { ports, queue, counters };
    let departures = Departures::hear(eal)?;
    let mut lanes = Vec::new();
    for two in shared.ports.chunks_exact(2) {
        let [first, second] = two else { continue };
        lanes.push(Lane::Open(Box::new(opener.pair(&[*first, *second])?)));
    }
    let count = eal.lcores().count();
    let (each, more) = (lanes.len() / count, lanes.len() % count);
    let mut lanes = lanes.into_iter();
    let lcores = [eal.main_lcore().id()].into_iter().chain(eal.lcores().worker_ids());
    Ok(lcores
        .enumerate()
        .map(|(place, lcore)| {
            let wanted = each + usize::from(place < more);
            let lanes = lanes.by_ref().take(wanted).collect();
            let (departures, doze) = (departures.clone(), Doze::new(sleeping, eal.group()));
            LcoreShare { lcore, lanes, opener, departures, doze }
        })
        .collect())
}

impl Opener {
    fn pair(&self, [first, second]: &[Port; 2]) -> Result<Pair, String> {
        Ok([self.end(first)?, self.end(second)?])
    }

    fn end(&self, port: &Port) -> Result<End, String> {
        let Self { ports, queue, counters } = *self;
        let taken =
            |error: &dyn core::fmt::Display| format!("--proc-id {queue} cannot be had: {error}");
        let rx = ports.open_rx(port, queue).map_err(|error| taken(&error))?;
        let tx = ports.open_tx(port, queue).map_err(|error| taken(&error))?;
        let line = counters.line(queue, port.id()).ok_or("a port has no line in the counters")?;
        let [rx_ear, tx_ear] =
            [Direction::Rx, Direction::Tx].map(|direction| FaultEar::new(port.name(), direction));
        Ok(End { id: port.id(), rx, tx, rx_ear, tx_ear, line })
    }
}

impl Lane {
    /// Its Rx queues.
    fn rx(&mut self) -> impl Iterator<Item = &mut RxQueue<AnyRx>> {
        let pair = match self {
            Self::Open(pair) => Some(pair),
            Self::Shut(_) => None,
        };
        pair.into_iter().flat_map(|pair| pair.iter_mut().map(|end| &mut end.rx))
    }

    /// Lets the queues go if one of the ports goes, and has them again if both have stayed.
    #[cold]
    fn follow(&mut self, opener: &Opener) {
        match self {
            Self::Open(pair) => {
                let ports = pair.each_ref().map(|end| *end.rx.port());
                let mut leaving = ports.iter().filter(|port| is_leaving(port)).peekable();
                if leaving.peek().is_some() {
                    leaving.for_each(tell_leaving);
                    pair.iter().for_each(End::say_last_words);
                    *self = Self::Shut(ports);
                }
            }
            Self::Shut(ports) if ports.iter().all(has_stayed) => {
                // What cannot be had now is tried again when there are news.
                if let Ok(pair) = opener.pair(ports) {
                    ports.iter().for_each(tell_stayed);
                    *self = Self::Open(Box::new(pair));
                }
            }
            Self::Shut(_) => {}
        }
    }
}

impl End {
    fn say_last_words(&self) {
        self.rx_ear.say_last_words();
        self.tx_ear.say_last_words();
    }
}

/// Runs every lcore's loop until the program is to end.
pub(crate) fn run(
    eal: &Eal,
    shared: &Shared,
    shares: Vec<LcoreShare>,
    stop: &Stop,
) -> Result<(), Box<dyn Error>> {
    let main_id = eal.main_lcore().id();
    let mut own = None;
    let mut workers = Vec::new();
    for share in shares {
        if share.lcore == main_id {
            own = Some(share);
            continue;
        }
        let (id, pool, stops) = (share.lcore, shared.pool.clone(), stop.clone());
        let work = move |lcore: &Lcore| {
            let done = forward(lcore, share, &pool, &stops);
            stops.end_if(done.is_err());
            done
        };
        // Those that were started before it end too.
        workers.push(eal.lcores().launch(id, work).inspect_err(|_| stop.end_if(true))?);
    }
    let mut result =
        own.map_or(Ok(()), |share| forward(eal.main_lcore(), share, &shared.pool, stop));
    stop.end_if(result.is_err());
    for worker in workers {
        result = worker.wait().inspect_err(|_| stop.end_if(true))?.and(result);
    }
    Ok(result?)
}

/// One lcore's loop.
fn forward(lcore: &Lcore, share: LcoreShare, pool: &MbufPool, stop: &Stop) -> Result<(), String> {
    let LcoreShare { mut lanes, opener, mut departures, mut doze, .. } = share;
    introduce(lcore.id(), &lanes, opener.queue).map_err(|error| error.to_string())?;
    if lanes.is_empty() {
        return Ok(());
    }
    let home = pool.home_of(lcore).map_err(|error| error.to_string())?;
    let mut passage = Passage::new(&home);
    while !stop.is_asked() {
        if departures.are_news() {
            lanes.iter_mut().for_each(|lane| lane.follow(&opener));
        }
        let received = round(&mut lanes, &mut passage);
        if doze.is_due(received) {
            let armed = doze.arm(lanes.iter_mut().flat_map(Lane::rx));
            let (sleep, longest_ns) = armed.map_err(|error| error.to_string())?;
            // What came before a queue was armed wakes nobody.
            if round(&mut lanes, &mut passage) == 0 {
                sleep.sleep(longest_ns);
            }
            lanes.iter_mut().flat_map(Lane::rx).for_each(RxQueue::disarm);
        }
    }
    for lane in &lanes {
        if let Lane::Open(pair) = lane {
            pair.iter().for_each(End::say_last_words);
        }
    }
    Ok(())
}

/// One burst each way of each lane; returns how many packets came.
#[inline]
fn round(lanes: &mut [Lane], passage: &mut Passage<'_>) -> usize {
    let mut received = 0;
    for lane in lanes {
        let Lane::Open(pair) = lane else { continue };
        let [first, second] = &mut **pair;
        received += step(first, second, passage);
        received += step(second, first, passage);
    }
    received
}

/// One burst from a port to the other; returns how many packets came.
#[inline]
fn step(from: &mut End, to: &mut End, passage: &mut Passage<'_>) -> usize {
    let passed = passage.pass(&mut from.rx, &mut to.tx);
    if passed.received == 0 {
        from.rx_ear.hear(from.rx.driver().fault());
    } else {
        from.line.rx.count(passed.received as u64);
        to.line.tx.count(passed.sent as u64);
        if passed.sent < passed.received {
            to.line.drop.count((passed.received - passed.sent) as u64);
            to.tx_ear.hear(to.tx.driver().fault());
        }
    }
    passed.received
}

/// What the sample says of each lcore.
fn introduce(lcore: u16, lanes: &[Lane], queue: u16) -> Result<(), ConsoleError> {
    if lanes.is_empty() {
        return Voice::Out.say(format_args!("Lcore {lcore} has nothing to do"));
    }
    let ids = lanes.iter().flat_map(|lane| match lane {
        Lane::Open(pair) => pair.each_ref().map(|end| end.id),
        Lane::Shut(ports) => ports.each_ref().map(Port::id),
    });
    let ids: String = ids.map(|id| format!("{id} ")).collect();
    Voice::Out.say(format_args!(
        "Lcore {lcore} using ports {ids}\nlcore {lcore} using queue {queue} of each port"
    ))
}
