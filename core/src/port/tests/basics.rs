//! Creating, finding, owning, claiming; net_null.

use super::*;
use crate::directory::{Identity, Kind, lookup};
use crate::mbuf::Mbuf;
use crate::recovery::{Event, EventKind, Heard, reap};
use crate::shared::ElementLayout;

fn events(heard: impl Iterator<Item = Heard>) -> Vec<(EventKind, String)> {
    heard
        .filter_map(|heard| match heard {
            Heard::Event(Event { kind, port: Some(port), .. }) => {
                Some((kind, port.name.to_string()))
            }
            _ => None,
        })
        .collect()
}

#[test]
fn a_port_is_found_by_name_and_by_id_in_every_process() {
    let stage = Stage::new();
    let (zero, one) = (stage.port("net_null0", ""), stage.port("net_null1", "size=128"));
    assert_eq!((zero.id(), one.id()), (0, 1));
    let other = stage.join(1);
    assert_eq!(Port::lookup(&other, "net_null1").unwrap(), one);
    assert_eq!(Port::by_id(&other, 0).unwrap(), zero);
    assert_eq!(Port::by_id(&other, 2), Err(PortError::NoSuchId { id: 2 }));
    assert_eq!(Port::all(&other).unwrap().collect::<Vec<_>>(), [zero, one]);
    let args = one.args();
    assert_eq!((args.as_str(), args.value("size")), ("size=128", Some("128")));
    let error = Port::lookup(&other, "net_nul1").unwrap_err().to_string();
    assert!(error.contains("did you mean \"net_null1\"?"), "{error}");
}

#[test]
fn a_closed_port_frees_its_id_and_its_name_and_old_handles_say_so() {
    let stage = Stage::new();
    let (first, second) = (stage.port("net_null0", ""), stage.port("net_null1", ""));
    first.close().unwrap();
    assert!(!first.is_current());
    assert_eq!(first.start(), Err(PortError::Gone { name: first.name() }));
    assert!(Port::lookup(&stage.group, "net_null0").is_err());
    let third = stage.port("net_tap0", "");
    assert_eq!((second.id(), third.id()), (1, 0));
    let again = stage.port("net_null0", "size=100");
    assert_eq!(again.id(), 2);
    assert_eq!(again.args().as_str(), "size=100");
    assert_eq!(first.close(), Err(PortError::Gone { name: first.name() }));
    assert!(again.is_current());
}

#[test]
fn only_the_owner_configures_starts_stops_resets_and_closes() {
    let stage = Stage::new();
    let port = stage.running("net_null0", "", 1);
    let theirs = seen(&stage.join(1), &port);
    let all = [
        theirs.configure(&PortSetup::queues(1, 1)),
        theirs.start(),
        theirs.stop(),
        theirs.reset_stats(),
        theirs.set_link(Link::DOWN),
        theirs.set_mac(MacAddress::default()),
        theirs.close(),
    ];
    for refused in all {
        let error = refused.unwrap_err();
        assert!(matches!(error, PortError::NotOwner { .. }), "{error}");
        assert!(error.to_string().contains("fake (pid 100, slot 0)'s"), "{error}");
    }
    assert_eq!(port.phase(), PortPhase::Started);
    assert!(matches!(theirs.adopt(), Err(PortError::OwnerLives { .. })));
}

#[test]
fn a_second_claim_is_refused_by_name_and_a_dead_claim_is_taken_over() {
    let stage = Stage::new();
    let port = stage.running("net_null0", "", 2);
    let (one, two) = (stage.join(1), stage.join(2));
    let held = seen(&one, &port).claim_rx(1).unwrap();
    let error = seen(&two, &port).claim_rx(1).unwrap_err();
    assert_eq!(
        error.to_string(),
        "Rx queue 1 of the port net_null0 was asked for and is fake (pid 101, slot 1)'s, which lives; take another \
         queue, or end that process"
    );
    assert!(seen(&one, &port).claim_rx(1).is_err());
    let _other = seen(&two, &port).claim_rx(0).unwrap();
    let _tx = seen(&two, &port).claim_tx(1).unwrap();
    for queue in [2, 63, 64, u16::MAX] {
        for none in [port.claim_rx(queue).map(drop), port.claim_tx(queue).map(drop)] {
            assert!(matches!(none, Err(QueueError::NoSuchQueue { queues: 2, .. })), "{none:?}");
        }
    }
    stage.kill(1);
    let taken = seen(&two, &port).claim_rx(1).unwrap();
    drop(held);
    assert_eq!(port.holder(Direction::Rx, 1), Some(two.me()));
    drop(taken);
    assert_eq!(port.holder(Direction::Rx, 1), None);
}

#[test]
fn a_port_cannot_be_configured_or_closed_under_a_claimant() {
    let stage = Stage::new();
    let port = stage.running("net_null0", "", 1);
    let other = stage.join(1);
    let claim = seen(&other, &port).claim_tx(0).unwrap();
    assert!(matches!(port.configure(&PortSetup::queues(2, 2)), Err(PortError::Busy { .. })));
    assert!(matches!(port.close(), Err(PortError::Busy { .. })));
    stage.kill(1);
    port.configure(&PortSetup::queues(2, 2)).unwrap();
    core::mem::forget(claim);
}

