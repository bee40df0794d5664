//! What the owner does, and what is refused.

use super::super::registers as reg;
use super::*;
use crate::device::take_back;
use crate::log::Told;
use crate::name::Name;
use crate::port::rss::RssSetup;
use crate::port::{Direction, Duplex, Link, MacAddress, Promiscuous};

#[test]
fn the_address_comes_from_the_registers_or_from_the_eeprom() {
    for chip in Chip::ALL {
        let (group, _, model) = Stage::bare(chip, Quirks::default());
        let device = E1000e::open(chip, model, FakeBus::new(group)).unwrap();
        assert_eq!(device.mac(), Ok(MacAddress(model::EEPROM)));
        let mac = MacAddress([2, 4, 6, 8, 10, 12]);
        device.set_mac(mac);
        assert_eq!(device.mac(), Ok(mac));
        let (_, _, model) = Stage::bare(chip, Quirks { has_no_address: true, ..Quirks::default() });
        let device = E1000e::open(chip, model, FakeBus::new(group)).unwrap();
        assert_eq!(device.mac(), Err(E1000eError::NoMac));
    }
}

#[test]
fn a_device_that_is_not_there_or_shorter_than_its_kind_is_refused() {
    let chip = Chip::I82574l;
    let open = |quirks| {
        let (group, _, model) = Stage::bare(chip, quirks);
        E1000e::open(chip, model, FakeBus::new(group)).map(|device| device.reset())
    };
    let pulled = open(Quirks { is_pulled: true, ..Quirks::default() });
    assert_eq!(pulled.unwrap_err(), E1000eError::Absent);
    let short = open(Quirks { bar_bytes: Some(4096), ..Quirks::default() }).unwrap_err();
    assert_eq!(short, E1000eError::Bar { found: 4096, needed: 0x2_0000 });
    let stuck = open(Quirks { is_stuck: true, ..Quirks::default() });
    assert_eq!(stuck.unwrap(), Err(E1000eError::Stuck));
    let unknown = Chip::of_ids(0x1af4, 0x1041).unwrap_err();
    assert!(unknown.to_string().contains("1af4:1041"));
}

#[test]
fn a_queue_of_no_descriptors_or_of_65535_is_refused_in_a_sentence() {
    let stage = Stage::simple();
    for size in [0, 1, 31, 33, 8192, 65_535] {
        let setup = E1000eSetup { rx_size: size, ..SMALL };
        let error = stage.device.setup(&stage.port, &setup, &stage.pool.home()).unwrap_err();
        assert_eq!(error, E1000eError::Size { direction: Direction::Rx, asked: size });
        let wanted = format!("of {size} descriptors was asked for; give a power of two from 32");
        assert!(error.to_string().contains(&wanted), "{error}");
    }
}

#[test]
fn more_queues_than_the_chip_has_and_longer_frames_are_refused() {
    let stage = Stage::new(Chip::I82540em, PortSetup::queues(1, 1));
    let home = stage.pool.home();
    stage.port.configure(&PortSetup::queues(1, 2)).unwrap();
    let error = stage.device.setup(&stage.port, &SMALL, &home).unwrap_err();
    assert!(error.to_string().contains("2 Tx queues and the 82540EM has 1"), "{error}");
    stage.port.configure(&PortSetup { mtu: Some(20_000), ..PortSetup::queues(1, 1) }).unwrap();
    let error = stage.device.setup(&stage.port, &SMALL, &home).unwrap_err();
    assert_eq!(error, E1000eError::Mtu { asked: 20_000, chip: Chip::I82540em });
}

