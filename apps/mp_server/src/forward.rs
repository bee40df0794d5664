//! From the ports to the clients: the server's loop.

use core::error::Error;

use forwarding::client_server::{PortInfo, ServerSide};
use forwarding::{
    BURST, Burst, Departures, FaultEar, Rest, Stop, has_stayed, is_leaving, tell_leaving,
    tell_stayed,
};
use phalanx_core::group::Lcore;
use phalanx_core::mbuf::{Bundle, Mbuf, MbufPool, MbufProducer, flags};
use phalanx_core::port::{Direction, Port, Rss, RssSetup, RxQueue};
use phalanx_core::ring::kind::Single;
use phalanx_linux::eal::Eal;
use phalanx_linux::port::{AnyRx, OpenError, Ports};

use crate::options::{Deal, Full, Options};
use crate::roster::Roster;
use crate::setup::Shared;

/// What a server works with.
#[derive(Debug)]
pub(crate) struct Server<'e> {
    lcore: &'e Lcore,
    pool: MbufPool,
    info: &'static PortInfo,
    inlets: Vec<Inlet>,
    ports: Ports,
    departures: Departures,
    ends: Vec<ClientEnd>,
    roster: Roster,
    deal: Deal,
    full: Full,
    rss: Rss,
}

/// Where packets come from: an Rx queue of a port.
#[derive(Debug)]
struct Inlet {
    port: Port,
    number: u16,
    /// Which of the server's ports that is.
    place: usize,
    /// `None` while the port goes, and once it is gone.
    queue: Option<RxQueue<AnyRx>>,
    ear: FaultEar,
}

impl Inlet {
    fn open(ports: Ports, port: &Port, place: usize, number: u16) -> Result<Self, OpenError> {
        let queue = Some(ports.open_rx(port, number)?);
        let ear = FaultEar::new(port.name(), Direction::Rx);
        Ok(Self { port: *port, number, place, queue, ear })
    }

    /// One word of a port is enough, however many queues it has.
    const fn is_first(&self) -> bool {
        self.number == 0
    }

    /// Lets the queue go if its port goes, and has it again if that has stayed.
    #[cold]
    fn follow(&mut self, ports: Ports) {
        if self.queue.is_some() && is_leaving(&self.port) {
            if self.is_first() {
                tell_leaving(&self.port);
            }
            self.queue = None;
        } else if self.queue.is_none() && has_stayed(&self.port) {
            // What cannot be had now is tried again when there are news.
            self.queue = ports.open_rx(&self.port, self.number).ok();
            if self.queue.is_some() && self.is_first() {
                tell_stayed(&self.port);
            }
        }
    }
}

/// The server's end of a client's ring.
#[derive(Debug)]
struct ClientEnd {
    producer: MbufProducer<Single>,
    line: &'static ServerSide,
}

impl<'e> Server<'e> {
    /// Claims the Rx queues of every port and the producers' end of every ring; one that another living
    /// process has is refused by its name.
    pub(crate) fn open(
        eal: &'e Eal,
        shared: &Shared,
        roster: Roster,
        options: &Options,
    ) -> Result<Self, Box<dyn Error>> {
        let info = shared.info.value();
        let (ports, departures) = (eal.ports(), Departures::hear(eal)?);
        let inlets = shared.ports.iter().enumerate().flat_map(|(place, port)| {
            (0..port.rx_queues()).map(move |number| Inlet::open(ports, port, place, number))
        });
        let inlets = inlets.collect::<Result<Vec<_>, OpenError>>()?;
        let ends =
            shared.rings.iter().zip(&info.given).map(|(ring, line)| {
                Ok(ClientEnd { producer: ring.producer_as::<Single>()?, line })
            });
        Ok(Self {
            lcore: eal.main_lcore(),
            pool: shared.pool.clone(),
            info,
            inlets,
            ports,
            departures,
            ends: ends.collect::<Result<_, phalanx_core::ring::ClaimError>>()?,
            roster,
            deal: options.deal,
            full: options.full,
            rss: Rss::new(&RssSetup::symmetric(), 1),
        })
    }

