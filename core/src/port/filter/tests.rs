//! The machine: hostile words, cut packets, and what each test asks.

use super::*;
use proptest::prelude::*;

/// An IPv4 UDP frame with one VLAN tag.
const TAGGED: [u8; 46] = {
    let mut frame = [0; 46];
    frame[5] = 2;
    frame[11] = 1;
    frame[12] = 0x81;
    frame[15] = 42;
    frame[16] = 8;
    frame[18] = 0x45;
    frame[27] = 17;
    frame[30] = 10;
    frame[33] = 1;
    frame[34] = 10;
    frame[37] = 2;
    frame[39] = 53;
    frame[40] = 0x10;
    frame
};

#[test]
fn headers_are_read_behind_a_tag() {
    let headers = Headers::of(&TAGGED, 46);
    assert_eq!(headers.ether, Some([1, 2]));
    assert_eq!(headers.vlans, [Some(42), None]);
    assert_eq!(headers.network, Network::V4([0x0a00_0001, 0x0a00_0002]));
    assert_eq!(headers.kinds, kinds::IP | kinds::UDP | kinds::VLAN);
    assert_eq!(headers.ports, Some([53, 0x1000]));
}

#[test]
fn later_fragments_have_a_protocol_and_no_ports() {
    let mut frame = TAGGED;
    frame[25] = 1;
    let headers = Headers::of(&frame, 46);
    assert_eq!((headers.protocol, headers.ports), (Some(17), None));
}

#[test]
fn what_is_cut_off_is_not_there() {
    for len in 0..TAGGED.len() {
        let headers = Headers::of(&TAGGED[..len], 46);
        assert_eq!(headers.ether.is_some(), len >= 12, "{len}");
        assert_eq!(headers.ports.is_some(), len >= 42, "{len}");
    }
}

#[test]
fn a_step_that_leads_backward_leaves_the_packet() {
    let test = Test::Len { min: 0, max: u32::MAX };
    let circle = Step { test, yes: Target::Step(0), no: Target::Take };
    let program = Program::new(&[circle]).unwrap();
    assert!(!program.takes(&TAGGED, 46));
}

#[test]
fn a_program_of_no_steps_takes_everything_and_one_of_too_many_is_refused() {
    assert!(Program::default().takes(&[], 0));
    let step = Step { test: Test::Kind(1), yes: Target::Take, no: Target::Leave };
    assert_eq!(Program::new(&[step; STEPS_MAX + 1]), Err(TooLong { steps: STEPS_MAX + 1 }));
}

fn tests_of_any_kind() -> impl Strategy<Value = Test> {
    let side = prop::sample::select(&Side::ALL[..]);
    prop_oneof![
        any::<(u32, u32)>().prop_map(|(min, max)| Test::Len { min, max }),
        (0..=kinds::ALL).prop_map(Test::Kind),
        any::<u16>().prop_map(Test::Vlan),
        any::<u16>().prop_map(Test::EtherType),
        any::<u8>().prop_map(Test::Protocol),
        (side.clone(), any::<u64>()).prop_map(|(side, address)| Test::Ether { side, address }),
        (side.clone(), any::<u32>(), any::<u32>()).prop_map(|(side, address, mask)| Test::Net4 {
            side,
            address,
            mask
        }),
        (side.clone(), any::<u128>(), 0..=128u8).prop_map(|(side, address, bits)| Test::Net6 {
            side,
            address,
            bits
        }),
        (side, any::<u16>(), any::<u16>()).prop_map(|(side, low, high)| Test::Port {
            side,
            low,
            high
        }),
    ]
}

proptest! {
    #[test]
    fn a_test_comes_back_from_its_words(test in tests_of_any_kind()) {
        let step = Step { test, yes: Target::Take, no: Target::Leave };
        let program = Program::new(&[step]).unwrap();
        prop_assert_eq!(format!("{program:?}"), format!("{:?}", [Some(step)]));
    }

    #[test]
    fn any_words_on_any_bytes_come_to_an_end(
        words in prop::collection::vec(any::<[u64; STEP_WORDS]>(), 0..100),
        small in any::<bool>(),
        bytes in prop::collection::vec(any::<u8>(), 0..200),
    ) {
        let fetch = |at: usize| {
            let [first, a, b] = words.get(at).copied().unwrap_or_default();
            // Mostly known numbers and sides, so that it goes far.
            if small { [(first % 10) | (first & 0x3_0000_0300), a, b] } else { [first, a, b] }
        };
        run(words.len(), fetch, &bytes, bytes.len() as u32);
    }
}
