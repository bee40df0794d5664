//! What only a port's owner may do (DV-12, W-65): all with the group's lock held.

use super::error::{Doing, PortError, Somebody};
use super::kinds::PortPhase;
use super::link::Link;
use super::mac::MacAddress;
use super::port::Port;
use super::rss::write_bytes;
use super::setup::{PortSetup, Promiscuous};
use crate::directory::CreateError;
use crate::group::ProcessId;
use crate::lock::Transaction;
use crate::recovery::{About, EventKind, note_port};

impl Port {
    /// Gives the port its queues, and all that `setup` says. It does not run then. May be done anew,
    /// while nobody has a queue: then Rx queues begin at the beginning of what they read (Tx queues go on
    /// where they wrote), and whoever dies in the middle leaves a port without queues.
    #[doc(alias = "rte_eth_dev_configure")]
    #[doc(alias = "rte_eth_rx_queue_setup")]
    #[doc(alias = "rte_eth_tx_queue_setup")]
    pub fn configure(&self, setup: &PortSetup) -> Result<(), PortError> {
        setup.check(self)?;
        let tx = self.owned(Doing::Configure)?;
        if self.is_coming() {
            let by = Somebody::of(&self.group, self.group.me());
            return Err(PortError::Coming { name: self.name(), by });
        }
        self.check_idle(&tx, Doing::Configure)?;
        let state = self.state;
        self.set_phase(&tx, PortPhase::Created)?;
        self.halt();
        // Whoever dies from here on leaves a port without queues, whatever it had before.
        tx.keep();
        crash_point!("port: it has no queues");
        state.rx_queues.set(u32::from(setup.rx_queues));
        state.tx_queues.set(u32::from(setup.tx_queues));
        if let Some(mtu) = setup.mtu {
            state.mtu.set(mtu);
        }
        state.promiscuous.set(u32::from(setup.promiscuous == Promiscuous::On));
        write_bytes(&state.rss_key, &setup.rss.key);
        write_bytes(&state.rss_table, &setup.rss.table_for(setup.rx_queues));
        state.rss_kinds.set(setup.rss.kinds);
        let burst = setup.burst.unwrap_or_else(|| self.burst_for(self.peer(), setup.rx_queues));
        state.burst.set(burst as u32);
        for line in &state.rx {
            line.begin_anew();
        }
        crash_point!("port: it is half configured");
        self.set_phase(&tx, PortPhase::Configured)?;
        self.end_with_link(tx, Link::DOWN);
        Ok(())
    }

    /// Lets the port run. Nothing, if it does. One without a wire has a link then.
    #[doc(alias = "rte_eth_dev_start")]
    pub fn start(&self) -> Result<(), PortError> {
        let tx = self.owned(Doing::Start)?;
        self.check_configured(Doing::Start)?;
        self.set_phase(&tx, PortPhase::Started)?;
        crash_point!("port: it is half started");
        self.let_go_on();
        self.end_with_link(tx, Link::VIRTUAL);
        Ok(())
    }

    /// Has every burst of every process do nothing, until it is started again; what is under way is
    /// finished. Queues stay claimed.
    #[doc(alias = "rte_eth_dev_stop")]
    pub fn stop(&self) -> Result<(), PortError> {
        let tx = self.owned(Doing::Stop)?;
        self.check_configured(Doing::Stop)?;
        self.halt();
        crash_point!("port: it is half stopped");
        self.set_phase(&tx, PortPhase::Stopped)?;
        self.end_with_link(tx, Link::DOWN);
        Ok(())
    }

    /// Has all statistics count from now on.
    #[doc(alias = "rte_eth_stats_reset")]
    pub fn reset_stats(&self) -> Result<(), PortError> {
        let tx = self.owned(Doing::ResetStats)?;
        for line in &self.state.rx {
            let counts = [&line.packets, &line.bytes, &line.errors, &line.no_mbuf];
            line.zero.iter().zip(counts).for_each(|(zero, count)| zero.set(count.get()));
        }
        for line in &self.state.tx {
            let counts = [&line.packets, &line.bytes, &line.dropped];
            line.zero.iter().zip(counts).for_each(|(zero, count)| zero.set(count.get()));
        }
        self.state.missed_zero.set(self.state.missed.get());
        self.state.damaged_zero.set(self.state.damaged.get());
        tx.commit();
        Ok(())
    }

