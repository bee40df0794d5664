//! A device that says nonsense.

use super::*;

#[test]
fn a_length_beyond_the_buffer_is_an_error_and_the_next_packet_comes() {
    for chip in Chip::ALL {
        let stage = Stage::new(chip, PortSetup::queues(1, 1));
        let (home, mut rx, model) = (stage.pool.home(), stage.rx(0), stage.model);
        burst(&mut rx, &home);
        for (len, status, errors) in [(2049, 3, 0), (u16::MAX, 3, 0), (0, 3, 0), (60, 3, 1)] {
            assert!(model.complete(0, &[], 0, model.facts(len, status, errors)));
        }
        assert!(model.deliver(0, &frame(9, 60)));
        assert_eq!(burst(&mut rx, &home), [frame(9, 60)]);
        assert_eq!(rx.claim().stats().errors, 4);
        assert!(stage.audit("after nonsense") > 24);
    }
}

#[test]
fn a_packet_that_never_ends_is_given_up_and_so_is_its_end() {
    let stage = Stage::simple();
    let (home, mut rx, model) = (stage.pool.home(), stage.rx(0), stage.model);
    burst(&mut rx, &home);
    for _ in 0..17 {
        assert!(model.complete(0, &[], 0, model.facts(100, 1, 0)));
    }
    assert!(burst(&mut rx, &home).is_empty());
    assert!(model.complete(0, &[], 0, model.facts(100, 3, 0)));
    assert!(model.deliver(0, &frame(9, 60)));
    assert_eq!(burst(&mut rx, &home), [frame(9, 60)]);
    assert_eq!(rx.claim().stats().errors, 2);
}

#[test]
fn a_device_that_completes_what_it_never_got_changes_nothing() {
    let stage = Stage::simple();
    let (home, mut rx, mut tx) = (stage.pool.home(), stage.rx(0), stage.tx(0));
    burst(&mut rx, &home);
    // All descriptors say that they are done, those of Tx as well.
    for direction in [crate::port::Direction::Rx, crate::port::Direction::Tx] {
        let queue = crate::device::slots::DeviceQueue::lookup(&stage.port, direction, 0).unwrap();
        queue.words64(0, 64).iter().for_each(|word| word.publish(u64::MAX));
    }
    for _ in 0..3 {
        assert!(burst(&mut rx, &home).is_empty());
        assert_eq!(tx.burst(&mut [Some(packet(&home, &frame(1, 60)))]), 1);
    }
    stage.audit("a device that says that all is done");
}

#[test]
fn entries_that_a_peer_has_written_over_are_strays_and_no_packets() {
    let stage = Stage::simple();
    let (home, mut rx) = (stage.pool.home(), stage.rx(0));
    burst(&mut rx, &home);
    let queue =
        crate::device::slots::DeviceQueue::lookup(&stage.port, crate::port::Direction::Rx, 0)
            .unwrap();
    queue.test_write_entry(0, u64::MAX);
    assert!(stage.model.complete(1, &[], 0, 0) || stage.model.get(0x2810) == 0);
    queue.words64(0, 2)[1].publish(stage.model.facts(60, 3, 0));
    assert!(burst(&mut rx, &home).is_empty());
    assert_eq!(rx.claim().stats().errors, 1);
    assert_eq!(stage.pool.strays(), 1);
}
