//! The driver against a model of the device, on a fake platform.

mod bad;
mod control;
mod crash;
mod deaths;
mod model;
mod ordered;
mod sleep;
mod telling;
mod traffic;
mod unseen;

use self::model::{Model, Quirks};
use super::*;
use crate::device::fake_bus::FakeBus;
use crate::device::{Heard, Hearing};
use crate::fake::{self, FakePlatform};
use crate::group::Group;
use crate::mbuf::{Bundle, Mbuf, MbufConfig, MbufHome, MbufPool};
use crate::port::{DriverKind, Port, PortConfig, PortSetup, RxQueue, TxQueue};
use crate::recovery::{audit, reap};

const MBUFS: u32 = 256;
const NAME: &str = "0000:00:11.0";
const SMALL: E1000eSetup = E1000eSetup { rx_size: 32, tx_size: 32 };
/// So many that the device is told of several rows together; and mbufs, of which it may have most.
const WIDE: E1000eSetup = E1000eSetup { rx_size: 256, tx_size: 32 };
const FEW: u32 = 330;

type Rx = RxQueue<E1000eRx<&'static Model, FakeBus>>;
type Tx = TxQueue<E1000eTx<&'static Model, FakeBus>>;

/// A group whose slot 0 owns a device that runs.
struct Stage {
    group: Group,
    platform: &'static FakePlatform,
    pool: MbufPool,
    model: &'static Model,
    device: E1000e<&'static Model, FakeBus>,
    port: Port,
}

impl Stage {
    fn bare(chip: Chip, quirks: Quirks) -> (Group, &'static FakePlatform, &'static Model) {
        let (group, platform) = fake::group_with_memory();
        // Whoever dies, the device sees the memory.
        let observer = fake::observe(group.window(), platform);
        (group, platform, Model::new(chip, FakeBus::new(observer), quirks))
    }

    fn new(chip: Chip, setup: PortSetup) -> Self {
        Self::sized(chip, setup, SMALL, MBUFS)
    }

    fn sized(chip: Chip, setup: PortSetup, sizes: E1000eSetup, mbufs: u32) -> Self {
        let (group, platform, model) = Self::bare(chip, Quirks::default());
        let pool = MbufPool::create(&group, "packets", &MbufConfig::new(mbufs)).unwrap();
        let device = E1000e::open(chip, model, FakeBus::new(group)).unwrap();
        let config =
            PortConfig { mac: Some(device.mac().unwrap()), ..PortConfig::new(DriverKind::E1000e) };
        let port = Port::create(&group, NAME, &config).unwrap();
        port.configure(&setup).unwrap();
        device.setup(&port, &sizes, &pool.home()).unwrap();
        device.start();
        port.start().unwrap();
        Self { group, platform, pool, model, device, port }
    }

    /// With one queue each way.
    fn simple() -> Self {
        Self::new(Chip::I82574l, PortSetup::queues(1, 1))
    }

    fn join(&self, slot: u16) -> Group {
        fake::join(self.group.window(), slot, self.platform)
    }

    fn kill(&self, slot: u16) {
        self.platform.dead.lock().unwrap().insert(slot);
        while reap(&self.group).unwrap().is_some() {}
    }

    fn rx(&self, queue: u16) -> Rx {
        rx(&self.group, self.model, queue)
    }

    fn tx(&self, queue: u16) -> Tx {
        tx(&self.group, self.model, queue)
    }

    /// Nothing is wrong, and so many mbufs are with the device.
    fn audit(&self, what: &str) -> u64 {
        let mut found = Vec::new();
        let audited = audit(&self.group, |finding| found.push(finding.to_string())).unwrap();
        assert!(found.is_empty(), "{what}: {found:?}");
        assert_eq!(audited.in_rings, 0, "{what}");
        audited.with_devices
    }
}

fn rx(group: &Group, model: &'static Model, queue: u16) -> Rx {
    let claim = Port::lookup(group, NAME).unwrap().claim_rx(queue).unwrap();
    let driver = E1000eRx::open(&claim, model, FakeBus::new(*group)).unwrap();
    RxQueue::new(claim, driver)
}

fn tx(group: &Group, model: &'static Model, queue: u16) -> Tx {
    let claim = Port::lookup(group, NAME).unwrap().claim_tx(queue).unwrap();
    let driver = E1000eTx::open(&claim, model, FakeBus::new(*group)).unwrap();
    TxQueue::new(claim, driver)
}

/// A frame that says which it is.
fn frame(number: u32, len: usize) -> Vec<u8> {
    let mut bytes: Vec<u8> = (0..len).map(|at| at as u8).collect();
    bytes[..4].copy_from_slice(&number.to_be_bytes());
    bytes
}

fn packet<'h>(home: &'h MbufHome<'h>, bytes: &[u8]) -> Mbuf<'h> {
    let mut packet = home.alloc().expect("an mbuf");
    packet.append(bytes.len() as u16).unwrap().copy_from_slice(bytes);
    packet
}

fn bytes(packet: &Mbuf<'_>) -> Vec<u8> {
    packet.check().unwrap();
    packet.segments().flatten().copied().collect()
}

/// What comes in one burst of 32.
fn burst(queue: &mut Rx, home: &MbufHome<'_>) -> Vec<Vec<u8>> {
    let mut got: [Option<Mbuf<'_>>; 32] = [const { None }; 32];
    let count = queue.burst(home, &mut got);
    got.iter().take(count).flatten().map(bytes).collect()
}

/// Adds these frames, of one length, to a bundle.
fn build(bundle: &mut Bundle<'_>, frames: &[Vec<u8>]) {
    let mut next = frames.iter();
    let len = frames[0].len() as u16;
    bundle.build(frames.len(), len, |bytes| bytes.copy_from_slice(next.next().unwrap())).unwrap();
}

/// What comes in one bundle, by the bytes of each packet's first segment.
fn unseen(queue: &mut Rx, home: &MbufHome<'_>) -> Vec<Vec<u8>> {
    let (mut came, mut all) = (Bundle::new(home), Vec::new());
    let count = queue.burst_unseen(&mut came);
    came.for_each_data(|data| all.push(data.to_vec()));
    assert_eq!((count, came.tally().packets), (all.len(), all.len()));
    all
}