    /// Gives it another MAC address. What the port stands for outside of the group hears nothing of it: that
    /// is the platform's to tell first.
    #[doc(alias = "rte_eth_dev_default_mac_addr_set")]
    pub fn set_mac(&self, mac: MacAddress) -> Result<(), PortError> {
        let tx = self.owned(Doing::SetMac)?;
        self.state.mac.set(mac.to_word());
        tx.commit();
        Ok(())
    }

    /// Keeps a word of its driver's for all, `which` of 0..8. One that is not there is not kept.
    pub fn set_driver_word(&self, which: usize, value: u64) -> Result<(), PortError> {
        let tx = self.owned(Doing::SetWord)?;
        if let Some(word) = self.state.driver_words.get(which) {
            word.set(value);
        }
        tx.commit();
        Ok(())
    }

    /// Removes the port: its name and its id are free, and handles on it say that it is gone. Refused
    /// while a living process has one of its queues, or one of the port that it is joined with: that one
    /// hears itself then. Rings of its packets stay, with what lies in them; a port of the same name
    /// has them again.
    #[doc(alias = "rte_eth_dev_close")]
    pub fn close(&self) -> Result<(), PortError> {
        let tx = self.owned(Doing::Close)?;
        self.check_idle(&tx, Doing::Close)?;
        self.remove(tx)
    }

    /// Removes it, and tells all who could find it.
    pub(super) fn remove(&self, tx: Transaction) -> Result<(), PortError> {
        // From the commit on it may be another's, anew.
        let (news, was_there) = (About::port(self), self.is_there());
        self.take_away(&tx)?;
        tx.commit();
        crash_point!("port: it is removed");
        if was_there {
            note_port(&self.group, EventKind::PortRemoved, news);
        }
        Ok(())
    }

    /// There is no such port any more, and the one that it is joined with hears itself.
    pub(super) fn take_away(&self, tx: &Transaction) -> Result<(), PortError> {
        let peer = self.peer_in(tx);
        if let Some(peer) = &peer {
            tx.set(&peer.state.peer, 0).map_err(CreateError::Journal)?;
        }
        tx.set(&self.state.peer, 0).map_err(CreateError::Journal)?;
        self.set_phase(tx, PortPhase::Removed)?;
        // Nobody has a queue that runs, so nothing is being captured.
        let _ = self.swap_capture(self.capture(), None);
        tx.keep();
        if let Some(peer) = &peer {
            peer.state.burst.set(peer.burst_for(None, peer.rx_queues()) as u32);
        }
        Ok(())
    }

    /// The lock, for the owner alone.
    pub(super) fn owned(&self, doing: Doing) -> Result<Transaction, PortError> {
        let name = self.name();
        if self.group.is_observer() {
            return Err(PortError::Observer { doing });
        }
        let tx = self.group.begin()?;
        if !self.is_current() || self.is_given_up() {
            return Err(PortError::Gone { name });
        }
        if !self.is_mine() {
            let who = self.owner().unwrap_or(ProcessId::OBSERVER);
            let alive = self.group.is_alive(who);
            let owner = Somebody::of(&self.group, who);
            let owner = if alive { owner } else { Somebody { pid: 0, ..owner } };
            return Err(PortError::NotOwner { name, doing, owner });
        }
        Ok(tx)
    }

    fn check_configured(&self, doing: Doing) -> Result<(), PortError> {
        let found = self.phase();
        if found.has_queues() {
            return Ok(());
        }
        Err(PortError::Phase { name: self.name(), doing, found })
    }

    pub(super) fn set_phase(&self, tx: &Transaction, phase: PortPhase) -> Result<(), PortError> {
        Ok(tx.set(&self.state.phase, phase as u64).map_err(CreateError::Journal)?)
    }
}
