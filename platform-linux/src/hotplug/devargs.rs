//! What names a device: as `--vdev` and `-a` take it, with or without its bus.

use core::fmt;

use crate::eal::options::{Fault, Vdev};
use crate::pci::PciAddress;

/// A device and its arguments.
#[doc(alias = "rte_devargs")]
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Devargs {
    /// One that its driver makes: `net_null1,size=64`, `vdev:net_ring0`.
    Virtual(Vdev),
    /// One of the machine's: `0000:00:11.0`, `pci:00:11.0,rx_size=512`.
    Pci {
        /// Where it is.
        address: PciAddress,
        /// What its driver is told.
        args: String,
    },
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
        let pci = |text: &str| {
            let (place, args) = text.split_once(',').unwrap_or((text, ""));
            let address = PciAddress::parse(place).map_err(|_| wrong(Fault::NotPci))?;
            Ok(Self::Pci { address, args: args.to_owned() })
        };
        match text.split_once(':') {
            Some(("vdev", rest)) => vdev(rest),
            Some(("pci", rest)) => pci(rest),
            _ if pci(text).is_ok() => pci(text),
            _ => vdev(text),
        }
    }

    /// The name of its port.
    pub fn name(&self) -> String {
        match self {
            Self::Virtual(vdev) => vdev.name().to_owned(),
            Self::Pci { address, .. } => address.to_string(),
        }
    }
}

impl fmt::Display for Devargs {
    /// As it is read again.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (name, args) = match self {
            Self::Virtual(vdev) => (vdev.name().to_owned(), vdev.args()),
            Self::Pci { address, args } => (address.to_string(), args.as_str()),
        };
        f.write_str(&name)?;
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
