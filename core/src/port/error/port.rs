//! `PortError`: why a port was not created, found, or changed.

use core::fmt;

use super::{Doing, PortFault, Somebody};
use crate::count::Count;
use crate::directory::{CreateError, LookupError, ReadError};
use crate::lock::LockError;
use crate::name::{Name, NameError};
use crate::port::kinds::{Direction, DriverKind, PortPhase};
use crate::port::layout::{ARGS_MAX, PORTS_MAX};
use crate::port::ring::RING_NAME_MAX;
use crate::recovery::Fenced;

/// Why a port was not created, found, or changed. Nothing has changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PortError {
    /// Its name is none.
    Name(NameError),
    /// The directory refused it, or there is no memory.
    Create(CreateError),
    /// There is none of that name, or it is something else.
    Lookup(LookupError),
    /// The directory could not be read.
    Read(ReadError),
    /// The lock was not had.
    Lock(LockError),
    /// The group has as many ports as it can.
    TooMany {
        /// The name it was to have.
        name: Name,
    },
    /// There is no port with this id.
    NoSuchId {
        /// The id.
        id: u16,
    },
    /// The driver's arguments are too long.
    ArgsTooLong {
        /// The port.
        name: Name,
        /// How many bytes they have.
        len: usize,
    },
    /// It cannot have so many queues.
    Queues {
        /// The port.
        name: Name,
        /// Which queues.
        direction: Direction,
        /// How many were asked for.
        asked: u16,
        /// How many it may have.
        max: u16,
    },
    /// The RSS table names a queue that the port is not to have.
    RssTable {
        /// The port.
        name: Name,
        /// The entry, 0..128.
        entry: usize,
        /// The queue it names.
        queue: u8,
        /// How many Rx queues the port is to have.
        queues: u16,
    },
    /// It was to carry no payload at all.
    Mtu {
        /// The port.
        name: Name,
    },
    /// It was to do bursts in a way that this version does not know.
    Burst {
        /// The port.
        name: Name,
    },
    /// The rings of a net_ring port of this name would have none.
    RingName {
        /// The name it was to have.
        name: Name,
    },
    /// Another process owns it (DV-12, W-65).
    NotOwner {
        /// The port.
        name: Name,
        /// What was to be done to it.
        doing: Doing,
        /// Who owns it.
        owner: Somebody,
    },
    /// Its owner lives, so nobody can adopt it.
    OwnerLives {
        /// The port.
        name: Name,
        /// Who owns it.
        owner: Somebody,
    },
    /// A living process has one of its queues.
    Busy {
        /// The port.
        name: Name,
        /// What was to be done to it.
        doing: Doing,
        /// Which kind of queue.
        direction: Direction,
        /// Which queue.
        queue: u16,
        /// The port that the queue is one of.
        of: Name,
        /// Who has it.
        by: Somebody,
    },
    /// It has not come far enough for this.
    Phase {
        /// The port.
        name: Name,
        /// What was to be done to it.
        doing: Doing,
        /// How far it has come.
        found: PortPhase,
    },
    /// It was removed; another may have its name.
    Gone {
        /// The port.
        name: Name,
    },
    /// It is being attached, and nobody's yet.
    Coming {
        /// The port.
        name: Name,
        /// Who attaches it.
        by: Somebody,
    },
    /// It is being detached.
    Going {
        /// The port.
        name: Name,
        /// What was to be done to it.
        doing: Doing,
        /// Who detaches it.
        by: Somebody,
    },
    /// What the directory calls a port is none.
    Damaged {
        /// Its name.
        name: Name,
        /// What is wrong with it.
        fault: PortFault,
    },
    /// Two ports were to be joined, and one is joined already.
    Joined {
        /// The port.
        name: Name,
        /// The port that it was to be joined with.
        with: Name,
        /// Which of the two is joined already.
        which: Name,
        /// Id of the port that this one is joined with.
        to: u16,
    },
    /// Two ports were to be joined, and one has another driver, or they are one.
    CannotJoin {
        /// The port.
        name: Name,
        /// The port that it was to be joined with.
        with: Name,
        /// That one's driver.
        driver: DriverKind,
    },
    /// An observer may only look.
    Observer {
        /// What was to be done.
        doing: Doing,
    },
    /// This process has lost its slot in the group.
    Fenced(Fenced),
}

