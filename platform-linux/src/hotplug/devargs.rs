//! What names a device: as `--vdev` and `-a` take it, with or without its bus.

use core::fmt;

use crate::eal::options::{Allowed, Fault, Vdev};
use crate::pci::PciAddress;
use crate::port::Device;

/// A device and its arguments.
#[doc(alias = "rte_devargs")]
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Devargs {
    /// One that its driver makes: `net_null1,size=64`, `vdev:net_ring0`.
    Virtual(Vdev),
    /// One of the machine's: `0000:00:11.0`, `pci:00:11.0,rx_size=512`.
    Pci(Allowed),
}

/// A text names no device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DevargsError {
    /// The text.
    pub text: String,
    /// What is wrong with it.
    pub fault: Fault,
}

impl fmt::Display for DevargsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown: String = self.text.chars().take(64).flat_map(char::escape_default).collect();
        write!(
            f,
            "'{shown}' names no device: {}; give one as net_null0,size=64 or 0000:00:11.0",
            self.fault
        )
    }
}

impl core::error::Error for DevargsError {}

impl Devargs {
    /// Understands `text`. What is before the first `:` may be the bus, `vdev` or `pci`.
    ///
    /// # Errors
    /// [`DevargsError`].
    ///
    /// ```
    /// use phalanx_linux::hotplug::Devargs;
    /// assert_eq!(Devargs::parse("vdev:net_ring0,size=64")?.name(), "net_ring0");
    /// assert_eq!(Devargs::parse("11:0.0")?.name(), "0000:11:00.0");
    /// assert!(Devargs::parse("net_rong0").is_err());
    /// # Ok::<(), phalanx_linux::hotplug::DevargsError>(())
    /// ```
    #[doc(alias = "rte_devargs_parse")]
    pub fn parse(text: &str) -> Result<Self, DevargsError> {
        let wrong = |fault| DevargsError { text: text.to_owned(), fault };
        let vdev = |text| Vdev::parse(text).map(Self::Virtual).map_err(wrong);
        let pci = |text| Allowed::parse(text).map(Self::Pci).map_err(wrong);
        let is_place =
            |text: &str| text.split(',').next().is_some_and(|it| PciAddress::parse(it).is_ok());
        match text.split_once(':') {
            Some(("vdev", rest)) => vdev(rest),
            Some(("pci", rest)) => pci(rest),
            _ if is_place(text) => pci(text),
            _ => vdev(text),
        }
    }

    /// The device.
    pub(crate) fn device(&self) -> Device<'_> {
        match self {
            Self::Virtual(vdev) => Device::Virtual(vdev),
            Self::Pci(device) => Device::Pci(device),
        }
    }

    /// The name of its port.
    pub fn name(&self) -> String {
        self.device().name()
    }

    /// The same device with other arguments.
    ///
    /// # Errors
    /// As of [`parse`](Self::parse).
    pub(super) fn with_args(&self, args: &str) -> Result<Self, DevargsError> {
        let comma = if args.is_empty() { "" } else { "," };
        Self::parse(&format!("{}{comma}{args}", self.name()))
    }
}

impl fmt::Display for Devargs {
    /// As it is read again.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let args = match self {
            Self::Virtual(vdev) => vdev.args(),
            Self::Pci(device) => device.args(),
        };
        f.write_str(&self.name())?;
        if args.is_empty() { Ok(()) } else { write!(f, ",{args}") }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_bus_may_be_named_and_what_is_written_is_read_again() {
        for text in ["net_null1,size=64", "net_ring0", "0000:00:11.0", "10000:e1:00.0,rx_size=512"]
        {
            let devargs = Devargs::parse(text).unwrap();
            assert_eq!(devargs.to_string(), text);
            let bus = if matches!(devargs, Devargs::Virtual(_)) { "vdev" } else { "pci" };
            assert_eq!(Devargs::parse(&format!("{bus}:{text}")), Ok(devargs));
        }
    }

    #[test]
    fn what_names_no_device_says_why() {
        for text in [
            "",
            ",",
            "vdev:",
            "pci:",
            "pci:net_null0",
            "vdev:0000:00:11.0",
            "x:net_null0",
            "net_null0,sise=1",
        ] {
            assert!(Devargs::parse(text).is_err(), "{text}");
        }
        let why = Devargs::parse("net_nul0").unwrap_err().to_string();
        assert!(why.contains("did you mean net_null?"), "{why}");
    }

    proptest! {
        #[test]
        fn any_text_is_a_device_or_none(text in "\\PC{0,80}") {
            if let Ok(devargs) = Devargs::parse(&text) {
                prop_assert_eq!(Devargs::parse(&devargs.to_string()), Ok(devargs));
            }
        }
    }
}
