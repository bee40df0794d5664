//! `Descriptors`: opening and keeping what own ports need, and handing it on.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use phalanx_core::group::{Group, ProcessId};
use phalanx_core::name::Name;
use phalanx_core::port::{Direction, DriverKind, Port};
use rustix::fd::OwnedFd;
use rustix::io::fcntl_dupfd_cloexec;

use super::ask::{ACTION, CLAIMANTS, OWNERS, Question, answer, ask};
use super::error::DescriptorError;
use super::kept::{Key, Lease, Table};
use super::link::{is_gone, tell_link};
use super::open::{begin_fanout, note, open, settle_mtu};
use crate::change::announce;
use crate::message::{Incoming, Messages, NoMessages};

/// The descriptors of queues that this process has.
#[derive(Debug)]
pub(crate) struct Descriptors {
    group: Group,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
pub(super) struct State {
    pub(super) table: Table,
    /// Ports of this process's that stand for interfaces: their links are looked at.
    own: Vec<Port>,
    /// Claimants that were asked and did not answer, and when.
    silent: Vec<(ProcessId, Instant)>,
}

impl Descriptors {
    /// None yet. With `messages`, others may ask for what this process will have.
    pub(crate) fn new(group: Group, messages: Result<&Messages, NoMessages>) -> Arc<Self> {
        let this = Arc::new(Self { group, state: Mutex::default() });
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

    pub(super) fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
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
        let key = Key::of(port, direction, queue);
        if port.is_mine() {
            let descriptor = self.own(port, key)?;
            return Ok((duplicate(&descriptor, port)?, None));
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
        self.lock().table.borrow(key, Arc::new(copy));
        Ok((descriptor, Some(Lease { of: Arc::downgrade(self), key })))
    }

    /// Opens what a port that this process has made needs to be there from its beginning: the interface of
    /// a tap. Says what its address and its link are.
    ///
    /// # Errors
    /// [`DescriptorError`].
    pub(crate) fn begin(&self, port: &Port) -> Result<(), DescriptorError> {
        match port.driver() {
            DriverKind::AfPacket => note(port)?,
            DriverKind::Tap => {}
            _ => return Ok(()),
        }
        self.look_after(port);
        self.open_all(port)
    }

    /// Opens what the queues need that a port of this process's has been given, and lets go of what its
    /// former ones needed. Nobody has any of them.
    ///
    /// # Errors
    /// [`DescriptorError`]. What could be opened is.
    pub(crate) fn renew(&self, port: &Port) -> Result<(), DescriptorError> {
        let name = port.name();
        match port.driver() {
            DriverKind::AfPacket => {
                self.lock().table.end(name);
                begin_fanout(port)?;
            }
            DriverKind::Tap => {
                let wanted = if is_gone(port) { Vec::new() } else { Key::all(port) };
                self.lock().table.retain_own(name, |key| wanted.contains(&key));
            }
            _ => return Ok(()),
        }
        self.look_after(port);
        settle_mtu(port).and(self.open_all(port))
    }

    /// Asks those who have queues of `port`, which this process has just adopted, for their descriptors,
    /// and opens those that nobody has. Who does not answer keeps its own.
    ///
    /// # Errors
    /// [`DescriptorError`]. What could be opened is.
    pub(crate) fn take_over(
        &self,
        port: &Port,
        messages: Result<&Messages, NoMessages>,
    ) -> Result<(), DescriptorError> {
        if !matches!(port.driver(), DriverKind::AfPacket | DriverKind::Tap) {
            return Ok(());
        }
        self.lock().table.become_own(port.name());
        self.look_after(port);
        let others = self.others(port);
        if let Ok(messages) = messages {
            for (question, who) in &others {
                self.gather(port, *question, *who, messages);
            }
        }
        let has_rx = self.lock().table.has_own(port.name(), Direction::Rx)
            || others.iter().any(|(question, _)| question.direction == Direction::Rx);
        if port.driver() == DriverKind::AfPacket && !has_rx {
            // The group went with its last socket, and its number may be another's by now.
            begin_fanout(port)?;
        }
        self.open_all(port)
    }

    fn gather(&self, port: &Port, question: Question, who: ProcessId, messages: &Messages) {
        let key = Key::of(port, question.direction, question.queue);
        let state = self.lock();
        let is_silent = state.silent.iter().any(|(silent, since)| {
            // One that is stopped has as many queues as it likes, of as many ports.
            *silent == who && since.elapsed() < OWNERS
        });
        if is_silent || state.table.find(key).is_some() {
            return;
        }
        drop(state);
        match ask(messages, who, port, question, CLAIMANTS) {
            Ok(descriptor) => self.lock().table.keep(key, Arc::new(descriptor)),
            Err(DescriptorError::NoAnswer { .. }) => {
                let silent = &mut self.lock().silent;
                silent.retain(|(_, since)| since.elapsed() < OWNERS);
                silent.push((who, Instant::now()));
            }
            Err(_) => {}
        }
    }

    /// Queues of `port` that other processes have, which live, and these.
    fn others(&self, port: &Port) -> Vec<(Question, ProcessId)> {
        let mut others = Vec::new();
        for direction in [Direction::Rx, Direction::Tx] {
            for (queue, who) in port.claims(direction) {
                if who != self.group.me() && self.group.is_alive(who) {
                    others.push((Question { port: port.name(), direction, queue }, who));
                }
            }
        }
        others
    }

    /// Opens each descriptor of an own port that there is not and that nobody else has; tells what the
    /// link is.
    fn open_all(&self, port: &Port) -> Result<(), DescriptorError> {
        let others = self.others(port);
        let has = |key: &Key| {
            let of = |question: &Question| Key::of(port, question.direction, question.queue);
            others.iter().any(|(question, _)| of(question) == *key)
        };
        let mut free = Key::all(port).into_iter().filter(|key| !has(key));
        let opened = free.try_for_each(|key| self.own(port, key).map(drop));
        tell_link(port);
        opened
    }

    /// The links of ports of this process's are looked at from now on.
    fn look_after(&self, port: &Port) {
        let mut state = self.lock();
        let is_first = state.own.is_empty();
        state.own.retain(|own| own.name() != port.name());
        state.own.push(*port);
        drop(state);
        if is_first {
            // The watcher listens from now on.
            announce(self.group.region());
        }
    }

    /// Whether there are ports of this process's whose links are to be looked at.
    pub(super) fn has_ports(&self) -> bool {
        !self.lock().own.is_empty()
    }

    /// Looks at the interfaces of own ports, and tells all what has changed. The group's lock is not needed
    /// to find out, so nobody who holds it has this process let go of anything.
    pub(super) fn look_at_links(&self) {
        let own = self.lock().own.clone();
        for port in own {
            if port.is_current() && port.is_mine() {
                tell_link(&port);
                continue;
            }
            // Another's by now, or closed. What this process has of it as a claimant stays.
            let mut state = self.lock();
            state.own.retain(|own| own.is_current() && own.is_mine());
            // One of the same name may have been made since.
            if !state.own.iter().any(|own| own.name() == port.name()) {
                state.table.retain_own(port.name(), |_| false);
            }
        }
    }

    /// Lets go of all that belongs to `port`: it is closed.
    pub(crate) fn end(&self, port: Name) {
        let mut state = self.lock();
        state.own.retain(|own| own.name() != port);
        state.table.end(port);
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
        let key = Key::of(&port, direction, queue);
        let found = self.lock().table.find(key);
        let descriptor = match found {
            Some(descriptor) => Ok(descriptor),
            None if port.is_mine() => self.own(&port, key),
            None => return Err(format!("port {name} is another process's")),
        };
        let copy = descriptor.and_then(|descriptor| duplicate(&descriptor, &port));
        copy.map_err(|error| error.to_string())
    }

    /// A descriptor of an own port, which is opened if it was not.
    fn own(&self, port: &Port, key: Key) -> Result<Arc<OwnedFd>, DescriptorError> {
        let mut state = self.lock();
        if let Some(found) = state.table.find(key) {
            return Ok(found);
        }
        let opened = Arc::new(open(port, key.direction)?);
        state.table.keep(key, Arc::clone(&opened));
        Ok(opened)
    }
}

fn duplicate(descriptor: &OwnedFd, port: &Port) -> Result<OwnedFd, DescriptorError> {
    fcntl_dupfd_cloexec(descriptor, 0)
        .map_err(|errno| DescriptorError::NoCopy { port: port.name(), errno })
}