impl fmt::Display for PortError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(error) => error.fmt(f),
            Self::Create(error) => error.fmt(f),
            Self::Lookup(error) => error.fmt(f),
            Self::Read(error) => error.fmt(f),
            Self::Lock(error) => error.fmt(f),
            Self::TooMany { name } => write!(
                f,
                "the port {name} was to be created and the group has {PORTS_MAX}, the most it may have; close some \
                 first"
            ),
            Self::NoSuchId { id } => write!(
                f,
                "port {id} was asked for and no port has that id; `phalanx info` shows those that there are"
            ),
            Self::ArgsTooLong { name, len } => write!(
                f,
                "the port {name} was to be created with arguments of {len} bytes and {ARGS_MAX} are the most; \
                 shorten them"
            ),
            Self::Queues { name, direction, asked, max } => write!(
                f,
                "the port {name} was to have {} and may have 1 to {max}; ask for one of these",
                Count::of(*asked, direction_queue(*direction), direction_queues(*direction))
            ),
            Self::RssTable { name, entry, queue, queues } => write!(
                f,
                "the RSS table for the port {name} names queue {queue} in entry {entry}, and the port is to have \
                 {queues}; name queues below that"
            ),
            Self::Mtu { name } => write!(
                f,
                "the port {name} was to carry frames of 0 bytes at most; give an MTU from 1 on, or none, for what it \
                 has"
            ),
            Self::Burst { name } => write!(
                f,
                "the port {name} was to do bursts in a way that this version does not know; give one that it knows, \
                 or none, for what its driver does"
            ),
            Self::RingName { name } => write!(
                f,
                "the net_ring port {name} was to be created, and with more than {RING_NAME_MAX} bytes in its name its \
                 rings would have none; shorten it"
            ),
            Self::NotOwner { name, doing, owner: owner @ Somebody { pid: 0, .. } } => write!(
                f,
                "the port {name} was to be {doing} and its owner is {owner}; adopt it first, as the group's primary \
                 does by itself"
            ),
            Self::NotOwner { name, doing, owner } => write!(
                f,
                "the port {name} was to be {doing} and is {owner}'s; let that process do it"
            ),
            Self::OwnerLives { name, owner } => write!(
                f,
                "the port {name} was to be adopted and its owner {owner} lives; end that process first"
            ),
            Self::Busy { name, doing, direction, queue, of, by } => write!(
                f,
                "the port {name} was to be {doing} and {direction} queue {queue} of {of} is {by}'s; have that process \
                 let go first"
            ),
            Self::Phase { name, doing, found } => write!(
                f,
                "the port {name} was to be {doing} and is only {found}; configure it first"
            ),
            Self::Gone { name } => write!(
                f,
                "the port {name} was used and has been closed; look the name up again, it may be another's"
            ),
            Self::Coming { name, by } => write!(
                f,
                "the port {name} was to be used and {by} is attaching it; look again in a moment"
            ),
            Self::Going { name, doing, by } => write!(
                f,
                "the port {name} was to be {doing} and {by} is detaching it; look again in a moment"
            ),
            Self::Damaged { name, fault } => write!(
                f,
                "the port {name} was to be used and something has written over it: {fault}; stop the group and look \
                 for it"
            ),
            Self::Joined { name, with, which, to } => write!(
                f,
                "the port {name} was to be joined with {with} and {which} is joined with port {to}; close that one \
                 first, or name another peer"
            ),
            Self::CannotJoin { name, with, .. } if name == with => write!(
                f,
                "the port {name} was to be joined with itself; leave the peer out, then it hears itself"
            ),
            Self::CannotJoin { name, with, driver } => write!(
                f,
                "the port {name} was to be joined with {with}, which is a {driver}; only two {} ports can be joined",
                DriverKind::Ring
            ),
            Self::Observer { doing } => write!(
                f,
                "a port was to be {doing} by an observer, which may only look; join the group as a process"
            ),
            Self::Fenced(error) => error.fmt(f),
        }
    }
}

const fn direction_queue(direction: Direction) -> &'static str {
    match direction {
        Direction::Rx => "Rx queue",
        Direction::Tx => "Tx queue",
    }
}

const fn direction_queues(direction: Direction) -> &'static str {
    match direction {
        Direction::Rx => "Rx queues",
        Direction::Tx => "Tx queues",
    }
}

impl core::error::Error for PortError {}

macro_rules! from {
    ($($variant:ident($error:ty)),+ $(,)?) => {$(
        impl From<$error> for PortError {
            fn from(error: $error) -> Self {
                Self::$variant(error)
            }
        }
    )+};
}
from! {
    Name(NameError), Create(CreateError), Lookup(LookupError), Read(ReadError), Lock(LockError), Fenced(Fenced),
}
