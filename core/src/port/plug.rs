//! Ports that come and go while the group lives: there for all at once, or gone for all at once.
//!
//! What a port needs besides its words (sockets, files, the consent of others) is had before it is there,
//! so that nobody ever finds a half of one. Who removes one says so first: those who have queues let them go
//! by themselves, and if they do not, nothing has changed.

use super::error::{Doing, PortError, Somebody};
use super::kinds::{Direction, PortPhase};
use super::port::Port;
use super::{PortConfig, PortState};
use crate::directory::{self, Identity, Kind};
use crate::group::{Group, ProcessId};
use crate::name::Name;
use crate::recovery::{About, EventKind, note_port};
use crate::shared::ElementLayout;

/// Who has which queue, and keeps a port from being removed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Holder {
    /// The port that the queue is one of: the one to be removed, or the one that it is joined with.
    pub of: Name,
    /// Which kind of queue.
    pub direction: Direction,
    /// Which.
    pub queue: u16,
    /// Who.
    pub by: Somebody,
}

impl Port {
    /// Makes a port as [`create`](Self::create) does, and nobody finds it until it is
    /// [admitted](Self::admit). Who closes it before undoes it, and so does this process's death.
    ///
    /// Cost and errors: as of `create`.
    #[doc(alias = "rte_eth_dev_allocate")]
    pub fn begin(group: &Group, name: &str, config: &PortConfig<'_>) -> Result<Self, PortError> {
        Self::made(group, name, config, PortPhase::Coming)
    }

    /// Lets everybody find a port that this process has [begun](Self::begin), and tells all. One write.
    #[doc(alias = "rte_eth_dev_probing_finish")]
    pub fn admit(&self) -> Result<(), PortError> {
        self.admit_with(None)
    }

    /// Admits a port, joined with `other` as [`join`](Self::join) does: both, or neither.
    pub fn admit_joined(&self, other: &Self) -> Result<(), PortError> {
        self.admit_with(Some(other))
    }

    fn admit_with(&self, other: Option<&Self>) -> Result<(), PortError> {
        let (name, tx) = (self.name(), self.owned(Doing::Attach)?);
        if !self.is_coming() {
            let (doing, found) = (Doing::Attach, self.phase());
            return Err(PortError::Phase { name, doing, found });
        }
        if let Some(other) = other {
            self.join_in(&tx, other)?;
        }
        self.set_phase(&tx, PortPhase::Created)?;
        crash_point!("port: it is nearly there");
        tx.commit();
        crash_point!("port: it is there");
        note_port(&self.group, EventKind::PortAdded, About::port(self));
        Ok(())
    }

    /// The port called `name` that somebody is attaching; `None` if nobody is. Takes the lock (members).
    pub fn coming(group: &Group, name: &str) -> Option<Self> {
        let name = Name::new(name).ok()?;
        let element = const { ElementLayout::of::<PortState>() };
        let found = directory::lookup(group, &Identity { name, kind: Kind::Port, element }).ok()?;
        Self::attach(group, &found).ok().filter(Self::is_coming)
    }

    /// Whether it is being attached: nobody has it yet.
    pub fn is_coming(&self) -> bool {
        self.phase() == PortPhase::Coming && self.is_current() && !self.is_given_up()
    }

    /// Has a port that this process has [begun](Self::begin) come to nothing, where it cannot be
    /// [closed](Self::close) because the group's lock is not had: from now on there is none. Its words are put in
    /// order by whoever makes one of its name, or reaps this process. One store.
    pub fn give_up(&self) {
        if self.is_coming() && self.is_mine() {
            // Of one that is not there nobody says that it is going.
            self.state.going.publish(self.group.me().pack());
            crash_point!("port: it is given up");
        }
    }

    /// Whether its owner has given it up before it was there.
    pub(super) fn is_given_up(&self) -> bool {
        let going = self.state.going.observe();
        self.phase() == PortPhase::Coming && going != 0 && going == self.state.owner.observe()
    }

    /// Whether everybody finds it.
    pub(super) fn is_there(&self) -> bool {
        self.is_current() && self.phase() != PortPhase::Coming
    }

    /// Whether there is no such port: it was closed, or who was attaching it is gone or has given it up.
    pub(super) fn is_none(&self) -> bool {
        match self.phase() {
            PortPhase::Removed => true,
            PortPhase::Coming => self.is_given_up() || self.is_orphaned(),
            _ => false,
        }
    }

    /// Says that this process, which owns it, is about to remove it: all are told, and nobody is given a
    /// queue of it until it [stays](Self::announce_stay), or this process dies. What has a queue goes on.
    pub fn announce_going(&self) -> Result<(), PortError> {
        let (name, doing) = (self.name(), Doing::Detach);
        let tx = self.owned(doing)?;
        if self.is_coming() {
            return Err(PortError::Coming { name, by: Somebody::of(&self.group, self.group.me()) });
        }
        if let Some(by) = self.going() {
            return Err(PortError::Going { name, doing, by: Somebody::of(&self.group, by) });
        }
        self.state.going.publish(self.group.me().pack());
        tx.commit();
        crash_point!("port: that it is going is not announced");
        note_port(&self.group, EventKind::PortGoing, About::port(self));
        Ok(())
    }

    /// Takes back that it is [going](Self::announce_going), if this process has said so, and tells all.
    pub fn announce_stay(&self) {
        let me = self.group.me().pack();
        if self.is_current() && self.state.going.swap_if(me, 0).is_ok() {
            crash_point!("port: that it stays is not announced");
            note_port(&self.group, EventKind::PortStays, About::port(self));
        }
    }

    /// Who is about to remove it, if somebody is who lives: let its queues go. One load while nobody is,
    /// else a system call.
    pub fn going(&self) -> Option<ProcessId> {
        let by = ProcessId::unpack(self.state.going.observe())?;
        (by == self.group.me() || self.group.is_alive(by)).then_some(by)
    }

    /// Wakes who waits for the queues of a port to be let go.
    pub(super) fn tell_who_detaches(&self) {
        if self.state.going.observe() != 0 {
            self.group.region().count_change();
            self.group.platform().wake(self.group.region().change_word());
        }
    }

    /// Who keeps it from being removed: those who live and have queues of it, or of the port that it is
    /// joined with. A system call for each claimed queue.
    pub fn holders(&self) -> impl Iterator<Item = Holder> + use<> {
        let peer = self.peer().and_then(|id| Self::by_id(&self.group, id).ok());
        let both = [Some(*self), peer].into_iter().flatten();
        let ends = both.flat_map(|port| [(port, Direction::Rx), (port, Direction::Tx)]);
        ends.flat_map(|(port, direction)| {
            let living = move |(_, who): &(u16, ProcessId)| port.group.is_alive(*who);
            port.claims(direction).filter(living).map(move |(queue, who)| {
                let by = Somebody::of(&port.group, who);
                Holder { of: port.name(), direction, queue, by }
            })
        })
    }

    /// Removes the port as [`close`](Self::close) does, whoever has queues: their bursts do nothing from now
    /// on, and its name can be had when they have let go. So goes what is there no more: a device that was
    /// pulled.
    ///
    /// Who has queues of the port that it is joined with sends into rings that nobody empties, until it
    /// opens them anew.
    #[doc(alias = "rte_eth_dev_close")]
    pub fn unplug(&self) -> Result<(), PortError> {
        let tx = self.owned(Doing::Detach)?;
        self.halt();
        crash_point!("port: it is halted for good");
        self.remove(tx)
    }
}
