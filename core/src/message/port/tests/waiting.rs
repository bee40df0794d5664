//! Ports whose process sleeps.

use super::*;
use crate::message::PlatformWakes;
use crate::wait::Waiting;

const NOW: Waiting = Waiting::SpinThenSleep { spins: 0 };

#[test]
fn who_sleeps_beside_an_empty_mailbox_gives_up_when_told_and_is_up_then() {
    let (groups, mut ports, platform) = three();
    let mut asked = 0;
    let go_on = || {
        asked += 1;
        asked < 3
    };
    assert!(ports[0].wait(NOW, go_on).is_none());
    assert_eq!((asked, platform.sleeps()), (3, 3));
    let post = Post::new(&groups[1], &PlatformWakes);
    post.message(groups[0].me(), &name("echo"), &bytes("")).unwrap();
    assert_eq!(platform.wakes(), 0, "nobody sleeps");
    assert!(matches!(ports[0].wait(NOW, || true), Some(Incoming::Message { .. })));
    assert_eq!(platform.sleeps(), 3, "it was there");
}

#[test]
fn a_sender_calls_who_sleeps_by_the_platform() {
    let (groups, mut ports, platform) = three();
    let post = Post::new(&groups[1], &PlatformWakes);
    let sleep = ports[0].prepare_to_sleep(Bed::Word).unwrap();
    post.message(groups[0].me(), &name("echo"), &bytes("up")).unwrap();
    assert!(sleep.is_called());
    assert_eq!(platform.wakes(), 1);
}

#[test]
fn who_leaves_without_a_service_calls_who_sleeps_by_the_platform() {
    let (groups, mut ports, platform) = three();
    assert_eq!(call_everybody(&groups[1], &PlatformWakes), 0, "nobody sleeps");
    let sleep = ports[0].prepare_to_sleep(Bed::Word).unwrap();
    assert_eq!(call_everybody(&groups[1], &PlatformWakes), 1);
    assert!(sleep.is_called());
    assert_eq!(platform.wakes(), 1);
}

#[test]
fn a_request_is_overdue_in_time_although_its_port_sleeps() {
    let (groups, mut ports, _) = three();
    ports[0].request(groups[1].me(), &name("echo"), &bytes(""), SECOND).unwrap();
    let answer = ports[0].wait(NOW, || true);
    assert!(
        matches!(answer, Some(Incoming::Answer(Answer { outcome: Outcome::TimedOut, .. }))),
        "{answer:?}"
    );
    assert!(matches!(ports[0].wait(NOW, || true), Some(Incoming::Finished(_))));
}

#[test]
fn every_message_of_a_thousand_reaches_a_port_that_sleeps() {
    let (groups, mut ports, _) = three();
    let post = Post::new(&groups[1], &PlatformWakes);
    let (to, echo) = (groups[0].me(), name("echo"));
    std::thread::scope(|scope| {
        scope.spawn(move || {
            for _ in 0..1000 {
                while post.message(to, &echo, &Payload::EMPTY).is_err() {
                    std::thread::yield_now();
                }
            }
        });
        for _ in 0..1000 {
            assert!(matches!(ports[0].wait(NOW, || true), Some(Incoming::Message { .. })));
        }
    });
}
