//! Rings by name: created once, found by every process, as what they are.

#![expect(unsafe_code, reason = "who destroys a ring promises that nobody uses it")]

use core::fmt;

use super::attach::{AttachError, FormatError};
use super::claim::RingEnd;
use super::config::{ConfigError, RingConfig};
use super::ring::Ring;
use crate::directory::{
    self, CreateError, DestroyError, Found, Identity, Kind, LookupError, Obtained,
};
use crate::group::{Group, ProcessId};
use crate::heap::AllocRequest;
use crate::name::{Name, NameError};
use crate::shared::{Element, ElementLayout};

/// Why a named ring was not made, found or destroyed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RingError {
    /// Its name is none.
    Name(NameError),
    /// There can be no such ring.
    Config(ConfigError),
    /// The directory refused it, or there is no memory.
    Create(CreateError),
    /// There is none of that name, or it is something else.
    Lookup(LookupError),
    /// The place could not be made a ring.
    Format(FormatError),
    /// What the directory calls a ring is none.
    Attach(AttachError),
    /// It could not be destroyed.
    Destroy(DestroyError),
    /// A living process has one of its ends (W-58).
    Busy {
        /// The ring.
        name: Name,
        /// Which end.
        end: RingEnd,
        /// Who has it.
        by: ProcessId,
        /// Its process id.
        pid: u32,
    },
}

impl fmt::Display for RingError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(error) => error.fmt(f),
            Self::Config(error) => error.fmt(f),
            Self::Create(error) => error.fmt(f),
            Self::Lookup(error) => error.fmt(f),
            Self::Format(error) => error.fmt(f),
            Self::Attach(error) => error.fmt(f),
            Self::Destroy(error) => error.fmt(f),
            Self::Busy { name, end, by, pid } => write!(
                f,
                "ring {name} was to be destroyed and slot {} (pid {pid}) is its {end}; have that process let go first",
                by.slot()
            ),
        }
    }
}

impl core::error::Error for RingError {}

macro_rules! from {
    ($($variant:ident($error:ty)),+ $(,)?) => {$(
        impl From<$error> for RingError {
            fn from(error: $error) -> Self {
                Self::$variant(error)
            }
        }
    )+};
}
from! {
    Name(NameError), Config(ConfigError), Create(CreateError), Lookup(LookupError), Format(FormatError),
    Attach(AttachError), Destroy(DestroyError),
}

fn identity<T: Element>(name: Name) -> Identity {
    Identity { name, kind: Kind::Ring, element: ElementLayout::of::<T>() }
}

fn memory<T: Element>(config: &RingConfig) -> Result<AllocRequest, ConfigError> {
    let shape = config.shape(ElementLayout::of::<T>())?;
    Ok(AllocRequest::new(shape.bytes as u64).align(128).node(config.node))
}

impl<T: Element> Ring<T> {
    /// Creates the ring `name`. Refuses before anything is allocated (RI-7, W-49); who finds the
    /// name finds a formatted ring.
    ///
    /// Errors: [`RingError`], among them a name that exists, whatever its kind. Cost: the
    /// group's lock and a heap allocation.
    #[doc(alias = "rte_ring_create")]
    pub fn create(group: &Group, name: &str, config: &RingConfig) -> Result<Self, RingError> {
        let name = Name::new(name)?;
        let memory = memory::<T>(config)?;
        let made = directory::create(group, &identity::<T>(name), &memory, |_, found| {
            format(group, found, config)
        });
        made.map(|(_, ring)| ring)
    }

    /// The ring `name`, if there is one and its elements are `T`s.
    #[doc(alias = "rte_ring_lookup")]
    pub fn lookup(group: &Group, name: &str) -> Result<Self, RingError> {
        let found = directory::lookup(group, &identity::<T>(Name::new(name)?))?;
        Ok(Self::attach(group, found.at)?)
    }

    /// The ring `name`, created if there is none (W-17). Says whether it was created; one that
    /// was there keeps its own size and kinds.
    pub fn create_or_attach(
        group: &Group,
        name: &str,
        config: &RingConfig,
    ) -> Result<(Self, bool), RingError> {
        let name = Name::new(name)?;
        let memory = memory::<T>(config)?;
        let what = identity::<T>(name);
        let obtained = directory::create_or_attach(group, &what, &memory, |_, found| {
            format::<T>(group, found, config)
        })?;
        match obtained {
            Obtained::Created(_, ring) => Ok((ring, true)),
            Obtained::Attached(found) => Ok((Self::attach(group, found.at)?, false)),
        }
    }