    /// Forwards until the program is to end.
    pub(crate) fn run(&mut self, stop: &Stop) -> Result<(), Box<dyn Error>> {
        let Self { lcore, pool, info, inlets, ports, departures, ends, roster, deal, full, rss } =
            self;
        let home = pool.home_of(lcore)?;
        // Packets on their way to each client.
        let mut hands: Vec<Bundle<'_>> = ends.iter().map(|_| Bundle::new(&home)).collect();
        let mut came = Bundle::new(&home);
        let mut seen: Burst<'_> = [const { None }; BURST];
        let (mut targets, mut next) = (roster.targets(*full), 0);
        let mut rest = Rest::default();
        while !stop.is_asked() {
            if departures.are_news() {
                inlets.iter_mut().for_each(|inlet| inlet.follow(*ports));
            }
            let mut received = 0;
            for Inlet { place, queue, ear, .. } in inlets.iter_mut() {
                let (Some(queue), Some(rx)) = (queue, info.rx.get(*place)) else { continue };
                if roster.is_stale() {
                    roster.look();
                    targets = roster.targets(*full);
                }
                if *full == Full::Wait && !has_room(ends, &targets) {
                    continue;
                }
                let count = match deal {
                    Deal::InTurn => queue.burst_unseen(&mut came),
                    Deal::ByFlow => queue.burst(&home, &mut seen),
                };
                if count == 0 {
                    ear.hear(queue.driver().fault());
                    continue;
                }
                rx.count(count as u64);
                received += count;
                match deal {
                    Deal::InTurn => in_turn(&mut came, &mut hands, &targets, &mut next),
                    Deal::ByFlow => {
                        let packets = seen.get_mut(..count).unwrap_or_default();
                        by_flow(packets, &mut hands, &targets, rss);
                    }
                }
                for (end, hand) in ends.iter_mut().zip(&mut hands) {
                    give(end, hand);
                }
            }
            rest.after(received);
        }
        inlets.iter().for_each(|inlet| inlet.ear.say_last_words());
        Ok(())
    }
}

/// Whether each target takes all that is received at a time, looked at or not.
fn has_room(ends: &[ClientEnd], targets: &[usize]) -> bool {
    let mut ends = targets.iter().filter_map(|target| ends.get(*target));
    ends.all(|end| end.producer.free() as usize >= BURST.max(Bundle::SIZE))
}

/// Each packet to the next client; where there is none, it is freed.
#[inline]
fn in_turn<'h>(
    packets: &mut Bundle<'h>,
    hands: &mut [Bundle<'h>],
    targets: &[usize],
    next: &mut usize,
) {
    for packet in packets.drain() {
        if *next >= targets.len() {
            *next = 0;
        }
        let hand = targets.get(*next).and_then(|target| hands.get_mut(*target));
        if let Some(hand) = hand {
            // A hand has room for all that is received at a time.
            drop(hand.push(packet));
        }
        *next += 1;
    }
}

/// Each packet to the client of its flow. While that one is not there, its flows are divided among the
/// others; nobody else's move.
#[inline]
fn by_flow<'h>(
    packets: &mut [Option<Mbuf<'h>>],
    hands: &mut [Bundle<'h>],
    targets: &[usize],
    rss: &Rss,
) {
    let clients = hands.len().max(1);
    for packet in packets {
        let Some(packet) = packet.take() else { continue };
        let hash = flow_of(&packet, rss) as usize;
        let own = hash % clients;
        let target = match targets.binary_search(&own) {
            Ok(_) => Some(own),
            Err(_) => targets.get(hash / clients % targets.len().max(1)).copied(),
        };
        if let Some(hand) = target.and_then(|target| hands.get_mut(target)) {
            // As in turn.
            drop(hand.add(packet));
        }
    }
}

/// The hash of a packet's flow: the port's, or our own.
#[inline]
fn flow_of(packet: &Mbuf<'_>, rss: &Rss) -> u32 {
    if packet.flags() & flags::RSS_HASH != 0 { packet.hash() } else { rss.hash(packet.data()) }
}

/// Puts a hand into its client's ring; what finds no room is freed and counted.
#[inline]
fn give(end: &mut ClientEnd, hand: &mut Bundle<'_>) {
    if hand.is_empty() {
        return;
    }
    // A single producer is never held up by another.
    let put = end.producer.enqueue_bundle(hand).unwrap_or_default();
    end.line.rx.count(put.packets as u64);
    if !hand.is_empty() {
        end.line.rx_drop.count(hand.free() as u64);
    }
}
