//! What the owner does, and what is refused.

use super::super::registers::features;
use super::*;
use crate::port::{Direction, LinkState, MacAddress, Promiscuous};
use crate::reach::IovaMode;

#[test]
fn the_device_says_its_address_its_queues_its_mtu_and_its_link() {
    let stage = Stage::new(1);
    let device = &stage.device;
    assert_eq!(device.mac(), Ok(MacAddress([0x52, 0x54, 0, 0x12, 0x34, 0x56])));
    assert_eq!((device.queues_max(), device.mtu_max()), (2, 9000));
    assert_eq!(device.link().state, LinkState::Up);
    assert_eq!(stage.model.driver_features(), features::ALL, "and nothing that is not known");
}

#[test]
fn a_device_that_offers_little_has_one_queue_and_no_control() {
    let traits = Traits { offered: features::VERSION_1 | features::MAC, ..Traits::default() };
    let stage = Stage::unset(traits, &PortSetup::queues(1, 1));
    stage.set_up(&SMALL).unwrap();
    stage.device.start(&stage.port).unwrap();
    assert_eq!(stage.device.queues_max(), 1);
    assert!(stage.model.take_commands().is_empty());
    let refused = stage.device.set_promiscuous(&stage.port, Promiscuous::On);
    assert_eq!(refused, Err(VirtioError::NoControl));
    assert!(stage.device.link().is_up());
}

#[test]
fn the_owner_tells_the_device_how_many_queues_and_what_to_receive() {
    let stage = Stage::new(2);
    assert_eq!(stage.model.take_commands(), [vec![4, 0, 2, 0], vec![0, 0, 1]]);
    stage.device.set_promiscuous(&stage.port, Promiscuous::Off).unwrap();
    assert_eq!(stage.model.take_commands(), [vec![0, 0, 0]]);
    // More often than the control queue has descriptors.
    for _ in 0..40 {
        stage.device.set_promiscuous(&stage.port, Promiscuous::On).unwrap();
    }
    assert_eq!(stage.model.take_commands().len(), 40);
}

#[test]
fn a_command_that_the_device_refuses_is_an_error() {
    let traits = Traits { refuses_commands: true, ..Traits::default() };
    let stage = Stage::unset(traits, &PortSetup::queues(2, 2));
    stage.set_up(&SMALL).unwrap();
    let refused = stage.device.start(&stage.port).unwrap_err();
    assert_eq!(refused, VirtioError::Refused { command: [4, 0] });
}

#[test]
fn a_device_that_is_legacy_pulled_or_stuck_is_refused() {
    let opened = |traits| {
        let (group, _, model) = bare(traits);
        open(&group, model).and_then(|device| device.reset())
    };
    let pulled = opened(Traits { is_pulled: true, ..Traits::default() });
    assert_eq!(pulled, Err(VirtioError::Absent));
    let stuck = opened(Traits { is_stuck: true, ..Traits::default() });
    assert_eq!(stuck, Err(VirtioError::Stuck));
    let offered = features::ALL & !features::VERSION_1;
    let stage = Stage::unset(Traits { offered, ..Traits::default() }, &PortSetup::queues(1, 1));
    assert_eq!(stage.set_up(&SMALL), Err(VirtioError::Legacy { offered }));
    let traits = Traits { refuses_features: true, ..Traits::default() };
    let stage = Stage::unset(traits, &PortSetup::queues(1, 1));
    assert_eq!(stage.set_up(&SMALL), Err(VirtioError::Features { wanted: features::ALL }));
}

#[test]
fn a_device_that_goes_past_the_iommu_of_the_group_is_refused() {
    let offered = features::ALL & !features::ACCESS_PLATFORM;
    let stage = Stage::unset(Traits { offered, ..Traits::default() }, &PortSetup::queues(1, 1));
    assert_eq!(stage.group.settle_iova_mode(IovaMode::Virtual), IovaMode::Virtual);
    assert_eq!(stage.set_up(&SMALL), Err(VirtioError::BesideIommu { offered }));
    let why = VirtioError::BesideIommu { offered }.to_string();
    assert!(why.contains("iommu_platform=on"), "{why}");
}

#[test]
fn what_lay_in_queues_that_the_port_has_no_more_comes_back() {
    let stage = Stage::new(2);
    let home = stage.pool.home();
    burst(&mut stage.rx(1), &home);
    assert!(stage.audit("filled") > 0);
    stage.port.stop().unwrap();
    stage.port.configure(&PortSetup::queues(1, 1)).unwrap();
    assert_eq!(stage.device.is_set_up(&stage.port), Ok(true), "the first queue is as it was");
    stage.set_up(&SMALL).unwrap();
    assert_eq!((stage.audit("set up anew"), stage.pool.in_use_count()), (0, 0));
}

