//! Setting a device up: its queues, wherever they lie, and all that the port's facts say.

use super::command::{CONTROL_BYTES, CONTROL_SIZE, Command};
use super::control::VirtioNet;
use super::error::{SIZE_MIN, VirtioError};
use super::registers::{self as reg, features, status};
use super::ring::{Parts, Ring};
use crate::device::slots::{DESCRIPTORS_MAX, DeviceQueue, DeviceQueueError, Slots, memory_bytes};
use crate::device::{Dma, Registers};
use crate::mbuf::MbufHome;
use crate::port::{Direction, DriverKind, Port, Promiscuous, QUEUES_MAX};
use crate::reach::IovaMode;

/// The word of a port in which the features stand that were agreed on; 0 before.
pub(super) const FEATURES_WORD: usize = 0;

/// How many descriptors each queue shall have: powers of two from 16 to what the device has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VirtioSetup {
    /// Of Rx queues.
    pub rx_size: u32,
    /// Of Tx queues. A packet takes two and more.
    pub tx_size: u32,
}

impl Default for VirtioSetup {
    /// 256 each: what most devices have.
    fn default() -> Self {
        Self { rx_size: 256, tx_size: 256 }
    }
}

impl VirtioSetup {
    const fn size(&self, direction: Direction) -> u32 {
        match direction {
            Direction::Rx => self.rx_size,
            Direction::Tx => self.tx_size,
        }
    }
}

/// Queues of which nobody else has anything.
type Held = [Option<Slots>; QUEUES_MAX * 2];

