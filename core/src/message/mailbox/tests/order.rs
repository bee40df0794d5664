//! Room, shares and order.

use super::*;

#[test]
fn what_is_put_in_comes_out_once_and_in_order() {
    let (mailbox, mut queue) = (Mailbox::default(), Queue::new());
    assert_eq!(take(&mailbox, &mut queue), None);
    for round in 0..100 {
        for i in 0..7 {
            assert!(put(&mailbox, Class::Message, i as usize % 2, round * 7 + i));
        }
        let taken = take_all(&mailbox, &mut queue);
        let sent: Vec<_> = (0..7).map(|i| (i as usize % 2, round * 7 + i)).collect();
        assert_eq!(taken, sent);
    }
    assert_eq!(mailbox.facts().in_use, 0);
}

#[test]
fn a_box_full_of_messages_takes_requests_and_then_replies() {
    let (mailbox, mut queue) = (Mailbox::default(), Queue::new());
    for (class, room) in [(Class::Message, 40), (Class::Request, 12), (Class::Reply, 12)] {
        for i in 0..room {
            assert!(put(&mailbox, class, 0, i), "{class:?} {i}");
        }
        assert!(!put(&mailbox, class, 0, 0), "{class:?}");
    }
    assert_eq!(take_all(&mailbox, &mut queue).len(), 64);
    assert!(put(&mailbox, Class::Message, 0, 0));
}

#[test]
fn order_holds_where_the_tickets_wrap() {
    let (mailbox, mut queue) = (Mailbox::default(), Queue::new());
    mailbox.tickets.publish(u32::MAX - 2);
    for number in 0..6 {
        assert!(put(&mailbox, Class::Message, 0, number));
    }
    let numbers: Vec<u64> = take_all(&mailbox, &mut queue).into_iter().map(|(_, n)| n).collect();
    assert_eq!(numbers, [0, 1, 2, 3, 4, 5]);
}

#[test]
fn a_sender_that_has_stopped_holds_up_nobody() {
    let (mailbox, mut queue) = (Mailbox::default(), Queue::new());
    let stopped = mailbox.claim(tag(0), Class::Message).unwrap();
    let not_rung = make_ready(&mailbox, Class::Message, 1, 1).unwrap();
    for number in 0..1000 {
        assert!(put(&mailbox, Class::Message, 2, number));
        assert_eq!(take(&mailbox, &mut queue), Some((2, number)));
    }
    not_rung.ring();
    assert_eq!(take(&mailbox, &mut queue), Some((1, 1)));
    stopped.fill(words(0, 5).into_iter());
    stopped.publish(2).unwrap().ring();
    assert_eq!(take(&mailbox, &mut queue), Some((0, 5)));
}

#[test]
fn a_bell_that_somebody_left_does_not_let_a_frame_overtake() {
    // The bell's bits of a sender's first two frames are set in one round by a stranger and
    // the owner's look falls in between: what it sees ready it sees in order.
    let (mailbox, mut queue) = (Mailbox::default(), Queue::new());
    mailbox.bell.raise(u64::MAX);
    let first = make_ready(&mailbox, Class::Message, 0, 1).unwrap();
    assert_eq!(take(&mailbox, &mut queue), Some((0, 1)));
    first.ring();
    assert_eq!(take(&mailbox, &mut queue), None);
    assert!(put(&mailbox, Class::Message, 0, 2));
    assert_eq!(take_all(&mailbox, &mut queue), [(0, 2)]);
}

#[test]
fn hostile_words_are_bounded() {
    let (mailbox, mut queue) = (Mailbox::default(), Queue::new());
    for (i, word) in mailbox.states.iter().enumerate() {
        // Ready, of nobody, with 255 words, and tickets in a circle.
        word.publish((i as u64) << 58 | 0xff02);
    }
    mailbox.bell.raise(u64::MAX);
    mailbox.gather(&mut queue);
    let mut taken = 0;
    while let Some((_, image)) = mailbox.take(&mut queue) {
        assert!(image.is_some());
        taken += 1;
    }
    assert_eq!((taken, mailbox.facts().in_use), (64, 0));
}

#[test]
fn a_cell_that_changes_under_the_owners_eyes_is_not_believed() {
    let (mailbox, mut queue) = (Mailbox::default(), Queue::new());
    assert!(put(&mailbox, Class::Message, 0, 1));
    mailbox.gather(&mut queue);
    let word = mailbox.states.iter().find(|word| word.peek() != 0).unwrap();
    word.publish(word.peek() ^ 1 << 40);
    assert!(matches!(mailbox.take(&mut queue), Some((_, None))));
}

#[test]
fn four_senders_keep_their_own_order_and_lose_nothing() {
    const EACH: u64 = 20_000;
    let mailbox = Mailbox::default();
    std::thread::scope(|scope| {
        for sender in 0..4 {
            let mailbox = &mailbox;
            scope.spawn(move || {
                for number in 0..EACH {
                    while !put(mailbox, Class::Message, sender, number) {
                        std::thread::yield_now();
                    }
                }
            });
        }
        let (mut queue, mut next) = (Queue::new(), [0; 4]);
        while next != [EACH; 4] {
            match take(&mailbox, &mut queue) {
                Some((sender, number)) => {
                    assert_eq!(next[sender], number);
                    next[sender] += 1;
                }
                None => std::thread::yield_now(),
            }
        }
    });
    assert_eq!(mailbox.facts().in_use, 0);
}
