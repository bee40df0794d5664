//! Where a virtio device has its registers: what its capabilities say (virtio 1.1, 4.1.4).
//!
//! The device says it, and it is not trusted: a list that loops is refused, and so is a region that lies in no
//! BAR.

use super::error::PciPortError;
use crate::device::UserDevice;
use crate::pci::{BAR_MAX, CapabilityFault, capabilities};

/// A capability of the maker's own: here, of virtio's.
const OWN: u16 = 0x09;

/// What a capability is of.
const COMMON: u8 = 1;
const NOTIFY: u8 = 2;
const INTERRUPT: u8 = 3;
const DEVICE: u8 = 4;

/// A region.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Region {
    pub(super) bar: u8,
    pub(super) at: u32,
    pub(super) len: u32,
}

/// The regions that are used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Regions {
    pub(super) common: Region,
    pub(super) notify: Region,
    pub(super) notify_multiplier: u32,
    pub(super) device: Region,
    pub(super) interrupt: Region,
}

/// Why there are none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fault {
    Capabilities(CapabilityFault),
    Missing(&'static str),
}

impl Regions {
    /// Those of `device`. A system call.
    pub(super) fn of(device: &dyn UserDevice) -> Result<Self, PciPortError> {
        let mut config = [0; 256];
        device.read_config(0, &mut config)?;
        let device = device.address();
        Self::parse(&config).map_err(|fault| match fault {
            Fault::Capabilities(fault) => PciPortError::Capabilities { device, fault },
            Fault::Missing(which) => PciPortError::Region { device, which },
        })
    }

    /// The first of each kind (4.1.4.1).
    fn parse(config: &[u8]) -> Result<Self, Fault> {
        let (mut common, mut notify, mut device, mut interrupt) = (None, None, None, None);
        for capability in capabilities(config) {
            let capability = capability.map_err(Fault::Capabilities)?;
            if capability.id != OWN {
                continue;
            }
            let bytes = config.get(usize::from(capability.at)..).unwrap_or_default();
            let Some((kind, region)) = region_of(bytes) else { continue };
            match kind {
                COMMON => common = common.or(Some(region)),
                NOTIFY if notify.is_none() => {
                    notify = number(bytes, 16).map(|multiplier| (region, multiplier));
                }
                DEVICE => device = device.or(Some(region)),
                INTERRUPT => interrupt = interrupt.or(Some(region)),
                _ => {}
            }
        }
        let (notify, notify_multiplier) = notify.ok_or(Fault::Missing("notify"))?;
        Ok(Self {
            common: common.ok_or(Fault::Missing("common"))?,
            notify,
            notify_multiplier,
            device: device.ok_or(Fault::Missing("device"))?,
            interrupt: interrupt.ok_or(Fault::Missing("interrupt"))?,
        })
    }
}

/// What a capability says: its kind and its region, if it lies in a BAR.
fn region_of(bytes: &[u8]) -> Option<(u8, Region)> {
    let (kind, bar) = (*bytes.get(3)?, *bytes.get(4)?);
    let region = Region { bar, at: number(bytes, 8)?, len: number(bytes, 12)? };
    (usize::from(bar) < BAR_MAX).then_some((kind, region))
}

fn number(bytes: &[u8], at: usize) -> Option<u32> {
    let bytes = bytes.get(at..)?.first_chunk()?;
    Some(u32::from_le_bytes(*bytes))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// A configuration space with these capabilities, one behind the other: kind, BAR, place, length.
    fn config(of: &[(u8, u8, u32, u32)]) -> Vec<u8> {
        let mut config = vec![0; 256];
        (config[6], config[0x34]) = (0x10, 0x40);
        for (number, (kind, bar, place, len)) in of.iter().enumerate() {
            let at = 0x40 + number * 20;
            let next = if number + 1 == of.len() { 0 } else { at + 20 };
            config[at..at + 5].copy_from_slice(&[9, next as u8, 20, *kind, *bar]);
            config[at + 8..at + 12].copy_from_slice(&place.to_le_bytes());
            config[at + 12..at + 16].copy_from_slice(&len.to_le_bytes());
            config[at + 16..at + 20].copy_from_slice(&4_u32.to_le_bytes());
        }
        config
    }

    #[test]
    fn the_first_of_each_kind_that_lies_in_a_bar_is_taken() {
        let all = [
            (COMMON, 6, 1, 1),
            (COMMON, 4, 0, 0x38),
            (INTERRUPT, 4, 0x1000, 1),
            (DEVICE, 4, 0x2000, 0x40),
            (NOTIFY, 4, 0x3000, 0x1000),
            (COMMON, 5, 0, 0x38),
        ];
        let regions = Regions::parse(&config(&all)).unwrap();
        assert_eq!(regions.common, Region { bar: 4, at: 0, len: 0x38 });
        assert_eq!(regions.device, Region { bar: 4, at: 0x2000, len: 0x40 });
        assert_eq!(regions.notify, Region { bar: 4, at: 0x3000, len: 0x1000 });
        assert_eq!(regions.interrupt, Region { bar: 4, at: 0x1000, len: 1 });
        assert_eq!(regions.notify_multiplier, 4);
    }

    #[test]
    fn a_device_without_one_of_them_is_refused_by_its_name() {
        let some = config(&[(COMMON, 4, 0, 0x38), (NOTIFY, 4, 0x3000, 2)]);
        assert_eq!(Regions::parse(&some), Err(Fault::Missing("device")));
        assert_eq!(Regions::parse(&config(&[])), Err(Fault::Missing("notify")));
    }

    #[test]
    fn a_list_that_loops_is_refused() {
        let mut config = config(&[(COMMON, 4, 0, 0x38)]);
        config[0x41] = 0x40;
        assert!(matches!(Regions::parse(&config), Err(Fault::Capabilities(_))));
    }

    proptest! {
        #[test]
        fn whatever_the_device_says_is_understood_or_refused(
            config in prop::collection::vec(any::<u8>(), 256),
        ) {
            if let Ok(regions) = Regions::parse(&config) {
                prop_assert!(usize::from(regions.common.bar) < BAR_MAX);
            }
        }
    }
}