impl<R: Registers, D: Dma> VirtioNet<R, D> {
    /// Resets the device and gives it the queues of `port`, which is configured and this process's, empty;
    /// what lay with the device goes back by way of `home`, any pool's ([`MbufPool::any`](crate::mbuf::MbufPool::any));
    /// without one there is nothing that could lie there. It does not run then.
    ///
    /// Nobody else may work on a queue: a device that others use is not reset under their hands.
    ///
    /// Queues that the port had in an earlier life with other sizes are given these.
    ///
    /// Cost: the group's lock, and the heap when a queue is made or grows.
    ///
    /// # Errors
    /// [`VirtioError`]. Before the reset nothing has changed; the device is stopped, if it fails in it.
    pub fn setup<'h>(
        &self,
        port: &Port,
        setup: &VirtioSetup,
        home: impl Into<Option<&'h MbufHome<'h>>>,
    ) -> Result<(), VirtioError> {
        let home = home.into();
        self.check(port, setup)?;
        let mut held = hold_all(port, |direction, queue| {
            DeviceQueue::create_or_attach(port, direction, queue, setup.size(direction)).map(Some)
        })?;
        let used = usize::from(port.rx_queues()) * 2;
        for slots in held.iter().take(used).flatten() {
            self.bus_of(slots.queue())?;
        }
        // Until all is written it is not set up, whoever looks.
        port.set_driver_word(FEATURES_WORD, 0)?;
        self.reset()?;
        crash_point!("virtio: it is reset");
        held.iter_mut().flatten().for_each(|slots| slots.empty(home));
        let agreed = self.negotiate()?;
        let common = &self.regions.common;
        common.write16(reg::CONFIG_VECTOR, reg::NO_VECTOR);
        let used = held.iter_mut().take(used).zip(all_of(port));
        for (number, (slots, (direction, _))) in (0u16..).zip(used) {
            let Some(slots) = slots else { continue };
            slots.resize(setup.size(direction))?;
            let queue = *slots.queue();
            Ring::of(&queue, 0, queue.size()).begin_anew();
            let told_at = self.program(number, self.bus_of(&queue)?, queue.size())?;
            slots.set_driver_word(told_at);
        }
        if agreed & features::CTRL_VQ != 0
            && let Some(slots) = held.first().and_then(Option::as_ref)
        {
            let (queue, at) = (slots.queue(), Parts::of(slots.size()).end);
            Ring::of(queue, at, CONTROL_SIZE).begin_anew();
            self.program(self.control_queue(agreed), self.bus_of(queue)? + at, CONTROL_SIZE)?;
        }
        port.set_driver_word(FEATURES_WORD, agreed)?;
        Ok(())
    }

    /// Lets the device receive and send. Before the port is started.
    ///
    /// # Errors
    /// [`VirtioError`], if it is not set up, or does not obey: then it runs with one queue each way, or
    /// receives what it did before.
    pub fn start(&self, port: &Port) -> Result<(), VirtioError> {
        let agreed = agreed(port)?;
        self.set_status(self.status() | status::DRIVER_OK);
        let pairs = port.rx_queues();
        if agreed & features::MQ != 0 {
            self.command(port, Command::Pairs(pairs))?;
        }
        let facts = port.facts();
        if agreed & features::CTRL_RX != 0 {
            let all = facts.is_promiscuous;
            self.set_promiscuous(port, if all { Promiscuous::On } else { Promiscuous::Off })?;
        }
        Ok(())
    }

    /// Whether it receives frames for others. It runs.
    ///
    /// # Errors
    /// [`VirtioError::NoControl`], [`VirtioError::Refused`]; it is as it was.
    #[doc(alias = "rte_eth_promiscuous_enable")]
    pub fn set_promiscuous(&self, port: &Port, to: Promiscuous) -> Result<(), VirtioError> {
        if agreed(port)? & features::CTRL_RX == 0 {
            return Err(VirtioError::NoControl);
        }
        self.command(port, Command::Promiscuous(to))
    }

    /// Stops the device for good, and has all that lay with it go back by way of `home`: before the port
    /// is closed. Nobody else may work on a queue.
    ///
    /// # Errors
    /// [`VirtioError`]; before the reset nothing has changed. Of one that does not answer, what lay with it stays where it is:
    /// a device that is broken may write it still.
    #[doc(alias = "rte_eth_dev_close")]
    pub fn shut_down<'h>(
        &self,
        port: &Port,
        home: impl Into<Option<&'h MbufHome<'h>>>,
    ) -> Result<(), VirtioError> {
        self.shut_down_kept_off(port, home, || false)
    }

    /// As [`shut_down`](Self::shut_down), by a platform that can keep the device from memory: `keep_off` does, once nobody
    /// else has a queue, and says whether it does no DMA from then on. Then one that does not answer, for it was pulled or
    /// is broken, is stopped.
    ///
    /// # Errors
    /// [`VirtioError`]; before `keep_off` was called nothing has changed.
    pub fn shut_down_kept_off<'h>(
        &self,
        port: &Port,
        home: impl Into<Option<&'h MbufHome<'h>>>,
        keep_off: impl FnOnce() -> bool,
    ) -> Result<(), VirtioError> {
        let home = home.into();
        if !port.is_mine() {
            return Err(VirtioError::NotOwner { port: port.name() });
        }
        // One that was never set up has none.
        let find = |direction, queue| DeviceQueue::find(port, direction, queue);
        let mut held = hold_all(port, find)?;
        let is_kept_off = keep_off();
        match self.reset() {
            Ok(()) => {}
            Err(VirtioError::Absent) if is_kept_off => {}
            Err(why) => return Err(why),
        }
        held.iter_mut().flatten().for_each(|slots| slots.empty(home));
        Ok(())
    }

    /// Whether the device has the queues of `port` still, as they were set up, and runs: then a new owner
    /// can go on with it as it is, and nobody's queue is touched. Else [`setup`](Self::setup) is needed.
    ///
    /// # Errors
    /// [`VirtioError`], of a queue that is not to be found.
    pub fn is_set_up(&self, port: &Port) -> Result<bool, VirtioError> {
        if agreed(port).is_err() || port.rx_queues() == 0 {
            return Ok(false);
        }
        let status = self.status();
        if status & status::DRIVER_OK == 0 || status & (status::NEEDS_RESET | status::FAILED) != 0 {
            return Ok(false);
        }
        let common = &self.regions.common;
        for (number, (direction, queue)) in (0u16..).zip(all_of(port)) {
            let queue = DeviceQueue::lookup(port, direction, queue)?;
            common.write16(reg::QUEUE_SELECT, number);
            let said = u64::from(common.read32(reg::QUEUE_DESCRIPTORS + 4)) << 32
                | u64::from(common.read32(reg::QUEUE_DESCRIPTORS));
            let is_same = said == self.bus_of(&queue)?
                && u32::from(common.read16(reg::QUEUE_SIZE)) == queue.size();
            if !is_same || common.read16(reg::QUEUE_ENABLE) != 1 {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn check(&self, port: &Port, setup: &VirtioSetup) -> Result<(), VirtioError> {
        let facts = port.facts();
        if facts.driver != DriverKind::VirtioNet {
            return Err(VirtioError::Driver { port: port.name(), found: facts.driver });
        }
        if !port.is_mine() {
            return Err(VirtioError::NotOwner { port: port.name() });
        }
        let (rx, tx, max) = (facts.rx_queues, facts.tx_queues, self.queues_max());
        if rx != tx || rx == 0 || rx > max {
            return Err(VirtioError::Queues { rx, tx, max });
        }
        let offered = self.offered();
        let is_virtual = port.group().iova_mode() == Some(IovaMode::Virtual);
        if is_virtual && offered & features::ACCESS_PLATFORM == 0 {
            return Err(VirtioError::BesideIommu { offered });
        }
        let max = self.mtu_max();
        if facts.mtu == 0 || facts.mtu > max {
            return Err(VirtioError::Mtu { asked: facts.mtu, max });
        }
        // The first of each kind: others may be there only once several are agreed on, and are looked at then.
        for (number, (direction, _)) in (0u16..).zip(both(0)) {
            let max = self.size_of_queue(number)?;
            let asked = setup.size(direction);
            let fits = asked.is_power_of_two() && (SIZE_MIN..=u32::from(max)).contains(&asked);
            if !fits {
                return Err(VirtioError::Size { direction, asked, max });
            }
        }
        Ok(())
    }

    /// How many descriptors the device's queue `number` has at most.
    fn size_of_queue(&self, number: u16) -> Result<u16, VirtioError> {
        let common = &self.regions.common;
        common.write16(reg::QUEUE_SELECT, number);
        let size = common.read16(reg::QUEUE_SIZE);
        let is_one = size.is_power_of_two() && u32::from(size) <= DESCRIPTORS_MAX;
        if is_one { Ok(size) } else { Err(VirtioError::Nonsense { queue: number, size }) }
    }

    pub(super) fn bus_of(&self, queue: &DeviceQueue) -> Result<u64, VirtioError> {
        let (at, bytes) = (queue.memory(), queue.memory_bytes());
        let (name, place) = (queue.name(), at.get());
        let unreachable = VirtioError::Unreachable { queue: name, at: place, bytes };
        self.dma.bus(at, bytes).ok_or(unreachable)
    }

    /// Tells the device of an empty queue. Returns where it is to be told of what is available.
    fn program(&self, number: u16, bus: u64, size: u32) -> Result<u64, VirtioError> {
        // After a reset a device may say another size.
        if u32::from(self.size_of_queue(number)?) < size {
            return Err(VirtioError::Nonsense { queue: number, size: self.size_of_queue(number)? });
        }
        let common = &self.regions.common;
        let told_at = self.told_at(number)?;
        common.write16(reg::QUEUE_SIZE, size as u16);
        common.write16(reg::QUEUE_VECTOR, reg::NO_VECTOR);
        let parts = Parts::of(size);
        for (at, bus) in [
            (reg::QUEUE_DESCRIPTORS, bus),
            (reg::QUEUE_AVAILABLE, bus + parts.available),
            (reg::QUEUE_USED, bus + parts.used),
        ] {
            common.write32(at, bus as u32);
            common.write32(at + 4, (bus >> 32) as u32);
        }
        common.write16(reg::QUEUE_ENABLE, 1);
        Ok(told_at)
    }

    /// Where in the notify region the device is told of the queue that is selected.
    pub(super) fn told_at(&self, number: u16) -> Result<u64, VirtioError> {
        self.regions.common.write16(reg::QUEUE_SELECT, number);
        let place = self.regions.common.read16(reg::QUEUE_NOTIFY);
        let at = u64::from(place) * u64::from(self.regions.notify_multiplier);
        if at + 2 > self.regions.notify.len() as u64 || at % 2 != 0 {
            return Err(VirtioError::Notify { queue: number, at });
        }
        Ok(at)
    }

    /// Which of the device's queues is the control queue (5.1.2).
    pub(super) fn control_queue(&self, agreed: u64) -> u16 {
        let pairs = if agreed & features::MQ == 0 { 1 } else { self.queues_max() };
        pairs * 2
    }
}

/// The features that were agreed on for `port`.
pub(super) fn agreed(port: &Port) -> Result<u64, VirtioError> {
    match port.driver_word(FEATURES_WORD) {
        0 => Err(VirtioError::NotSetUp { port: port.name() }),
        agreed => Ok(agreed),
    }
}

/// The queues of `port`, in the order of the device's own numbers: Rx 0, Tx 0, Rx 1, and so on.
pub(super) fn all_of(port: &Port) -> impl Iterator<Item = (Direction, u16)> + use<> {
    (0..port.rx_queues()).flat_map(both)
}

const fn both(queue: u16) -> [(Direction, u16); 2] {
    [(Direction::Rx, queue), (Direction::Tx, queue)]
}

fn hold_all(
    port: &Port,
    find: impl Fn(Direction, u16) -> Result<Option<DeviceQueue>, DeviceQueueError>,
) -> Result<Held, VirtioError> {
    let mut held = [const { None }; QUEUES_MAX * 2];
    let mut slots = held.iter_mut();
    for (slot, (direction, queue)) in slots.by_ref().zip(all_of(port)) {
        *slot = find(direction, queue)?.map(Slots::open).transpose()?;
    }
    // What an earlier configuration of the port had: emptied with the others, and not used.
    for (direction, queue) in (port.rx_queues()..QUEUES_MAX as u16).flat_map(both) {
        if let Some(found) = DeviceQueue::find(port, direction, queue)?
            && let Some(slot) = slots.next()
        {
            *slot = Some(Slots::open(found)?);
        }
    }
    Ok(held)
}

// Each queue's memory has room for the control queue, which lies with the first.
const _: () = {
    let mut size = SIZE_MIN;
    while size <= DESCRIPTORS_MAX {
        assert!(memory_bytes(size) >= Parts::of(size).end + CONTROL_BYTES, "a ring has room");
        size *= 2;
    }
};

/// Which of the device's queues serves this one of a port.
pub(super) const fn number_of(direction: Direction, queue: u16) -> u16 {
    match direction {
        Direction::Rx => queue * 2,
        Direction::Tx => queue * 2 + 1,
    }
}
