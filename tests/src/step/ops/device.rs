//! A device's queues: opened, filled, received from, sent by and cleaned, and the device set up, wherever a
//! process dies. The device is plain memory: registers in a zone, and a test that does its part.

#![expect(unsafe_code, reason = "a device reads and writes memory by address")]

use phalanx_core::device::e1000e::{Chip, E1000e, E1000eRx, E1000eSetup, E1000eTx};
use phalanx_core::device::{Dma, Hearing, Registers};
use phalanx_core::group::Group;
use phalanx_core::mbuf::{Mbuf, MbufConfig, MbufHome, MbufPool};
use phalanx_core::memzone::{TypedZone, Zone, ZoneOptions};
use phalanx_core::offset::Offset;
use phalanx_core::port::{DriverKind, Port, PortConfig, PortSetup, RxQueue, RxSleep, TxQueue};
use phalanx_core::recovery::audit;
use phalanx_core::sync::Word32;

use crate::step::operation::{Marks, Member, Operation, Outcome, same, sentence};

/// The primary's device, which runs.
const THEIRS: &str = "0000:00:11.0";
/// The device of whoever dies.
const OWN: &str = "0000:00:12.0";
const POOL: &str = "step.device.mbufs";
const MBUFS: u32 = 160;
/// Bytes of each frame.
const FRAME: u16 = 60;

phalanx_core::shared_words! {
    /// The registers of a device.
    pub struct RegisterFile { pub words: [Word32; 32_768] }
}

/// The registers that a device minds.
const CTRL: usize = 0;
const CTRL_RST: u32 = 1 << 26;
const RX: usize = 0x2800;
const TX: usize = 0x3800;
const BASE_LOW: usize = 0;
const BASE_HIGH: usize = 4;
const LENGTH: usize = 8;
const HEAD: usize = 0x10;
const TAIL: usize = 0x18;

/// Descriptors of each queue; and of one that is larger.
const SIZE: u32 = 32;
const LARGE: u32 = 64;

/// A device, as all its drivers see it.
#[derive(Clone, Copy)]
struct Device {
    group: Group,
    registers: TypedZone<RegisterFile>,
}

impl Registers for Device {
    fn len(&self) -> usize {
        size_of::<RegisterFile>()
    }
    fn read32(&self, at: usize) -> u32 {
        self.registers.words.get(at / 4).map_or(u32::MAX, Word32::get)
    }
    fn write32(&self, at: usize, value: u32) {
        let value = if at == CTRL { value & !CTRL_RST } else { value };
        if let Some(word) = self.registers.words.get(at / 4) {
            word.set(value);
        }
    }
    // The driver uses words of four bytes only.
    fn read8(&self, _: usize) -> u8 {
        u8::MAX
    }
    fn read16(&self, _: usize) -> u16 {
        u16::MAX
    }
    fn read64(&self, _: usize) -> u64 {
        u64::MAX
    }
    fn write8(&self, _: usize, _: u8) {}
    fn write16(&self, _: usize, _: u16) {}
    fn write64(&self, _: usize, _: u64) {}
}

impl Dma for Device {
    fn bus(&self, at: Offset<u8>, len: u64) -> Option<u64> {
        let len = usize::try_from(len).ok()?;
        self.group.window().address(at, len, 1).map(|_| at.get())
    }
}

impl Device {
    fn of(group: &Group, port: &str) -> Result<Self, String> {
        let (name, options) = (format!("registers@{port}"), ZoneOptions::default());
        let made = Zone::create_typed_or_find(group, &name, &options, |_: &RegisterFile| {});
        let (registers, _) = made.map_err(sentence)?;
        Ok(Self { group: *group, registers })
    }

    fn word(&self, bus: u64) -> Result<*mut u64, String> {
        let at = self.group.window().address(Offset::<u8>::new(bus), 8, 1);
        Ok(at.ok_or("the device has no such memory")?.cast().as_ptr())
    }

    fn read(&self, bus: u64) -> Result<u64, String> {
        let from = self.word(bus)?;
        // SAFETY: in the window; a device reads whatever lies there.
        Ok(unsafe { from.read_unaligned() })
    }

    fn write(&self, bus: u64, value: u64) -> Outcome {
        let to = self.word(bus)?;
        // SAFETY: in the window; a device writes where it was told to.
        unsafe { to.write_unaligned(value) };
        Ok(())
    }

    /// The next descriptor of a queue that is the device's, if there is one; it is done with it.
    fn next(&self, queue: usize) -> Option<u64> {
        let head = self.read32(queue + HEAD);
        if head == self.read32(queue + TAIL) {
            return None;
        }
        self.write32(queue + HEAD, (head + 1) % (self.read32(queue + LENGTH) / 16));
        let base = u64::from(self.read32(queue + BASE_HIGH)) << 32
            | u64::from(self.read32(queue + BASE_LOW));
        Some(base + u64::from(head) * 16)
    }

