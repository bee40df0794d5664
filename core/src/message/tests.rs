//! Frames: what becomes bytes and comes back, and what is refused.

use proptest::prelude::*;

use super::*;
use crate::group::ProcessId;

fn name(text: &str) -> ActionName {
    ActionName::new(text).unwrap()
}

pub(super) fn frame(kind: Kind, request: u64, payload: &[u8]) -> Frame {
    Frame {
        kind,
        request,
        sender: ProcessId::new(3, 7),
        target: ProcessId::new(0, 1),
        name: name("ping"),
        payload: Payload::new(payload).unwrap(),
        descriptors: 0,
    }
}

fn kind() -> impl Strategy<Value = Kind> {
    prop_oneof![
        Just(Kind::Message),
        Just(Kind::Request),
        Just(Kind::Reply),
        prop_oneof![
            Just(Reason::Ignored),
            Just(Reason::UnknownAction),
            Just(Reason::NotAllowed),
            Just(Reason::Dropped),
            Just(Reason::TooBusy)
        ]
        .prop_map(Kind::Refusal),
    ]
}

fn process() -> impl Strategy<Value = ProcessId> {
    (0u16..64, 1u32..).prop_map(|(slot, generation)| ProcessId::new(slot, generation))
}

prop_compose! {
    fn any_frame()(
        kind in kind(),
        request in 1u64..,
        sender in process(),
        target in process(),
        text in "[ -~]{1,63}",
        payload in proptest::collection::vec(any::<u8>(), 0..=256),
        descriptors in 0u8..=8,
    ) -> Frame {
        let request = if kind == Kind::Message { 0 } else { request };
        let payload = Payload::new(&payload).unwrap();
        Frame { kind, request, sender, target, name: name(&text), payload, descriptors }
    }
}

fn config() -> ProptestConfig {
    ProptestConfig { failure_persistence: None, ..ProptestConfig::default() }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn a_frame_comes_back_from_its_bytes(frame in any_frame()) {
        prop_assert_eq!(Frame::decode(&frame.encode()), Ok(frame));
    }

    #[test]
    fn any_bytes_are_a_frame_or_an_error(bytes in proptest::collection::vec(any::<u8>(), 0..500)) {
        // Noise that begins as a frame does comes further.
        let mut long = bytes.clone();
        long.resize(FRAME_BYTES, 0);
        long[..8].copy_from_slice(&frame(Kind::Message, 0, b"").encode()[..8]);
        for bytes in [bytes, long] {
            if let Ok(frame) = Frame::decode(&bytes) {
                prop_assert_eq!(&frame.encode()[..], &bytes[..]);
            }
        }
    }

    #[test]
    fn a_frame_with_a_byte_changed_is_canonical_or_an_error(
        frame in any_frame(),
        at in 0usize..FRAME_BYTES,
        byte in any::<u8>(),
    ) {
        let mut bytes = frame.encode();
        bytes[at] = byte;
        if let Ok(frame) = Frame::decode(&bytes) {
            prop_assert_eq!(frame.encode(), bytes);
        }
    }

    #[test]
    fn the_words_that_a_mailbox_copies_hold_all_of_a_frame(frame in any_frame()) {
        let (bytes, words) = (frame.encode(), frame.words_used());
        prop_assert!(bytes[words * 8..].iter().all(|byte| *byte == 0));
    }
}

/// What the decoder says of a frame whose bytes from `at` on are `bytes`.
fn spoiled(at: usize, bytes: &[u8]) -> FrameError {
    let mut spoiled = frame(Kind::Request, 9, b"0123456789").encode();
    spoiled[at..at + bytes.len()].copy_from_slice(bytes);
    Frame::decode(&spoiled).unwrap_err()
}

#[test]
fn each_field_that_is_wrong_is_named() {
    assert_eq!(Frame::decode(&[]), Err(FrameError::Length { found: 0 }));
    assert_eq!(Frame::decode(&[0; 385]), Err(FrameError::Length { found: 385 }));
    assert_eq!(spoiled(0, b"HTTP"), FrameError::Magic { found: u32::from_le_bytes(*b"HTTP") });
    assert_eq!(spoiled(4, &[2, 0]), FrameError::Version { found: 2 });
    assert_eq!(spoiled(6, &[5, 0]), FrameError::Kind { kind: 5, reason: 0 });
    assert_eq!(spoiled(6, &[2, 1]), FrameError::Kind { kind: 2, reason: 1 });
    assert_eq!(spoiled(6, &[4, 6]), FrameError::Kind { kind: 4, reason: 6 });
    assert_eq!(spoiled(6, &[1]), FrameError::Request { kind: Kind::Message, request: 9 });
    assert_eq!(spoiled(8, &[0]), FrameError::Request { kind: Kind::Request, request: 0 });
    assert_eq!(spoiled(16, &[0; 4]), FrameError::Process { slot: 3, generation: 0 });
    assert_eq!(spoiled(26, &[64, 0]), FrameError::Process { slot: 64, generation: 1 });
    assert_eq!(spoiled(28, &[1, 1]), FrameError::PayloadLength { found: 257 });
    assert_eq!(spoiled(28, &[9, 0]), FrameError::Reserved);
    assert_eq!(spoiled(30, &[9]), FrameError::Descriptors { found: 9 });
    assert_eq!(spoiled(31, &[1]), FrameError::Reserved);
    assert_eq!(spoiled(63, &[1]), FrameError::Reserved);
    assert_eq!(spoiled(64, &[0]), FrameError::Name);
    assert_eq!(spoiled(64, &[b'a'; 64]), FrameError::Name);
    assert_eq!(spoiled(127, &[1]), FrameError::Name);
    assert_eq!(spoiled(65, &[0x1b]), FrameError::Name);
    assert_eq!(spoiled(383, &[1]), FrameError::Reserved);
}

#[test]
fn the_largest_payload_fits_and_one_byte_more_is_refused() {
    let largest = frame(Kind::Reply, 1, &[0xff; 256]);
    assert_eq!(Frame::decode(&largest.encode()), Ok(largest));
    let error = Payload::new(&[0; 257]).unwrap_err();
    assert_eq!(error, PayloadTooLong(257));
    assert!(error.to_string().contains("at most 256 bytes and was given 257"));
}

#[test]
fn more_descriptors_than_a_frame_may_bring_do_not_make_a_frame_that_nobody_takes() {
    let frame = Frame { descriptors: 200, ..frame(Kind::Message, 0, b"") };
    assert_eq!(Frame::decode(&frame.encode()).unwrap().descriptors, DESCRIPTORS_MAX);
}

#[test]
fn a_name_has_one_to_sixty_three_printable_bytes() {
    assert_eq!(ActionName::new(""), Err(ActionNameError::Empty));
    assert_eq!(ActionName::new(&"a".repeat(63)).unwrap().as_str().len(), 63);
    assert_eq!(ActionName::new(&"a".repeat(64)), Err(ActionNameError::TooLong(64)));
    assert_eq!(ActionName::new("a\0b"), Err(ActionNameError::Unprintable { byte: 0, at: 1 }));
    assert!(matches!(ActionName::new("ä"), Err(ActionNameError::Unprintable { at: 0, .. })));
}
