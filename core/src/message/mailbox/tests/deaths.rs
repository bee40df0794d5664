//! Senders and owners that die in the middle.

use super::*;

const DEAD: fn(u16) -> bool = |of| of == tag(0);

#[test]
fn a_cell_that_a_dead_sender_was_writing_is_freed() {
    for written in [false, true] {
        let mailbox = Mailbox::default();
        let claim = mailbox.claim(tag(0), Class::Message).unwrap();
        if written {
            claim.fill(words(0, 1).into_iter());
        }
        let _living = mailbox.claim(tag(1), Class::Message).unwrap();
        assert_eq!(mailbox.mend(DEAD), 1);
        assert_eq!((mailbox.mend(DEAD), mailbox.facts().in_use, mailbox.facts().mended), (0, 1, 1));
        // Who was taken for dead and is not learns it, and changes nothing.
        assert!(claim.publish(2).is_none());
        assert_eq!(mailbox.bell.peek(), 0);
    }
}

#[test]
fn a_frame_whose_sender_died_before_the_bell_is_delivered() {
    let (mailbox, mut queue) = (Mailbox::default(), Queue::new());
    let _unrung = make_ready(&mailbox, Class::Message, 0, 1).unwrap();
    assert_eq!(take(&mailbox, &mut queue), None);
    assert_eq!((mailbox.mend(DEAD), mailbox.attention.peek()), (0, 1));
    mailbox.look_through(&mut queue, DEAD);
    assert_eq!(take_all(&mailbox, &mut queue), [(0, 1)]);
    assert_eq!(mailbox.attention.peek(), 0);
}

#[test]
fn a_dead_senders_frames_come_in_order_the_rung_and_the_unrung() {
    let (mailbox, mut queue) = (Mailbox::default(), Queue::new());
    assert!(put(&mailbox, Class::Message, 0, 1));
    assert!(put(&mailbox, Class::Request, 0, 2));
    assert!(put(&mailbox, Class::Message, 1, 8));
    let _unrung = make_ready(&mailbox, Class::Reply, 0, 3).unwrap();
    let _other = make_ready(&mailbox, Class::Reply, 1, 9).unwrap();
    mailbox.look_through(&mut queue, DEAD);
    // The living one's second frame is announced by its own bell, and by nothing else.
    assert_eq!(take_all(&mailbox, &mut queue), [(0, 1), (0, 2), (1, 8), (0, 3)]);
}

#[test]
fn looking_through_twice_delivers_once() {
    let (mailbox, mut queue) = (Mailbox::default(), Queue::new());
    assert!(put(&mailbox, Class::Message, 0, 1));
    mailbox.gather(&mut queue);
    mailbox.look_through(&mut queue, DEAD);
    mailbox.look_through(&mut queue, DEAD);
    assert_eq!(take_all(&mailbox, &mut queue), [(0, 1)]);
}

#[test]
fn what_a_dead_owner_had_gathered_is_freed_by_the_next_tenant() {
    let mailbox = Mailbox::default();
    assert!(put(&mailbox, Class::Message, 0, 1));
    assert!(put(&mailbox, Class::Message, 1, 2));
    mailbox.gather(&mut Queue::new());
    let _unrung = make_ready(&mailbox, Class::Message, 0, 3).unwrap();
    let mine = |image: &Image| image[1] == 3;
    assert_eq!(mailbox.discard_unless(mine), 2);
    assert_eq!(mailbox.facts().in_use, 1);
}

#[test]
fn a_late_mender_does_not_free_the_cells_next_claim() {
    let mailbox = Mailbox::default();
    let _dead = mailbox.claim(tag(0), Class::Message).unwrap();
    let word = mailbox.states.iter().find(|word| word.peek() != 0).unwrap();
    let seen = word.peek();
    assert_eq!(mailbox.mend(DEAD), 1);
    // The slot's next tenant but 511 has the same tag; its ticket differs.
    let _next = mailbox.claim(tag(0), Class::Message).unwrap();
    assert!(word.swap_if(seen, 0).is_err());
}

#[test]
fn each_sender_is_asked_about_once_where_its_cells_lie_side_by_side() {
    let mailbox = Mailbox::default();
    for number in 0..10 {
        assert!(put(&mailbox, Class::Message, 0, number));
    }
    let mut asked = 0;
    mailbox.mend(|_| {
        asked += 1;
        false
    });
    assert_eq!(asked, 1);
}
