//! Devices: which a process has made (`--vdev`), and which of the machine's the group takes (`-a`) or
//! leaves alone (`-b`); rows `DV-1`, `DV-9`.

use phalanx_core::port::{ARGS_MAX, DriverKind};

use super::Fault;
use super::nearest::nearest_of;
use crate::pci::PciAddress;
use crate::port::keys::{Key, PCI, Times, instead_of, keys_of};

/// Most devices that each of `--vdev`, `-a` and `-b` may name.
pub const DEVICE_MAX: usize = 32;

/// Most bytes of a device's name.
pub const DEVICE_NAME_MAX: usize = 31;

/// Most bytes of the arguments of a device of the machine.
pub const PCI_ARGS_MAX: usize = 127;

/// A device to be made: `net_ring1,peer=net_ring0`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Vdev {
    name: heapless::String<DEVICE_NAME_MAX>,
    args: heapless::String<ARGS_MAX>,
    driver: DriverKind,
}

impl Vdev {
    /// Checks a device: its driver, and the names and values of its arguments. Its bus, `vdev:`, may stand before
    /// it.
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
        let text = text.strip_prefix("vdev:").unwrap_or(text);
        let (name, args) = text.split_once(',').unwrap_or((text, ""));
        if name.is_empty() {
            return Err(Fault::Empty);
        }
        if PciAddress::parse(name).is_ok() {
            return Err(Fault::IsPci);
        }
        let driver = DriverKind::of_device(name).ok_or_else(|| {
            let wanted = name.trim_end_matches(|c: char| c.is_ascii_digit());
            let known = DriverKind::VIRTUAL.into_iter().map(DriverKind::name);
            Fault::NoDriver { nearest: nearest_of(wanted, known) }
        })?;
        let name = name.try_into().map_err(|_| Fault::TooLong { most: DEVICE_NAME_MAX as u16 })?;
        if text.ends_with(',') && args.is_empty() {
            return Err(Fault::EmptyEntry { entry: 1 });
        }
        check_pairs(args, keys_of(driver), |name, entry, nearest| {
            let nearest = instead_of(driver, name).or(nearest);
            Fault::NoSuchKey { entry, driver, nearest }
        })?;
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

/// A device of the machine that the group uses: `0000:03:00.0,rx_size=1024`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Allowed {
    address: PciAddress,
    args: heapless::String<PCI_ARGS_MAX>,
}

impl Allowed {
    /// Checks a device: its place, and the names and values of its arguments, which are those of all drivers
    /// of such devices. Its bus, `pci:`, may stand before it.
    ///
    /// # Errors
    /// [`Fault`]: no place of one, or an argument that no driver takes.
    ///
    /// ```
    /// use phalanx_linux::eal::options::Allowed;
    /// let device = Allowed::parse("3:00.0,rx_size=1024")?;
    /// assert_eq!((device.address().to_string().as_str(), device.args()), ("0000:03:00.0", "rx_size=1024"));
    /// assert!(Allowed::parse("3:00.0,rxsize=1").unwrap_err().to_string().contains("did you mean rx_size"));
    /// # Ok::<(), phalanx_linux::eal::options::Fault>(())
    /// ```
    pub fn parse(text: &str) -> Result<Self, Fault> {
        let text = text.strip_prefix("pci:").unwrap_or(text);
        let (place, args) = text.split_once(',').unwrap_or((text, ""));
        let address = place_of(place)?;
        if text.len() > place.len() && args.is_empty() {
            return Err(Fault::EmptyEntry { entry: 1 });
        }
        check_pairs(args, &PCI, |_, entry, nearest| Fault::NoPciKey { entry, nearest })?;
        let args = args.try_into().map_err(|_| Fault::TooLong { most: PCI_ARGS_MAX as u16 })?;
        Ok(Self { address, args })
    }

    /// Where it is: what its port is called.
    #[must_use]
    pub const fn address(&self) -> PciAddress {
        self.address
    }

    /// Its arguments, as they were written.
    #[must_use]
    pub fn args(&self) -> &str {
        &self.args
    }
}

/// Whether all `args` are of `keys`; `unknown` says what is wrong with one of another name, by it, its number,
/// and the one that was probably meant.
fn check_pairs(
    args: &str,
    keys: &'static [Key],
    unknown: impl Fn(&str, u16, Option<&'static str>) -> Fault,
) -> Result<(), Fault> {
    for (entry, pair) in (1..).zip(args.split(',')) {
        match pair.is_empty() {
            true if args.is_empty() => {}
            true => return Err(Fault::EmptyEntry { entry }),
            false => {
                let earlier = args.split(',').take(usize::from(entry) - 1);
                check_pair(keys, entry, pair, earlier, &unknown)?;
            }
        }
    }
    Ok(())
}

fn check_pair<'a>(
    keys: &'static [Key],
    entry: u16,
    pair: &str,
    earlier: impl Iterator<Item = &'a str>,
    unknown: impl Fn(&str, u16, Option<&'static str>) -> Fault,
) -> Result<(), Fault> {
    let (name, value) = pair.split_once('=').ok_or(Fault::NoEquals { entry })?;
    let Some(key) = keys.iter().find(|key| key.name == name) else {
        return Err(unknown(name, entry, nearest_of(name, keys.iter().map(|key| key.name))));
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

/// Where a device of the machine is.
fn place_of(text: &str) -> Result<PciAddress, Fault> {
    if DriverKind::of_device(text).is_some() {
        return Err(Fault::IsVdev);
    }
    PciAddress::parse(text).map_err(|_| Fault::NotPci)
}

/// Adds a device to those that `-a` named before.
pub(super) fn add_allowed(
    devices: &mut heapless::Vec<Allowed, DEVICE_MAX>,
    text: &str,
) -> Result<(), Fault> {
    let device = Allowed::parse(text)?;
    match devices.iter().find(|other| other.address == device.address) {
        Some(other) if other.args == device.args => Ok(()),
        Some(_) => Err(Fault::SameDevice),
        None => devices.push(device).map_err(|_| Fault::TooMany { most: DEVICE_MAX as u16 }),
    }
}

/// Adds a device that is left alone (`-b`). What follows it is not for anybody: only that it can be read is
/// checked, names and values between commas, of which those in brackets are a value's own (`DV-1`).
pub(super) fn add_blocked(
    devices: &mut heapless::Vec<PciAddress, DEVICE_MAX>,
    text: &str,
) -> Result<(), Fault> {
    let text = text.strip_prefix("pci:").unwrap_or(text);
    let (place, args) = text.split_once(',').map_or((text, None), |(it, args)| (it, Some(args)));
    let address = place_of(place)?;
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
