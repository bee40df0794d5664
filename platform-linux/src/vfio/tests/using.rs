//! What an opened device does: registers, config space, interrupts, reset, memory.
#![expect(unsafe_code, reason = "a twin writes to no memory")]

use phalanx_core::device::Registers;
use rustix::io::Errno;

use super::super::twin::BAR_BYTES;
use super::*;
use crate::device::{
    BarError, BusMaster, InterruptKind, Place, UseError, bus_master, set_bus_master,
};

#[test]
fn a_bar_is_mapped_and_one_that_is_short_absent_or_not_mappable_is_refused() {
    let mut machine = Machine::new("bar", State::default());
    let device = machine.open().unwrap();
    let bar = device.map_bar(0, BAR_BYTES, Place::Free).unwrap();
    bar.write32(8, 7);
    assert_eq!((bar.read32(8), bar.len() as u64), (7, BAR_BYTES));
    let why = |bar, least| match device.map_bar(bar, least, Place::Free).unwrap_err() {
        UseError::Bar { why, .. } => why,
        other => panic!("{other}"),
    };
    let short = why(0, BAR_BYTES + 1);
    assert_eq!(short, BarError::Short { len: BAR_BYTES, least: BAR_BYTES + 1 });
    assert_eq!(
        (why(1, 0), why(6, 0), why(200, 0)),
        (BarError::None, BarError::None, BarError::None)
    );
    machine.twin.state.lock().unwrap().can_map_bar = false;
    assert_eq!(why(0, 1), BarError::NotMappable);
}

#[test]
fn bus_mastering_is_one_bit_of_the_config_space() {
    let mut machine = Machine::new("master", State::default());
    let device = machine.open().unwrap();
    device.write_config(4, &[0x40, 0x01]).unwrap();
    set_bus_master(&*device, BusMaster::On).unwrap();
    let mut command = [0; 2];
    device.read_config(4, &mut command).unwrap();
    assert_eq!((command, bus_master(&*device)), ([0x46, 0x01], Ok(BusMaster::On)));
    set_bus_master(&*device, BusMaster::Off).unwrap();
    device.read_config(4, &mut command).unwrap();
    assert_eq!(command, [0x42, 0x01]);
    let beyond = device.read_config(255, &mut command).unwrap_err().to_string();
    assert!(beyond.starts_with("2 bytes at 0xff of the config space"), "{beyond}");
}

#[test]
fn a_line_is_signalled_served_and_armed_again_and_off_when_it_is_dropped() {
    let mut machine = Machine::new("intx", State::default());
    let device = machine.open().unwrap();
    let line = device.clone().interrupts(InterruptKind::Intx, 1).unwrap();
    assert_eq!(line.take(0), Ok(0));
    machine.twin.fire(0);
    machine.twin.fire(0);
    assert_eq!((line.take(0), line.take(0)), (Ok(2), Ok(0)));
    line.rearm().unwrap();
    let busy = device.clone().interrupts(InterruptKind::Msi, 1).unwrap_err();
    assert!(busy.to_string().contains("has some already"), "{busy}");
    drop(line);
    let done = machine.done();
    let expected = ["signal 0 by 1", "unmask 0", "signal 1 by 1", "signal 0 off"];
    assert_eq!(done[done.len() - 4..], expected);
}

#[test]
fn messages_need_no_arming_and_there_are_no_more_than_the_device_has() {
    let mut machine = Machine::new("msix", State::default());
    let device = machine.open().unwrap();
    let messages = device.clone().interrupts(InterruptKind::MsiX, 5).unwrap();
    machine.twin.fire(4);
    assert_eq!((messages.take(4), messages.take(3), messages.take(9)), (Ok(1), Ok(0), Ok(0)));
    messages.rearm().unwrap();
    assert!(!machine.done().iter().any(|done| done.starts_with("unmask")));
    drop(messages);
    let device_of = device.address();
    for wanted in [0, 6, 1000] {
        let refused = device.clone().interrupts(InterruptKind::MsiX, wanted).unwrap_err();
        let kind = InterruptKind::MsiX;
        assert_eq!(refused, UseError::Vectors { device: device_of, kind, wanted, there: 5 });
    }
}

#[test]
fn a_device_without_a_way_to_be_reset_says_so() {
    let mut machine = Machine::new("reset", State::default());
    machine.open().unwrap().reset().unwrap();
    let mut machine = Machine::new("no-reset", State { can_reset: false, ..State::default() });
    let refused = machine.open().unwrap().reset().unwrap_err();
    assert!(refused.to_string().contains("no way to be"), "{refused}");
}

fn container(state: State) -> (Machine, Container) {
    let mut machine = Machine::new("map", state);
    let container = machine.open().unwrap().container().clone();
    (machine, container)
}

#[test]
fn memory_is_mapped_and_taken_away() {
    let (machine, container) = container(State::default());
    // SAFETY: the twin writes nowhere.
    unsafe { container.map(0x1000, 0x10_0000, 4096) }.unwrap();
    assert_eq!(machine.twin.state.lock().unwrap().mapped, [(0x10_0000, 4096)]);
    container.unmap(0x10_0000, 4096).unwrap();
    assert!(machine.twin.state.lock().unwrap().mapped.is_empty());
}

#[test]
fn memory_that_the_iommu_does_not_take_is_refused_with_its_reason() {
    let info = IommuInfo { ranges: vec![0..=0xffff_ffff], ..IommuInfo::default() };
    let (_, low) = container(State { info, ..State::default() });
    // SAFETY: the twin writes nowhere.
    let said = unsafe { low.map(0x1000, 1 << 40, 4096) }.unwrap_err();
    assert_eq!(said, MapError::OutOfRange { bus: 1 << 40, len: 4096 });
    assert!(said.to_string().contains("--iova-mode=pa"));
    for (errno, expected) in
        [(Errno::NOMEM, MapError::Limit { len: 4096 }), (Errno::NOSPC, MapError::Full)]
    {
        let (_, refusing) = container(State { map: Err(errno), ..State::default() });
        // SAFETY: the twin writes nowhere.
        assert_eq!(unsafe { refusing.map(0x1000, 0, 4096) }, Err(expected));
    }
}
