//! Setting a device up: its queues, wherever they lie, and all that the port's facts say.

use super::chip::{CHIP_WORD, Chip};
use super::control::E1000e;
use super::descriptor::BYTES;
use super::error::{E1000eError, SIZE_MAX, SIZE_MIN};
use super::registers as reg;
use crate::device::slots::{DeviceQueue, DeviceQueueError, Slots, memory_bytes};
use crate::device::{Dma, Registers};
use crate::mbuf::MbufHome;
use crate::port::rss::kinds;
use crate::port::{Direction, DriverKind, Port, Promiscuous, RSS_KEY, RSS_TABLE};

const _: () = assert!(memory_bytes(SIZE_MAX) >= SIZE_MAX as u64 * BYTES, "descriptors have room");

/// The most queues each way that any chip has.
const QUEUES: usize = 2;

/// How many descriptors each queue shall have: powers of two from 32 to 4,096.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct E1000eSetup {
    /// Of Rx queues.
    pub rx_size: u32,
    /// Of Tx queues.
    pub tx_size: u32,
}

impl Default for E1000eSetup {
    /// 512 each.
    fn default() -> Self {
        Self { rx_size: 512, tx_size: 512 }
    }
}

/// A queue of which nobody else has anything.
struct Held {
    slots: Slots,
    direction: Direction,
    queue: u16,
    /// `None` of one that an earlier configuration of the port had: it is emptied, and not used.
    size: Option<u32>,
}