    /// Receives a frame of sevens; says whether there was a buffer.
    fn deliver(&self) -> Result<bool, String> {
        let Some(descriptor) = self.next(RX) else { return Ok(false) };
        let buffer = self.read(descriptor)?;
        for at in (0..u64::from(FRAME)).step_by(4) {
            self.write(buffer + at, 0x0707_0707_0707_0707)?;
        }
        self.write(descriptor + 8, u64::from(FRAME) << 32 | 3)?;
        Ok(true)
    }

    /// Sends all that it was given; returns how many descriptors that were.
    fn transmit(&self) -> Result<u32, String> {
        let mut sent = 0;
        while let Some(descriptor) = self.next(TX) {
            let facts = self.read(descriptor + 8)?;
            self.write(descriptor + 8, facts | 1 << 32)?;
            sent += 1;
        }
        Ok(sent)
    }
}

/// What is done between the marks.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Act {
    Open,
    /// A fresh queue gets its buffers.
    Fill,
    /// Packets come.
    Receive,
    /// Packets come, and the device gets buffers for them.
    Refill,
    /// Packets of one and of two segments go.
    Send,
    /// The queue is full of what was sent, and another goes.
    Clean,
    /// A queue is armed to sleep on, and disarmed.
    Arm,
    /// Who sleeps on a queue is woken.
    Rouse,
    /// The owner sets its device up.
    SetUp,
    /// The owner sets a device up anew that has buffers: with as many descriptors, with more, with fewer.
    SetUpAnew,
    Grow,
    Shrink,
}

#[derive(Debug)]
struct DeviceOp {
    name: &'static str,
    act: Act,
}

pub(super) fn operations() -> Vec<Box<dyn Operation>> {
    let op = |name, act| Box::new(DeviceOp { name, act }) as Box<dyn Operation>;
    vec![
        op("device.open", Act::Open),
        op("device.fill", Act::Fill),
        op("device.receive", Act::Receive),
        op("device.refill", Act::Refill),
        op("device.send", Act::Send),
        op("device.clean", Act::Clean),
        op("device.arm", Act::Arm),
        op("device.rouse", Act::Rouse),
        op("device.set-up", Act::SetUp),
        op("device.set-up.anew", Act::SetUpAnew),
        op("device.set-up.grow", Act::Grow),
        op("device.set-up.shrink", Act::Shrink),
    ]
}

/// Creates, configures and starts the port, and all but sets its device up.
fn create(group: &Group, name: &str) -> Result<Port, String> {
    let config = PortConfig::new(DriverKind::E1000e);
    let port = Port::create(group, name, &config).map_err(sentence)?;
    port.configure(&PortSetup::queues(1, 1)).map_err(sentence)?;
    Ok(port)
}

fn set_up(port: &Port, home: &MbufHome<'_>, size: u32) -> Outcome {
    let device = Device::of(port.group(), port.name().as_str())?;
    let sizes = E1000eSetup { rx_size: size, tx_size: size };
    let driver = E1000e::open(Chip::I82574l, device, device).map_err(sentence)?;
    driver.setup(port, &sizes, home).map_err(sentence)?;
    driver.hear_by(port, Some(Hearing::Vectors(2))).map_err(sentence)?;
    driver.start();
    Ok(())
}

fn rx(port: &Port) -> Result<RxQueue<E1000eRx<Device, Device>>, String> {
    let device = Device::of(port.group(), port.name().as_str())?;
    let claim = port.claim_rx(0).map_err(sentence)?;
    let driver = E1000eRx::open(&claim, device, device).map_err(sentence)?;
    Ok(RxQueue::new(claim, driver))
}

fn tx(port: &Port) -> Result<TxQueue<E1000eTx<Device, Device>>, String> {
    let device = Device::of(port.group(), port.name().as_str())?;
    let claim = port.claim_tx(0).map_err(sentence)?;
    let driver = E1000eTx::open(&claim, device, device).map_err(sentence)?;
    Ok(TxQueue::new(claim, driver))
}

fn pool_of(member: &Member<'_>) -> Result<MbufPool, String> {
    MbufPool::lookup(member.group, POOL).map_err(sentence)
}

fn packet<'h>(home: &'h MbufHome<'h>) -> Result<Mbuf<'h>, String> {
    let mut packet = home.alloc().ok_or("the pool has no mbuf")?;
    packet.append(FRAME).map_err(sentence)?.fill(7);
    Ok(packet)
}

impl DeviceOp {
    /// What an owner does, with a device of this process's own.
    fn own(&self, member: &Member<'_>, marks: Marks) -> Outcome {
        let (port, pool) = (create(member.group, OWN)?, pool_of(member)?);
        let home = pool.home();
        let (before, after) = match self.act {
            Act::Grow => (SIZE, LARGE),
            Act::Shrink => (LARGE, SIZE),
            _ => (SIZE, SIZE),
        };
        if self.act != Act::SetUp {
            set_up(&port, &home, before)?;
            port.start().map_err(sentence)?;
            rx(&port)?.burst(&home, &mut [const { None }; 1]);
        }
        // Found before: what it takes to make it is no device's.
        Device::of(member.group, OWN)?;
        let _done = marks.around(|| set_up(&port, &home, after));
        Ok(())
    }

