//! What bus addresses are.

use core::fmt;

use crate::group::{Group, ProcessId};

/// What bus addresses of the group's memory are (`PT-4`).
#[doc(alias = "rte_iova_mode")]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IovaMode {
    /// Physical addresses: any device can use them, behind an IOMMU or not. Only hugepages have them.
    #[doc(alias = "RTE_IOVA_PA")]
    Physical,
    /// Places of the window, which an IOMMU translates: only behind one.
    #[doc(alias = "RTE_IOVA_VA")]
    Virtual,
}

impl fmt::Display for IovaMode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Physical => "physical addresses",
            Self::Virtual => "virtual addresses",
        })
    }
}

impl IovaMode {
    const fn to_word(self) -> u32 {
        match self {
            Self::Physical => 1,
            Self::Virtual => 2,
        }
    }

    const fn from_word(word: u32) -> Option<Self> {
        match word {
            1 => Some(Self::Physical),
            2 => Some(Self::Virtual),
            _ => None,
        }
    }
}

impl Group {
    /// What bus addresses of this group are; `None` until a device has needed one.
    #[doc(alias = "rte_eal_iova_mode")]
    pub fn iova_mode(&self) -> Option<IovaMode> {
        IovaMode::from_word(self.region().header.iova.peek())
    }

    /// Decides what bus addresses are, for good, unless that is decided; returns what they are. Of several
    /// that decide at a time one wins. An observer decides nothing.
    pub fn settle_iova_mode(&self, wanted: IovaMode) -> IovaMode {
        if !self.is_observer() {
            // A failed swap: somebody has decided. A word that means nothing is nobody's decision.
            let word = &self.region().header.iova;
            let now = word.peek();
            if IovaMode::from_word(now).is_none() {
                let _ = word.swap_if(now, wanted.to_word());
            }
        }
        self.iova_mode().unwrap_or(wanted)
    }

    /// Who maps the group's memory for devices; `None` if nobody has begun to. It may be gone.
    pub fn mapper(&self) -> Option<ProcessId> {
        ProcessId::unpack(self.region().header.mapper.observe())
    }

    /// This process maps memory for devices from now on, if `former` is who did: the second value of a
    /// race is told who was first.
    ///
    /// # Errors
    /// Who does now.
    pub fn become_mapper(&self, former: Option<ProcessId>) -> Result<(), Option<ProcessId>> {
        let former = former.map_or(0, ProcessId::pack);
        let swapped = self.region().header.mapper.swap_if(former, self.me().pack());
        swapped.map(drop).map_err(ProcessId::unpack)
    }

    /// Nobody maps memory for devices any more, if this process did: it has [forgotten](super::Reach::forget) what
    /// they reached, for there are none.
    pub fn resign_as_mapper(&self) {
        // A failed swap: it is somebody else.
        let _ = self.region().header.mapper.swap_if(self.me().pack(), 0);
    }
}
