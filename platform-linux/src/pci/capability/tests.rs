//! Lists that are as they should be, and others.

use super::*;
use proptest::prelude::*;

/// A configuration space with a list of plain capabilities: `(place, id, next)`.
fn listed(first: u8, entries: &[(usize, u8, u8)]) -> Vec<u8> {
    let mut config = vec![0; CONFIG_MAX];
    (config[0], config[1], config[6], config[0x34]) = (0x86, 0x80, 0x10, first);
    for (at, id, next) in entries {
        (config[*at], config[at + 1]) = (*id, *next);
    }
    config
}

fn extended(config: &mut [u8], at: usize, id: u16, version: u32, next: u32) {
    let head = u32::from(id) | version << 16 | next << 20;
    config[at..at + 4].copy_from_slice(&head.to_le_bytes());
}

fn ids(walk: Capabilities<'_>) -> Result<Vec<u16>, CapabilityFault> {
    walk.map(|it| it.map(|it| it.id)).collect()
}

#[test]
fn a_list_is_walked_to_its_end() {
    let config = listed(0xc8, &[(0xc8, 0x01, 0xd0), (0xd0, 0x05, 0xe0), (0xe0, 0x10, 0)]);
    assert_eq!(ids(capabilities(&config)), Ok(vec![1, 5, 0x10]));
}

#[test]
fn a_device_without_a_list_has_none_whatever_the_pointer_says() {
    let mut config = listed(0x40, &[(0x40, 5, 0)]);
    config[6] = 0;
    assert_eq!(ids(capabilities(&config)), Ok(vec![]));
    assert_eq!(ids(capabilities(&[])), Ok(vec![]));
}

#[test]
fn the_low_bits_of_a_pointer_mean_nothing() {
    let config = listed(0x43, &[(0x40, 5, 0x51), (0x50, 9, 0)]);
    assert_eq!(ids(capabilities(&config)), Ok(vec![5, 9]));
}

#[test]
fn a_list_that_comes_back_is_ended_where_it_does() {
    let config = listed(0x40, &[(0x40, 5, 0x50), (0x50, 9, 0x60), (0x60, 9, 0x50)]);
    let found: Vec<_> = capabilities(&config).collect();
    assert_eq!(found.len(), 4);
    assert_eq!(found[3], Err(CapabilityFault::Loop { at: 0x50 }));
}

#[test]
fn a_list_that_leads_into_the_header_is_refused() {
    let config = listed(0x40, &[(0x40, 5, 0x10)]);
    assert_eq!(ids(capabilities(&config)), Err(CapabilityFault::Astray { at: 0x10 }));
}

#[test]
fn a_list_beyond_what_can_be_read_says_how_much_can() {
    let config = listed(0xc8, &[]);
    let refused = ids(capabilities(&config[..64])).unwrap_err();
    assert_eq!(refused, CapabilityFault::Unreadable { at: 0xc8, len: 64 });
    assert!(refused.to_string().contains("only 64 bytes"), "{refused}");
}

#[test]
fn a_device_that_is_gone_is_told_from_one_without_capabilities() {
    assert_eq!(ids(capabilities(&[0xff; 256])), Err(CapabilityFault::Gone));
}

#[test]
fn extended_capabilities_have_versions_and_a_list_of_their_own() {
    let mut config = listed(0, &[]);
    extended(&mut config, 0x100, 1, 2, 0x140);
    extended(&mut config, 0x140, 3, 1, 0);
    let found: Vec<_> = extended_capabilities(&config).collect();
    let capability = |id, at, version| Ok(Capability { id, at, version });
    assert_eq!(found, [capability(1, 0x100, 2), capability(3, 0x140, 1)]);
}

#[test]
fn an_extended_list_that_comes_back_or_goes_astray_is_ended() {
    let mut config = listed(0, &[]);
    extended(&mut config, 0x100, 1, 1, 0x140);
    extended(&mut config, 0x140, 3, 1, 0x100);
    assert_eq!(ids(extended_capabilities(&config)), Err(CapabilityFault::Loop { at: 0x100 }));
    extended(&mut config, 0x140, 3, 1, 0x80);
    assert_eq!(ids(extended_capabilities(&config)), Err(CapabilityFault::Astray { at: 0x80 }));
}

#[test]
fn a_plain_device_has_no_extended_capabilities() {
    let config = listed(0x40, &[(0x40, 5, 0)]);
    assert_eq!(ids(extended_capabilities(&config)), Ok(vec![]));
    assert_eq!(ids(extended_capabilities(&config[..256])), Ok(vec![]));
    assert_eq!(ids(extended_capabilities(&[0xff; CONFIG_MAX])), Ok(vec![]));
}

proptest! {
    #[test]
    fn a_walk_along_any_bytes_ends(
        mut config in proptest::collection::vec(any::<u8>(), 0..CONFIG_MAX), list: bool,
    ) {
        if let (true, Some(status)) = (list, config.get_mut(6)) {
            *status |= 0x10;
        }
        prop_assert!(capabilities(&config).count() <= 49);
        prop_assert!(extended_capabilities(&config).count() <= 961);
        let places: Vec<_> = capabilities(&config).filter_map(Result::ok).map(|it| it.at).collect();
        prop_assert!(places.iter().all(|at| (0x40..0x100).contains(at)));
    }
}
