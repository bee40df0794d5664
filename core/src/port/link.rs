//! The link of a port: one word, so that nobody sees half a change.

use core::fmt;

/// Whether there is a link.
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LinkState {
    /// There is none.
    #[default]
    Down,
    /// There is one.
    Up,
    /// What the port stands for is gone (an interface was removed): there will be none.
    Gone,
}

/// Speed of a link that is limited by the machine only, in Mbit/s.
pub const SPEED_VIRTUAL: u32 = 10_000;

/// A port's link.
#[doc(alias = "rte_eth_link")]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Link {
    /// Whether there is one.
    pub state: LinkState,
    /// Mbit/s; 0 for unknown.
    pub speed: u32,
    /// Whether both sides may send at a time.
    pub duplex: Duplex,
    /// How often the link has changed, modulo 65,536. Who changes it need not say.
    pub changes: u16,
}

/// Whether both sides of a link may send at a time.
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Duplex {
    /// One at a time.
    Half,
    /// Both.
    #[default]
    Full,
}

impl Link {
    /// Up, at 10 Gbit/s, full duplex: what a port without a wire has.
    pub const VIRTUAL: Self =
        Self { state: LinkState::Up, speed: SPEED_VIRTUAL, duplex: Duplex::Full, changes: 0 };

    /// No link.
    pub const DOWN: Self =
        Self { state: LinkState::Down, speed: 0, duplex: Duplex::Full, changes: 0 };

    /// No link, for ever.
    pub const GONE: Self = Self { state: LinkState::Gone, ..Self::DOWN };

    /// Whether there is one.
    pub const fn is_up(self) -> bool {
        matches!(self.state, LinkState::Up)
    }

    /// What it is but for how often it has changed.
    pub const fn is_like(self, other: Self) -> bool {
        Self { changes: 0, ..self }.to_word() == Self { changes: 0, ..other }.to_word()
    }

    pub(crate) const fn to_word(self) -> u64 {
        let state = match self.state {
            LinkState::Down => 0,
            LinkState::Up => 1,
            LinkState::Gone => 2,
        };
        let half = matches!(self.duplex, Duplex::Half) as u64;
        (self.changes as u64) << 48 | half << 34 | state << 32 | self.speed as u64
    }

    pub(crate) const fn from_word(word: u64) -> Self {
        let state = match word >> 32 & 3 {
            1 => LinkState::Up,
            2 => LinkState::Gone,
            _ => LinkState::Down,
        };
        let duplex = if word >> 34 & 1 == 1 { Duplex::Half } else { Duplex::Full };
        Self { state, speed: word as u32, duplex, changes: (word >> 48) as u16 }
    }
}

impl fmt::Display for Link {
    /// `up at 10 Gbps FDX`, `down`, `gone`
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.state {
            LinkState::Down => return f.write_str("down"),
            LinkState::Gone => return f.write_str("gone"),
            LinkState::Up => f.write_str("up at ")?,
        }
        match self.speed {
            0 => f.write_str("unknown speed")?,
            speed if speed.is_multiple_of(1000) => write!(f, "{} Gbps", speed / 1000)?,
            speed => write!(f, "{speed} Mbps")?,
        }
        f.write_str(if self.duplex == Duplex::Full { " FDX" } else { " HDX" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_survives_the_way_through_its_word() {
        for state in [LinkState::Down, LinkState::Up, LinkState::Gone] {
            for duplex in [Duplex::Half, Duplex::Full] {
                let link = Link { state, speed: 2500, duplex, changes: 65_535 };
                assert_eq!(Link::from_word(link.to_word()), link);
            }
        }
    }

    #[test]
    fn a_link_is_shown_as_the_field_shows_it() {
        assert_eq!(Link::VIRTUAL.to_string(), "up at 10 Gbps FDX");
        assert_eq!(Link { speed: 2500, ..Link::VIRTUAL }.to_string(), "up at 2500 Mbps FDX");
        assert_eq!(Link::DOWN.to_string(), "down");
    }
}
