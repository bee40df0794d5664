//! The language of filters: a subset of `pcap-filter`'s, compiled to a [`Program`] of the core.
//!
//! | primitive | takes packets |
//! |---|---|
//! | `ip` `ip6` `arp` `tcp` `udp` `icmp` `icmp6` | of that protocol |
//! | `vlan [ID]` | with a VLAN tag (with that id) |
//! | `[DIR] host ADDRESS` | from or to an IPv4 or IPv6 address (an ARP packet's are its sender and target) |
//! | `[DIR] net NETWORK/BITS`, `net NETWORK mask MASK` | from or to a network |
//! | `[DIR] port N`, `[DIR] portrange N-M` | of TCP or UDP with such a port |
//! | `ether [DIR] host MAC`, `ether proto N` | with an Ethernet address; with an EtherType |
//! | `ip proto P`, `ip6 proto P` | that carry protocol P: a number, or `tcp` `udp` `icmp` `icmp6` |
//! | `less N`, `greater N` | of at most, at least N bytes |
//!
//! DIR is `src`, `dst`, `src or dst` (what is meant without it) or `src and dst`. `ip`, `ip6`, `arp`
//! before `host` or `net` and `tcp`, `udp` before `port` narrow it down. Primitives are joined by `and`
//! (`&&`), `or` (`||`) and `not` (`!`) with parentheses; `and` and `or` bind alike, from left to
//! right, as in `pcap-filter`. A value alone repeats what stood before the last one: `port 53 or 80`.
//! Nothing at all takes every packet.
//!
//! Two things differ from `pcap-filter` on purpose: tags are always looked through (up to two), so that
//! `vlan` needs not come first, and so are IPv6's extension headers. Names of hosts are not looked up.
//!
//! ```
//! let filter = phalanx_linux::port::filter::compile("tcp port 443 and not host 10.0.0.1")?;
//! assert!(!filter.takes(&[0; 60], 60));
//! # Ok::<(), phalanx_linux::port::filter::FilterError>(())
//! ```

mod compile;
mod error;
mod parse;
mod primitive;
#[cfg(test)]
mod tests;
mod words;

pub use error::FilterError;

use phalanx_core::port::filter::{Program, Test};

/// What a filter asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Expr {
    Test(Test),
    Not(Box<Expr>),
    And(Box<Expr>, Box<Expr>),
    Or(Box<Expr>, Box<Expr>),
}

impl Expr {
    fn and(self, other: Self) -> Self {
        Self::And(Box::new(self), Box::new(other))
    }

    fn or(self, other: Self) -> Self {
        Self::Or(Box::new(self), Box::new(other))
    }
}

/// Makes a program of a filter's text.
///
/// # Errors
/// [`FilterError`], which points at the word.
pub fn compile(text: &str) -> Result<Program, FilterError> {
    match parse::parse(text)? {
        Some(expr) => compile::program(&expr).map_err(|error| error::too_long(text, error)),
        None => Ok(Program::default()),
    }
}