#[test]
fn only_the_owner_sets_up_and_only_with_all_queues_in_hand() {
    let stage = Stage::simple();
    let worker = stage.join(1);
    let pool = MbufPool::lookup(&worker, "packets").unwrap();
    let device = E1000e::open(Chip::I82574l, stage.model, FakeBus::new(worker)).unwrap();
    let port = Port::lookup(&worker, NAME).unwrap();
    let refused = device.setup(&port, &SMALL, &pool.home());
    assert_eq!(refused, Err(E1000eError::NotOwner { port: port.name() }));
    let queue = rx(&worker, stage.model, 0);
    stage.model.take_written();
    let error = stage.device.setup(&stage.port, &SMALL, &stage.pool.home()).unwrap_err();
    assert!(error.to_string().contains("slot 1 (pid 101) works on it"), "{error}");
    assert!(stage.model.take_written().is_empty(), "nothing was touched");
    drop(queue);
    stage.device.setup(&stage.port, &SMALL, &stage.pool.home()).unwrap();
}

#[test]
fn a_queue_of_a_device_that_nobody_has_set_up_is_refused() {
    let (group, _, model) = Stage::bare(Chip::I82574l, Quirks::default());
    let port = Port::create(&group, NAME, &PortConfig::new(DriverKind::E1000e)).unwrap();
    port.configure(&PortSetup::queues(1, 1)).unwrap();
    let claim = port.claim_rx(0).unwrap();
    let refused = E1000eRx::open(&claim, model, FakeBus::new(group)).map(|_| ());
    assert_eq!(refused, Err(E1000eError::NotSetUp { port: port.name() }));
}

#[test]
fn a_queue_has_one_user_at_a_time_in_one_process_too() {
    let stage = Stage::simple();
    let queue = stage.rx(0);
    let again = E1000eRx::open(queue.claim(), stage.model, FakeBus::new(stage.group));
    assert!(matches!(again.map(|_| ()), Err(E1000eError::Queue(_))));
    drop(queue);
    stage.rx(0);
}

#[test]
fn a_pool_of_short_mbufs_is_refused_by_name_and_nothing_is_posted_of_it() {
    let stage = Stage::simple();
    let config = MbufConfig::new(64).data_room(1024);
    let pool = MbufPool::create(&stage.group, "short", &config).unwrap();
    let error = E1000eRx::<&Model, FakeBus>::check_pool(&pool).unwrap_err();
    assert_eq!(error, E1000eError::Room { there: 896, needed: 2048 });
    let mut rx = stage.rx(0);
    burst(&mut rx, &pool.home());
    burst(&mut rx, &pool.home());
    assert_eq!((stage.audit("nothing posted"), pool.in_use_count()), (0, 0));
    let told = stage.platform.told.lock().unwrap();
    let told = told.iter().filter(|told| matches!(told, Told::ShortBuffers { .. }));
    let (queue, pool) = (Name::new("rx0@0000:00:11.0").unwrap(), pool.name());
    let (headroom, headroom_needed) = (128, 0);
    let short =
        Told::ShortBuffers { queue, pool, room: 896, needed: 2048, headroom, headroom_needed };
    assert_eq!(told.collect::<Vec<_>>(), [&short], "once");
}

#[test]
fn a_port_made_anew_has_as_many_descriptors_as_it_is_given_then() {
    let mut stage = Stage::simple();
    for (rx_size, tx_size) in [(64, 32), (32, 128), (128, 32), (64, 64)] {
        let (home, mut packets) = (stage.pool.home(), stage.rx(0));
        burst(&mut packets, &home);
        assert!(stage.audit("buffers lie with the device") >= 31);
        drop(packets);
        // By force, so that they lie there still.
        stage.port.unplug().unwrap();
        let config = PortConfig::new(DriverKind::E1000e);
        stage.port = Port::create(&stage.group, NAME, &config).unwrap();
        stage.port.configure(&PortSetup::queues(1, 1)).unwrap();
        let setup = E1000eSetup { rx_size, tx_size };
        stage.device.setup(&stage.port, &setup, &home).unwrap();
        assert_eq!(stage.audit("it begins anew"), 0);
        stage.device.start();
        stage.port.start().unwrap();
        let (mut rx, mut tx) = (stage.rx(0), stage.tx(0));
        assert!(burst(&mut rx, &home).is_empty());
        assert_eq!(stage.audit("all it has"), u64::from(rx_size - 1));
        for number in 0..rx_size.max(tx_size) + 3 {
            assert!(stage.model.deliver(0, &frame(number, 60)), "{number}");
            assert_eq!(burst(&mut rx, &home), [frame(number, 60)]);
            assert_eq!(tx.burst(&mut [Some(packet(&home, &frame(number, 60)))]), 1);
            stage.model.transmit(0, u32::MAX);
        }
    }
}

