//! How a program waits that polls: it spins, and where nothing has come for long it gives its
//! processor to whoever wants it. On a processor of its own that changes nothing.

/// Empty rounds before the processor is offered to others.
const SPINS: u32 = 256;

/// Counts rounds in which nothing was to be done.
#[derive(Clone, Copy, Debug, Default)]
pub struct Rest {
    empty: u32,
}

impl Rest {
    /// Tells what a round has done; an empty one is rested after.
    #[inline]
    pub fn after(&mut self, packets: usize) {
        if packets > 0 {
            self.empty = 0;
        } else if self.empty < SPINS {
            self.empty += 1;
            core::hint::spin_loop();
        } else {
            std::thread::yield_now();
        }
    }
}
