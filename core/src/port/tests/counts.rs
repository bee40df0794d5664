//! Counts: whose they are, and from when on they count.

use super::*;

#[test]
fn what_a_device_dropped_is_counted_by_the_owner_and_from_the_last_reset_on() {
    let stage = Stage::new();
    let port = stage.port("net_null0", "");
    port.count_missed(3);
    port.count_damaged(2);
    assert_eq!((port.stats().rx_missed, port.stats().rx_damaged), (3, 2));
    port.reset_stats().unwrap();
    port.count_damaged(5);
    seen(&stage.join(1), &port).count_damaged(7);
    assert_eq!((port.stats().rx_missed, port.stats().rx_damaged), (0, 5));
}

#[test]
fn a_count_that_is_set_to_zero_while_it_is_read_is_no_less_than_zero() {
    let stage = Stage::new();
    let port = stage.running("net_null0", "", 1);
    let home = stage.pool.home();
    let mut rx = RxQueue::new(port.claim_rx(0).unwrap(), NullRx::of(&port).unwrap());
    assert_eq!(rx.burst(&home, &mut [const { None }; 8]), 8);
    let pool = stage.pool.clone();
    fake::meanwhile("port: a count is about to be read", move || {
        let home = pool.home();
        assert_eq!(rx.burst(&home, &mut [const { None }; 8]), 8);
        port.reset_stats().unwrap();
    });
    assert_eq!(port.rx_stats(0).unwrap().packets, 16);
    let line = port.rx_line(0).unwrap();
    line.zero[0].set(17);
    assert_eq!(port.rx_stats(0).unwrap().packets, 0);
}
