//! The driver against a model of the device, on a fake platform.

mod bad;
mod control;
mod crash;
mod deaths;
mod model;
mod ordered;
mod sleep;
mod traffic;
mod unseen;

use self::model::{Model, Region, Traits};
use super::*;
use crate::device::fake_bus::FakeBus;
use crate::fake::{self, FakePlatform};
use crate::group::Group;
use crate::mbuf::{Bundle, Mbuf, MbufConfig, MbufHome, MbufPool};
use crate::port::{DriverKind, Port, PortConfig, PortSetup, RxQueue, TxQueue};
use crate::recovery::{audit, reap};

const MBUFS: u32 = 256;
const NAME: &str = "0000:00:12.0";
const SMALL: VirtioSetup = VirtioSetup { rx_size: 32, tx_size: 32 };

type Rx = RxQueue<VirtioRx<Region, FakeBus>>;
type Tx = TxQueue<VirtioTx<Region, FakeBus>>;
type Device = VirtioNet<Region, FakeBus>;

/// A group whose slot 0 owns a device that runs.
struct Stage {
    group: Group,
    platform: &'static FakePlatform,
    pool: MbufPool,
    model: &'static Model,
    device: Device,
    port: Port,
}

fn bare(traits: Traits) -> (Group, &'static FakePlatform, &'static Model) {
    let (group, platform) = fake::group_with_memory();
    // Whoever dies, the device sees the memory.
    let observer = fake::observe(group.window(), platform);
    (group, platform, Model::new(FakeBus::new(observer), traits))
}

fn open(group: &Group, model: &'static Model) -> Result<Device, VirtioError> {
    let regions = VirtioRegions {
        common: Region::Common(model),
        notify: Region::Notify(model),
        notify_multiplier: 4,
        device: Region::Device(model),
        interrupt: Region::Interrupt(model),
    };
    VirtioNet::open(regions, FakeBus::new(*group))
}

impl Stage {
    /// A device that is not set up, and a port that is configured.
    fn unset(traits: Traits, setup: &PortSetup) -> Self {
        let (group, platform, model) = bare(traits);
        let pool = MbufPool::create(&group, "packets", &MbufConfig::new(MBUFS)).unwrap();
        let device = open(&group, model).unwrap();
        let config = PortConfig::new(DriverKind::VirtioNet);
        let port = Port::create(&group, NAME, &config).unwrap();
        port.configure(setup).unwrap();
        Self { group, platform, pool, model, device, port }
    }

    fn new(queues: u16) -> Self {
        let stage = Self::unset(Traits::default(), &PortSetup::queues(queues, queues));
        stage.set_up(&SMALL).unwrap();
        stage.device.start(&stage.port).unwrap();
        stage.port.start().unwrap();
        stage
    }

    fn set_up(&self, setup: &VirtioSetup) -> Result<(), VirtioError> {
        self.device.setup(&self.port, setup, &self.pool.home())
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
    let driver = VirtioRx::open(&claim, Region::Notify(model), FakeBus::new(*group)).unwrap();
    RxQueue::new(claim, driver)
}

fn tx(group: &Group, model: &'static Model, queue: u16) -> Tx {
    let claim = Port::lookup(group, NAME).unwrap().claim_tx(queue).unwrap();
    let driver = VirtioTx::open(&claim, Region::Notify(model), FakeBus::new(*group)).unwrap();
    TxQueue::new(claim, driver)
}

/// A frame that says which it is.
fn frame(number: u32, len: usize) -> Vec<u8> {
    let mut bytes: Vec<u8> = (0..len).map(|at| at as u8).collect();
    bytes[..4].copy_from_slice(&number.to_be_bytes());
    bytes
}

fn number(frame: &[u8]) -> u32 {
    u32::from_be_bytes(frame[..4].try_into().unwrap())
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
