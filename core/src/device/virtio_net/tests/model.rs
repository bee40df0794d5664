//! A model of the device: registers in a table, rings in a fake window's memory.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;

use super::super::registers::{self as reg, features, status};
use crate::device::Registers;
use crate::device::fake_bus::FakeBus;

/// What the model is, and what it does that a device should not.
#[derive(Clone, Copy, Debug)]
pub(super) struct Traits {
    pub(super) offered: u64,
    pub(super) pairs: u16,
    pub(super) mtu: u16,
    pub(super) queue_size: u16,
    pub(super) notify_off: u16,
    pub(super) mac: [u8; 6],
    pub(super) is_stuck: bool,
    pub(super) is_pulled: bool,
    pub(super) refuses_features: bool,
    pub(super) refuses_commands: bool,
    pub(super) refuses_vectors: bool,
}

impl Default for Traits {
    fn default() -> Self {
        Self {
            // And one that the driver does not know.
            offered: features::ALL | 1 << 15,
            pairs: 2,
            mtu: 9000,
            queue_size: 256,
            notify_off: 0,
            mac: [0x52, 0x54, 0, 0x12, 0x34, 0x56],
            is_stuck: false,
            is_pulled: false,
            refuses_features: false,
            refuses_commands: false,
            refuses_vectors: false,
        }
    }
}

#[derive(Debug, Default, Clone, Copy)]
pub(super) struct Queue {
    size: u16,
    is_on: bool,
    parts: [u64; 3],
    /// How far the device has come in what is available.
    seen: u16,
    vector: u16,
}

#[derive(Debug, Default)]
struct State {
    status: u8,
    feature_select: u32,
    driver_select: u32,
    driver_features: u64,
    queue_select: u16,
    queues: BTreeMap<u16, Queue>,
    told: BTreeSet<u16>,
    control_writes: u64,
    sent: Vec<Vec<u8>>,
    commands: Vec<Vec<u8>>,
    config_vector: u16,
    /// Which vectors have fired.
    fired: Vec<u16>,
    isr: u8,
}

/// A device.
#[derive(Debug)]
pub(super) struct Model {
    pub(super) traits: Traits,
    bus: FakeBus,
    state: Mutex<State>,
}

/// What a descriptor chain is: of each, address, length and flags.
pub(super) type Chain = Vec<(u64, u32, u16)>;