    /// Destroys the ring `name`, unless a living process other than this one has one of its
    /// ends (W-58). Elements in it are not looked at.
    ///
    /// # Safety
    ///
    /// Nobody, in any process, uses a handle or an end of it any more; that nobody takes one
    /// meanwhile is the caller's to know.
    #[doc(alias = "rte_ring_free")]
    pub unsafe fn destroy(group: &Group, name: &str) -> Result<(), RingError> {
        let name = Name::new(name)?;
        // SAFETY: the caller's promise.
        unsafe {
            directory::destroy(group, name, Kind::Ring, |_, found| {
                let ring = Self::attach(group, found.at)?;
                for end in [RingEnd::Producer, RingEnd::Consumer] {
                    if let Some(by) =
                        ring.holder(end).filter(|by| *by != group.me() && group.is_alive(*by))
                    {
                        return Err(RingError::Busy { name, end, by, pid: group.pid_of(by) });
                    }
                }
                Ok(())
            })
        }
    }
}

fn format<T: Element>(
    group: &Group,
    found: &Found,
    config: &RingConfig,
) -> Result<Ring<T>, RingError> {
    let len = usize::try_from(found.len).unwrap_or(0);
    Ok(Ring::format_named(group, found.at, len, config, Some(found.name), 0)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fake;
    use crate::ring::Sync;

    fn destroy(group: &Group) -> Result<(), RingError> {
        // SAFETY: what a test destroys it does not use again.
        unsafe { Ring::<u64>::destroy(group, "rx") }
    }

    #[test]
    fn a_created_ring_is_found_by_its_name_and_holds_what_was_put_in() {
        let (group, _) = fake::group_with_memory();
        let made = Ring::<u64>::create(&group, "rx", &RingConfig::new(8)).unwrap();
        made.producer().unwrap().enqueue(7).unwrap();
        let found = Ring::<u64>::lookup(&group, "rx").unwrap();
        assert_eq!(found.consumer().unwrap().dequeue(), Ok(Some(7)));
    }

    #[test]
    fn a_ring_of_other_elements_is_refused() {
        let (group, _) = fake::group_with_memory();
        Ring::<u64>::create(&group, "rx", &RingConfig::new(8)).unwrap();
        assert!(matches!(Ring::<[u32; 2]>::lookup(&group, "rx"), Err(RingError::Lookup(_))));
    }

    #[test]
    fn a_second_ring_of_one_name_is_refused_and_create_or_attach_finds_the_first() {
        let (group, _) = fake::group_with_memory();
        Ring::<u64>::create(&group, "rx", &RingConfig::new(8)).unwrap();
        assert!(matches!(
            Ring::<u64>::create(&group, "rx", &RingConfig::new(8)),
            Err(RingError::Create(_))
        ));
        let (ring, created) =
            Ring::<u64>::create_or_attach(&group, "rx", &RingConfig::new(64)).unwrap();
        assert_eq!((ring.size(), created), (8, false));
    }

    #[test]
    fn a_ring_that_cannot_be_costs_nothing() {
        let (group, platform) = fake::group_with_memory();
        let before = platform.free_bytes.load(core::sync::atomic::Ordering::Relaxed);
        assert!(matches!(
            Ring::<u64>::create(&group, "rx", &RingConfig::new(7)),
            Err(RingError::Config(_))
        ));
        assert!(matches!(
            Ring::<u64>::create(&group, "", &RingConfig::new(8)),
            Err(RingError::Name(_))
        ));
        assert_eq!(platform.free_bytes.load(core::sync::atomic::Ordering::Relaxed), before);
    }

    #[test]
    fn a_ring_whose_end_another_process_has_is_not_destroyed() {
        let (group, platform) = fake::group_with_memory();
        let other = fake::join(group.window(), 1, platform);
        Ring::<u64>::create(&group, "rx", &RingConfig::new(8).both(Sync::Single)).unwrap();
        let held = Ring::<u64>::lookup(&other, "rx").unwrap().consumer().unwrap();
        assert!(matches!(destroy(&group), Err(RingError::Busy { pid: 101, .. })));
        drop(held);
        destroy(&group).unwrap();
        assert!(Ring::<u64>::lookup(&group, "rx").is_err());
    }
}
