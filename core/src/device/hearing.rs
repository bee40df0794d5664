//! `Hearing`: by what the owner of a device hears its interrupts.

use crate::port::{Port, PortError};

/// The word of a port that says how its owner hears its device; 0 while he does not.
const HEARING_WORD: usize = 1;

/// The word of one interrupt for all; that of vectors is their number beside the other bit.
const ONE: u64 = 1;
const VECTORS: u64 = 1 << 16;

/// By what the owner of a device hears its interrupts: what its platform has turned on. Who has an Rx queue reads it
/// in the port, when it is about to sleep.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hearing {
    /// By one interrupt for everything: a line, or a message. The device is asked what it was for.
    One,
    /// By a table of so many vectors (MSI-X), 1 and more. The first is for the device as a whole; Rx queues have the
    /// others by turns, or the first too if there are no others.
    Vectors(u16),
}

/// What an interrupt was for, as far as the device says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Heard {
    /// For the device as a whole: its link, or anything that is not a queue's.
    pub is_of_device: bool,
    /// For Rx queues, some of them.
    pub is_of_queues: bool,
}

impl Hearing {
    /// Which vector says that something has come by Rx queue `queue`.
    ///
    /// ```
    /// use phalanx_core::device::Hearing;
    /// assert_eq!([0, 1, 2].map(|queue| Hearing::Vectors(3).vector_of(queue)), [1, 2, 1]);
    /// assert_eq!([0, 1].map(|queue| Hearing::Vectors(1).vector_of(queue)), [0, 0]);
    /// ```
    #[must_use]
    pub const fn vector_of(self, queue: u16) -> u16 {
        match self {
            Self::Vectors(count) if count > 1 => 1 + queue % (count - 1),
            _ => 0,
        }
    }

    /// How the owner of `port` hears its device; `None` if he does not, so that nobody is woken.
    #[must_use]
    pub fn of_port(port: &Port) -> Option<Self> {
        let word = port.driver_word(HEARING_WORD);
        match (word, word & !VECTORS) {
            (ONE, _) => Some(Self::One),
            (_, count @ 1..VECTORS) if word & VECTORS != 0 => Some(Self::Vectors(count as u16)),
            _ => None,
        }
    }

    /// Says to all how the owner of `port`, this process, hears its device.
    pub(crate) fn write(this: Option<Self>, port: &Port) -> Result<(), PortError> {
        let word = match this {
            None => 0,
            Some(Self::One) => ONE,
            Some(Self::Vectors(count)) => VECTORS | count as u64,
        };
        port.set_driver_word(HEARING_WORD, word)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fake;
    use crate::port::{DriverKind, PortConfig};

    #[test]
    fn how_a_device_is_heard_is_known_to_all_and_nonsense_is_nothing() {
        let (group, _) = fake::group_with_memory();
        let port = Port::create(&group, "0:3.0", &PortConfig::new(DriverKind::E1000e)).unwrap();
        assert_eq!(Hearing::of_port(&port), None);
        for hearing in
            [Some(Hearing::One), Some(Hearing::Vectors(1)), Some(Hearing::Vectors(65_535)), None]
        {
            Hearing::write(hearing, &port).unwrap();
            assert_eq!(Hearing::of_port(&port), hearing);
        }
        for wrong in [2, VECTORS, VECTORS << 1, u64::MAX] {
            port.set_driver_word(HEARING_WORD, wrong).unwrap();
            assert_eq!(Hearing::of_port(&port), None, "{wrong:#x}");
        }
    }
}
