//! Queues of net_af_packet in the middle of a burst, over a ring that is plain memory of the group's: whoever
//! follows a dead claimant goes on at the frame that is the kernel's next.

use phalanx_core::mbuf::{MbufConfig, MbufHome, MbufPool};
use phalanx_core::memzone::{TypedZone, Zone, ZoneOptions};
use phalanx_core::port::{DriverKind, Port, PortConfig, PortSetup, RxQueue, TxQueue};
use phalanx_core::shared_words;
use phalanx_core::sync::Word32;
use phalanx_linux::port::af_packet::{AfPacketRx, AfPacketTx, Geometry};
use phalanx_linux::sys::netdevice::InterfaceName;
use rustix::event::{EventfdFlags, eventfd};
use rustix::fd::OwnedFd;

use crate::step::operation::{Marks, Member, Operation, Outcome, same, sentence};

const PORT: &str = "net_af_packet0";
const ZONE: &str = "step.af_packet.ring";
const POOL: &str = "step.af_packet.mbufs";
const MBUFS: usize = 8;

/// Frames of a ring, and their bytes.
const FRAMES: u32 = 4;
const FRAME_BYTES: u32 = 2048;
const FRAME_WORDS: usize = FRAME_BYTES as usize / 4;

/// The kernel's next frame: packets lie there around the ring's end.
const START: u32 = 2;

/// How many packets come, or go, at a time.
const PACKETS: u32 = 3;

/// Statuses of a frame: of Rx, a packet lies there; of both, the other side's or nothing.
const CAME: u32 = 1;
const FREE: u32 = 0;

/// Where a packet lies in its frame, with its `virtio_net_hdr` before it; as the kernel does it.
const PACKET_AT: u32 = 76;

shared_words! {
    /// What plays both rings.
    pub struct Rings {
        /// What comes.
        pub rx: [[Word32; FRAME_WORDS]; FRAMES as usize],
        /// What goes.
        pub tx: [[Word32; FRAME_WORDS]; FRAMES as usize],
    }
}

/// What is done between the marks.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Act {
    Open,
    Receive,
    /// Packets are put into the ring, and taken back, for nobody sends them.
    Send,
}

#[derive(Debug)]
struct AfPacketOp {
    name: &'static str,
    act: Act,
}

pub(super) fn operations() -> Vec<Box<dyn Operation>> {
    let op = |name, act| Box::new(AfPacketOp { name, act }) as Box<dyn Operation>;
    vec![
        op("af_packet.rx.open", Act::Open),
        op("af_packet.rx.burst", Act::Receive),
        op("af_packet.tx.burst", Act::Send),
    ]
}

fn port_of(member: &Member<'_>) -> Result<Port, String> {
    Port::lookup(member.group, PORT).map_err(sentence)
}

fn pool_of(member: &Member<'_>) -> Result<MbufPool, String> {
    MbufPool::lookup(member.group, POOL).map_err(sentence)
}

fn rings(member: &Member<'_>) -> Result<TypedZone<Rings>, String> {
    Zone::lookup_typed::<Rings>(member.group, ZONE).map_err(sentence)
}

fn geometry() -> Result<Geometry, String> {
    Geometry::new(None, FRAME_BYTES, FRAMES).map_err(sentence)
}

/// No socket: nothing comes by it, nothing goes.
fn no_socket() -> Result<OwnedFd, String> {
    eventfd(0, EventfdFlags::CLOEXEC).map_err(sentence)
}

fn rx(member: &Member<'_>) -> Result<RxQueue<AfPacketRx>, String> {
    let claim = port_of(member)?.claim_rx(0).map_err(sentence)?;
    let words = rings(member)?.value().rx.as_flattened();
    let opened = AfPacketRx::over_words(no_socket()?, words, geometry()?, claim.line());
    Ok(RxQueue::new(claim, opened.ok_or("the words hold no ring")?))
}

fn tx(member: &Member<'_>) -> Result<TxQueue<AfPacketTx>, String> {
    let claim = port_of(member)?.claim_tx(0).map_err(sentence)?;
    let words = rings(member)?.value().tx.as_flattened();
    let none = InterfaceName::new("none").ok_or("it is no name")?;
    let opened = AfPacketTx::over_words(no_socket()?, words, geometry()?, none, claim.line());
    Ok(TxQueue::new(claim, opened.ok_or("the words hold no ring")?))
}

/// The frame that whoever follows in this direction takes for the kernel's next.
fn next_of(cursor: u64) -> u32 {
    (cursor >> 1) as u32
}

/// What the kernel does: puts packet `number` into frame `at`.
fn deliver(rings: &Rings, at: u32, number: u32) {
    let Some(frame) = rings.rx.get((at % FRAMES) as usize) else { return };
    let set = |byte: u32, value: u32| {
        if let Some(word) = frame.get(byte as usize / 4) {
            word.set(value);
        }
    };
    set(4, 60);
    set(8, 60);
    set(12, PACKET_AT);
    // Its stamp: later ones are newer.
    set(20, number);
    (64..PACKET_AT).step_by(4).for_each(|byte| set(byte, 0));
    (PACKET_AT..PACKET_AT + 60).step_by(4).for_each(|byte| set(byte, number));
    set(0, CAME);
}

