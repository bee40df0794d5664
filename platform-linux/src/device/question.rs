//! What one process asks another of devices.

use crate::pci::PciAddress;

/// What is asked for: a device, one of its vectors, or the container in which memory is mapped, for a device that is
/// to be opened. As text: `0000:00:10.0`, `0000:00:10.0 3`, `0000:00:10.0 container`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Question {
    pub(super) device: PciAddress,
    pub(super) what: Wanted,
}

/// What of a device is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wanted {
    /// All of it.
    Device,
    /// A vector.
    Vector(u16),
    /// What it is to share with others.
    Container,
}

impl Question {
    pub(super) fn to_text(self) -> String {
        match self.what {
            Wanted::Device => self.device.to_string(),
            Wanted::Vector(vector) => format!("{} {vector}", self.device),
            Wanted::Container => format!("{} container", self.device),
        }
    }

    /// `None` of bytes that are no question.
    pub(super) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let text = core::str::from_utf8(bytes).ok()?;
        let (device, what) = match text.split_once(' ') {
            None => (text, Wanted::Device),
            Some((device, "container")) => (device, Wanted::Container),
            Some((device, vector)) => (device, Wanted::Vector(vector.parse().ok()?)),
        };
        Some(Self { device: PciAddress::parse(device).ok()?, what })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_question_comes_back_and_what_is_none_does_not() {
        let device = PciAddress::parse("10000:03:1f.7").unwrap();
        let vectors = [0, 2047].map(Wanted::Vector);
        for what in vectors.into_iter().chain([Wanted::Device, Wanted::Container]) {
            let question = Question { device, what };
            assert_eq!(Question::from_bytes(question.to_text().as_bytes()), Some(question));
        }
        for wrong in ["", "x", "0:0:0.0 ", "0:0:0.0 70000", "0:0:0.0 1 2", "0:0:0.0 -1"] {
            assert_eq!(Question::from_bytes(wrong.as_bytes()), None, "{wrong}");
        }
    }
}