impl Model {
    pub(super) fn new(bus: FakeBus, traits: Traits) -> &'static Self {
        Box::leak(Box::new(Self { traits, bus, state: Mutex::default() }))
    }

    /// How often a control register was written.
    pub(super) fn control_writes(&self) -> u64 {
        self.state.lock().unwrap().control_writes
    }

    /// Which queues it was told of since this was asked last.
    pub(super) fn take_told(&self) -> Vec<u16> {
        core::mem::take(&mut self.state.lock().unwrap().told).into_iter().collect()
    }

    /// It fails, and says so.
    pub(super) fn fail(&self) {
        self.state.lock().unwrap().status |= status::NEEDS_RESET;
    }

    pub(super) fn take_sent(&self) -> Vec<Vec<u8>> {
        core::mem::take(&mut self.state.lock().unwrap().sent)
    }

    /// Which vectors have fired since this was asked last; no vector for the line.
    pub(super) fn take_fired(&self) -> Vec<u16> {
        core::mem::take(&mut self.state.lock().unwrap().fired)
    }

    pub(super) fn take_commands(&self) -> Vec<Vec<u8>> {
        core::mem::take(&mut self.state.lock().unwrap().commands)
    }

    pub(super) fn driver_features(&self) -> u64 {
        self.state.lock().unwrap().driver_features
    }

    fn queue(&self, number: u16) -> Option<Queue> {
        let state = self.state.lock().unwrap();
        let queue = state.queues.get(&number).copied()?;
        (state.status & status::DRIVER_OK != 0 && queue.is_on).then_some(queue)
    }

    /// Takes what is available next: the number of its first descriptor.
    pub(super) fn take(&self, number: u16) -> Option<(u16, Chain)> {
        let queue = self.queue(number)?;
        let [descriptors, available, _] = queue.parts;
        if self.bus.read_u16(available + 2) == queue.seen {
            return None;
        }
        let slot = u64::from(queue.seen % queue.size);
        let head = self.bus.read_u16(available + 4 + 2 * slot);
        let (mut chain, mut at) = (Chain::new(), head);
        loop {
            assert!(at < queue.size && chain.len() < 32, "a chain that goes nowhere: {chain:x?}");
            let place = descriptors + 16 * u64::from(at);
            let flags = self.bus.read_u16(place + 12);
            chain.push((self.bus.read_u64(place), self.bus.read_u32(place + 8), flags));
            if flags & 1 == 0 {
                break;
            }
            at = self.bus.read_u16(place + 14);
        }
        self.state.lock().unwrap().queues.get_mut(&number).unwrap().seen += 1;
        Some((head, chain))
    }

    /// Says that it has used what begins with descriptor `head`.
    pub(super) fn give(&self, number: u16, head: u32, len: u32) {
        let queue = self.queue(number).expect("a queue");
        let [_, _, used] = queue.parts;
        let index = self.bus.read_u16(used + 2);
        let at = used + 4 + 8 * u64::from(index % queue.size);
        self.bus.write(at, &head.to_le_bytes());
        self.bus.write(at + 4, &len.to_le_bytes());
        self.bus.write(used + 2, &index.wrapping_add(1).to_le_bytes());
        let [_, available, _] = queue.parts;
        if self.bus.read_u16(available) & 1 == 0 {
            let mut state = self.state.lock().unwrap();
            state.fired.push(queue.vector);
            state.isr |= reg::ISR_QUEUES;
        }
    }

    /// Writes a frame into what is available next of an Rx queue; what to say of it when it is given back.
    pub(super) fn fill(&self, pair: u16, frame: &[u8]) -> Option<(u32, u32)> {
        let (head, chain) = self.take(pair * 2)?;
        let [(bus, len, flags)] = chain[..] else { panic!("a buffer is one piece: {chain:x?}") };
        assert_eq!(flags, 2);
        let all = [&[0; 10][..], &[1, 0], frame].concat();
        assert!(all.len() <= len as usize, "a buffer of {len} bytes");
        self.bus.write_packet(bus, &all);
        Some((head.into(), all.len() as u32))
    }

    /// Receives a frame, if there is a buffer.
    pub(super) fn deliver(&self, pair: u16, frame: &[u8]) -> bool {
        let Some((head, len)) = self.fill(pair, frame) else { return false };
        self.give(pair * 2, head, len);
        true
    }

    /// Sends at most `most` packets; returns the numbers of their first descriptors, which are not given
    /// back.
    pub(super) fn send(&self, pair: u16, most: u32) -> Vec<u16> {
        let mut heads = Vec::new();
        while (heads.len() as u32) < most {
            let Some((head, chain)) = self.take(pair * 2 + 1) else { break };
            let bytes: Vec<u8> = chain
                .iter()
                .flat_map(|(bus, len, flags)| {
                    assert_eq!(flags & 2, 0, "it is for the device to read");
                    self.bus.read(*bus, *len as usize)
                })
                .collect();
            assert_eq!(bytes[..12], [0; 12], "a header that says nothing");
            self.state.lock().unwrap().sent.push(bytes[12..].to_vec());
            heads.push(head);
        }
        heads
    }

    /// Sends at most `most` packets, and gives them back.
    pub(super) fn transmit(&self, pair: u16, most: u32) {
        for head in self.send(pair, most) {
            self.give(pair * 2 + 1, head.into(), 0);
        }
    }

    fn obey(&self, number: u16) {
        while let Some((head, chain)) = self.take(number) {
            let (answer, asked) = chain.split_last().unwrap();
            let bytes = asked.iter().flat_map(|(bus, len, _)| self.bus.read(*bus, *len as usize));
            self.state.lock().unwrap().commands.push(bytes.collect());
            self.bus.write(answer.0, &[u8::from(self.traits.refuses_commands)]);
            self.give(number, head.into(), 1);
        }
    }

    fn features(&self) -> u64 {
        self.traits.offered
    }
}