#[test]
fn a_port_outlives_its_owner_and_a_new_one_adopts_it() {
    let stage = Stage::new();
    let owner = stage.join(1);
    let worker = stage.join(2);
    let config = PortConfig::new(DriverKind::Null);
    let port = Port::create(&owner, "net_null0", &config).unwrap();
    port.configure(&PortSetup::queues(1, 1)).unwrap();
    port.start().unwrap();
    let mut queue = {
        let port = seen(&worker, &port);
        RxQueue::new(port.claim_rx(0).unwrap(), NullRx::of(&port).unwrap())
    };
    let mut heard = stage.group.events();
    stage.kill(1);
    let report = reap(&stage.group).unwrap().unwrap();
    assert_eq!((report.who, report.recovered.others), (owner.me(), 0));
    assert!(seen(&stage.group, &port).is_orphaned());
    let home = stage.pool.home();
    let mut packets = [const { None }; 4];
    assert_eq!(queue.burst(&home, &mut packets), 4);
    let port = seen(&stage.group, &port);
    let error = port.stop().unwrap_err().to_string();
    assert!(error.contains("its owner is a process that is gone (it had slot 1)"), "{error}");
    port.adopt().unwrap();
    port.adopt().unwrap();
    assert_eq!(queue.burst(&home, &mut packets), 4);
    port.stop().unwrap();
    assert_eq!(queue.burst(&home, &mut packets), 0);
    let name = || "net_null0".to_owned();
    assert_eq!(
        events(heard.by_ref()),
        [
            (EventKind::PortOrphaned, name()),
            (EventKind::PortAdopted, name()),
            (EventKind::LinkChanged, name())
        ]
    );
}

#[test]
fn a_dead_claimants_queues_are_dropped_by_the_reaper() {
    let stage = Stage::new();
    let port = stage.running("net_null0", "", 2);
    let worker = stage.join(1);
    let theirs = seen(&worker, &port);
    let claims = (theirs.claim_rx(0).unwrap(), theirs.claim_tx(1).unwrap());
    stage.kill(1);
    let report = reap(&stage.group).unwrap().unwrap();
    assert_eq!(report.recovered.others, 2);
    assert_eq!(port.claims(Direction::Rx).count() + port.claims(Direction::Tx).count(), 0);
    core::mem::forget(claims);
}