    /// What anybody does, with a queue of the primary's device.
    fn theirs(&self, member: &Member<'_>, marks: Marks) -> Outcome {
        let port = Port::lookup(member.group, THEIRS).map_err(sentence)?;
        let device = Device::of(member.group, THEIRS)?;
        let pool = pool_of(member)?;
        let (home, mut got) = (pool.home(), [const { None }; 12]);
        match self.act {
            Act::Open => core::mem::forget(marks.around(|| rx(&port))),
            Act::Fill => {
                let mut queue = rx(&port)?;
                marks.around(|| queue.burst(&home, &mut got));
            }
            Act::Arm | Act::Rouse => {
                let mut queue = rx(&port)?;
                queue.burst(&home, &mut got);
                let arm = |queue: &mut RxQueue<_>| {
                    RxSleep::begin(member.group).arm(queue).map_err(sentence)
                };
                if self.act == Act::Arm {
                    return marks.around(|| arm(&mut queue).map(|()| queue.disarm()));
                }
                arm(&mut queue)?;
                marks.around(|| port.rouse(0));
            }
            Act::Receive | Act::Refill => {
                let mut queue = rx(&port)?;
                queue.burst(&home, &mut got);
                for _ in 0..if self.act == Act::Receive { 3 } else { 9 } {
                    device.deliver()?;
                }
                marks.around(|| queue.burst(&home, &mut got));
            }
            Act::Send => {
                let mut queue = tx(&port)?;
                let mut long = packet(&home)?;
                long.chain(packet(&home)?).map_err(sentence)?;
                let mut packets = [packet(&home)?, long].map(Some);
                marks.around(|| queue.burst(&mut packets));
            }
            _ => {
                let mut queue = tx(&port)?;
                for _ in 0..SIZE - 1 {
                    queue.burst(&mut [Some(packet(&home)?)]);
                }
                device.transmit()?;
                let mut packets = [Some(packet(&home)?)];
                marks.around(|| queue.burst(&mut packets));
            }
        }
        Ok(())
    }

    fn is_owners(&self) -> bool {
        matches!(self.act, Act::SetUp | Act::SetUpAnew | Act::Grow | Act::Shrink)
    }
}

impl Operation for DeviceOp {
    fn name(&self) -> &str {
        self.name
    }

    fn prepare(&self, member: &Member<'_>) -> Outcome {
        let config = MbufConfig::new(MBUFS);
        let pool = MbufPool::create(member.group, POOL, &config).map_err(sentence)?;
        let port = create(member.group, THEIRS)?;
        set_up(&port, &pool.home(), SIZE)?;
        port.start().map_err(sentence)
    }

    fn operate(&self, member: &Member<'_>, marks: Marks) -> Outcome {
        if self.is_owners() { self.own(member, marks) } else { self.theirs(member, marks) }
    }

    fn judge(&self, member: &Member<'_>) -> Outcome {
        use_device(member, THEIRS)?;
        if !self.is_owners() {
            return Ok(());
        }
        let (port, pool) = (Port::lookup(member.group, OWN).map_err(sentence)?, pool_of(member)?);
        port.adopt().map_err(sentence)?;
        set_up(&port, &pool.home(), SIZE)?;
        port.start().map_err(sentence)?;
        use_device(member, OWN)
    }

    fn use_again(&self, member: &Member<'_>) -> Outcome {
        use_device(member, THEIRS)?;
        if self.is_owners() { use_device(member, OWN) } else { Ok(()) }
    }
}

/// Both queues are to be had; what came before comes, if it was in nobody's hands; what comes comes and
/// what goes goes; and each mbuf is in the pool or with a device.
fn use_device(member: &Member<'_>, name: &str) -> Outcome {
    let port = Port::lookup(member.group, name).map_err(sentence)?;
    let (device, pool) = (Device::of(member.group, name)?, pool_of(member)?);
    let home = pool.home();
    let (mut rx, mut tx) = (rx(&port)?, tx(&port)?);
    let mut got = [const { None }; 16];
    for left in 0..2 {
        let before = rx.burst(&home, &mut got);
        same("no more came than were delivered", before <= if left == 0 { 9 } else { 0 }, true)?;
        for packet in got.iter_mut().filter_map(Option::take) {
            packet.check().map_err(sentence)?;
            same("bytes of a packet", packet.data(), &[7; FRAME as usize][..])?;
        }
    }
    device.transmit()?;
    // Once around and further.
    for _ in 0..SIZE + 3 {
        same("there is a buffer", device.deliver()?, true)?;
        same("packets that came", rx.burst(&home, &mut got), 1)?;
        same("packets taken", tx.burst(&mut got), 1)?;
        // At first also what the dead one had handed over and not told of.
        same("it is sent", device.transmit()? >= 1, true)?;
    }
    drop((rx, tx));
    let all: Vec<_> = core::iter::from_fn(|| home.alloc()).collect();
    let mut wrong = Vec::new();
    let audited = audit(member.group, |finding| wrong.push(finding.to_string()));
    same("findings", wrong, Vec::new())?;
    let elsewhere = audited.map_err(sentence)?.with_devices;
    same("mbufs in the pool and with devices", all.len() as u64 + elsewhere, u64::from(MBUFS))
}
