//! What the kernel says of a device: a message of `NETLINK_KOBJECT_UEVENT`, as far as one understands it.
//!
//! ```text
//!   add@/devices/pci0000:00/0000:00:05.0 NUL ACTION=add NUL SUBSYSTEM=pci NUL PCI_SLOT_NAME=0000:00:05.0 NUL …
//! ```

use core::fmt;

use crate::pci::PciAddress;

/// What happened to a device of the machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeviceAction {
    /// It is there.
    Added,
    /// It is gone.
    Removed,
    /// A driver has it now.
    Bound,
    /// A driver has it no more.
    Unbound,
    /// Something else of it is another.
    Changed,
}

/// Something that happened to a device of the machine, as the kernel says it.
#[doc(alias = "rte_dev_event")]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeviceEvent {
    /// What.
    pub action: DeviceAction,
    /// What kind of device: `pci`, `net`, `uio`, `vfio`.
    pub subsystem: String,
    /// Where it is below `/sys`, from `/devices` on.
    pub path: String,
    /// Its place, of a PCI device.
    pub pci: Option<PciAddress>,
    /// Its driver, if the kernel names one.
    pub driver: Option<String>,
    /// Its interface, of a network device.
    pub interface: Option<String>,
}

impl DeviceEvent {
    /// Understands what the kernel sends; `None` of what it does not send, and of kinds of events that are
    /// no device's coming or going (`move`, `online`).
    pub fn parse(bytes: &[u8]) -> Option<Self> {
        let text = core::str::from_utf8(bytes).ok()?;
        let mut parts = text.split('\0');
        let (action, path) = parts.next()?.split_once('@')?;
        let action = match action {
            "add" => DeviceAction::Added,
            "remove" => DeviceAction::Removed,
            "bind" => DeviceAction::Bound,
            "unbind" => DeviceAction::Unbound,
            "change" => DeviceAction::Changed,
            _ => return None,
        };
        let value = |key: &str| {
            let mut pairs = parts.clone().filter_map(|part| part.split_once('='));
            pairs.find(|(name, _)| *name == key).map(|(_, value)| value.to_owned())
        };
        Some(Self {
            action,
            subsystem: value("SUBSYSTEM")?,
            path: path.to_owned(),
            pci: value("PCI_SLOT_NAME").and_then(|place| PciAddress::parse(&place).ok()),
            driver: value("DRIVER"),
            interface: value("INTERFACE"),
        })
    }
}

impl fmt::Display for DeviceEvent {
    /// `pci device 0000:00:05.0 is there`, `net device eth1 is gone`
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let place = self.pci.map(|place| place.to_string());
        let name = place.as_deref().or(self.interface.as_deref()).unwrap_or(&self.path);
        write!(f, "{} device {name} ", self.subsystem)?;
        match (self.action, &self.driver) {
            (DeviceAction::Added, _) => f.write_str("is there"),
            (DeviceAction::Removed, _) => f.write_str("is gone"),
            (DeviceAction::Bound, Some(driver)) => write!(f, "is {driver}'s"),
            (DeviceAction::Bound, None) => f.write_str("is a driver's"),
            (DeviceAction::Unbound, _) => f.write_str("is nobody's"),
            (DeviceAction::Changed, _) => f.write_str("has changed"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const ADDED: &str = "add@/devices/pci0000:00/0000:00:05.0\0ACTION=add\0DEVPATH=/devices/pci0000:00/0000:00:05.0\0\
                         SUBSYSTEM=pci\0PCI_CLASS=20000\0PCI_SLOT_NAME=0000:00:05.0\0SEQNUM=1871\0";

    #[test]
    fn what_the_kernel_says_of_a_device_is_understood() {
        let event = DeviceEvent::parse(ADDED.as_bytes()).unwrap();
        assert_eq!((event.action, event.subsystem.as_str()), (DeviceAction::Added, "pci"));
        assert_eq!(event.pci, PciAddress::parse("0:5.0").ok());
        assert_eq!(event.to_string(), "pci device 0000:00:05.0 is there");
        let net = "remove@/devices/virtual/net/tap7\0SUBSYSTEM=net\0INTERFACE=tap7\0";
        let event = DeviceEvent::parse(net.as_bytes()).unwrap();
        assert_eq!(event.to_string(), "net device tap7 is gone");
        let bound = ADDED.replace("add", "bind").replace("PCI_CLASS=20000", "DRIVER=vfio-pci");
        let event = DeviceEvent::parse(bound.as_bytes()).unwrap();
        assert_eq!(event.to_string(), "pci device 0000:00:05.0 is vfio-pci's");
    }

    #[test]
    fn what_is_no_event_of_a_device_is_none() {
        for wrong in
            ["", "\0", "add", "add@x", "move@/x\0SUBSYSTEM=net\0", "libudev\0SUBSYSTEM=pci\0"]
        {
            assert_eq!(DeviceEvent::parse(wrong.as_bytes()), None, "{wrong:?}");
        }
        assert_eq!(DeviceEvent::parse(&[0xff, 0xfe]), None);
    }

    proptest! {
        #[test]
        fn any_bytes_are_an_event_or_none(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = DeviceEvent::parse(&bytes);
        }

        #[test]
        fn an_event_with_wrong_bytes_is_one_or_none(at in 0..ADDED.len(), byte: u8) {
            let mut bytes = ADDED.as_bytes().to_vec();
            bytes[at] = byte;
            let _ = DeviceEvent::parse(&bytes).map(|event| event.to_string());
        }
    }
}
