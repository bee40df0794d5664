//! Where a PCI device is (`DV-1`).

use core::fmt;
use core::str::FromStr;

/// Where a PCI device is.
///
/// ```
/// use phalanx_linux::pci::PciAddress;
/// let address: PciAddress = "3:1f.7".parse()?;
/// assert_eq!(address.to_string(), "0000:03:1f.7");
/// # Ok::<(), phalanx_linux::pci::PciAddressError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[doc(alias = "rte_pci_addr")]
pub struct PciAddress {
    /// The domain; of a device behind a controller of its own (VMD) above 65,535.
    pub domain: u32,
    /// The bus.
    pub bus: u8,
    /// The device, 0..32.
    pub device: u8,
    /// The function, 0..8.
    pub function: u8,
}

/// A text is no address of a PCI device.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PciAddressError;

impl fmt::Display for PciAddressError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("this is not the place of a PCI device; give one as 0000:03:00.0 or 03:00.0")
    }
}

impl core::error::Error for PciAddressError {}

impl PciAddress {
    /// Reads `dom:bb:dd.f`, of at most eight digits each, or `bb:dd.f` in domain 0; all hexadecimal (`DV-1`).
    ///
    /// # Errors
    /// [`PciAddressError`].
    ///
    /// ```
    /// use phalanx_linux::pci::PciAddress;
    /// assert_eq!(PciAddress::parse("10000:e1:00.0")?.domain, 0x10000);
    /// assert!(PciAddress::parse("0:0:0").is_err());
    /// # Ok::<(), phalanx_linux::pci::PciAddressError>(())
    /// ```
    #[doc(alias = "rte_pci_addr_parse")]
    pub fn parse(text: &str) -> Result<Self, PciAddressError> {
        Self::read(text).ok_or(PciAddressError)
    }

    fn read(text: &str) -> Option<Self> {
        let (place, function) = text.rsplit_once('.')?;
        let (bus, device) = place.rsplit_once(':')?;
        let (domain, bus) = bus.rsplit_once(':').unwrap_or(("0", bus));
        Some(Self {
            domain: part(domain, u32::MAX)?,
            bus: u8::try_from(part(bus, 0xff)?).ok()?,
            device: u8::try_from(part(device, 0x1f)?).ok()?,
            function: u8::try_from(part(function, 7)?).ok()?,
        })
    }
}

/// A hexadecimal number of one to eight digits, without sign or prefix.
fn part(text: &str, most: u32) -> Option<u32> {
    let is_number = text.bytes().all(|byte| byte.is_ascii_hexdigit());
    let value = match text.len() {
        1..=8 if is_number => u32::from_str_radix(text, 16).ok()?,
        _ => return None,
    };
    (value <= most).then_some(value)
}

impl FromStr for PciAddress {
    type Err = PciAddressError;

    fn from_str(text: &str) -> Result<Self, PciAddressError> {
        Self::parse(text)
    }
}

impl fmt::Display for PciAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { domain, bus, device, function } = self;
        write!(f, "{domain:04x}:{bus:02x}:{device:02x}.{function}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn both_forms_are_read_and_the_long_one_is_written() {
        let place = |domain, bus, device, function| PciAddress { domain, bus, device, function };
        assert_eq!(PciAddress::parse("00FF:09:0B.3"), Ok(place(0xff, 9, 11, 3)));
        assert_eq!(PciAddress::parse("4:1f.7"), Ok(place(0, 4, 31, 7)));
        assert_eq!(place(0x10000, 0xe1, 0, 0).to_string(), "10000:e1:00.0");
    }

    #[test]
    fn what_is_no_address_is_refused() {
        let some = ["error", "0:0:0", "0:error:0.1", "0:0:0.1error", "error0:0:0.1", "0:0:0.1.2"];
        let more = ["", ".", ":.", "0:0:20.0", "0:0:0.8", "100:0.0", "100000000:0:0.0", "+1:0.0"];
        for text in some.into_iter().chain(more).chain(["0:0x1:0.0", " 0:0:0.0", "0:0:-1.0"]) {
            assert_eq!(PciAddress::parse(text), Err(PciAddressError), "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_again(
            domain: u32, bus: u8, device in 0_u8..32, function in 0_u8..8,
        ) {
            let address = PciAddress { domain, bus, device, function };
            prop_assert_eq!(PciAddress::parse(&address.to_string()), Ok(address));
        }

        #[test]
        fn any_text_is_an_address_or_refused(text in "[0-9a-f:.]{0,20}") {
            if let Ok(address) = PciAddress::parse(&text) {
                prop_assert!(address.device < 32 && address.function < 8);
            }
        }
    }
}
