//! `Descriptors`: what this process has, and opening what it owns.

use core::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use phalanx_core::group::{Group, ProcessId};
use phalanx_core::name::Name;
use phalanx_core::port::{Direction, DriverKind, MacAddress, Port, Promiscuous};
use rustix::fd::{AsFd, OwnedFd};
use rustix::io::fcntl_dupfd_cloexec;

use super::ask::{ACTION, CLAIMANTS, OWNERS, Question, answer, ask};
use super::error::DescriptorError;
use super::link::{index_of, tell_link};
use crate::change::announce;
use crate::message::{Incoming, Messages, NoMessages};
use crate::port::af_packet::{
    AfPacketArgs, Fanout, bring_up, fanout_of, look_at, open_rx, open_tx,
};
use crate::port::tap::{TapArgs, open_queue, set_up};

/// The word of a port's driver that holds its fanout group's number, plus 1.
pub(super) const FANOUT_WORD: usize = 0;

/// The word that holds the index of the interface that the port stands for.
pub(super) const INDEX_WORD: usize = 1;

/// The descriptors of queues that this process has.
#[derive(Debug)]
pub(crate) struct Descriptors {
    group: Group,
    kept: Mutex<Vec<Kept>>,
}

/// One queue's.
#[derive(Debug)]
struct Kept {
    port: Name,
    direction: Direction,
    queue: u16,
    descriptor: Arc<OwnedFd>,
    /// Whether it goes when the queue does: the port is another's.
    is_leased: bool,
}

/// A queue's descriptor in the hand of a claimant that does not own the port: on drop this process gives
/// it to nobody any more.
#[derive(Debug)]
pub struct Lease {
    of: Weak<Descriptors>,
    port: Name,
    direction: Direction,
    queue: u16,
}

impl Drop for Lease {
    fn drop(&mut self) {
        let Some(descriptors) = self.of.upgrade() else { return };
        descriptors
            .lock()
            .retain(|kept| !kept.is_leased || !kept.is_of(self.port, self.direction, self.queue));
    }
}

impl Kept {
    fn is_of(&self, port: Name, direction: Direction, queue: u16) -> bool {
        self.port == port && self.direction == direction && self.queue == queue
    }
}

