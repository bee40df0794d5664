//! A model of the device: registers in a table, queues in a fake window's memory.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;

use super::super::Chip;
use super::super::registers as reg;
use crate::device::Registers;
use crate::device::fake_bus::FakeBus;

/// What the model does that a device should not, or cannot.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Quirks {
    pub(super) is_stuck: bool,
    pub(super) is_pulled: bool,
    pub(super) has_no_address: bool,
    pub(super) bar_bytes: Option<usize>,
}

#[derive(Debug)]
struct State {
    registers: BTreeMap<usize, u32>,
    written: BTreeSet<usize>,
    sent: Vec<Vec<u8>>,
    /// What of a packet was read so far, a queue each.
    gathered: [Vec<u8>; 2],
    /// Which vectors have fired.
    fired: Vec<u32>,
}

/// A device.
#[derive(Debug)]
pub(super) struct Model {
    pub(super) chip: Chip,
    pub(super) quirks: Quirks,
    bus: FakeBus,
    state: Mutex<State>,
}

pub(super) const EEPROM: [u8; 6] = [0x52, 0x54, 0, 0x12, 0x34, 0x56];

impl Model {
    pub(super) fn new(chip: Chip, bus: FakeBus, quirks: Quirks) -> &'static Self {
        let state = State {
            registers: BTreeMap::new(),
            written: BTreeSet::new(),
            sent: Vec::new(),
            gathered: Default::default(),
            fired: Vec::new(),
        };
        Box::leak(Box::new(Self { chip, quirks, bus, state: Mutex::new(state) }))
    }

    pub(super) fn get(&self, at: usize) -> u32 {
        self.state.lock().unwrap().registers.get(&at).copied().unwrap_or(0)
    }

    pub(super) fn set(&self, at: usize, value: u32) {
        self.state.lock().unwrap().registers.insert(at, value);
    }

    /// Which registers were written since this was asked last.
    pub(super) fn take_written(&self) -> BTreeSet<usize> {
        core::mem::take(&mut self.state.lock().unwrap().written)
    }

    /// Which vectors have fired since this was asked last; 0 too for a line.
    pub(super) fn take_fired(&self) -> Vec<u32> {
        core::mem::take(&mut self.state.lock().unwrap().fired)
    }

    /// Something has happened, of these causes.
    pub(super) fn raise(&self, causes: u32) {
        self.set(reg::ICR, self.get(reg::ICR) | causes);
        let pending = self.get(reg::ICR) & self.get(reg::IMS);
        let fires = |vector| self.state.lock().unwrap().fired.push(vector);
        if self.get(reg::EIAC) == 0 {
            if pending != 0 {
                fires(0);
            }
            return;
        }
        let ivar = self.get(reg::IVAR);
        let of_queues =
            [0, 1].map(|queue| (reg::CAUSE_RX_QUEUE << queue, ivar >> (4 * queue) & 0xf));
        for (cause, entry) in of_queues.into_iter().chain([(reg::CAUSE_OTHER, ivar >> 16 & 0xf)]) {
            if pending & cause != 0 && entry & reg::IVAR_VALID != 0 {
                fires(entry & 7);
                let own = !(cause & self.get(reg::EIAC));
                self.set(reg::ICR, self.get(reg::ICR) & own);
                self.set(reg::IMS, self.get(reg::IMS) & own);
            }
        }
    }

    /// What was sent since this was asked last.
    pub(super) fn take_sent(&self) -> Vec<Vec<u8>> {
        core::mem::take(&mut self.state.lock().unwrap().sent)
    }

    fn queue(&self, first: usize, queue: u16) -> Option<(usize, u64, u32)> {
        let base = first + 0x100 * usize::from(queue);
        let (head, tail) = (self.get(base + reg::HEAD), self.get(base + reg::TAIL));
        if head == tail || self.get(base + reg::LENGTH) == 0 {
            return None;
        }
        let address = u64::from(self.get(base + reg::BASE_HIGH)) << 32
            | u64::from(self.get(base + reg::BASE_LOW));
        Some((base, address + u64::from(head) * 16, head))
    }

    fn step(&self, base: usize, head: u32) {
        let size = self.get(base + reg::LENGTH) / 16;
        self.set(base + reg::HEAD, (head + 1) % size);
    }

    /// Completes the next Rx descriptor: `bytes` are written, the facts are as they are given.
    pub(super) fn complete(&self, queue: u16, bytes: &[u8], first: u64, facts: u64) -> bool {
        if self.get(reg::RCTL) & reg::RCTL_EN == 0 {
            return false;
        }
        let Some((base, at, head)) = self.queue(reg::RX_QUEUE, queue) else { return false };
        self.bus.write_packet(self.bus.read_u64(at), bytes);
        if self.is_extended() {
            self.bus.write(at, &first.to_le_bytes());
        }
        self.bus.write(at + 8, &facts.to_le_bytes());
        self.step(base, head);
        let has_vectors = self.get(reg::EIAC) != 0;
        self.raise(if has_vectors { reg::CAUSE_RX_QUEUE << queue } else { reg::CAUSE_RX });
        true
    }

    fn is_extended(&self) -> bool {
        self.get(reg::RFCTL) & reg::RFCTL_EXTENDED != 0
    }

    /// The word of facts, with these bits of status and errors.
    pub(super) fn facts(&self, len: u16, status: u64, errors: u64) -> u64 {
        match self.is_extended() {
            true => u64::from(len) << 32 | errors << 24 | status,
            false => errors << 40 | status << 32 | u64::from(len),
        }
    }

    /// Receives a frame, if there are buffers for all of it.
    pub(super) fn deliver(&self, queue: u16, frame: &[u8]) -> bool {
        let Some((base, _, head)) = self.queue(reg::RX_QUEUE, queue) else { return false };
        let size = self.get(base + reg::LENGTH) / 16;
        let there = (self.get(base + reg::TAIL) + size - head) % size;
        let parts: Vec<&[u8]> = frame.chunks(2048).collect();
        if there < parts.len() as u32 {
            return false;
        }
        let hash = u64::from(u32::from(frame[0])) << 32 | 1;
        parts.iter().enumerate().all(|(number, part)| {
            let status = if number + 1 == parts.len() { 3 } else { 1 };
            self.complete(queue, part, hash, self.facts(part.len() as u16, status, 0))
        })
    }

    /// Sends at most `most` descriptors of a queue.
    pub(super) fn transmit(&self, queue: u16, most: u32) {
        for _ in 0..most {
            if self.get(reg::TCTL) & reg::TCTL_EN == 0 {
                return;
            }
            let Some((base, at, head)) = self.queue(reg::TX_QUEUE, queue) else { return };
            let (address, facts) = (self.bus.read_u64(at), self.bus.read_u64(at + 8));
            let bytes = self.bus.read(address, usize::from(facts as u16));
            {
                let mut state = self.state.lock().unwrap();
                state.gathered[usize::from(queue)].extend(bytes);
                if facts >> 24 & 1 != 0 {
                    let frame = core::mem::take(&mut state.gathered[usize::from(queue)]);
                    state.sent.push(frame);
                }
            }
            if facts >> 24 & 8 != 0 {
                self.bus.write(at + 12, &[1]);
            }
            self.step(base, head);
        }
    }
}