#[test]
fn the_device_is_told_what_the_port_says() {
    let setup = PortSetup {
        mtu: Some(9000),
        promiscuous: Promiscuous::Off,
        rss: RssSetup::symmetric(),
        ..PortSetup::queues(2, 1)
    };
    let stage = Stage::new(Chip::I82574l, setup);
    let model = stage.model;
    let receive = model.get(reg::RCTL);
    assert_eq!(receive & (reg::RCTL_LONG | reg::RCTL_PROMISCUOUS), reg::RCTL_LONG);
    assert_eq!(model.get(reg::RSSRK), 0x5a6d_5a6d);
    assert_eq!(model.get(reg::RETA), 0x8000_8000, "queues in turn");
    assert_eq!(model.get(reg::MRQC), 0x0017_0001);
    stage.device.set_promiscuous(Promiscuous::On);
    assert_eq!(model.get(reg::RCTL), receive | reg::RCTL_PROMISCUOUS);
    stage.device.set_mtu(1500).unwrap();
    assert_eq!(model.get(reg::RCTL) & reg::RCTL_LONG, 0);
    let link = Link { speed: 1000, duplex: Duplex::Full, ..Link::VIRTUAL };
    assert_eq!(stage.device.link(), link);
}

#[test]
fn counts_are_what_came_since_they_were_taken_last() {
    let stage = Stage::simple();
    stage.model.set(reg::MISSED, 3);
    stage.model.set(reg::CRC_ERRORS, 1);
    stage.model.set(reg::TOO_LONG, 2);
    let counts = stage.device.take_counts();
    assert_eq!((counts.missed, counts.errors), (3, 3));
    assert_eq!(stage.device.take_counts(), E1000eCounts::default());
}

#[test]
fn a_stopped_device_keeps_its_queues_and_goes_on() {
    let stage = Stage::simple();
    let (home, mut rx) = (stage.pool.home(), stage.rx(0));
    burst(&mut rx, &home);
    stage.device.stop();
    assert!(!stage.model.deliver(0, &frame(1, 60)));
    stage.device.start();
    assert!(stage.model.deliver(0, &frame(2, 60)));
    assert_eq!(burst(&mut rx, &home), [frame(2, 60)]);
}

#[test]
fn what_lay_in_queues_that_the_port_has_no_more_comes_back() {
    let stage = Stage::new(Chip::I82574l, PortSetup::queues(2, 2));
    let home = stage.pool.home();
    burst(&mut stage.rx(1), &home);
    assert!(stage.audit("filled") > 0);
    stage.port.stop().unwrap();
    stage.port.configure(&PortSetup::queues(1, 1)).unwrap();
    stage.device.setup(&stage.port, &SMALL, &home).unwrap();
    assert_eq!((stage.audit("set up anew"), stage.pool.in_use_count()), (0, 0));
}

#[test]
fn it_interrupts_when_its_link_changes_by_its_line_or_its_first_vector() {
    for (chip, hearing) in [
        (Chip::I82540em, Hearing::One),
        (Chip::I82574l, Hearing::One),
        (Chip::I82574l, Hearing::Vectors(3)),
    ] {
        let stage = Stage::new(chip, PortSetup::queues(1, 1));
        stage.device.hear_by(&stage.port, Some(hearing)).unwrap();
        stage.model.raise(reg::CAUSE_LINK | reg::CAUSE_OTHER);
        assert_eq!(stage.model.take_fired(), [0], "{chip} {hearing:?}");
        let heard = Heard { is_of_device: true, is_of_queues: false };
        assert_eq!(stage.device.acknowledge(), heard, "{chip} {hearing:?}");
        stage.model.raise(0);
        assert_eq!(stage.model.take_fired(), [], "{chip} {hearing:?}: it is let go");
        stage.device.hear_by(&stage.port, None).unwrap();
        stage.model.raise(reg::CAUSE_LINK | reg::CAUSE_OTHER);
        assert_eq!(stage.model.take_fired(), [], "{chip} {hearing:?}: nobody hears it");
    }
}