impl Descriptors {
    /// None yet. With `messages`, others may ask for what this process will have.
    pub(crate) fn new(group: Group, messages: Result<&Messages, NoMessages>) -> Arc<Self> {
        let this = Arc::new(Self { group, kept: Mutex::default() });
        if let Ok(messages) = messages {
            // Handlers end before the service does, and may outlive this.
            let weak = Arc::downgrade(&this);
            let handler = move |incoming: &mut Incoming| {
                if let Some(this) = weak.upgrade() {
                    this.serve(incoming);
                }
            };
            // The table has nothing of that name: nobody but this registers it.
            let _ = messages.register(ACTION, handler);
        }
        this
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Kept>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The descriptor of a queue that this process has claimed; with a lease if the port is
    /// another's.
    ///
    /// # Errors
    /// [`DescriptorError`].
    pub(crate) fn of_queue(
        self: &Arc<Self>,
        port: &Port,
        (direction, queue): (Direction, u16),
        messages: Result<&Messages, NoMessages>,
    ) -> Result<(OwnedFd, Option<Lease>), DescriptorError> {
        if port.is_mine() {
            return Ok((self.own(port, direction, queue)?, None));
        }
        let (name, owner) = (port.name(), port.facts().owner);
        if !self.group.is_alive(owner.who) {
            return Err(DescriptorError::OwnerGone { port: name, direction, queue });
        }
        let messages =
            messages.map_err(|why| DescriptorError::NoMessages { port: name, owner, why })?;
        let question = Question { port: name, direction, queue };
        let descriptor = ask(messages, owner.who, port, question, OWNERS)?;
        let copy = duplicate(&descriptor, port)?;
        let kept =
            Kept { port: name, direction, queue, descriptor: Arc::new(copy), is_leased: true };
        self.lock().push(kept);
        let lease = Lease { of: Arc::downgrade(self), port: name, direction, queue };
        Ok((descriptor, Some(lease)))
    }

    /// Opens what a port of this process's needs to be there from its beginning: the interface of a tap.
    /// Says what its address is.
    ///
    /// # Errors
    /// [`DescriptorError`].
    pub(crate) fn begin(&self, port: &Port) -> Result<(), DescriptorError> {
        if port.driver() == DriverKind::Tap {
            self.own(port, Direction::Rx, 0)?;
        }
        Ok(())
    }

    /// Asks those who have queues of `port`, which this process has just adopted, for their descriptors.
    /// Who does not answer keeps its own.
    pub(crate) fn gather(&self, port: &Port, messages: Result<&Messages, NoMessages>) {
        let Ok(messages) = messages else { return };
        if !matches!(port.driver(), DriverKind::AfPacket | DriverKind::Tap) {
            return;
        }
        self.lock().iter_mut().filter(|kept| kept.port == port.name()).for_each(|kept| {
            kept.is_leased = false;
        });
        for direction in [Direction::Rx, Direction::Tx] {
            let others = port.claims(direction).filter(|(_, who)| *who != self.group.me());
            let living: Vec<(u16, ProcessId)> =
                others.filter(|(_, who)| self.group.is_alive(*who)).collect();
            for (queue, who) in living {
                let question = Question { port: port.name(), direction, queue };
                if let Ok(descriptor) = ask(messages, who, port, question, CLAIMANTS) {
                    self.keep(question, Arc::new(descriptor));
                }
            }
        }
    }

    /// Looks at the interfaces of own ports, and tells all what has changed.
    pub(super) fn look_at_links(&self) {
        for name in self.ports() {
            let port = Port::lookup(&self.group, name.as_str());
            match port.as_ref().ok().filter(|port| port.is_mine()) {
                Some(port) => tell_link(port),
                None => self.forget_own(name),
            }
        }
    }

    /// Lets go of all that belongs to `port`: it is closed.
    pub(crate) fn end(&self, port: Name) {
        self.lock().retain(|kept| kept.port != port);
    }

    /// The same for a port that is this process's no more; what it has a lease on stays.
    fn forget_own(&self, port: Name) {
        self.lock().retain(|kept| kept.port != port || kept.is_leased);
    }

    /// The names of ports whose descriptors this process keeps as their owner.
    pub(super) fn ports(&self) -> Vec<Name> {
        let mut names: Vec<Name> = Vec::new();
        for kept in self.lock().iter().filter(|kept| !kept.is_leased) {
            if !names.contains(&kept.port) {
                names.push(kept.port);
            }
        }
        names
    }

    /// Answers who asks for a queue.
    fn serve(&self, incoming: &mut Incoming) {
        let found = match Question::from_bytes(incoming.payload()) {
            Some(question) => self.answer_to(question, incoming.sender()),
            None => Err("the request is none for a queue".to_owned()),
        };
        answer(incoming, found);
    }

    fn answer_to(&self, question: Question, sender: ProcessId) -> Result<OwnedFd, String> {
        let Question { port: name, direction, queue } = question;
        let port = Port::lookup(&self.group, name.as_str()).map_err(|error| error.to_string())?;
        // Only who has the queue, or has to keep it, is given it.
        let claimant = port.claims(direction).find(|(claimed, _)| *claimed == queue);
        let is_its = claimant.is_some_and(|(_, who)| who == sender) || port.owner() == Some(sender);
        if !is_its {
            return Err(format!(
                "{direction} queue {queue} of port {name} is not the asker's; claim it first"
            ));
        }
        if let Some(descriptor) = self.find(question) {
            return duplicate(&descriptor, &port).map_err(|error| error.to_string());
        }
        if !port.is_mine() {
            return Err(format!("port {name} is another process's"));
        }
        self.own(&port, direction, queue).map_err(|error| error.to_string())
    }

    fn find(&self, question: Question) -> Option<Arc<OwnedFd>> {
        let Question { port, direction, queue } = question;
        let kept = self.lock();
        let found = kept.iter().find(|kept| kept.is_of(port, direction, queue))?;
        Some(Arc::clone(&found.descriptor))
    }

    /// Keeps a descriptor, unless there is one.
    fn keep(&self, question: Question, descriptor: Arc<OwnedFd>) {
        let Question { port, direction, queue } = question;
        let mut kept = self.lock();
        if !kept.iter().any(|kept| kept.is_of(port, direction, queue)) {
            kept.push(Kept { port, direction, queue, descriptor, is_leased: false });
        }
    }

    /// A copy of the descriptor of a queue of an own port, which is opened if it was not.
    fn own(
        &self,
        port: &Port,
        direction: Direction,
        queue: u16,
    ) -> Result<OwnedFd, DescriptorError> {
        // A tap's queue is one descriptor for both.
        let key = if port.driver() == DriverKind::Tap { Direction::Rx } else { direction };
        let mut kept = self.lock();
        let name = port.name();
        if let Some(found) = kept.iter().find(|kept| kept.is_of(name, key, queue)) {
            return duplicate(&found.descriptor, port);
        }
        let is_first = !kept.iter().any(|kept| kept.port == name);
        let opened = match port.driver() {
            DriverKind::Tap => self.open_tap(port, is_first)?,
            _ => self.open_packet(port, direction)?,
        };
        let copy = duplicate(&opened, port)?;
        let descriptor = Arc::new(opened);
        kept.push(Kept { port: name, direction: key, queue, descriptor, is_leased: false });
        drop(kept);
        tell_link(port);
        if is_first {
            // The watcher listens from now on.
            announce(self.group.region());
        }
        Ok(copy)
    }

    fn open_packet(&self, port: &Port, direction: Direction) -> Result<OwnedFd, DescriptorError> {
        let text = port.args();
        let args = AfPacketArgs::parse(text.as_str()).map_err(|why| args_error(port, &why))?;
        let interface = look_at(args.interface)?;
        note_index(port, interface.index)?;
        if direction == Direction::Tx {
            return Ok(open_tx(&args, &interface)?);
        }
        let facts = port.facts();
        let fanout = match (facts.rx_queues, port.driver_word(FANOUT_WORD)) {
            (0..=1, _) => Fanout::Alone,
            (_, 0) => Fanout::First,
            (_, number) => Fanout::Of((number - 1) as u16),
        };
        let hears = if facts.is_promiscuous { Promiscuous::On } else { Promiscuous::Off };
        let socket = open_rx(&args, &interface, fanout, hears)?;
        bring_up(socket.as_fd(), args.interface)?;
        if fanout == Fanout::First
            && let Ok(Some(number)) = fanout_of(socket.as_fd())
        {
            port.set_driver_word(FANOUT_WORD, u64::from(number) + 1)?;
        }
        Ok(socket)
    }

    fn open_tap(&self, port: &Port, is_first: bool) -> Result<OwnedFd, DescriptorError> {
        let text = port.args();
        let number = crate::port::device_number(port.name().as_str());
        let args = TapArgs::parse(text.as_str(), number).map_err(|why| args_error(port, &why))?;
        let queue = open_queue(&args)?;
        if is_first {
            let mac = set_up(queue.as_fd(), &args, port.facts().mtu)?;
            port.set_mac(MacAddress(mac))?;
            note_index(port, index_of(args.interface).unwrap_or(0))?;
        }
        Ok(queue)
    }
}

/// Writes down which interface the port stands for: a later one of the same name is another.
fn note_index(port: &Port, index: u32) -> Result<(), DescriptorError> {
    let index = u64::from(index);
    if port.driver_word(INDEX_WORD) != index {
        port.set_driver_word(INDEX_WORD, index)?;
    }
    Ok(())
}

fn args_error(port: &Port, why: &dyn fmt::Display) -> DescriptorError {
    DescriptorError::Args { port: port.name(), why: why.to_string() }
}

fn duplicate(descriptor: &OwnedFd, port: &Port) -> Result<OwnedFd, DescriptorError> {
    fcntl_dupfd_cloexec(descriptor, 0)
        .map_err(|errno| DescriptorError::NoCopy { port: port.name(), errno })
}
