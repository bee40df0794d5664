//! Making and finding rings, and headers that lie.

use super::*;
use crate::ring::{AttachError, ConfigError, FormatError, RingHeader, Sizing};
use crate::shared::ElementLayout;

fn header(fixture: &Fixture) -> &'static RingHeader {
    fixture.group.window().resolve(PLACE.cast()).unwrap()
}

#[test]
fn an_attached_ring_is_the_one_that_was_made() {
    let fixture = Fixture::new();
    let made =
        fixture.ring::<u64>(RingConfig::exact(100).producer(Sync::Single).consumer(Sync::Hts));
    let found = Ring::<u64>::attach(&fixture.group, PLACE).unwrap();
    assert_eq!((found.size(), found.capacity()), (128, 100));
    assert_eq!((found.producer_sync(), found.consumer_sync()), (Sync::Single, Sync::Hts));
    made.producer().unwrap().enqueue(5).unwrap();
    assert_eq!(found.consumer().unwrap().dequeue(), Ok(Some(5)));
}

#[test]
fn a_refused_configuration_leaves_the_place_as_it_was() {
    let fixture = Fixture::new();
    fixture.ring::<u64>(RingConfig::new(8));
    let format = |config, len| Ring::<u64>::format(&fixture.group, PLACE, len, &config);
    let count = ConfigError::Count { count: 9, sizing: Sizing::PowerOfTwo };
    assert_eq!(format(RingConfig::new(9), ROOM).unwrap_err(), FormatError::Config(count));
    let short = FormatError::Short { needed: 8832, given: 8831 };
    assert_eq!(format(RingConfig::new(1024), 8831).unwrap_err(), short);
    assert_eq!(Ring::<u64>::attach(&fixture.group, PLACE).unwrap().size(), 8);
}

#[test]
fn a_place_outside_the_window_or_between_lines_is_refused() {
    let fixture = Fixture::new();
    for at in [0, 64, u64::MAX, WINDOW_BYTES as u64 - 128] {
        let config = RingConfig::new(8);
        let made = Ring::<u64>::format(&fixture.group, Offset::new(at), ROOM, &config);
        assert_eq!(made.unwrap_err(), FormatError::Place { at });
        let found = Ring::<u64>::attach(&fixture.group, Offset::new(at));
        assert_eq!(found.unwrap_err(), AttachError::Place { at });
    }
}

#[test]
fn a_ring_of_another_element_is_refused_with_both_layouts() {
    let fixture = Fixture::new();
    fixture.ring::<u64>(RingConfig::new(8));
    let error = Ring::<[u32; 2]>::attach(&fixture.group, PLACE).unwrap_err();
    let expected = ElementLayout::of::<[u32; 2]>();
    assert_eq!(error, AttachError::Element { expected, found: ElementLayout::of::<u64>() });
}

#[test]
fn memory_that_is_no_ring_is_refused_with_what_stands_there() {
    let fixture = Fixture::new();
    let error = Ring::<u64>::attach(&fixture.group, PLACE).unwrap_err();
    assert_eq!(error, AttachError::NotARing { at: PLACE.get(), magic: 0 });
}

#[test]
fn every_lie_of_a_header_is_found_out() {
    let fixture = Fixture::new();
    fixture.ring::<u64>(RingConfig::new(8));
    let header = header(&fixture);
    let words = [&header.size, &header.mask, &header.capacity, &header.flags];
    let lies = [0, 3, 9, 16, 0x80, 1 << 30, 1 << 31, u32::MAX];
    for (i, word) in words.into_iter().enumerate() {
        let truth = word.get();
        for lie in lies {
            // Flags 3 and 16 are others, not lies; a capacity of 3 is possible.
            if (i == 3 && [0, 3, 16].contains(&lie)) || (i == 2 && lie == 3) {
                continue;
            }
            word.set(lie);
            let error = Ring::<u64>::attach(&fixture.group, PLACE).unwrap_err();
            assert!(matches!(error, AttachError::Damaged { .. }), "word {i}, lie {lie}: {error}");
        }
        word.set(truth);
    }
    assert!(Ring::<u64>::attach(&fixture.group, PLACE).is_ok());
}

#[test]
fn a_header_that_changes_under_a_handle_changes_nothing_for_it() {
    let fixture = Fixture::new();
    let (mut p, mut c) = fixture.ends::<u64>(RingConfig::new(8), 0);
    let header = header(&fixture);
    for word in [&header.size, &header.mask, &header.capacity, &header.flags] {
        word.set(u32::MAX);
    }
    assert_eq!(p.enqueue_burst(&numbers(0, 9)), Ok(7));
    assert_eq!(c.dequeue_burst(&mut [0; 9]), Ok(7));
}

#[test]
fn a_peer_that_lies_about_its_position_spoils_no_memory() {
    let fixture = Fixture::new();
    for (producer, consumer) in pairs() {
        let config = RingConfig::new(8).producer(producer).consumer(consumer);
        let (mut p, mut c) = fixture.ends::<u64>(config, 0);
        let header = header(&fixture);
        for lie in [1, 7, 8, 1000, u64::from(u32::MAX)] {
            let (put, taken) = (&header.producers.tail, &header.consumers.tail);
            let truth = put.observe();
            put.publish(lie);
            assert!(c.dequeue_burst(&mut [0; 20]).is_ok_and(|n| n <= 7));
            put.publish(truth);
            let truth = taken.observe();
            taken.publish(lie);
            assert!(p.enqueue_burst(&[0; 20]).is_ok_and(|n| n <= 7));
            taken.publish(truth);
        }
    }
}