#[test]
fn a_command_that_the_device_was_never_told_of_is_told_by_the_next_owner() {
    let stage = Stage::new(1);
    stage.model.take_commands();
    let (group, platform, model) = (stage.group, stage.platform, stage.model);
    let heir = stage.join(1);
    let mut has_died = false;
    for point in 0..64 {
        let end = fake::die_at(point, move || {
            let device = open(&group, model).unwrap();
            let port = Port::lookup(&group, NAME).unwrap();
            device.set_promiscuous(&port, Promiscuous::On).is_ok()
        });
        if matches!(end, fake::End::Died("virtio: a command is given")) {
            has_died = true;
            break;
        }
    }
    assert!(has_died);
    platform.dead.lock().unwrap().insert(0);
    while reap(&heir).unwrap().is_some() {}
    let (device, port) = (open(&heir, model).unwrap(), Port::lookup(&heir, NAME).unwrap());
    port.adopt().unwrap();
    assert_eq!(device.set_promiscuous(&port, Promiscuous::Off), Ok(()));
}

#[test]
fn a_region_that_is_too_short_is_refused() {
    let (group, _, model) = bare(Traits::default());
    let regions = VirtioRegions {
        common: Region::Device(model),
        notify: Region::Notify(model),
        notify_multiplier: 4,
        device: Region::Device(model),
        interrupt: Region::Interrupt(model),
    };
    let refused = VirtioNet::open(regions, FakeBus::new(group)).map(|_| ());
    let short = VirtioError::Region { which: "common", found: 12, needed: 56 };
    assert_eq!(refused, Err(short));
}

#[test]
fn a_device_whose_queues_have_no_descriptors_or_65535_says_nonsense() {
    for size in [0, 65_535, 3] {
        let traits = Traits { queue_size: size, ..Traits::default() };
        let stage = Stage::unset(traits, &PortSetup::queues(1, 1));
        let error = stage.set_up(&SMALL).unwrap_err();
        assert_eq!(error, VirtioError::Nonsense { queue: 0, size });
        assert!(error.to_string().contains(&format!("has {size} descriptors")), "{error}");
    }
}

#[test]
fn a_queue_of_no_descriptors_or_of_65535_is_refused_in_a_sentence() {
    let stage = Stage::new(1);
    for size in [0, 1, 8, 17, 512, 65_535] {
        let error = stage.set_up(&VirtioSetup { tx_size: size, ..SMALL }).unwrap_err();
        assert!(
            matches!(error, VirtioError::Size { direction: Direction::Tx, asked, .. } if asked == size)
        );
        let wanted = format!("of {size} descriptors was asked for; give a power of two from 16");
        assert!(error.to_string().contains(&wanted), "{error}");
    }
}

#[test]
fn a_place_to_be_told_at_that_is_not_there_is_refused() {
    let traits = Traits { notify_off: 16, ..Traits::default() };
    let stage = Stage::unset(traits, &PortSetup::queues(1, 1));
    assert_eq!(stage.set_up(&SMALL), Err(VirtioError::Notify { queue: 0, at: 64 }));
}

#[test]
fn queues_that_the_device_does_not_have_and_longer_frames_are_refused() {
    let stage = Stage::new(1);
    for (rx, tx) in [(3, 3), (1, 2)] {
        stage.port.configure(&PortSetup::queues(rx, tx)).unwrap();
        assert_eq!(stage.set_up(&SMALL), Err(VirtioError::Queues { rx, tx, max: 2 }));
    }
    stage.port.configure(&PortSetup { mtu: Some(9001), ..PortSetup::queues(1, 1) }).unwrap();
    assert_eq!(stage.set_up(&SMALL), Err(VirtioError::Mtu { asked: 9001, max: 9000 }));
}

#[test]
fn only_the_owner_sets_up_and_only_with_all_queues_in_hand() {
    let stage = Stage::new(1);
    let worker = stage.join(1);
    let pool = MbufPool::lookup(&worker, "packets").unwrap();
    let (device, port) =
        (open(&worker, stage.model).unwrap(), Port::lookup(&worker, NAME).unwrap());
    let refused = device.setup(&port, &SMALL, &pool.home());
    assert_eq!(refused, Err(VirtioError::NotOwner { port: port.name() }));
    let queue = rx(&worker, stage.model, 0);
    assert!(matches!(stage.set_up(&SMALL), Err(VirtioError::Queue(_))));
    assert_eq!(stage.device.is_set_up(&stage.port), Ok(true), "nothing was touched");
    drop(queue);
    stage.set_up(&SMALL).unwrap();
}

#[test]
fn a_pool_whose_mbufs_have_no_room_for_the_mtu_is_refused_and_nothing_is_posted_of_it() {
    let stage = Stage::new(1);
    let config = MbufConfig::new(64).data_room(1024);
    let pool = MbufPool::create(&stage.group, "short", &config).unwrap();
    let error = VirtioRx::<Region, FakeBus>::check_pool(&stage.port, &pool).unwrap_err();
    assert_eq!(error, VirtioError::Room { there: 896, needed: 1518 });
    let mut rx = stage.rx(0);
    burst(&mut rx, &pool.home());
    assert_eq!((stage.audit("nothing posted"), pool.in_use_count()), (0, 0));
}
