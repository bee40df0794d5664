//! What a ring shall be, checked before a byte is allocated or written.

pub use super::config_error::ConfigError;
use super::ends::flags as f;
pub use super::ends::{Sync, flags};
use super::layout::footprint;
use crate::heap::Node;
use crate::shared::ElementLayout;

/// How the number of slots follows from the count that is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sizing {
    /// The count is a power of two and is the number of slots; one of them stays empty.
    PowerOfTwo,
    /// The count is how many elements must fit; slots are as many as that takes.
    Exact,
}

/// Whether consumers may sleep until there is something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sleepers {
    /// They turn on the spot. Producers have nobody to wake, and pay nothing. The default.
    Never,
    /// They may, by [`Consumer::wait`](super::Consumer::wait). Producers call
    /// [`Producer::wake`](super::Producer::wake) behind what they put in.
    Allowed,
}

/// The most slots a ring may have (RI-3: the greatest power of two that 31 bits hold).
#[doc(alias = "RTE_RING_SZ_MASK")]
pub const SIZE_MAX: u32 = 1 << 30;

/// What a ring shall be.
///
/// ```
/// use phalanx_core::ring::{RingConfig, Sync};
/// let config = RingConfig::new(1024).producer(Sync::Single).consumer(Sync::Single);
/// assert_eq!(config.flags(), 3);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RingConfig {
    /// How many elements, as `sizing` says.
    pub count: u32,
    /// What `count` means.
    pub sizing: Sizing,
    /// How producers synchronise.
    pub producer: Sync,
    /// How consumers synchronise.
    pub consumer: Sync,
    /// Whether consumers may sleep.
    pub sleepers: Sleepers,
    /// The NUMA node of its memory. A ring that is there does not say what was asked.
    pub node: Node,
}

/// A ring's numbers, derived from a checked configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shape {
    /// Slots: a power of two.
    pub size: u32,
    /// Elements it holds at most.
    pub capacity: u32,
    /// Bytes, header and all.
    pub bytes: usize,
}

impl RingConfig {
    /// `count` slots (a power of two, one of which stays empty), many producers and consumers.
    pub const fn new(count: u32) -> Self {
        Self {
            count,
            sizing: Sizing::PowerOfTwo,
            producer: Sync::Multi,
            consumer: Sync::Multi,
            sleepers: Sleepers::Never,
            node: Node::Any,
        }
    }

    /// Room for exactly `count` elements.
    pub const fn exact(count: u32) -> Self {
        let mut config = Self::new(count);
        config.sizing = Sizing::Exact;
        config
    }

    /// The same, with consumers that may sleep until there is something.
    #[must_use]
    pub const fn waitable(mut self) -> Self {
        self.sleepers = Sleepers::Allowed;
        self
    }

    /// The same, with memory of `node`.
    #[must_use]
    pub const fn node(mut self, node: Node) -> Self {
        self.node = node;
        self
    }

    /// The same, with producers that synchronise so.
    #[must_use]
    pub const fn producer(mut self, sync: Sync) -> Self {
        self.producer = sync;
        self
    }

    /// The same, with consumers that synchronise so.
    #[must_use]
    pub const fn consumer(mut self, sync: Sync) -> Self {
        self.consumer = sync;
        self
    }

    /// The same, with both ends synchronised so.
    #[must_use]
    pub const fn both(self, sync: Sync) -> Self {
        self.producer(sync).consumer(sync)
    }

    /// From DPDK's flags. Unknown or conflicting bits are refused, never dropped (RI-2, RI-7).
    pub fn from_flags(count: u32, flags: u32) -> Result<Self, ConfigError> {
        const PRODUCER: u32 = f::SINGLE_PRODUCER | f::RTS_PRODUCERS | f::HTS_PRODUCERS;
        const CONSUMER: u32 = f::SINGLE_CONSUMER | f::RTS_CONSUMERS | f::HTS_CONSUMERS;
        let unknown = flags & !(PRODUCER | CONSUMER | f::EXACT_SIZE | f::WAITABLE);
        if unknown != 0 {
            return Err(ConfigError::UnknownFlags { unknown });
        }
        let of = |mask: u32, flag: fn(Sync) -> u32| {
            Sync::ALL
                .into_iter()
                .find(|sync| flag(*sync) == flags & mask)
                .ok_or(ConfigError::Conflict { conflicting: flags & mask })
        };
        let exact = flags & f::EXACT_SIZE != 0;
        let waitable = flags & f::WAITABLE != 0;
        Ok(Self {
            count,
            sizing: if exact { Sizing::Exact } else { Sizing::PowerOfTwo },
            producer: of(PRODUCER, Sync::producer_flag)?,
            consumer: of(CONSUMER, Sync::consumer_flag)?,
            sleepers: if waitable { Sleepers::Allowed } else { Sleepers::Never },
            node: Node::Any,
        })
    }