impl<R: Registers, D: Dma> E1000e<R, D> {
    /// Resets the device and gives it the queues of `port`, which is configured and this process's, empty;
    /// what lay with the device goes back by way of `home`, any pool's ([`MbufPool::any`](crate::mbuf::MbufPool::any));
    /// without one there is nothing that could lie there. It does not run then.
    ///
    /// Nobody else may work on a queue: a device that others use is not reset under their hands. The
    /// address is the port's; give the port the device's first ([`mac`](Self::mac)).
    ///
    /// Queues that the port had in an earlier life with other sizes are given these.
    ///
    /// Cost: the group's lock, and the heap when a queue is made or grows.
    ///
    /// # Errors
    /// [`E1000eError`]. Before the reset nothing has changed; the device is stopped, if it fails in it.
    pub fn setup<'h>(
        &self,
        port: &Port,
        setup: &E1000eSetup,
        home: impl Into<Option<&'h MbufHome<'h>>>,
    ) -> Result<(), E1000eError> {
        let home = home.into();
        let facts = port.facts();
        self.check(port, setup)?;
        let size_of = |direction| match direction {
            Direction::Rx => setup.rx_size,
            Direction::Tx => setup.tx_size,
        };
        let mut held = self.hold_all(port, size_of, |direction, queue| {
            let size = size_of(direction);
            DeviceQueue::create_or_attach(port, direction, queue, size).map(Some)
        })?;
        // Until all is written it is not set up, whoever looks.
        port.set_driver_word(CHIP_WORD, 0)?;
        self.reset()?;
        crash_point!("e1000e: it is reset");
        held.iter_mut().flatten().for_each(|held| held.slots.empty(home));
        for Held { slots, direction, queue, size } in held.iter_mut().flatten() {
            if let Some(size) = *size {
                slots.resize(size)?;
                self.program(*direction, *queue, self.bus_of(slots.queue())?, size);
            }
        }
        self.write(reg::TIPG, reg::TIPG_USUAL);
        self.write(reg::TCTL, reg::TCTL_USUAL);
        self.write(reg::RCTL, reg::RCTL_BROADCAST | reg::RCTL_STRIP_CRC);
        (0..reg::MTA_WORDS).for_each(|word| self.write(reg::MTA + 4 * word, 0));
        self.set_mac(facts.mac);
        self.set_mtu(facts.mtu)?;
        let all = facts.is_promiscuous;
        self.set_promiscuous(if all { Promiscuous::On } else { Promiscuous::Off });
        self.spread(port);
        crash_point!("e1000e: all but its chip is written");
        port.set_driver_word(CHIP_WORD, self.chip as u64)?;
        Ok(())
    }

    /// Stops the device for good, and has all that lay with it go back by way of `home`: before the port
    /// is closed. Nobody else may work on a queue.
    ///
    /// # Errors
    /// [`E1000eError`]; before the reset nothing has changed. Of one that does not answer, what lay with it stays where it is:
    /// a device that is broken may write it still.
    #[doc(alias = "rte_eth_dev_close")]
    pub fn shut_down<'h>(
        &self,
        port: &Port,
        home: impl Into<Option<&'h MbufHome<'h>>>,
    ) -> Result<(), E1000eError> {
        self.shut_down_kept_off(port, home, || false)
    }

    /// As [`shut_down`](Self::shut_down), by a platform that can keep the device from memory: `keep_off` does, once nobody
    /// else has a queue, and says whether it does no DMA from then on. Then one that does not answer, for it was pulled or
    /// is broken, is stopped.
    ///
    /// # Errors
    /// [`E1000eError`]; before `keep_off` was called nothing has changed.
    pub fn shut_down_kept_off<'h>(
        &self,
        port: &Port,
        home: impl Into<Option<&'h MbufHome<'h>>>,
        keep_off: impl FnOnce() -> bool,
    ) -> Result<(), E1000eError> {
        let home = home.into();
        if !port.is_mine() {
            return Err(E1000eError::NotOwner { port: port.name() });
        }
        // One that was never set up has none.
        let find = |direction, queue| DeviceQueue::find(port, direction, queue);
        let mut held = self.hold_all(port, |_| 0, find)?;
        let is_kept_off = keep_off();
        match self.reset() {
            Ok(()) => {}
            Err(E1000eError::Absent) if is_kept_off => {}
            Err(why) => return Err(why),
        }
        held.iter_mut().flatten().for_each(|held| held.slots.empty(home));
        Ok(())
    }

    /// Whether the device has the queues of `port` still, as they were set up: then a new owner can go on
    /// with it as it runs, and nobody's queue is touched. Else [`setup`](Self::setup) is needed.
    ///
    /// # Errors
    /// [`E1000eError`], of a queue that is not to be found.
    pub fn is_set_up(&self, port: &Port) -> Result<bool, E1000eError> {
        if Chip::of_port(port) != Ok(self.chip) || port.rx_queues() == 0 || port.tx_queues() == 0 {
            return Ok(false);
        }
        for direction in [Direction::Rx, Direction::Tx] {
            for number in 0..queues_of(port, direction) {
                let queue = DeviceQueue::lookup(port, direction, number)?;
                let (bus, base) = (self.bus_of(&queue)?, base(direction, number));
                let said = u64::from(self.read(base + reg::BASE_HIGH)) << 32
                    | u64::from(self.read(base + reg::BASE_LOW));
                let bytes = u64::from(self.read(base + reg::LENGTH));
                if said != bus || bytes != u64::from(queue.size()) * BYTES {
                    return Ok(false);
                }
            }
        }
        Ok(true)
    }

    fn check(&self, port: &Port, setup: &E1000eSetup) -> Result<(), E1000eError> {
        let (facts, chip) = (port.facts(), self.chip);
        if facts.driver != DriverKind::E1000e {
            return Err(E1000eError::Driver { port: port.name(), found: facts.driver });
        }
        if !port.is_mine() {
            return Err(E1000eError::NotOwner { port: port.name() });
        }
        for (direction, asked) in [(Direction::Rx, setup.rx_size), (Direction::Tx, setup.tx_size)] {
            if !asked.is_power_of_two() || !(SIZE_MIN..=SIZE_MAX).contains(&asked) {
                return Err(E1000eError::Size { direction, asked });
            }
            let asked = queues_of(port, direction);
            if asked == 0 || asked > chip.queues() {
                return Err(E1000eError::Queues { direction, asked, chip });
            }
        }
        if facts.mtu == 0 || facts.mtu > chip.mtu_max() {
            return Err(E1000eError::Mtu { asked: facts.mtu, chip });
        }
        Ok(())
    }

    /// All queues of the port, which nobody else works on; and those that it has no more.
    fn hold_all(
        &self,
        port: &Port,
        size_of: impl Fn(Direction) -> u32,
        find: impl Fn(Direction, u16) -> Result<Option<DeviceQueue>, DeviceQueueError>,
    ) -> Result<[Option<Held>; QUEUES * 2], E1000eError> {
        let mut held = [const { None }; QUEUES * 2];
        let all = [Direction::Rx, Direction::Tx]
            .into_iter()
            .flat_map(|direction| (0..QUEUES as u16).map(move |queue| (direction, queue)));
        for (slot, (direction, queue)) in held.iter_mut().zip(all) {
            let (found, size) = if queue < queues_of(port, direction) {
                let Some(found) = find(direction, queue)? else { continue };
                self.bus_of(&found)?;
                (found, Some(size_of(direction)))
            } else {
                let Some(found) = DeviceQueue::find(port, direction, queue)? else { continue };
                (found, None)
            };
            *slot = Some(Held { slots: Slots::open(found)?, direction, queue, size });
        }
        Ok(held)
    }

    fn bus_of(&self, queue: &DeviceQueue) -> Result<u64, E1000eError> {
        let (at, bytes) = (queue.memory(), queue.memory_bytes());
        let (name, place) = (queue.name(), at.get());
        let unreachable = E1000eError::Unreachable { queue: name, at: place, bytes };
        self.dma.bus(at, bytes).ok_or(unreachable)
    }

    /// Tells the device of an empty queue.
    fn program(&self, direction: Direction, queue: u16, bus: u64, size: u32) {
        let base = base(direction, queue);
        self.write(base + reg::BASE_LOW, bus as u32);
        self.write(base + reg::BASE_HIGH, (bus >> 32) as u32);
        self.write(base + reg::LENGTH, size * BYTES as u32);
        self.write(base + reg::HEAD, 0);
        self.write(base + reg::TAIL, 0);
        if direction == Direction::Tx {
            self.write(base + reg::TXDCTL, reg::TXDCTL_USUAL);
            let arbitration = self.read(base + reg::TARC);
            self.write(base + reg::TARC, arbitration | reg::TARC_ON);
        }
    }

    /// Has packets spread over the queues as the port says. The chip hashes UDP over addresses only.
    fn spread(&self, port: &Port) {
        if self.chip != Chip::I82574l {
            return;
        }
        self.write(reg::RFCTL, reg::RFCTL_EXTENDED);
        self.write(reg::RXCSUM, reg::RXCSUM_HASH);
        if port.rx_queues() < 2 {
            self.write(reg::MRQC, 0);
            return;
        }
        let rss = port.rss();
        let key: [u8; RSS_KEY] = rss.key();
        for (at, bytes) in (reg::RSSRK..).step_by(4).zip(key.chunks_exact(4)) {
            self.write(at, u32::from_le_bytes(bytes.try_into().unwrap_or_default()));
        }
        let table: [u8; RSS_TABLE] = core::array::from_fn(|it| {
            let queue = rss.queue_of_hash(it as u32);
            (queue as u8 & 1) << 7
        });
        for (at, bytes) in (reg::RETA..).step_by(4).zip(table.chunks_exact(4)) {
            self.write(at, u32::from_le_bytes(bytes.try_into().unwrap_or_default()));
        }
        let hashed = [
            (kinds::IPV4, reg::MRQC_IP4),
            (kinds::IPV4_TCP, reg::MRQC_TCP4),
            (kinds::IPV6, reg::MRQC_IP6),
            (kinds::IPV6_TCP, reg::MRQC_TCP6),
        ];
        let bits = hashed.into_iter().filter(|(kind, _)| rss.kinds() & kind != 0);
        self.write(reg::MRQC, bits.fold(reg::MRQC_ON, |all, (_, bit)| all | bit));
    }
}

/// Where a queue's registers begin.
pub(super) const fn base(direction: Direction, queue: u16) -> usize {
    let first = match direction {
        Direction::Rx => reg::RX_QUEUE,
        Direction::Tx => reg::TX_QUEUE,
    };
    first + 0x100 * queue as usize
}

fn queues_of(port: &Port, direction: Direction) -> u16 {
    match direction {
        Direction::Rx => port.rx_queues(),
        Direction::Tx => port.tx_queues(),
    }
}
