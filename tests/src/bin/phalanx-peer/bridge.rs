//! Ports: their queues opened, packets taken, given, and passed on between two ports by a thread.

use core::sync::atomic::{AtomicBool, Ordering};
use core::time::Duration;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Instant;

use phalanx_core::group::Group;
use phalanx_core::mbuf::{Mbuf, MbufConfig, MbufPool};
use phalanx_core::port::{MacAddress, PortSetup, RxQueue, TxQueue};
use phalanx_linux::eal::Eal;
use phalanx_linux::port::{AnyRx, AnyTx, Ports};

use crate::obey::{Answer, number, sentence};

/// How many packets go at once.
const BATCH: usize = 32;
/// How long packets are waited for that a test has sent.
const PATIENCE: Duration = Duration::from_secs(10);
/// The type of the frames that are given.
const FRAME_TYPE: [u8; 2] = [0x88, 0xb5];

/// What a peer has of ports.
#[derive(Default)]
pub(crate) struct Bridge {
    passing: Option<Passing>,
    pub(crate) rx: Vec<RxQueue<AnyRx>>,
    pub(crate) tx: Vec<TxQueue<AnyTx>>,
}

/// A running thread.
struct Passing {
    stop: Arc<AtomicBool>,
    thread: JoinHandle<[u64; 2]>,
}

/// | command | answers |
/// |---|---|
/// | `pass A QUEUE B QUEUE` passes what comes by A on to B, and the other way round | |
/// | `stop-passing` closes these queues | how many went each way |
/// | `hold-rx PORT QUEUE` opens a queue and keeps it | |
/// | `hold-tx PORT QUEUE` the same | |
/// | `shut` closes the queues that were opened | |
/// | `take N` takes N packets out of the Rx queue that was opened last | bytes of each, and bytes 14 to 18 as a number |
/// | `take-all` takes what comes until nothing has come for a while | how many that were |
/// | `remake PORT RX TX MTU` configures it anew, with so many queues and that MTU, and starts it | |
/// | `port-mac PORT MAC` gives it that address | the address that it has |
/// | `port-mtu PORT` | its MTU |
/// | `await-link PORT WORD` waits until the port's link is shown as that | |
/// | `give LEN N` gives N packets of LEN bytes to the Tx queue that was opened last | how many it took |
/// | `give-between N` offers N packets with an empty place before each | how many it took |
/// | `port-stats PORT` | link, and packets: received, faulty, sent, dropped |
/// | `free-mbufs` | how many mbufs are free |
pub(crate) fn answer(eal: &Eal, bridge: &mut Bridge, words: &[&str]) -> Answer {
    let ports = eal.ports();
    let find = |name: &str| ports.port(name).map_err(sentence);
    match words {
        ["pass", one, one_queue, other, other_queue] => {
            let ends = [(one, one_queue), (other, other_queue)];
            bridge.passing = Some(Passing::start(eal.group(), &ports, ends)?);
            Ok(String::new())
        }
        ["stop-passing"] => {
            let passing = bridge.passing.take().ok_or("nothing is passed on")?;
            passing.stop.store(true, Ordering::Release);
            let [there, back] = passing.thread.join().map_err(|_| "the thread has panicked")?;
            Ok(format!("{there} {back}"))
        }
        ["hold-rx", port, queue] => {
            let opened = ports.open_rx(&find(port)?, number(queue)?);
            bridge.rx.push(opened.map_err(sentence)?);
            Ok(String::new())
        }
        ["hold-tx", port, queue] => {
            let opened = ports.open_tx(&find(port)?, number(queue)?);
            bridge.tx.push(opened.map_err(sentence)?);
            Ok(String::new())
        }
        ["shut"] => {
            bridge.rx.clear();
            bridge.tx.clear();
            Ok(String::new())
        }
        ["remake", port, rx, tx, mtu] => {
            let port = find(port)?;
            let queues = PortSetup::queues(number(rx)?, number(tx)?);
            let setup = PortSetup { mtu: Some(number(mtu)?), ..queues };
            ports.configure(&port, &setup).map_err(sentence)?;
            ports.start(&port).map_err(sentence)?;
            Ok(String::new())
        }
        ["port-mac", port, mac] => {
            let (port, mut bytes) = (find(port)?, mac.split(':'));
            let mut byte = || bytes.next().and_then(|it| u8::from_str_radix(it, 16).ok());
            let mac = [(); 6].map(|()| byte().unwrap_or_default());
            ports.set_mac(&port, MacAddress(mac)).map_err(sentence)?;
            Ok(port.facts().mac.to_string())
        }
        ["port-mtu", port] => Ok(find(port)?.facts().mtu.to_string()),
        ["take", count] => take(eal.group(), bridge, number(count)?),
        ["take-all"] => take_all(eal.group(), bridge),
        ["await-link", port, word] => {
            let (port, begun) = (find(port)?, Instant::now());
            while !port.link().to_string().starts_with(word) {
                if begun.elapsed() > PATIENCE {
                    return Err(format!("the link is {}", port.link()));
                }
                std::thread::sleep(Duration::from_millis(1));
            }
            Ok(String::new())
        }
        ["give", len, count] => give(eal.group(), bridge, number(len)?, number(count)?),
        ["give-between", count] => give_between(eal.group(), bridge, number(count)?),
        ["port-stats", port] => {
            let port = find(port)?;
            let (link, stats) = (port.link(), port.stats());
            Ok(format!(
                "{} rx {} bad {} tx {} dropped {}",
                link, stats.rx_packets, stats.rx_errors, stats.tx_packets, stats.tx_dropped
            ))
        }
        ["free-mbufs"] => Ok(pool(eal.group())?.avail_count().to_string()),
        _ => Err(format!("no such command: {}", words.join(" "))),
    }
}

