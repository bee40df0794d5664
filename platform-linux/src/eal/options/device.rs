//! Devices: which a process has made (`--vdev`), and which of the machine's the group takes (`-a`) or
//! leaves alone (`-b`); rows `DV-1`, `DV-9`.

use phalanx_core::port::{ARGS_MAX, DriverKind};

use super::Fault;
use super::nearest::nearest_of;
use crate::pci::PciAddress;
use crate::port::keys::{Key, Times, instead_of, keys_of};

/// Most devices that each of `--vdev`, `-a` and `-b` may name.
pub const DEVICE_MAX: usize = 32;

/// Most bytes of a device's name.
pub const DEVICE_NAME_MAX: usize = 31;

/// A device to be made: `net_ring1,peer=net_ring0`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Vdev {
    name: heapless::String<DEVICE_NAME_MAX>,
    args: heapless::String<ARGS_MAX>,
    driver: DriverKind,
}

impl Vdev {
    /// Checks a device: its driver, and the names and values of its arguments.
    ///
    /// # Errors
    /// [`Fault`]: no driver of that name, or an argument that it does not take.
    ///
    /// ```
    /// use phalanx_linux::eal::options::Vdev;
    /// let vdev = Vdev::parse("net_ring1,peer=net_ring0")?;
    /// assert_eq!((vdev.name(), vdev.args()), ("net_ring1", "peer=net_ring0"));
    /// assert!(Vdev::parse("net_rong1").unwrap_err().to_string().contains("did you mean net_ring"));
    /// # Ok::<(), phalanx_linux::eal::options::Fault>(())
    /// ```
    pub fn parse(text: &str) -> Result<Self, Fault> {
        let (name, args) = text.split_once(',').unwrap_or((text, ""));
        if name.is_empty() {
            return Err(Fault::Empty);
        }
        let driver = DriverKind::of_device(name).ok_or_else(|| {
            let wanted = name.trim_end_matches(|c: char| c.is_ascii_digit());
            let known = DriverKind::VIRTUAL.into_iter().map(DriverKind::name);
            Fault::NoDriver { nearest: nearest_of(wanted, known) }
        })?;
        let name = name.try_into().map_err(|_| Fault::TooLong { most: DEVICE_NAME_MAX as u16 })?;
        for (entry, pair) in (1..).zip(args.split(',')) {
            match pair.is_empty() {
                true if args.is_empty() => {}
                true => return Err(Fault::EmptyEntry { entry }),
                false => {
                    let earlier = args.split(',').take(usize::from(entry) - 1);
                    check_pair(driver, entry, pair, earlier)?;
                }
            }
        }
        let args = args.try_into().map_err(|_| Fault::TooLong { most: ARGS_MAX as u16 })?;
        Ok(Self { name, args, driver })
    }

    /// Its name, by which every process finds its port.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its arguments, as they were written.
    #[must_use]
    pub fn args(&self) -> &str {
        &self.args
    }

    /// Its driver.
    #[must_use]
    pub const fn driver(&self) -> DriverKind {
        self.driver
    }
}

fn check_pair<'a>(
    driver: DriverKind,
    entry: u16,
    pair: &str,
    earlier: impl Iterator<Item = &'a str>,
) -> Result<(), Fault> {
    let (name, value) = pair.split_once('=').ok_or(Fault::NoEquals { entry })?;
    let keys = keys_of(driver);
    let Some(key) = keys.iter().find(|key| key.name == name) else {
        let likely = instead_of(driver, name);
        let nearest = likely.or_else(|| nearest_of(name, keys.iter().map(|key| key.name)));
        return Err(Fault::NoSuchKey { entry, driver, nearest });
    };
    let Key { name: key, accepts, is_fit, times } = key;
    let is_named = |pair: &str| pair.split_once('=').is_some_and(|(earlier, _)| earlier == name);
    if *times == Times::Once && earlier.into_iter().any(is_named) {
        return Err(Fault::KeyTwice { key });
    }
    match value {
        _ if is_fit(value) => Ok(()),
        "" => Err(Fault::KeyEmpty { key, accepts }),
        _ => Err(Fault::KeyValue { key, accepts }),
    }
}

/// Adds a device to those that `--vdev` named before.
pub(super) fn add_vdev(
    vdevs: &mut heapless::Vec<Vdev, DEVICE_MAX>,
    text: &str,
) -> Result<(), Fault> {
    let vdev = Vdev::parse(text)?;
    match vdevs.iter().find(|other| other.name == vdev.name) {
        Some(other) if other.args == vdev.args => Ok(()),
        Some(_) => Err(Fault::SameDevice),
        None => vdevs.push(vdev).map_err(|_| Fault::TooMany { most: DEVICE_MAX as u16 }),
    }
}

/// Adds a device of the machine. What follows it is its driver's (`DV-1`), and no driver of such devices is
/// here to read it: only that it can be read is checked, names and values between commas, of which those in
/// brackets are a value's own.
pub(super) fn add_pci(
    devices: &mut heapless::Vec<PciAddress, DEVICE_MAX>,
    text: &str,
) -> Result<(), Fault> {
    let (place, args) = text.split_once(',').map_or((text, None), |(it, args)| (it, Some(args)));
    if DriverKind::of_device(place).is_some() {
        return Err(Fault::IsVdev);
    }
    let address = PciAddress::parse(place).map_err(|_| Fault::NotPci)?;
    args.map_or(Ok(()), check_args)?;
    if devices.contains(&address) {
        return Ok(());
    }
    devices.push(address).map_err(|_| Fault::TooMany { most: DEVICE_MAX as u16 })
}

/// Whether each argument of a device of the machine has a name.
fn check_args(args: &str) -> Result<(), Fault> {
    let mut depth = 0u32;
    let arguments = args.split(move |character| {
        match character {
            '[' => depth += 1,
            ']' => depth = depth.saturating_sub(1),
            _ => {}
        }
        character == ',' && depth == 0
    });
    let is_nameless = |argument: &str| argument.is_empty() || argument.starts_with('=');
    match (1..).zip(arguments).find(|(_, argument)| is_nameless(argument)) {
        Some((entry, _)) => Err(Fault::EmptyEntry { entry }),
        None => Ok(()),
    }
}
