//! `PortSetup`: what a port's owner gives it.

use super::error::PortError;
use super::kinds::{BurstMode, Direction};
use super::layout::RSS_TABLE;
use super::port::Port;
use super::rss::RssSetup;

/// What a port's owner gives it.
#[doc(alias = "rte_eth_conf")]
#[derive(Clone, Copy, Debug)]
pub struct PortSetup {
    /// How many Rx queues, from 1.
    pub rx_queues: u16,
    /// How many Tx queues, from 1.
    pub tx_queues: u16,
    /// The longest payload in bytes; `None` for what it has.
    pub mtu: Option<u32>,
    /// Whether frames for others are received.
    pub promiscuous: Promiscuous,
    /// How packets are spread over the Rx queues.
    pub rss: RssSetup,
    /// How packets come and go; `None` for what the driver does.
    pub burst: Option<BurstMode>,
}

/// Whether a port receives frames for others.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Promiscuous {
    /// All frames.
    #[default]
    On,
    /// Those for it, and for all.
    Off,
}

impl PortSetup {
    /// So many queues; all else as it is by default.
    pub fn queues(rx_queues: u16, tx_queues: u16) -> Self {
        Self {
            rx_queues,
            tx_queues,
            mtu: None,
            promiscuous: Promiscuous::On,
            rss: RssSetup::default(),
            burst: None,
        }
    }

    /// The same, with RSS as `rss` says.
    #[must_use]
    pub fn rss(self, rss: RssSetup) -> Self {
        Self { rss, ..self }
    }

    pub(super) fn check(&self, port: &Port) -> Result<(), PortError> {
        let (name, facts) = (port.name(), port.facts());
        for (direction, asked, max) in [
            (Direction::Rx, self.rx_queues, facts.rx_max),
            (Direction::Tx, self.tx_queues, facts.tx_max),
        ] {
            if asked == 0 || asked > max {
                return Err(PortError::Queues { name, direction, asked, max });
            }
        }
        if self.mtu == Some(0) {
            return Err(PortError::Mtu { name });
        }
        if self.burst == Some(BurstMode::Unknown) {
            return Err(PortError::Burst { name });
        }
        let queues = self.rx_queues;
        let table = self.rss.table.unwrap_or([0; RSS_TABLE]);
        match (0..).zip(table).find(|(_, queue)| u16::from(*queue) >= queues) {
            Some((entry, queue)) => Err(PortError::RssTable { name, entry, queue, queues }),
            None => Ok(()),
        }
    }
}