impl Registers for Model {
    fn len(&self) -> usize {
        self.quirks.bar_bytes.unwrap_or(reg::BAR_BYTES)
    }

    fn read32(&self, at: usize) -> u32 {
        if self.quirks.is_pulled {
            return u32::MAX;
        }
        match at {
            reg::STATUS => {
                let is_off = self.get(reg::CTRL) & reg::CTRL_MASTER_DISABLE != 0;
                0x83 | if is_off { 0 } else { reg::STATUS_MASTER }
            }
            reg::EERD => {
                let (shift, done) = self.chip.eeprom();
                let number = (self.get(at) >> shift & 3) as usize * 2;
                if self.quirks.has_no_address {
                    return done;
                }
                let word = u16::from_le_bytes([EEPROM[number], EEPROM[number + 1]]);
                u32::from(word) << 16 | done
            }
            reg::CRC_ERRORS..=reg::TOO_LONG => {
                let value = self.get(at);
                self.set(at, 0);
                value
            }
            reg::ICR if self.get(reg::EIAC) == 0 => {
                let causes = self.get(at);
                self.set(at, 0);
                causes
            }
            _ => self.get(at),
        }
    }

    fn write32(&self, at: usize, value: u32) {
        assert!(at.is_multiple_of(4) && at < reg::BAR_BYTES, "a register at {at:#x}");
        self.state.lock().unwrap().written.insert(at);
        if at == reg::CTRL && value & reg::CTRL_RST != 0 {
            let mut state = self.state.lock().unwrap();
            state.registers.clear();
            state.gathered = Default::default();
            if self.quirks.is_stuck {
                state.registers.insert(at, value);
            }
            return;
        }
        match at {
            reg::ICR => self.set(at, self.get(at) & !value),
            reg::IMC => self.set(reg::IMS, self.get(reg::IMS) & !value),
            reg::IMS => {
                self.set(at, self.get(at) | value);
                self.raise(0);
            }
            _ => self.set(at, value),
        }
    }

    fn read8(&self, _: usize) -> u8 {
        panic!("the driver uses words of four bytes only")
    }
    fn read16(&self, _: usize) -> u16 {
        panic!("the driver uses words of four bytes only")
    }
    fn read64(&self, _: usize) -> u64 {
        panic!("the driver uses words of four bytes only")
    }
    fn write8(&self, _: usize, _: u8) {
        panic!("the driver uses words of four bytes only")
    }
    fn write16(&self, _: usize, _: u16) {
        panic!("the driver uses words of four bytes only")
    }
    fn write64(&self, _: usize, _: u64) {
        panic!("the driver uses words of four bytes only")
    }
}
