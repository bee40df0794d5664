//! Packets of many flows, by the queues that `bridge.rs` keeps: by which queue of a card each comes, its receiver says.

use core::time::Duration;
use std::time::Instant;

use phalanx_core::group::Group;
use phalanx_core::mbuf::Mbuf;

use crate::bridge::{Bridge, pool};
use crate::obey::{Answer, number, sentence};

/// How long a queue takes packets, at most, and how long none comes before there are no more.
const PATIENCE: Duration = Duration::from_secs(20);
const QUIET: Duration = Duration::from_millis(500);

/// Bytes of a packet.
const LEN: usize = 60;

/// Where the addresses of IPv4 lie.
const SOURCE: usize = 26;
const TARGET: usize = 30;

/// Which of its two ends sends a flow's packet.
#[derive(Clone, Copy)]
enum Way {
    There,
    Back,
}

/// | command | answers |
/// |---|---|
/// | `give-flows FROM COUNT [back]` gives a packet of each of these flows to the Tx queue that was opened last; with `back`, as the other end sends it | |
/// | `take-flows` takes what comes by the Rx queue that was opened last, until nothing has come for a while, and looks at each byte | the numbers of the flows, as they came |
pub(crate) fn answer(group: &Group, bridge: &mut Bridge, words: &[&str]) -> Answer {
    match words {
        ["give-flows", from, count] => {
            give(group, bridge, (number(from)?, number(count)?), Way::There)
        }
        ["give-flows", from, count, "back"] => {
            give(group, bridge, (number(from)?, number(count)?), Way::Back)
        }
        ["take-flows"] => take(group, bridge),
        _ => Err(format!("no such command: {}", words.join(" "))),
    }
}

/// A UDP packet of a flow: between 10.1.x.y, whose last two numbers are the flow's, and 10.2.0.1.
fn packet(flow: u16, way: Way) -> [u8; LEN] {
    let [high, low] = flow.to_be_bytes();
    let (one, other) = ([10, 1, high, low], [10, 2, 0, 1]);
    let (source, target) = match way {
        Way::There => (one, other),
        Way::Back => (other, one),
    };
    let mut bytes = [low ^ 0x5a; LEN];
    bytes[..14].copy_from_slice(&[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2, 0, 0, 0, 0, 1, 8, 0]);
    bytes[14..24].copy_from_slice(&[0x45, 0, 0, LEN as u8 - 14, 0, 0, 0, 0, 64, 17]);
    bytes[24..26].fill(0);
    bytes[SOURCE..TARGET].copy_from_slice(&source);
    bytes[TARGET..34].copy_from_slice(&target);
    // From port 9 to port 9, without a checksum.
    bytes[34..42].copy_from_slice(&[0, 9, 0, 9, 0, LEN as u8 - 34, 0, 0]);
    let words = bytes[14..34].chunks_exact(2);
    let sum: u32 = words.map(|pair| u32::from(u16::from_be_bytes([pair[0], pair[1]]))).sum();
    let sum = !((sum & 0xffff) + (sum >> 16)) as u16;
    bytes[24..26].copy_from_slice(&sum.to_be_bytes());
    bytes
}

fn give(group: &Group, bridge: &mut Bridge, (from, count): (u16, u16), way: Way) -> Answer {
    let queue = bridge.tx.last_mut().ok_or("no Tx queue is open")?;
    let (pool, begun) = (pool(group)?, Instant::now());
    let home = pool.home();
    for flow in from..from + count {
        let mut mbuf = home.alloc().ok_or("there is no mbuf")?;
        mbuf.append(LEN as u16).map_err(sentence)?.copy_from_slice(&packet(flow, way));
        let mut packets = [Some(mbuf)];
        while queue.burst(&mut packets) == 0 {
            if begun.elapsed() > PATIENCE {
                return Err(format!("{} of {count} were taken", flow - from));
            }
            std::thread::yield_now();
        }
    }
    Ok(String::new())
}

/// The flow of a packet, whose bytes are all as they were sent.
fn flow_of(bytes: &[u8]) -> Option<u16> {
    let at = |place: usize| bytes.get(place..)?.first_chunk::<4>().copied();
    let (way, [.., high, low]) = match (at(SOURCE)?, at(TARGET)?) {
        (one @ [10, 1, ..], _) => (Way::There, one),
        (_, one @ [10, 1, ..]) => (Way::Back, one),
        _ => return None,
    };
    let flow = u16::from_be_bytes([high, low]);
    (bytes == packet(flow, way)).then_some(flow)
}

fn take(group: &Group, bridge: &mut Bridge) -> Answer {
    let queue = bridge.rx.last_mut().ok_or("no Rx queue is open")?;
    let pool = pool(group)?;
    let home = pool.home();
    let (mut last, mut flows) = (Instant::now(), Vec::new());
    while last.elapsed() < QUIET {
        let mut packets: [Option<Mbuf<'_>>; 32] = [const { None }; 32];
        if queue.burst(&home, &mut packets) == 0 {
            std::thread::yield_now();
            continue;
        }
        last = Instant::now();
        for packet in packets.iter().flatten() {
            let flow = flow_of(packet.data());
            let flow =
                flow.ok_or_else(|| format!("this is no packet of a flow: {:02x?}", packet.data()))?;
            flows.push(flow.to_string());
        }
    }
    Ok(flows.join(" "))
}
