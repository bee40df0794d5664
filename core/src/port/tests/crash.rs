//! A process dies at each of its crash points; then others reap, audit, and use the port.

use super::*;
use crate::fake::{End, die_at};
use crate::mbuf::Mbuf;
use crate::recovery::{audit, reap};

/// Reaps all, finds nothing wrong, and has somebody else own, configure and use the port.
fn settle(stage: &Stage, name: &str, at: &str) {
    while reap(&stage.group).unwrap().is_some() {}
    let mut found = Vec::new();
    audit(&stage.group, |finding| found.push(finding.to_string())).unwrap();
    assert!(found.is_empty(), "{at}: {found:?}");
    let config = PortConfig::new(DriverKind::Ring);
    let port = Port::lookup(&stage.group, name)
        .or_else(|_| Port::create(&stage.group, name, &config))
        .unwrap();
    port.adopt().unwrap();
    port.configure(&PortSetup::queues(1, 1)).unwrap();
    port.start().unwrap();
    let (rx, tx) = (port.claim_rx(0).unwrap(), port.claim_tx(0).unwrap());
    let mut rx = {
        let driver = RingRx::open(&rx).unwrap();
        RxQueue::new(rx, driver)
    };
    let mut tx = {
        let driver = RingTx::open(&tx).unwrap();
        TxQueue::new(tx, driver)
    };
    let home = stage.pool.home();
    let mut got: [Option<Mbuf<'_>>; 32] = [const { None }; 32];
    let before = rx.burst(&home, &mut got);
    got.fill_with(|| None);
    assert!(before <= 2, "{at}");
    assert_eq!(tx.burst(&mut [home.alloc()]), 1, "{at}");
    assert_eq!(rx.burst(&home, &mut got), 1, "{at}");
    got.fill_with(|| None);
    assert_eq!(stage.pool.in_use_count(), 0, "{at}");
    drop((rx, tx));
    port.close().unwrap();
}

/// Has process 1 do `work` and die at each crash point of it in turn; `prepare` is done by it first.
fn die_everywhere(prepare: fn(&Group), work: fn(&Group)) {
    let mut points = 0;
    loop {
        let stage = Stage::new();
        let worker = stage.join(1);
        prepare(&worker);
        let (at, is_over) = match die_at(points, move || work(&worker)) {
            End::Died(at) => (at, false),
            End::Finished(()) => ("after all", true),
        };
        stage.kill(1);
        settle(&stage, "net_ring0", at);
        if is_over {
            break;
        }
        points += 1;
    }
    assert!(points > 0, "no crash point was passed");
}

fn port(group: &Group) -> Port {
    Port::lookup(group, "net_ring0").unwrap()
}

fn create(group: &Group) {
    Port::create(group, "net_ring0", &PortConfig::new(DriverKind::Ring)).unwrap();
}

fn configure(group: &Group) {
    create(group);
    port(group).configure(&PortSetup::queues(1, 1)).unwrap();
}

fn start(group: &Group) {
    configure(group);
    port(group).start().unwrap();
}

#[test]
fn a_process_may_die_creating_a_port() {
    die_everywhere(|_| {}, create);
}

#[test]
fn a_process_may_die_creating_a_port_anew() {
    die_everywhere(
        |group| {
            create(group);
            port(group).close().unwrap();
        },
        create,
    );
}

#[test]
fn a_process_may_die_configuring_a_port() {
    die_everywhere(create, |group| port(group).configure(&PortSetup::queues(2, 2)).unwrap());
    die_everywhere(start, |group| port(group).configure(&PortSetup::queues(2, 2)).unwrap());
}

#[test]
fn a_process_may_die_starting_and_stopping_a_port() {
    die_everywhere(configure, |group| port(group).start().unwrap());
    die_everywhere(start, |group| port(group).stop().unwrap());
}

#[test]
fn a_process_may_die_closing_a_port() {
    die_everywhere(configure, |group| port(group).close().unwrap());
}

#[test]
fn a_process_may_die_claiming_a_queue_and_in_a_burst() {
    die_everywhere(start, |group| {
        let port = port(group);
        let pool = MbufPool::lookup(group, "packets").unwrap();
        let home = pool.home();
        let (rx, tx) = (port.claim_rx(0).unwrap(), port.claim_tx(0).unwrap());
        let mut rx = {
            let driver = RingRx::open(&rx).unwrap();
            RxQueue::new(rx, driver)
        };
        let mut tx = {
            let driver = RingTx::open(&tx).unwrap();
            TxQueue::new(tx, driver)
        };
        assert_eq!(tx.burst(&mut [home.alloc(), home.alloc()]), 2);
        assert_eq!(rx.burst(&home, &mut [const { None }; 4]), 2);
    });
}

#[test]
fn a_reaper_may_die_reaping_a_ports_owner() {
    let mut points = 0;
    loop {
        let stage = Stage::new();
        let owner = stage.join(1);
        start(&owner);
        let claim = port(&owner).claim_rx(0).unwrap();
        stage.kill(1);
        let reaper = stage.join(2);
        let (at, is_over) = match die_at(points, move || reap(&reaper).unwrap().is_some()) {
            End::Died(at) => (at, false),
            End::Finished(reaped) => {
                assert!(reaped);
                ("after all", true)
            }
        };
        stage.kill(2);
        settle(&stage, "net_ring0", at);
        core::mem::forget(claim);
        if is_over {
            break;
        }
        points += 1;
    }
    assert!(points > 0);
}

#[test]
fn a_dead_owner_that_was_configuring_a_running_port_anew_leaves_it_whole_or_without_queues() {
    let mut without = 0;
    for point in 0.. {
        let stage = Stage::new();
        let owner = stage.join(1);
        start(&owner);
        let work = move || port(&owner).configure(&PortSetup::queues(4, 4)).unwrap();
        let ended = die_at(point, work);
        stage.kill(1);
        while reap(&stage.group).unwrap().is_some() {}
        let port = port(&stage.group);
        port.adopt().unwrap();
        let queues = (port.rx_queues(), port.tx_queues());
        match port.phase() {
            PortPhase::Started => assert_eq!(queues, (1, 1), "{ended:?}"),
            PortPhase::Configured => assert_eq!(queues, (4, 4), "{ended:?}"),
            phase => {
                assert_eq!((phase, queues), (PortPhase::Created, (0, 0)), "{ended:?}");
                without += 1;
            }
        }
        assert_eq!(port.link().is_up(), port.phase() == PortPhase::Started, "{ended:?}");
        if let End::Finished(()) = ended {
            break;
        }
    }
    assert!(without >= 2, "{without}");
}

#[test]
fn a_dead_owner_that_was_starting_or_stopping_leaves_a_port_that_runs_as_its_phase_says() {
    for (prepare, work) in [
        (configure as fn(&Group), (|group| port(group).start().unwrap()) as fn(&Group)),
        (start, |group| port(group).stop().unwrap()),
    ] {
        for point in 0..12 {
            let stage = Stage::new();
            let owner = stage.join(1);
            prepare(&owner);
            let _ended = die_at(point, move || work(&owner));
            stage.kill(1);
            while reap(&stage.group).unwrap().is_some() {}
            let port = port(&stage.group);
            port.adopt().unwrap();
            let (rx, home) = (port.claim_rx(0).unwrap(), stage.pool.home());
            let driver = RingRx::open(&rx).unwrap();
            let mut rx = RxQueue::new(rx, driver);
            let tx = port.claim_tx(0).unwrap();
            let driver = RingTx::open(&tx).unwrap();
            let mut tx = TxQueue::new(tx, driver);
            let runs = tx.burst(&mut [home.alloc()]) == 1;
            assert_eq!(runs, port.phase() == PortPhase::Started, "point {point}");
            assert_eq!(port.link().is_up(), runs, "point {point}");
            let _last = rx.burst(&home, &mut [const { None }; 4]);
        }
    }
}