    /// As DPDK's flags.
    pub const fn flags(&self) -> u32 {
        let exact = match self.sizing {
            Sizing::Exact => f::EXACT_SIZE,
            Sizing::PowerOfTwo => 0,
        };
        let waitable = match self.sleepers {
            Sleepers::Allowed => f::WAITABLE,
            Sleepers::Never => 0,
        };
        self.producer.producer_flag() | self.consumer.consumer_flag() | exact | waitable
    }

    /// How many of its ends are [`Sync::Rts`]: each has a log of its calls.
    const fn rts_ends(&self) -> u32 {
        matches!(self.producer, Sync::Rts) as u32 + matches!(self.consumer, Sync::Rts) as u32
    }

    /// The ring's numbers for elements of `element`, or why there can be no such ring.
    pub const fn shape(&self, element: ElementLayout) -> Result<Shape, ConfigError> {
        let (count, sizing) = (self.count, self.sizing);
        let (size, capacity) = match sizing {
            Sizing::PowerOfTwo if count >= 2 && count <= SIZE_MAX && count.is_power_of_two() => {
                (count, count - 1)
            }
            Sizing::Exact if count >= 1 && count < SIZE_MAX => {
                ((count + 1).next_power_of_two(), count)
            }
            _ => return Err(ConfigError::Count { count, sizing }),
        };
        if element.size == 0 || !element.size.is_multiple_of(4) {
            return Err(ConfigError::ElementSize { size: element.size });
        }
        if element.align > 128 {
            return Err(ConfigError::ElementAlign { align: element.align });
        }
        match footprint(size, element.size, self.rts_ends()) {
            Some(bytes) => Ok(Shape { size, capacity, bytes }),
            None => Err(ConfigError::Bytes { size, element_size: element.size }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WORD: ElementLayout = ElementLayout::of::<u64>();

    #[test]
    fn the_count_of_slots_must_be_a_power_of_two() {
        for count in [0, 1, 3, 1000, SIZE_MAX + 1, 1 << 31, u32::MAX] {
            let error = RingConfig::new(count).shape(WORD).unwrap_err();
            assert_eq!(error, ConfigError::Count { count, sizing: Sizing::PowerOfTwo });
        }
        assert_eq!(
            RingConfig::new(1024).shape(WORD),
            Ok(Shape { size: 1024, capacity: 1023, bytes: 8832 })
        );
    }

    #[test]
    fn an_exact_count_is_the_capacity_whatever_it_is() {
        for (count, size) in [(1, 2), (3, 4), (4, 8), (16, 32), (1000, 1024), (1023, 1024)] {
            let shape = RingConfig::exact(count).shape(WORD).unwrap();
            assert_eq!((shape.size, shape.capacity), (size, count));
        }
        for count in [0, SIZE_MAX, u32::MAX] {
            assert!(RingConfig::exact(count).shape(WORD).is_err());
        }
    }

    #[test]
    fn an_element_must_be_words_of_four_bytes() {
        let refused = RingConfig::new(8).shape(ElementLayout::of::<[u8; 6]>());
        assert_eq!(refused, Err(ConfigError::ElementSize { size: 6 }));
        let none = RingConfig::new(8).shape(ElementLayout::of::<[u8; 0]>());
        assert_eq!(none, Err(ConfigError::ElementSize { size: 0 }));
        assert!(RingConfig::new(8).shape(ElementLayout::of::<[u32; 5]>()).is_ok());
        let wide = ElementLayout { size: 256, align: 256, hash: 1 };
        assert_eq!(RingConfig::new(8).shape(wide), Err(ConfigError::ElementAlign { align: 256 }));
    }

    #[test]
    fn flags_are_dpdks_numbers_there_and_back() {
        for flags in (0..0x80).chain(f::WAITABLE..f::WAITABLE + 0x80) {
            match RingConfig::from_flags(64, flags) {
                Ok(config) => assert_eq!(config.flags(), flags),
                Err(ConfigError::Conflict { conflicting }) => {
                    assert!(conflicting.count_ones() > 1 && conflicting & flags == conflicting);
                }
                Err(other) => panic!("{flags:#x}: {other}"),
            }
        }
        let refused = RingConfig::from_flags(64, 0x81);
        assert_eq!(refused, Err(ConfigError::UnknownFlags { unknown: 0x80 }));
        assert_eq!(
            RingConfig::from_flags(64, f::SINGLE_PRODUCER | f::RTS_PRODUCERS),
            Err(ConfigError::Conflict { conflicting: 9 })
        );
    }
}
