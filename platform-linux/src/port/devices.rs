//! Which devices of the machine the group uses (`-a`) or leaves alone (`-b`): said once, by who makes the
//! group, and learned by all others (`DV-1`).

use phalanx_core::directory::LookupError;
use phalanx_core::group::Group;
use phalanx_core::memzone::{Zone, ZoneError, ZoneOptions};
use phalanx_core::sync::{Word32, Word64};

use super::make::DeviceError;
use crate::eal::options::{DEVICE_MAX, Options, PciAddress};

/// The name of the zone.
const ZONE: &str = "PHX_DEVICES";

phalanx_core::shared_words! {
    /// Devices, as the group's command line named them.
    pub struct DeviceList {
        /// How many are used, 0..=32.
        pub allowed: Word32,
        /// How many are left alone, 0..=32.
        pub blocked: Word32,
        /// `domain << 16 | bus << 8 | device << 3 | function`: those used, from 0 on; those left alone,
        /// from 32 on. Writer: who makes the zone, before anybody finds it.
        pub places: [Word64; 64],
    }
}

const _: () = assert!(DEVICE_MAX == 32, "a list has room for 32 devices of each kind");

/// Whether a device is used or left alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Listing {
    /// `-a`
    Allowed,
    /// `-b`
    Blocked,
}

/// Keeps what the command line of who makes the group says; nothing, if it says nothing.
pub(super) fn keep(group: &Group, options: &Options) -> Result<(), DeviceError> {
    if options.allow.is_empty() && options.block.is_empty() {
        return Ok(());
    }
    let write = |list: &'static DeviceList| {
        let (allowed, blocked) = list.places.split_at(DEVICE_MAX);
        let used = options.allow.iter().map(|device| place(device.address()));
        let left = options.block.iter().map(|device| place(*device));
        allowed.iter().zip(used).for_each(|(word, place)| word.set(place));
        blocked.iter().zip(left).for_each(|(word, place)| word.set(place));
        list.allowed.set(options.allow.len() as u32);
        list.blocked.set(options.block.len() as u32);
    };
    Zone::create_typed(group, ZONE, &ZoneOptions::default(), write)
        .map(|_| ())
        .map_err(DeviceError::List)
}

/// Whether what this process's command line says is what the group's did: each device named again must
/// have been named, and for the same.
pub(super) fn check(group: &Group, options: &Options) -> Result<(), DeviceError> {
    let used = options.allow.iter().map(|device| (device.address(), Listing::Allowed));
    let left = options.block.iter().map(|device| (*device, Listing::Blocked));
    for (device, listing) in used.chain(left) {
        let group_says = listing_of(group, device)?;
        if group_says != Some(listing) {
            return Err(DeviceError::Listing { device, listing, group_says });
        }
    }
    Ok(())
}

/// What the group does with a device; `None` if nobody said.
///
/// # Errors
/// [`DeviceError`], if that cannot be read.
pub(crate) fn listing_of(
    group: &Group,
    device: PciAddress,
) -> Result<Option<Listing>, DeviceError> {
    let list = match Zone::lookup_typed::<DeviceList>(group, ZONE) {
        Ok(list) => list,
        Err(LookupError::NotFound { .. }) => return Ok(None),
        Err(error) => return Err(DeviceError::List(ZoneError::Lookup(error))),
    };
    let (allowed, blocked) = list.value().places.split_at(DEVICE_MAX);
    let has = |words: &[Word64], count: &Word32| {
        words.iter().take(count.get() as usize).any(|word| word.get() == place(device))
    };
    if has(allowed, &list.allowed) {
        return Ok(Some(Listing::Allowed));
    }
    Ok(has(blocked, &list.blocked).then_some(Listing::Blocked))
}

fn place(device: PciAddress) -> u64 {
    let PciAddress { domain, bus, device, function } = device;
    u64::from(domain) << 16 | u64::from(bus) << 8 | u64::from(device) << 3 | u64::from(function)
}