#[test]
fn null_gives_and_swallows_and_each_queue_counts_its_own() {
    let stage = Stage::new();
    let port = stage.running("net_null0", "size=100", 2);
    let home = stage.pool.home();
    let open = |queue| {
        let rx = RxQueue::new(port.claim_rx(queue).unwrap(), NullRx::of(&port).unwrap());
        (rx, TxQueue::new(port.claim_tx(queue).unwrap(), NullTx::of(&port).unwrap()))
    };
    let ((mut rx, mut tx), (mut rx_other, _tx_other)) = (open(0), open(1));
    let mut packets: [Option<Mbuf<'_>>; 32] = [const { None }; 32];
    assert_eq!(rx.burst(&home, &mut packets), 32);
    assert!(packets.iter().flatten().all(|it| it.len() == 100 && it.port() == Some(0)));
    assert!(packets.iter().flatten().all(|it| it.check().is_ok()));
    packets[3] = None;
    assert_eq!(tx.burst(&mut packets), 31);
    assert!(packets.iter().all(Option::is_none));
    assert_eq!(rx_other.burst(&home, &mut packets[..5]), 5);
    packets.fill_with(|| None);
    assert_eq!(stage.pool.in_use_count(), 0);
    let stats = port.rx_stats(0).unwrap();
    assert_eq!((stats.packets, stats.bytes), (32, 3200));
    let stats = port.tx_stats(0).unwrap();
    assert_eq!((stats.packets, stats.bytes), (31, 3100));
    assert_eq!((port.stats().rx_packets, port.stats().tx_bytes), (37, 3100));
    port.reset_stats().unwrap();
    assert_eq!(port.stats(), PortStats::default());
    assert_eq!(rx.burst(&home, &mut packets[..2]), 2);
    assert_eq!(port.stats().rx_packets, 2);
}

#[test]
fn a_port_with_an_empty_pool_counts_what_it_had_no_mbuf_for() {
    let stage = Stage::new();
    let port = stage.running("net_null0", "", 1);
    let home = stage.pool.home();
    let mut rx = RxQueue::new(port.claim_rx(0).unwrap(), NullRx::of(&port).unwrap());
    let mut packets: [Option<Mbuf<'_>>; 256] = [const { None }; 256];
    assert_eq!(rx.burst(&home, &mut packets), 256);
    let mut more = [const { None }; 8];
    assert_eq!(rx.burst(&home, &mut more), 0);
    assert_eq!(port.rx_stats(0).unwrap().no_mbuf, 8);
}

#[test]
fn null_packets_that_no_buffer_holds_are_errors() {
    let stage = Stage::new();
    let port = stage.running("net_null0", "size=9018", 1);
    let home = stage.pool.home();
    let mut rx = RxQueue::new(port.claim_rx(0).unwrap(), NullRx::of(&port).unwrap());
    assert_eq!(rx.burst(&home, &mut [const { None }; 8]), 0);
    let stats = port.rx_stats(0).unwrap();
    assert_eq!((stats.packets, stats.errors, stats.no_mbuf), (0, 8, 0));
}

#[test]
fn an_rx_queue_of_a_port_that_is_configured_anew_reads_from_the_beginning() {
    let stage = Stage::new();
    let port = stage.running("net_null0", "", 1);
    let (rx, tx) = (port.claim_rx(0).unwrap(), port.claim_tx(0).unwrap());
    rx.line().set_cursor(7);
    rx.line().set_done();
    tx.line().set_cursor(9);
    drop((rx, tx));
    assert!(port.is_done());
    port.configure(&PortSetup::queues(2, 1)).unwrap();
    assert!(!port.is_done());
    assert_eq!(port.rx_stats(0).unwrap().cursor, 0);
    assert_eq!(port.tx_stats(0).unwrap().cursor, 9);
}

#[test]
fn a_handle_got_while_a_port_is_made_anew_is_never_the_new_ports() {
    let stage = Stage::new();
    let other = stage.join(1);
    let first = stage.port("net_null0", "");
    let element = const { ElementLayout::of::<PortState>() };
    let what = Identity { name: first.name(), kind: Kind::Port, element };
    let found = lookup(&other, &what).unwrap();
    first.close().unwrap();
    stage.port("net_null1", "");
    let got = std::rc::Rc::new(core::cell::Cell::new(None));
    let gets = got.clone();
    fake::meanwhile("port: its generation is written", move || {
        gets.set(Some(Port::attach(&other, &found).unwrap()));
    });
    let again = stage.port("net_null0", "");
    let early = got.take().unwrap();
    assert_eq!((early.id(), again.id()), (0, 1));
    assert!(!early.is_current() && again.is_current());
}

#[test]
fn a_port_that_is_not_configured_gives_no_queue_and_does_not_start() {
    let stage = Stage::new();
    let port = stage.port("net_null0", "");
    assert!(matches!(port.claim_rx(0), Err(QueueError::Port(PortError::Phase { .. }))));
    assert!(matches!(port.start(), Err(PortError::Phase { .. })));
    port.configure(&PortSetup::queues(1, 1)).unwrap();
    let home = stage.pool.home();
    let mut rx = RxQueue::new(port.claim_rx(0).unwrap(), NullRx::of(&port).unwrap());
    assert_eq!(rx.burst(&home, &mut [const { None }; 2]), 0);
    port.start().unwrap();
    assert_eq!(rx.burst(&home, &mut [const { None }; 2]), 2);
}

#[test]
fn what_cannot_be_is_refused_and_changes_nothing() {
    let stage = Stage::new();
    let group = &stage.group;
    let null = PortConfig::new(DriverKind::Null);
    let long = "x".repeat(513);
    let refused = [
        Port::create(group, "", &null),
        Port::create(group, "net_null0", &PortConfig { args: &long, ..null }),
        Port::create(group, "net_null0", &PortConfig { rx_max: 0, ..null }),
        Port::create(group, "net_null0", &PortConfig { tx_max: 65, ..null }),
        Port::create(group, "packets", &null),
    ];
    assert!(refused.iter().all(Result::is_err), "{refused:?}");
    assert_eq!(Port::all(group).unwrap().count(), 0);
    let port = stage.port("net_null0", "");
    assert!(Port::create(group, "net_null0", &null).is_err());
    assert!(port.configure(&PortSetup::queues(0, 1)).is_err());
    assert!(port.configure(&PortSetup::queues(1, 65)).is_err());
    let setup = PortSetup { mtu: Some(0), ..PortSetup::queues(1, 1) };
    assert!(matches!(port.configure(&setup), Err(PortError::Mtu { .. })));
    let setup = PortSetup { burst: Some(BurstMode::Unknown), ..PortSetup::queues(1, 1) };
    assert!(matches!(port.configure(&setup), Err(PortError::Burst { .. })));
    let table = Some([1; RSS_TABLE]);
    let setup = PortSetup::queues(1, 1).rss(RssSetup { table, ..RssSetup::default() });
    assert!(matches!(port.configure(&setup), Err(PortError::RssTable { entry: 0, queue: 1, .. })));
    assert_eq!(port.phase(), PortPhase::Created);
}

#[test]
fn the_thirty_third_port_is_refused() {
    let stage = Stage::new();
    for n in 0..PORTS_MAX {
        stage.port(&format!("net_null{n}"), "");
    }
    let one_more = Port::create(&stage.group, "net_null32", &PortConfig::new(DriverKind::Null));
    assert!(matches!(one_more, Err(PortError::TooMany { .. })), "{one_more:?}");
}