/// The pool that all peers of a group share.
pub(crate) fn pool(group: &Group) -> Result<MbufPool, String> {
    let config = MbufConfig::new(2047);
    Ok(MbufPool::create_or_attach(group, "bridge", &config).map_err(sentence)?.0)
}

fn take(group: &Group, bridge: &mut Bridge, count: usize) -> Answer {
    let queue = bridge.rx.last_mut().ok_or("no Rx queue is open")?;
    let pool = pool(group)?;
    let home = pool.home();
    let (begun, mut told) = (Instant::now(), Vec::new());
    while told.len() < count {
        let mut packet = [None];
        if queue.burst(&home, &mut packet) == 0 {
            if begun.elapsed() > PATIENCE {
                return Err(format!("{} of {count} came: {}", told.len(), told.join(" ")));
            }
            std::thread::yield_now();
            continue;
        }
        let [Some(packet)] = packet else { return Err("a packet is missing".to_owned()) };
        let mut number = [0; 4];
        packet.copy_to(14, &mut number);
        told.push(format!("{}:{}", packet.len(), u32::from_be_bytes(number)));
    }
    Ok(told.join(" "))
}

fn take_all(group: &Group, bridge: &mut Bridge) -> Answer {
    let queue = bridge.rx.last_mut().ok_or("no Rx queue is open")?;
    let pool = pool(group)?;
    let home = pool.home();
    let (mut last, mut count) = (Instant::now(), 0);
    while last.elapsed() < Duration::from_millis(300) {
        let mut packets: [Option<Mbuf<'_>>; BATCH] = [const { None }; BATCH];
        match queue.burst(&home, &mut packets) {
            0 => std::thread::yield_now(),
            came => (last, count) = (Instant::now(), count + came),
        }
    }
    Ok(count.to_string())
}

fn give(group: &Group, bridge: &mut Bridge, len: usize, count: u32) -> Answer {
    let queue = bridge.tx.last_mut().ok_or("no Tx queue is open")?;
    let pool = pool(group)?;
    let home = pool.home();
    let (begun, mut taken) = (Instant::now(), 0);
    while taken < count {
        let mut packet = home.alloc().ok_or("there is no mbuf")?;
        let mut bytes = vec![0xff; 12];
        bytes.extend(FRAME_TYPE);
        bytes.extend(taken.to_be_bytes());
        bytes.resize(len, 0x5a);
        let mut rest = &bytes[..];
        while !rest.is_empty() {
            if packet.tailroom() == 0 {
                let next = home.alloc().ok_or("there is no mbuf")?;
                packet.chain(next).map_err(|_| "the packet is too long")?;
            }
            let room = rest.len().min(usize::from(packet.tailroom()));
            let (now, later) = rest.split_at(room);
            packet.append(room as u16).map_err(sentence)?.copy_from_slice(now);
            rest = later;
        }
        let mut packets = [Some(packet)];
        while queue.burst(&mut packets) == 0 {
            if begun.elapsed() > PATIENCE {
                return Err(format!("{taken} of {count} were taken"));
            }
            std::thread::yield_now();
        }
        taken += 1;
    }
    Ok(taken.to_string())
}

fn give_between(group: &Group, bridge: &mut Bridge, count: usize) -> Answer {
    let queue = bridge.tx.last_mut().ok_or("no Tx queue is open")?;
    let pool = pool(group)?;
    let home = pool.home();
    let mut packets = Vec::new();
    for _ in 0..count {
        let mut packet = home.alloc().ok_or("there is no mbuf")?;
        packet.append(60).map_err(sentence)?.fill(0xff);
        packets.extend([None, Some(packet)]);
    }
    Ok(queue.burst(&mut packets).to_string())
}

impl Passing {
    fn start(group: &Group, ports: &Ports, ends: [(&&str, &&str); 2]) -> Result<Self, String> {
        let open = |(port, queue): (&&str, &&str)| {
            let (port, queue) = (ports.port(port).map_err(sentence)?, number(queue)?);
            let rx = ports.open_rx(&port, queue).map_err(sentence)?;
            let tx = ports.open_tx(&port, queue).map_err(sentence)?;
            Ok::<_, String>((rx, tx))
        };
        let [one, other] = ends;
        let ((mut one_rx, mut one_tx), (mut other_rx, mut other_tx)) = (open(one)?, open(other)?);
        let pool = pool(group)?;
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = Arc::clone(&stop);
        let thread = std::thread::spawn(move || {
            let home = pool.home();
            let mut passed = [0; 2];
            while !stopped.load(Ordering::Acquire) {
                let mut packets: [Option<Mbuf<'_>>; BATCH] = [const { None }; BATCH];
                let there = one_rx.burst(&home, &mut packets);
                send_all(&mut other_tx, &mut packets[..there]);
                let back = other_rx.burst(&home, &mut packets);
                send_all(&mut one_tx, &mut packets[..back]);
                let [sum, sum_back] = &mut passed;
                *sum += there as u64;
                *sum_back += back as u64;
                if there + back == 0 {
                    std::thread::yield_now();
                }
            }
            passed
        });
        Ok(Self { stop, thread })
    }
}

/// Sends all, in several attempts if need be; what is not taken then is dropped.
fn send_all(queue: &mut TxQueue<AnyTx>, packets: &mut [Option<Mbuf<'_>>]) {
    let mut sent = 0;
    for _ in 0..1000 {
        let Some(left) = packets.get_mut(sent..).filter(|left| !left.is_empty()) else { return };
        sent += queue.burst(left);
    }
}
