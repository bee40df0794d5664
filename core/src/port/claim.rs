//! Whose queue it is: each queue belongs to one process, or to nobody.
//!
//! The claim is one word in the queue's line, the packed [`ProcessId`]. It is taken by swap with the
//! group's lock held, so that no port is closed or configured under a claimant's hands; it is given back
//! without. A dead holder's claim is taken over by whoever asks next: the queue's words have one writer
//! each and are whole after any death, so nothing has to be repaired first.

use core::fmt;

use super::error::{Doing, PortError, QueueError, Somebody};
use super::kinds::Direction;
use super::layout::{RxLine, TxLine};
use super::port::Port;
use crate::group::{Group, ProcessId};
use crate::sync::Contested64;

/// A port's Rx queue, had by this process until this is dropped. One handle, one thread.
pub struct RxClaim {
    port: Port,
    queue: u16,
    line: &'static RxLine,
}

/// A port's Tx queue; as [`RxClaim`].
pub struct TxClaim {
    port: Port,
    queue: u16,
    line: &'static TxLine,
}

static_assertions::assert_impl_all!(RxClaim: Send);
static_assertions::assert_impl_all!(TxClaim: Send);
static_assertions::assert_not_impl_any!(RxClaim: Clone);
static_assertions::assert_not_impl_any!(TxClaim: Clone);

impl Port {
    /// Takes Rx queue `queue`, of a port that has been configured. A dead holder's is taken over.
    ///
    /// Errors: [`QueueError`]; among them that a living process has it, by name. Cost: the group's lock.
    pub fn claim_rx(&self, queue: u16) -> Result<RxClaim, QueueError> {
        let direction = Direction::Rx;
        let (port, queues) = (self.name(), self.rx_queues());
        let none = QueueError::NoSuchQueue { port, direction, queue, queues };
        let line = self.rx_line(queue).ok_or(none)?;
        self.claim(direction, queue, &line.claim)?;
        Ok(RxClaim { port: *self, queue, line })
    }

    /// Takes Tx queue `queue`; as [`claim_rx`](Self::claim_rx).
    pub fn claim_tx(&self, queue: u16) -> Result<TxClaim, QueueError> {
        let direction = Direction::Tx;
        let (port, queues) = (self.name(), self.tx_queues());
        let none = QueueError::NoSuchQueue { port, direction, queue, queues };
        let line = self.tx_line(queue).ok_or(none)?;
        self.claim(direction, queue, &line.claim)?;
        Ok(TxClaim { port: *self, queue, line })
    }

    #[inline(never)]
    fn claim(
        &self,
        direction: Direction,
        queue: u16,
        word: &Contested64,
    ) -> Result<(), QueueError> {
        let (port, group) = (self.name(), self.group());
        let tx = group.begin()?;
        if !self.is_current() {
            return Err(PortError::Gone { name: port }.into());
        }
        if let Some(by) = self.going() {
            let by = Somebody::of(group, by);
            return Err(PortError::Going { name: port, doing: Doing::Open, by }.into());
        }
        let phase = self.phase();
        if !phase.has_queues() {
            let doing = Doing::Open;
            return Err(PortError::Phase { name: port, doing, found: phase }.into());
        }
        let queues = match direction {
            Direction::Rx => self.rx_queues(),
            Direction::Tx => self.tx_queues(),
        };
        if queue >= queues {
            return Err(QueueError::NoSuchQueue { port, direction, queue, queues });
        }
        take(word, group.me(), |by| group.is_alive(by)).map_err(|by| {
            let by = Somebody::of(group, by);
            QueueError::Held { port, direction, queue, by }
        })?;
        crash_point!("port: a queue is claimed");
        tx.commit();
        Ok(())
    }

    /// Who has which queues; some of them may be gone.
    pub fn claims(&self, direction: Direction) -> impl Iterator<Item = (u16, ProcessId)> + use<> {
        self.claim_words(direction)
            .filter_map(|(queue, word)| Some((queue, ProcessId::unpack(word)?)))
    }

    /// What the words of claimed queues say.
    pub(crate) fn claim_words(
        &self,
        direction: Direction,
    ) -> impl Iterator<Item = (u16, u64)> + use<> {
        let state = self.state;
        (0u16..).take(state.rx.len()).filter_map(move |queue| {
            let at = usize::from(queue);
            let word = match direction {
                Direction::Rx => &state.rx.get(at)?.claim,
                Direction::Tx => &state.tx.get(at)?.claim,
            };
            Some((queue, word.observe())).filter(|(_, word)| *word != 0)
        })
    }

    /// Gives back what `who`, who is gone, had of this port. Returns how many queues that were.
    pub(super) fn release_queues_of(&self, who: ProcessId) -> u32 {
        let rx = self.state.rx.iter().map(|line| &line.claim);
        let all = rx.chain(self.state.tx.iter().map(|line| &line.claim));
        all.filter(|word| word.swap_if(who.pack(), 0).is_ok()).count() as u32
    }
}

/// Makes `me` the holder of `word`, unless somebody has it who lives.
fn take(
    word: &Contested64,
    me: ProcessId,
    is_alive: impl Fn(ProcessId) -> bool,
) -> Result<(), ProcessId> {
    let mut held = word.observe();
    loop {
        // A word that no member writes holds nothing.
        if let Some(by) = ProcessId::unpack(held).filter(|by| is_alive(*by)) {
            return Err(by);
        }
        match word.swap_if(held, me.pack()) {
            Ok(_) => return Ok(()),
            Err(found) => held = found,
        }
    }
}

fn release(word: &Contested64, group: &Group) {
    // A failed swap means that this process was taken for dead: there is nothing to give back.
    let _ = word.swap_if(group.me().pack(), 0);
}

macro_rules! claim {
    ($claim:ident, $line:ident, $direction:literal) => {
        impl $claim {
            /// The port.
            pub fn port(&self) -> &Port {
                &self.port
            }

            /// Which queue, from 0.
            pub fn queue(&self) -> u16 {
                self.queue
            }

            /// The queue's line.
            pub fn line(&self) -> &'static $line {
                self.line
            }

            /// The word that every burst looks at. One relaxed load.
            #[inline(always)]
            pub(super) fn attention(&self) -> u64 {
                self.port.state.attention.peek()
            }
        }

        impl Drop for $claim {
            fn drop(&mut self) {
                release(&self.line.claim, self.port.group());
                self.port.tell_who_detaches();
            }
        }

        impl fmt::Debug for $claim {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!($direction, " queue {} of {}"), self.queue, self.port.name())
            }
        }
    };
}
claim!(RxClaim, RxLine, "Rx");
claim!(TxClaim, TxLine, "Tx");
