//! What ends a program: a signal, whose handler only stores its number. Nothing is printed there.

use core::sync::atomic::{AtomicUsize, Ordering};
use std::io;
use std::sync::{Arc, OnceLock};

use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};

/// Stands for an end that no signal has asked for.
const WITHOUT_SIGNAL: usize = usize::MAX;

/// What a start asks that waits, which is one of a process.
static OF_START: OnceLock<Stop> = OnceLock::new();

/// The signal that has come, if one has. Clones tell the same.
#[derive(Clone, Debug, Default)]
pub struct Stop(Arc<AtomicUsize>);

impl Stop {
    /// Hears `SIGINT`, `SIGTERM` and `SIGHUP` from now on.
    ///
    /// # Errors
    /// What the system said.
    pub fn on_signals() -> io::Result<Self> {
        let stop = Self::default();
        for signal in [SIGINT, SIGTERM, SIGHUP] {
            let number = usize::try_from(signal).unwrap_or_default();
            signal_hook::flag::register_usize(signal, Arc::clone(&stop.0), number)?;
        }
        Ok(stop)
    }

    /// Has [`start_is_unwanted`](Self::start_is_unwanted) tell what this does.
    pub(crate) fn is_of_start(&self) {
        // A process starts once.
        let _ = OF_START.set(self.clone());
    }

    /// Whether a signal has come since a start began to hear them.
    pub(crate) fn start_is_unwanted() -> bool {
        OF_START.get().is_some_and(Self::is_asked)
    }

    /// The number of the signal that has come.
    pub fn signal(&self) -> Option<usize> {
        Some(self.0.load(Ordering::Relaxed)).filter(|word| !matches!(*word, 0 | WITHOUT_SIGNAL))
    }

    /// Ends the program for another reason, if `failed`, and no signal has come.
    pub fn end_if(&self, failed: bool) {
        if failed {
            // A signal that has come says the same.
            let _ =
                self.0.compare_exchange(0, WITHOUT_SIGNAL, Ordering::Relaxed, Ordering::Relaxed);
        }
    }

    /// Whether to end.
    #[inline]
    pub fn is_asked(&self) -> bool {
        self.0.load(Ordering::Relaxed) != 0
    }
}