#[test]
fn a_device_is_set_up_and_shut_down_in_a_group_without_a_pool() {
    let (group, _, model) = Stage::bare(Chip::I82574l, Quirks::default());
    let device = E1000e::open(Chip::I82574l, model, FakeBus::new(group)).unwrap();
    let port = Port::create(&group, NAME, &PortConfig::new(DriverKind::E1000e)).unwrap();
    port.configure(&PortSetup::queues(1, 1)).unwrap();
    assert_eq!(device.shut_down(&port, None), Ok(()), "it never had queues");
    device.setup(&port, &SMALL, None).unwrap();
    assert_eq!(device.shut_down(&port, None), Ok(()));
}

#[test]
fn what_lies_with_a_device_that_does_not_answer_goes_back_once_it_does_no_dma() {
    let stage = Stage::simple();
    let home = stage.pool.home();
    burst(&mut stage.rx(0), &home);
    assert!(stage.pool.in_use_count() > 0);
    let pulled = Quirks { is_pulled: true, ..Quirks::default() };
    let gone = Model::new(Chip::I82574l, FakeBus::new(stage.group), pulled);
    let device = E1000e { chip: Chip::I82574l, registers: gone, dma: FakeBus::new(stage.group) };
    let with_it = stage.pool.in_use_count();
    assert_eq!(device.shut_down(&stage.port, &home), Err(E1000eError::Absent));
    assert_eq!(stage.pool.in_use_count(), with_it, "it may write them still");
    device.shut_down_kept_off(&stage.port, &home, || true).unwrap();
    assert_eq!(stage.pool.in_use_count(), 0);
}

#[test]
fn what_lies_with_a_device_that_is_gone_goes_back_queue_by_queue_as_they_are_let_go() {
    let stage = Stage::simple();
    let home = stage.pool.home();
    let (mut rx, tx) = (stage.rx(0), stage.tx(0));
    burst(&mut rx, &home);
    stage.port.unplug().unwrap();
    assert!(stage.pool.in_use_count() > 0);
    assert_eq!(take_back(&stage.port, Some(&home), || true), Ok(2));
    drop(tx);
    assert_eq!(take_back(&stage.port, Some(&home), || true), Ok(1));
    assert!(stage.pool.in_use_count() > 0, "somebody works on the other queue");
    drop(rx);
    let with_it = stage.pool.in_use_count();
    assert_eq!(take_back(&stage.port, Some(&home), || false), Ok(1));
    assert_eq!(stage.pool.in_use_count(), with_it, "another port has the queue by now");
    assert_eq!(take_back(&stage.port, Some(&home), || true), Ok(0));
    assert_eq!((stage.audit("taken back"), stage.pool.in_use_count()), (0, 0));
}

#[test]
fn a_device_of_which_somebody_has_a_queue_is_not_kept_from_memory() {
    let stage = Stage::simple();
    let home = stage.pool.home();
    let rx = stage.rx(0);
    let off = core::cell::Cell::new(false);
    let keep_off = || {
        off.set(true);
        true
    };
    let refused = stage.device.shut_down_kept_off(&stage.port, &home, keep_off).unwrap_err();
    assert!(matches!(refused, E1000eError::Queue(_)) && !off.get(), "{refused}");
    drop(rx);
    stage.device.shut_down_kept_off(&stage.port, &home, keep_off).unwrap();
    assert!(off.get());
}
