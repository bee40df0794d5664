//! Sleeping, waking, and a peer that is gone.

use super::*;
use crate::fake::FakePlatform;
use crate::sync::Contested32;

const NOW: Waiting = Waiting::SpinThenSleep { spins: 0 };

#[test]
fn what_is_there_is_found_without_a_sleep() {
    let (line, platform) = (WaitLine::new(), FakePlatform::default());
    for how in [Waiting::Spin, NOW, Waiting::Mixed { spins: 0, nap_ns: 1000 }] {
        assert_eq!(line.wait(&platform, how, || Some(7), || true), Some(7));
    }
    assert_eq!(platform.sleeps(), 0);
}

#[test]
fn waking_nobody_makes_no_call() {
    let (line, platform) = (WaitLine::new(), FakePlatform::default());
    line.wake(&platform);
    assert_eq!(platform.wakes(), 0);
}

#[test]
fn a_sleeper_whose_peer_is_gone_is_not_kept_for_ever() {
    let (line, platform) = (WaitLine::new(), FakePlatform::default());
    let mut asked = 0;
    let found: Option<u32> = line.wait(
        &platform,
        NOW,
        || None,
        || {
            asked += 1;
            asked < 3
        },
    );
    assert_eq!((found, asked, platform.sleeps()), (None, 3, 3));
    line.wake(&platform);
    line.wake(&platform);
    assert_eq!(platform.wakes(), 1, "one call in vain for who went, and no more");
}

#[test]
fn every_word_of_a_thousand_reaches_a_sleeper() {
    let (line, platform, word) = (WaitLine::new(), FakePlatform::default(), Contested32::new(0));
    std::thread::scope(|scope| {
        scope.spawn(|| {
            for next in 1..=1000 {
                word.publish(next);
                line.wake(&platform);
                while word.observe() != 0 {
                    std::thread::yield_now();
                }
            }
        });
        for next in 1..=1000 {
            let look = || Some(word.observe()).filter(|found| *found != 0);
            assert_eq!(line.wait(&platform, NOW, look, || true), Some(next));
            word.publish(0);
        }
    });
}
