//! From the ring to the ports: the client's loop.

use forwarding::client_server::ClientSide;
use forwarding::{Departures, Outbox, Rest, Stop};
use phalanx_core::group::Lcore;
use phalanx_core::mbuf::{Bundle, Unseen};
use phalanx_core::port::PORTS_MAX;

use crate::server::ServerWatch;
use crate::setup::{Client, Way};

/// Forwards until the program is to end.
///
/// What has come in a poll is sent before the next: so a client that is killed has a burst in its hands at
/// most, and mostly nothing.
pub(crate) fn run(
    lcore: &Lcore,
    client: &mut Client,
    watch: &mut ServerWatch,
    departures: &mut Departures,
    stop: &Stop,
) -> Result<(), String> {
    let Client { id, ports, input, pool, ways, way_of, line, .. } = client;
    let home = pool.home_of(lcore).map_err(|error| error.to_string())?;
    let mut boxes: Vec<Outbox<'_>> = ways.iter().map(|_| Outbox::new(&home)).collect();
    let mut bundle = Bundle::new(&home);
    let mut rest = Rest::default();
    while !stop.is_asked() {
        if departures.are_news() {
            ways.iter_mut().for_each(|way| way.follow(*ports, *id));
        }
        // A single consumer is never held up by another.
        let count = input.dequeue_bundle(&mut bundle).unwrap_or(0);
        if count == 0 {
            // What a port could not send before goes now.
            for tx in ways.iter_mut().filter_map(|way| way.tx.as_mut()) {
                tx.burst(&mut []);
            }
            watch.look();
        } else {
            line.taken.count(count as u64);
            for packet in bundle.drain() {
                let waiting = way(&packet, way_of).and_then(|way| boxes.get_mut(way));
                // A box has room for all that is taken at a time.
                match waiting {
                    Some(waiting) => drop(waiting.put(packet)),
                    None => line.strays.count(1),
                }
            }
            send_all(ways, &mut boxes, line);
        }
        rest.after(count);
    }
    ways.iter().for_each(|way| way.ear.say_last_words());
    Ok(())
}

/// Sends what waits for any port.
#[inline]
fn send_all(ways: &mut [Way], boxes: &mut [Outbox<'_>], line: &ClientSide) {
    for (way, waiting) in ways.iter_mut().zip(boxes) {
        if !waiting.is_empty() {
            send(way, waiting, line);
        }
    }
}

#[inline]
fn way(packet: &Unseen<'_>, way_of: &[Option<usize>; PORTS_MAX]) -> Option<usize> {
    way_of.get(usize::from(packet.port()?)).copied().flatten()
}

#[inline]
fn send(way: &mut Way, waiting: &mut Outbox<'_>, line: &ClientSide) {
    let (sent, dropped) = match &mut way.tx {
        Some(tx) => waiting.flush(tx),
        None => (0, waiting.discard()),
    };
    if let Some(tx) = line.tx.get(way.place) {
        tx.count(sent as u64);
    }
    if dropped > 0 {
        way.ear.hear(way.tx.as_ref().and_then(|tx| tx.driver().fault()));
        if let Some(tx_drop) = line.tx_drop.get(way.place) {
            tx_drop.count(dropped as u64);
        }
    }
}
