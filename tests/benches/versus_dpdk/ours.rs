//! Our side of the comparison: a group of two processes, the rings both know by name.
//!
//! The handles know their ring's mode when they are compiled, as DPDK's `rte_ring_sp_*` do. They are
//! made once and kept, as an application keeps them: a single end's handle is its claim. Each use has
//! rings of its own, because ours are not reset between slices as DPDK's are: the odd counts of a burst
//! or of a round trip would leave every later batch across the end of the slots.

use std::io;

use phalanx_core::group::{Group, Lcore};
use phalanx_core::ring::kind::{Kind, Multi, Single};
use phalanx_core::ring::{Consumer, Producer, Ring, RingConfig, RingEnd, Sync};
use phalanx_linux::eal::Eal;
use phalanx_tests::group::TestGroup;

use crate::cells::{self, Form, Subject};
use crate::control::RING_COUNT;
use crate::our_pools::Pools;
use crate::pair::{Pair, Priority};
use crate::peer::{Outcome, Task};
use crate::ring_ends::{Put, Take};
use crate::ring_loops;

/// What the tables call our side.
pub(crate) const NAME: &str = "Phalanx";

/// Starts our pair: this program again, with `--peer`, twice in one group.
pub(crate) fn start(priority: Priority, memory_mb: usize) -> io::Result<(TestGroup, Pair)> {
    let group = TestGroup::of(std::env::current_exe()?);
    let before: Vec<String> = priority.words().iter().map(|&word| word.to_owned()).collect();
    let pair = Pair::start("ours", |control, me| {
        let mut command = group.command_behind(&before);
        command.arg("--peer").arg(control).arg(me.to_string());
        command.args(eal_arguments(&group, me)).args(["-m", &memory_mb.to_string()]);
        command
    })?;
    Ok((group, pair))
}

/// How process `me` of a pair starts: 0 is the primary; each has the core of its number.
pub(crate) fn eal_arguments(group: &TestGroup, me: usize) -> Vec<String> {
    let role = if me == 0 { "primary" } else { "secondary" };
    ["--proc-type", role, "-l", &me.to_string(), "--file-prefix", group.prefix()]
        .map(str::to_owned)
        .to_vec()
}

/// One peer's handles.
#[derive(Debug)]
pub(crate) struct Ours<'e> {
    lcore: &'e Lcore,
    single: Rings<Single>,
    multi: Rings<Multi>,
    pools: Pools,
}

impl<'e> Ours<'e> {
    /// Peer 0 makes rings and pools, peer 1 looks them up.
    pub(crate) fn open(eal: &'e Eal, me: usize) -> io::Result<Self> {
        Ok(Self {
            lcore: eal.main_lcore(),
            single: Rings::open(eal.group(), me)?,
            multi: Rings::open(eal.group(), me)?,
            pools: Pools::open(eal, me)?,
        })
    }

    /// Runs one slice.
    pub(crate) fn run(&mut self, task: &Task) -> Outcome {
        let outcome = match (task.subject, task.sync) {
            (Subject::PoolAlone | Subject::PoolBoth, _) => self.pools.run(task, self.lcore),
            (subject, _) if subject.is_recoverable() => self.pools.run(task, self.lcore),
            (_, cells::Sync::Single) => self.single.run(task),
            (_, cells::Sync::Multi) => self.multi.run(task),
        };
        outcome.unwrap_or(Outcome::UNKNOWN)
    }
}

/// The rings of one mode, as one peer has them.
#[derive(Debug)]
struct Rings<K: Kind> {
    alone: Ends<K>,
    across: Ends<K>,
    burst: Ends<K>,
    both: Ends<K>,
    there: Ends<K>,
    back: Ends<K>,
}

impl<K: Kind> Rings<K> {
    fn open(group: &Group, me: usize) -> io::Result<Self> {
        let open = |name: &str, sender: usize| Ends::open(group, name, me, sender);
        Ok(Self {
            alone: open("alone", 0)?,
            across: open("across", 0)?,
            burst: open("burst", 0)?,
            both: open("both", 0)?,
            there: open("there", 0)?,
            back: open("back", 1)?,
        })
    }