/// Which region of the device.
#[derive(Clone, Copy, Debug)]
pub(super) enum Region {
    Common(&'static Model),
    Notify(&'static Model),
    Device(&'static Model),
    Interrupt(&'static Model),
}

impl Region {
    fn model(&self) -> &'static Model {
        match self {
            Self::Common(model)
            | Self::Notify(model)
            | Self::Device(model)
            | Self::Interrupt(model) => model,
        }
    }
}

impl Registers for Region {
    fn len(&self) -> usize {
        match self {
            Self::Common(_) => 0x38,
            Self::Notify(_) => 64,
            Self::Device(_) => 12,
            Self::Interrupt(_) => 1,
        }
    }

    fn read8(&self, at: usize) -> u8 {
        let model = self.model();
        if model.traits.is_pulled {
            return u8::MAX;
        }
        match (self, at) {
            (Self::Common(_), reg::STATUS) => model.state.lock().unwrap().status,
            (Self::Common(_), reg::GENERATION) => 0,
            (Self::Device(_), 0..6) => model.traits.mac[at],
            (Self::Interrupt(_), reg::ISR) => core::mem::take(&mut model.state.lock().unwrap().isr),
            _ => panic!("a byte at {at:#x}"),
        }
    }

    fn read16(&self, at: usize) -> u16 {
        let model = self.model();
        let state = model.state.lock().unwrap();
        let queue = state.queues.get(&state.queue_select).copied().unwrap_or_default();
        match (self, at) {
            // As QEMU's: what is behind the first queues is there once it is agreed that there are several.
            (Self::Common(_), reg::QUEUE_SIZE)
                if state.queue_select > 2 && state.driver_features & features::MQ == 0 =>
            {
                0
            }
            (Self::Common(_), reg::QUEUE_SIZE) if queue.size > 0 => queue.size,
            (Self::Common(_), reg::QUEUE_SIZE) => model.traits.queue_size,
            (Self::Common(_), reg::QUEUE_ENABLE) => queue.is_on.into(),
            (Self::Common(_), reg::QUEUE_VECTOR) => queue.vector,
            (Self::Common(_), reg::CONFIG_VECTOR) => state.config_vector,
            (Self::Common(_), reg::QUEUE_NOTIFY) => model.traits.notify_off + state.queue_select,
            (Self::Device(_), reg::NET_STATUS) => 1,
            (Self::Device(_), reg::NET_PAIRS) => model.traits.pairs,
            (Self::Device(_), reg::NET_MTU) => model.traits.mtu,
            _ => panic!("two bytes at {at:#x}"),
        }
    }

    fn read32(&self, at: usize) -> u32 {
        let model = self.model();
        let state = model.state.lock().unwrap();
        let queue = state.queues.get(&state.queue_select).copied().unwrap_or_default();
        match (self, at) {
            (Self::Common(_), reg::DEVICE_FEATURE) => {
                (model.features() >> (32 * state.feature_select)) as u32
            }
            (Self::Common(_), reg::QUEUE_DESCRIPTORS..0x38) => {
                let part = queue.parts[(at - reg::QUEUE_DESCRIPTORS) / 8];
                (part >> (8 * (at % 8))) as u32
            }
            _ => panic!("four bytes at {at:#x}"),
        }
    }

    fn write8(&self, at: usize, value: u8) {
        let model = self.model();
        let mut state = model.state.lock().unwrap();
        state.control_writes += 1;
        assert!(matches!(self, Self::Common(_)) && at == reg::STATUS, "a byte at {at:#x}");
        let refused = model.traits.refuses_features && value & status::FEATURES_OK != 0;
        if value == 0 && !model.traits.is_stuck {
            let told = core::mem::take(&mut state.told);
            *state = State { told, control_writes: state.control_writes, ..State::default() };
        } else if !refused {
            state.status = value | u8::from(model.traits.is_stuck);
        }
    }

    fn write16(&self, at: usize, value: u16) {
        let model = self.model();
        let mut state = model.state.lock().unwrap();
        if let Self::Notify(_) = self {
            assert_eq!(at, 4 * usize::from(value), "each queue has its place");
            state.told.insert(value);
            drop(state);
            if value == model.traits.pairs * 2 {
                model.obey(value);
            }
            return;
        }
        state.control_writes += 1;
        let select = state.queue_select;
        let queue = state.queues.entry(select).or_default();
        match at {
            reg::QUEUE_SELECT => state.queue_select = value,
            reg::QUEUE_SIZE => queue.size = value,
            reg::QUEUE_ENABLE => queue.is_on = value == 1,
            reg::QUEUE_VECTOR if model.traits.refuses_vectors => queue.vector = reg::NO_VECTOR,
            reg::QUEUE_VECTOR => queue.vector = value,
            reg::CONFIG_VECTOR => state.config_vector = value,
            _ => panic!("two bytes at {at:#x}"),
        }
    }

    fn write32(&self, at: usize, value: u32) {
        let model = self.model();
        let mut state = model.state.lock().unwrap();
        state.control_writes += 1;
        let (select, driver) = (state.queue_select, state.driver_select);
        match at {
            reg::DEVICE_FEATURE_SELECT => state.feature_select = value,
            reg::DRIVER_FEATURE_SELECT => state.driver_select = value,
            reg::DRIVER_FEATURE => state.driver_features |= u64::from(value) << (32 * driver),
            reg::QUEUE_DESCRIPTORS..0x38 => {
                let part = (at - reg::QUEUE_DESCRIPTORS) / 8;
                let queue = state.queues.entry(select).or_default();
                queue.parts[part] |= u64::from(value) << (8 * (at % 8));
            }
            _ => panic!("four bytes at {at:#x}"),
        }
    }

    fn read64(&self, _: usize) -> u64 {
        panic!("registers are of four bytes at most")
    }
    fn write64(&self, _: usize, _: u64) {
        panic!("registers are of four bytes at most")
    }
}