/// Takes what is there; the numbers of the packets.
fn take(queue: &mut RxQueue<AfPacketRx>, home: &MbufHome<'_>) -> Vec<u32> {
    let mut got = [const { None }; MBUFS];
    queue.burst(home, &mut got);
    let number = |data: &[u8]| data.first_chunk().map_or(0, |bytes| u32::from_ne_bytes(*bytes));
    got.iter().flatten().map(|packet| number(packet.data())).collect()
}

impl Operation for AfPacketOp {
    fn name(&self) -> &str {
        self.name
    }

    /// A port that runs, of whose rings the third frame is the kernel's next, and packets that wait.
    fn prepare(&self, member: &Member<'_>) -> Outcome {
        MbufPool::create(member.group, POOL, &MbufConfig::new(MBUFS as u32)).map_err(sentence)?;
        let config = PortConfig::new(DriverKind::AfPacket);
        let port = Port::create(member.group, PORT, &config).map_err(sentence)?;
        port.configure(&PortSetup::queues(1, 1)).map_err(sentence)?;
        port.start().map_err(sentence)?;
        let options = ZoneOptions { align: 128, ..ZoneOptions::default() };
        let zone = Zone::create_typed::<Rings>(member.group, ZONE, &options, |_| ());
        let rings = zone.map_err(sentence)?.value();
        let (rx, tx) = (port.claim_rx(0).map_err(sentence)?, port.claim_tx(0).map_err(sentence)?);
        // Of no socket the ring's number is 0.
        rx.line().set_cursor(u64::from(START) << 1);
        tx.line().set_cursor(u64::from(START) << 1);
        (0..PACKETS).for_each(|number| deliver(rings, START + number, number));
        Ok(())
    }

    fn operate(&self, member: &Member<'_>, marks: Marks) -> Outcome {
        let pool = pool_of(member)?;
        let home = pool.home();
        match self.act {
            Act::Open => core::mem::forget(marks.around(|| rx(member))),
            Act::Receive => {
                let mut queue = rx(member)?;
                let mut got = [const { None }; MBUFS];
                marks.around(|| queue.burst(&home, &mut got));
            }
            Act::Send => {
                let mut queue = tx(member)?;
                let mut packets = [const { None }; 2];
                for place in &mut packets {
                    let mut packet = home.alloc().ok_or("the pool has no mbuf")?;
                    packet.append(60).map_err(sentence)?.fill(7);
                    *place = Some(packet);
                }
                // A second one finds that nothing was sent.
                marks.around(|| queue.burst(&mut packets) + queue.burst(&mut []));
            }
        }
        Ok(())
    }

    fn judge(&self, member: &Member<'_>) -> Outcome {
        let pool = pool_of(member)?;
        let home = pool.home();
        let came = take(&mut rx(member)?, &home);
        // Those that the dead one had taken are gone with it; none comes twice, or before its turn.
        let first = PACKETS - came.len().min(PACKETS as usize) as u32;
        same("packets that came", came, (first..PACKETS).collect())?;
        if self.act != Act::Receive {
            same("the first packet", first, 0)?;
        }
        use_queues(member, PACKETS)
    }

    fn use_again(&self, member: &Member<'_>) -> Outcome {
        use_queues(member, PACKETS + 1)
    }
}

/// Nothing waits, and both sides agree on which frame is the next: a packet that comes, the `number`th of all,
/// is found; one that goes is put where nothing was sent from.
fn use_queues(member: &Member<'_>, number: u32) -> Outcome {
    let (port, pool, rings) = (port_of(member)?, pool_of(member)?, rings(member)?);
    let home = pool.home();
    let mut rx = rx(member)?;
    same("packets that waited", take(&mut rx, &home).len(), 0)?;
    let kernels = (START + number) % FRAMES;
    let rx_at = port.rx_stats(0).map(|queue| next_of(queue.cursor));
    same("the next frame of Rx", rx_at, Some(kernels))?;
    deliver(rings.value(), kernels, number);
    same("the packet that came", take(&mut rx, &home), vec![number])?;
    let mut tx = tx(member)?;
    // What was left there is not sent either, and taken back.
    tx.burst(&mut []);
    let tx_at = || port.tx_stats(0).map(|queue| next_of(queue.cursor));
    same("the next frame of Tx", tx_at(), Some(START))?;
    let mut packet = home.alloc().ok_or("the pool has no mbuf")?;
    packet.append(60).map_err(sentence)?.fill(9);
    same("packets taken", tx.burst(&mut [Some(packet)]), 1)?;
    same("the next frame of Tx behind it", tx_at(), Some((START + 1) % FRAMES))?;
    tx.burst(&mut []);
    same("the next frame of Tx, of which nothing was sent", tx_at(), Some(START))?;
    let waits = |frame: &[Word32; FRAME_WORDS]| frame.first().map(Word32::get) != Some(FREE);
    same("frames that wait", rings.value().tx.iter().filter(|frame| waits(frame)).count(), 0)?;
    drop((rx, tx));
    let all: Vec<_> = core::iter::from_fn(|| home.alloc()).collect();
    same("mbufs", all.len(), MBUFS)
}