    fn run(&mut self, task: &Task) -> Option<Outcome> {
        Some(match task.subject {
            Subject::RingAlone if task.me == 1 => {
                task.start_line();
                Outcome::SILENT
            }
            Subject::RingAlone => {
                ring_loops::alone(task, self.alone.put.as_mut()?, self.alone.take.as_mut()?)
            }
            Subject::RingAcross => {
                let ring =
                    if task.form == Form::Burst { &mut self.burst } else { &mut self.across };
                match task.me {
                    0 => ring_loops::produce(task, ring.put.as_mut()?),
                    _ => ring_loops::consume(task, ring.take.as_mut()?),
                }
            }
            Subject::RingBoth => {
                let (put, take) = (self.both.put.as_mut()?, self.both.take.as_mut()?);
                if task.me == 0 {
                    refill(put, take, task.fill);
                }
                ring_loops::both(task, put, take)
            }
            Subject::RingTrip => {
                let (out, back) = match task.me {
                    0 => (&mut self.there, &mut self.back),
                    _ => (&mut self.back, &mut self.there),
                };
                ring_loops::trip(task, out.put.as_mut()?, back.take.as_mut()?)
            }
            _ => return None,
        })
    }
}

/// Before the start line: the ring empty, then `fill` elements in.
fn refill<K: Kind>(put: &mut Producer<u64, K>, take: &mut Consumer<u64, K>, fill: usize) {
    while take.clear().is_ok_and(|cleared| cleared > 0) {}
    for _ in 0..fill {
        put.put_one(1);
    }
}

/// What one peer has of a ring. A single end is one peer's only: the loops that need both ends of
/// such a ring are peer 0's.
#[derive(Debug)]
struct Ends<K: Kind> {
    put: Option<Producer<u64, K>>,
    take: Option<Consumer<u64, K>>,
}

impl<K: Kind> Ends<K> {
    /// The ring on which `sender` is the single producer and the other the single consumer, or both
    /// are both.
    fn open(group: &Group, name: &str, me: usize, sender: usize) -> io::Result<Self> {
        let sync = K::SYNC.unwrap_or(Sync::Multi);
        let full_name = format!("{name}-{sync:?}");
        let ring = if me == 0 {
            let config = RingConfig::new(RING_COUNT as u32).both(sync);
            Ring::create(group, &full_name, &config)
        } else {
            Ring::lookup(group, &full_name)
        };
        let ring = ring.map_err(io::Error::other)?;
        let has = |end| match end {
            _ if sync != Sync::Single => true,
            _ if name == "alone" => me == 0,
            RingEnd::Producer => me == sender,
            RingEnd::Consumer => me != sender,
        };
        let put = has(RingEnd::Producer).then(|| ring.producer_as()).transpose();
        let take = has(RingEnd::Consumer).then(|| ring.consumer_as()).transpose();
        Ok(Self { put: put.map_err(io::Error::other)?, take: take.map_err(io::Error::other)? })
    }
}

impl<K: Kind> Put for Producer<u64, K> {
    #[inline(always)]
    fn put_one(&mut self, element: u64) -> bool {
        self.enqueue(element).is_ok()
    }

    #[inline(always)]
    fn put_bulk(&mut self, from: &[u64]) -> bool {
        self.enqueue_bulk(from).is_ok()
    }

    #[inline(always)]
    fn put_burst(&mut self, from: &[u64]) -> usize {
        self.enqueue_burst(from).unwrap_or(0)
    }
}

impl<K: Kind> Take for Consumer<u64, K> {
    #[inline(always)]
    fn take_one(&mut self) -> Option<u64> {
        self.dequeue().unwrap_or(None)
    }

    #[inline(always)]
    fn take_bulk(&mut self, to: &mut [u64]) -> bool {
        self.dequeue_bulk(to).is_ok()
    }

    #[inline(always)]
    fn take_burst(&mut self, to: &mut [u64]) -> usize {
        self.dequeue_burst(to).unwrap_or(0)
    }
}
