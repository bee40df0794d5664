//! A worker's hands: it takes packets from its ring, turns each round where it lies, and gives
//! them back.

use core::fmt;

use phalanx_core::directory::LookupError;
use phalanx_core::group::Group;
use phalanx_core::mempool::{
    Mempool, Object, ObjectConsumer, ObjectProducer, ObjectRing, PoolError,
};
use phalanx_core::memzone::Zone;
use phalanx_core::ring::kind::Single;
use phalanx_core::ring::{ClaimError, RingError};

use crate::control::{BURST, CONTROL, Control, POOL, WORKERS, WorkerLine, ring_from, ring_to};
use crate::packet::Packet;

/// Idle rounds between two looks at whether there is still somebody to work for.
pub const ROUNDS_A_LOOK: u32 = 4096;

/// What a worker of the demo has in its hands.
#[derive(Debug)]
pub struct Hands {
    index: u64,
    pool: Mempool<Packet>,
    input: ObjectConsumer<Packet, Single>,
    output: ObjectProducer<Packet, Single>,
    line: &'static WorkerLine,
    control: &'static Control,
}

/// Why a worker of the demo cannot work.
#[derive(Debug)]
pub enum HandsError {
    /// There is no such worker.
    NoSuchWorker {
        /// The index asked for.
        index: usize,
    },
    /// The zone of counters.
    Zone(LookupError),
    /// The pool of packets.
    Pool(PoolError),
    /// A ring.
    Ring(RingError),
    /// An end of a ring.
    Claim(ClaimError),
    /// There is nobody to work for.
    Alone,
}

impl fmt::Display for HandsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoSuchWorker { index } => {
                write!(f, "the demo has no worker {index}; it has those below {WORKERS}")
            }
            Self::Zone(error) => error.fmt(f),
            // Hands look up and make nothing: the sentences of who does need not be in a worker.
            Self::Pool(PoolError::Lookup(error)) | Self::Ring(RingError::Lookup(error)) => {
                error.fmt(f)
            }
            Self::Pool(PoolError::Attach(error)) => error.fmt(f),
            Self::Ring(RingError::Attach(error)) => error.fmt(f),
            Self::Pool(_) => write!(f, "the pool {POOL} was looked up and cannot be used"),
            Self::Ring(_) => f.write_str("a ring of the demo was looked up and cannot be used"),
            Self::Claim(error) => error.fmt(f),
            Self::Alone => f.write_str("the demo's primary is gone; this worker leaves"),
        }
    }
}

impl core::error::Error for HandsError {}

macro_rules! from {
    ($($variant:ident($error:ty)),+) => {$(
        impl From<$error> for HandsError {
            fn from(error: $error) -> Self {
                Self::$variant(error)
            }
        }
    )+};
}
from! { Zone(LookupError), Pool(PoolError), Ring(RingError), Claim(ClaimError) }

impl Hands {
    /// Those of worker `index`: its pool and its ends of both rings.
    ///
    /// # Errors
    /// [`HandsError`].
    pub fn of(group: &Group, index: usize) -> Result<Self, HandsError> {
        let no_such = || HandsError::NoSuchWorker { index };
        let control = Zone::lookup_typed::<Control>(group, CONTROL)?.value();
        let line = control.workers.get(index).ok_or_else(no_such)?;
        let (to, from) =
            (ring_to(index).ok_or_else(no_such)?, ring_from(index).ok_or_else(no_such)?);
        let hands = Self {
            index: index as u64,
            pool: Mempool::lookup(group, POOL)?,
            input: ObjectRing::lookup(group, to)?.consumer_as()?,
            output: ObjectRing::lookup(group, from)?.producer_as()?,
            line,
            control,
        };
        line.lives.count(1);
        Ok(hands)
    }

    /// Whether the primary wants the workers to end.
    pub fn shall_stop(&self) -> bool {
        self.control.stop.get() != 0
    }

    /// Turns a burst round; returns how many packets. `idle` is called while the ring back is
    /// full.
    ///
    /// Killed anywhere in here, what is in these hands goes back to the pool, and what is in the
    /// rings waits for the next one.
    ///
    /// # Errors
    /// [`HandsError::Alone`] once `idle` says `false`; what was not given back goes to the pool.
    pub fn turn_some(&mut self, mut idle: impl FnMut() -> bool) -> Result<usize, HandsError> {
        let mut burst: [Option<Object<'_, Packet>>; BURST] = [const { None }; BURST];
        let mut count = 0;
        for place in &mut burst {
            // Held up by a primary that is stopped in the middle: later.
            let Ok(Some(packet)) = self.input.dequeue(&self.pool) else { break };
            *place = Some(packet);
            count += 1;
        }
        self.line.taken.count(count as u64);
        for mut packet in burst.into_iter().flatten() {
            packet.turn_round(self.index);
            while let Err(back) = self.output.enqueue(packet) {
                packet = back;
                if !idle() {
                    return Err(HandsError::Alone);
                }
            }
            self.line.given.count(1);
        }
        Ok(count)
    }
}
