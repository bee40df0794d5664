//! A worker's hands: it takes packets from its port, turns each round where it lies, and gives
//! them back.
//!
//! A worker claims both queues of its port and counts by them, as a queue's driver does, but takes packets from the
//! port's ring and gives them to its peer's itself. It is a small program: the queues of [`phalanx_core::port`] bring
//! what makes a ring that is not there, spreads packets over several, and copies them for a capture (together 50 KB of
//! it), and the primary has made the rings and can be watched. For the same reason it frees nothing: what is in its
//! hands goes back when it leaves its group, as it does when it is reaped.

use core::fmt;
use core::mem::ManuallyDrop;

use phalanx_core::directory::LookupError;
use phalanx_core::group::Group;
use phalanx_core::mbuf::{
    Mbuf, MbufConsumer, MbufHome, MbufPool, MbufPoolError, MbufProducer, MbufRing, Tally,
};
use phalanx_core::mempool::PoolError;
use phalanx_core::memzone::Zone;
use phalanx_core::port::{Port, PortError, QueueError, RxClaim, TxClaim};
use phalanx_core::ring::kind::{Multi, Single};
use phalanx_core::ring::{ClaimError, RingError};

use crate::control::{BURST, CONTROL, Control, Lane, POOL, WORKERS, WorkerLine};
use crate::packet::turn_round;

/// Idle rounds between two looks at whether there is still somebody to work for.
pub const ROUNDS_A_LOOK: u32 = 4096;

/// What a worker of the demo has in its hands.
#[derive(Debug)]
pub struct Hands<'h> {
    index: u32,
    home: &'h MbufHome<'h>,
    rx: ManuallyDrop<RxClaim>,
    tx: ManuallyDrop<TxClaim>,
    input: ManuallyDrop<MbufConsumer<Single>>,
    output: ManuallyDrop<MbufProducer<Multi>>,
    line: &'static WorkerLine,
    control: &'static Control,
}

/// Why a worker of the demo cannot work.
#[derive(Clone, Copy, Debug)]
pub enum HandsError {
    /// There is no such worker.
    NoSuchWorker {
        /// The index asked for.
        index: usize,
    },
    /// What the primary makes is not there.
    Lookup(LookupError),
    /// It is there. Hands make nothing and share nothing: the sentences of who does need not be in a worker.
    Unusable {
        /// What.
        what: &'static str,
    },
    /// There is nobody to work for.
    Alone,
}

impl fmt::Display for HandsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoSuchWorker { index } => {
                write!(f, "the demo has no worker {index}; it has those below {WORKERS}")
            }
            Self::Lookup(error) => error.fmt(f),
            Self::Unusable { what } => {
                write!(
                    f,
                    "{what} of the demo cannot be used; is there another worker of this number?"
                )
            }
            Self::Alone => f.write_str("the demo's primary is gone; this worker leaves"),
        }
    }
}

impl core::error::Error for HandsError {}

impl From<LookupError> for HandsError {
    fn from(error: LookupError) -> Self {
        Self::Lookup(error)
    }
}

impl From<ClaimError> for HandsError {
    fn from(_: ClaimError) -> Self {
        Self::Unusable { what: "an end of a ring" }
    }
}

impl From<MbufPoolError> for HandsError {
    fn from(error: MbufPoolError) -> Self {
        match error {
            MbufPoolError::Pool(PoolError::Lookup(error)) => Self::Lookup(error),
            _ => Self::Unusable { what: "the pool" },
        }
    }
}

impl From<RingError> for HandsError {
    fn from(error: RingError) -> Self {
        match error {
            RingError::Lookup(error) => Self::Lookup(error),
            _ => Self::Unusable { what: "a ring" },
        }
    }
}

impl From<PortError> for HandsError {
    fn from(error: PortError) -> Self {
        match error {
            PortError::Lookup(error) => Self::Lookup(error),
            _ => Self::Unusable { what: "a port" },
        }
    }
}

impl From<QueueError> for HandsError {
    fn from(_: QueueError) -> Self {
        Self::Unusable { what: "a port's queue" }
    }
}

/// The pool of the demo's packets: a worker's [`Hands`] need a home of it.
///
/// # Errors
/// [`HandsError`].
pub fn pool(group: &Group) -> Result<MbufPool, HandsError> {
    Ok(MbufPool::lookup(group, POOL)?)
}

impl<'h> Hands<'h> {
    /// Those of worker `index`: both queues of its port, and the rings behind them.
    ///
    /// # Errors
    /// [`HandsError`].
    pub fn of(group: &Group, home: &'h MbufHome<'h>, index: usize) -> Result<Self, HandsError> {
        let no_such = || HandsError::NoSuchWorker { index };
        let control = Zone::lookup_typed::<Control>(group, CONTROL)?.value();
        let line = control.workers.get(index).ok_or_else(no_such)?;
        let lane = Lane::of(index).ok_or_else(no_such)?;
        let port = Port::lookup(group, lane.worker)?;
        let hands = Self {
            index: index as u32,
            home,
            rx: ManuallyDrop::new(port.claim_rx(0)?),
            tx: ManuallyDrop::new(port.claim_tx(0)?),
            input: ManuallyDrop::new(MbufRing::lookup(group, lane.there)?.consumer_as()?),
            output: ManuallyDrop::new(MbufRing::lookup(group, lane.back)?.producer_as()?),
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
    /// [`HandsError::Alone`] once `idle` says `false`; what was not given back stays in these hands.
    pub fn turn_some(&mut self, mut idle: impl FnMut() -> bool) -> Result<usize, HandsError> {
        let mut burst: [Option<ManuallyDrop<Mbuf<'h>>>; BURST] = [const { None }; BURST];
        let (mut count, mut bytes) = (0, 0);
        for place in &mut burst {
            // Held up by a primary that is stopped in the middle: later.
            let Ok(Some(packet)) = self.input.dequeue(self.home) else { break };
            bytes += u64::from(packet.len());
            *place = Some(ManuallyDrop::new(packet));
            count += 1;
        }
        self.rx.line().count(Tally { packets: count, bytes });
        self.line.taken.count(count as u64);
        for packet in burst.into_iter().flatten() {
            let mut packet = ManuallyDrop::into_inner(packet);
            turn_round(&mut packet, self.index);
            let bytes = u64::from(packet.len());
            while let Err(back) = self.output.enqueue(packet) {
                packet = back;
                if !idle() {
                    core::mem::forget(packet);
                    return Err(HandsError::Alone);
                }
            }
            self.tx.line().count(Tally { packets: 1, bytes });
            self.line.given.count(1);
        }
        Ok(count)
    }
}
