//! What names a device: as `--vdev` and `-a` take it, with or without its bus.

use core::fmt;

use crate::eal::options::{Allowed, Fault, Shown, Vdev};
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
        let shown = Shown::<64>::of(&self.text);
        let is_the_name = matches!(
            self.fault,
            Fault::Empty
                | Fault::TooLong { .. }
                | Fault::NoDriver { .. }
                | Fault::NotPci
                | Fault::NoBus
        );
        if is_the_name {
            let fault = self.fault;
            return write!(
                f,
                "'{shown}' names no device: {fault}; give one as net_null0,size=64 or 0000:00:11.0"
            );
        }
        write!(f, "'{shown}' is no device that can be: {}; give ", self.fault)?;
        match self.fault {
            Fault::IsVdev | Fault::IsPci => {
                f.write_str("it without its bus, or with the right one")
            }
            Fault::KeyValue { accepts, .. } => f.write_str(accepts),
            fault => f.write_str(fault.advice().unwrap_or("arguments as size=64")),
        }
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
            Some(("vdev", _)) => vdev(text),
            Some(("pci", _)) => pci(text),
            _ if is_place(text) => pci(text),
            Some((bus, _)) if !bus.contains([',', '=']) => Err(wrong(Fault::NoBus)),
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
        let why = |text| Devargs::parse(text).unwrap_err().to_string();
        assert!(why("net_nul0").contains("did you mean net_null?"));
        for (text, sentence) in [
            ("", "'' names no device: it is empty; give one as net_null0,size=64 or 0000:00:11.0"),
            (
                "net_null0,size=x",
                "'net_null0,size=x' is no device that can be: size has a value that is not a decimal number up to \
                 65535; give a decimal number up to 65535",
            ),
            (
                "net_null0,",
                "'net_null0,' is no device that can be: entry 1 is empty; give arguments as size=64",
            ),
            (
                "net_null0,sise=1",
                "'net_null0,sise=1' is no device that can be: argument 1 is none of net_null's, did you mean size?; \
                 give size, copy or no-rx",
            ),
            (
                "vdev:00:11.0",
                "'vdev:00:11.0' is no device that can be: that is a device of the machine's; give it without its bus, \
                 or with the right one",
            ),
            (
                "auxiliary:mlx5_core.sf.1",
                "'auxiliary:mlx5_core.sf.1' names no device: there is no such bus here, only vdev and pci; give one as \
                 net_null0,size=64 or 0000:00:11.0",
            ),
        ] {
            assert_eq!(why(text), sentence);
        }
        assert!(why(&"x".repeat(10_000)).len() < 250);
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
