//! This process's lcores: claimed in the group, pinned, and given to threads.
//!
//! The main lcore belongs to the thread that called `init`. The others wait; [`launch`]
//! starts a pinned thread on one, and when the function returns the lcore waits again. The
//! claim outlives the threads and ends with the process.
//!
//! [`launch`]: Lcores::launch

use core::fmt;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;

use phalanx_core::group::{CpuSet, Group, Lcore, LcoreError, LcoreRole};

use crate::affinity::{self, AffinityError};

/// Where a worker lcore is: here (`Some`), or out with its thread.
#[derive(Debug)]
struct Place {
    lcore: Mutex<Option<Lcore>>,
    back: Condvar,
}

impl Place {
    fn lock(&self) -> MutexGuard<'_, Option<Lcore>> {
        self.lcore.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn put_back(&self, lcore: Lcore) {
        *self.lock() = Some(lcore);
        self.back.notify_all();
    }
}

/// An lcore that is out: it comes back however its function ends, a panic included.
struct Out {
    lcore: Option<Lcore>,
    place: Arc<Place>,
}

impl Drop for Out {
    fn drop(&mut self) {
        if let Some(lcore) = self.lcore.take() {
            self.place.put_back(lcore);
        }
    }
}

/// One worker lcore.
#[derive(Debug)]
struct Worker {
    id: u16,
    cpus: CpuSet,
    place: Arc<Place>,
}

/// The lcores that this process has claimed. Dropping them waits for functions that still run:
/// no lcore is given up while somebody works on it.
#[derive(Debug)]
pub struct Lcores {
    main: Lcore,
    workers: Vec<Worker>,
}

/// Why a function was not started on an lcore.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LaunchError {
    /// This process has no such worker lcore.
    NotOurs {
        /// The id asked for.
        lcore: u16,
        /// The worker lcores there are.
        ours: Vec<u16>,
    },
    /// Its last function still runs (`rte_eal_remote_launch` says -EBUSY).
    Busy {
        /// The id asked for.
        lcore: u16,
    },
    /// The thread could not be pinned to the lcore's CPUs; the function did not run.
    NotPinned {
        /// The id asked for.
        lcore: u16,
        /// What the kernel said.
        why: AffinityError,
    },
    /// The system made no thread.
    NoThread {
        /// The id asked for.
        lcore: u16,
        /// What it said.
        why: String,
    },
}

impl fmt::Display for LaunchError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotOurs { lcore, ours } => {
                write!(
                    f,
                    "lcore {lcore} is no worker of this process (it has {ours:?}); name it with -l or --lcores at start"
                )
            }
            Self::Busy { lcore } => {
                write!(f, "lcore {lcore} still runs its last function; wait for that first")
            }
            Self::NotPinned { lcore, why } => {
                write!(f, "the thread for lcore {lcore} could not be pinned: {why}")
            }
            Self::NoThread { lcore, why } => {
                write!(f, "no thread could be made for lcore {lcore}: {why}")
            }
        }
    }
}

impl core::error::Error for LaunchError {}

/// A function that runs on an lcore.
#[derive(Debug)]
pub struct Launched<R> {
    lcore: u16,
    thread: JoinHandle<Option<R>>,
}

impl<R> Launched<R> {
    /// Waits for the function and returns what it returned; its panic is passed on as an error.
    ///
    /// # Errors
    /// [`WorkerPanicked`].
    #[doc(alias = "rte_eal_wait_lcore")]
    pub fn wait(self) -> Result<R, WorkerPanicked> {
        self.thread.join().ok().flatten().ok_or(WorkerPanicked { lcore: self.lcore })
    }

    /// Whether it has returned.
    pub fn is_finished(&self) -> bool {
        self.thread.is_finished()
    }
}

/// The function on an lcore panicked. The lcore waits for the next one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WorkerPanicked {
    /// Which lcore.
    pub lcore: u16,
}

impl fmt::Display for WorkerPanicked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the function on lcore {} panicked; its message is on standard error", self.lcore)
    }
}

impl core::error::Error for WorkerPanicked {}

impl Lcores {
    /// Claims every lcore of `wanted`, `main_id` among them; all or none.
    pub(super) fn claim(
        group: &Group,
        wanted: impl Iterator<Item = (u16, CpuSet)>,
        main_id: u16,
        node_of: impl Fn(u16) -> u32,
    ) -> Result<Self, LcoreError> {
        let mut main = None;
        let mut workers = Vec::new();
        for (id, cpus) in wanted {
            let node = cpus.iter().next().map_or(0, &node_of);
            let lcore = group.claim_lcore(id, &cpus, node, LcoreRole::Eal)?;
            if id == main_id {
                main = Some(lcore);
            } else {
                let place = Place { lcore: Mutex::new(Some(lcore)), back: Condvar::new() };
                workers.push(Worker { id, cpus, place: Arc::new(place) });
            }
        }
        // The options check that the main lcore is among the wanted ones.
        let main = main.ok_or(LcoreError::NoSuchLcore { lcore: main_id })?;
        Ok(Self { main, workers })
    }

    /// The main lcore, of the thread that called `init`.
    #[doc(alias = "rte_get_main_lcore")]
    pub fn main(&self) -> &Lcore {
        &self.main
    }

    /// The worker lcores, lowest id first.
    pub fn worker_ids(&self) -> impl Iterator<Item = u16> + '_ {
        self.workers.iter().map(|worker| worker.id)
    }

    /// How many lcores this process has, the main one included.
    #[doc(alias = "rte_lcore_count")]
    pub fn count(&self) -> usize {
        self.workers.len() + 1
    }

    /// Runs `function` on worker lcore `id`, in a thread of its own that is pinned to the
    /// lcore's CPUs. Cost: one thread made. Answers LC-8, PT-7 (an error, not an abort).
    ///
    /// # Errors
    /// [`LaunchError`].
    #[doc(alias = "rte_eal_remote_launch")]
    pub fn launch<R: Send + 'static>(
        &self,
        id: u16,
        function: impl FnOnce(&Lcore) -> R + Send + 'static,
    ) -> Result<Launched<R>, LaunchError> {
        let worker = self.workers.iter().find(|worker| worker.id == id);
        let worker = worker
            .ok_or_else(|| LaunchError::NotOurs { lcore: id, ours: self.worker_ids().collect() })?;
        let lcore = worker.place.lock().take().ok_or(LaunchError::Busy { lcore: id })?;
        let out = Out { lcore: Some(lcore), place: Arc::clone(&worker.place) };
        let cpus = worker.cpus;
        let (pinned, is_pinned) = std::sync::mpsc::sync_channel(1);
        let body = move || {
            let result = affinity::pin_thread(&cpus);
            let may_run = result.is_ok();
            // The launcher waits for this; nobody else can have taken it away.
            let _ = pinned.send(result);
            out.lcore.as_ref().filter(|_| may_run).map(function)
        };
        let name = format!("phalanx-worker{id}");
        let thread = std::thread::Builder::new().name(name).spawn(body);
        let thread =
            thread.map_err(|error| LaunchError::NoThread { lcore: id, why: error.to_string() })?;
        match is_pinned.recv() {
            Ok(Err(why)) => Err(LaunchError::NotPinned { lcore: id, why }),
            _ => Ok(Launched { lcore: id, thread }),
        }
    }
}

impl Drop for Lcores {
    fn drop(&mut self) {
        for worker in &self.workers {
            let mut lcore = worker.place.lock();
            while lcore.is_none() {
                lcore = worker.place.back.wait(lcore).unwrap_or_else(PoisonError::into_inner);
            }
        }
    }
}
