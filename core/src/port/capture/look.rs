//! `Capture`: a capture in the hand of the process that looks on.

use core::fmt;

use super::super::error::Somebody;
use super::super::filter::Program;
use super::super::port::Port;
use super::error::CaptureError;
use super::layout::{CAPTURE_MAGIC, CAPTURES_MAX, CaptureState};
use super::reader::CaptureReader;
use super::record::RECORD_BYTES;
use crate::group::{Group, ProcessId};
use crate::mbuf::{MbufConfig, MbufPool, MbufRing};
use crate::memzone::{TypedZone, Zone, ZoneOptions};
use crate::name::Name;
use crate::offset::Offset;
use crate::ring::RingConfig;

/// What is wanted of packets that pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Directions {
    /// What comes and what goes.
    Both,
    /// What comes.
    Rx,
    /// What goes.
    Tx,
}

impl Directions {
    const fn bits(self) -> u32 {
        match self {
            Self::Both => 3,
            Self::Rx => 1,
            Self::Tx => 2,
        }
    }
}

/// What a capture shall be.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CaptureConfig {
    /// What comes, what goes, or both.
    pub directions: Directions,
    /// The only queue that is wanted, or all.
    pub queue: Option<u16>,
    /// Bytes of a packet that are copied at most, from 1.
    pub snap_len: u32,
    /// Which packets are wanted.
    pub filter: Program,
    /// Copies that the ring holds, a power of two less one; as many mbufs are in its pool. A capture
    /// that was there keeps its own.
    pub copies: u32,
}

impl Default for CaptureConfig {
    /// All packets, whole; 4,095 copies (9 MB).
    fn default() -> Self {
        Self {
            directions: Directions::Both,
            queue: None,
            snap_len: u32::MAX,
            filter: Program::default(),
            copies: 4095,
        }
    }
}

/// What became of the packets that passed while it was on (PD-4).
#[doc(alias = "rte_pdump_stats")]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CaptureCounts {
    /// Copies that were put into the ring.
    pub accepted: u64,
    /// Packets that the filter left.
    pub filtered: u64,
    /// Packets for whose copy there was no mbuf.
    pub no_mbuf: u64,
    /// Copies that the ring had no room for, or that a stopped process kept out of it.
    pub ring_full: u64,
}

/// A capture that this process has, until it is dropped: then it is off everywhere.
///
/// ```no_run
/// # use phalanx_core::{group::Group, port::Port, port::capture::{Capture, CaptureConfig}};
/// # fn f(group: &Group, port: &Port) -> Result<(), Box<dyn std::error::Error>> {
/// let capture = Capture::open(group, &CaptureConfig::default())?;
/// capture.on(port)?;
/// let mut reader = capture.reader()?;
/// reader.read(64, |packet| println!("{:?}: {} bytes", packet.origin(), packet.len()));
/// # Ok(()) }
/// ```
#[doc(alias = "rte_pdump_enable")]
pub struct Capture {
    group: Group,
    pub(super) state: &'static CaptureState,
    at: Offset<u8>,
    pool: MbufPool,
    ring: MbufRing,
}

impl fmt::Debug for Capture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Capture(+{:#x})", self.at.get())
    }
}

impl Capture {
    /// Opens a capture, off for every port. Takes over what an ended one has left.
    ///
    /// Cost: the group's lock, and the heap if there is none to take over.
    ///
    /// # Errors
    /// [`CaptureError`].
    pub fn open(group: &Group, config: &CaptureConfig) -> Result<Self, CaptureError> {
        if group.is_observer() {
            return Err(CaptureError::Observer);
        }
        for number in 0..CAPTURES_MAX {
            let zone = found_or_made(group, number)?;
            if !claim(group, &zone) {
                continue;
            }
            crash_point!("capture: it is claimed");
            let (pool, ring) = match things(group, number, config) {
                Ok(both) => both,
                Err(error) => {
                    // It is nobody's again.
                    let _ = zone.owner.swap_if(group.me().pack(), 0);
                    return Err(error);
                }
            };
            let at = Offset::new(zone.zone().at().get());
            let capture = Self { group: *group, state: zone.value(), at, pool, ring };
            capture.off_everywhere();
            capture.drain();
            crash_point!("capture: its ring is empty");
            capture.begin_round(config);
            return Ok(capture);
        }
        Err(CaptureError::TooMany)
    }

    fn begin_round(&self, config: &CaptureConfig) {
        let state = self.state;
        state.snap_len.set(config.snap_len.max(1));
        state.directions.set(config.directions.bits());
        state.queue.set(config.queue.map_or(0, |queue| u32::from(queue) + 1));
        state.pool.set(self.pool.at().get());
        state.ring.set(self.ring.at().get());
        // A late hook must not run half of each program: none meanwhile takes everything.
        state.steps.set(0);
        let steps = config.filter.words();
        for (to, from) in state.filter.iter().zip(steps.iter().flatten()) {
            to.set(*from);
        }
        state.steps.set(steps.len() as u32);
        for count in [&state.accepted, &state.filtered, &state.no_mbuf, &state.ring_full] {
            count.publish(0);
        }
        // Pairs with the `observe` in the hook's `view`, and with its look at the port's word.
        state.round.publish(state.round.own().wrapping_add(1));
    }

    /// Looks on at `port` from now on. Nothing, if it does already.
    ///
    /// # Errors
    /// [`CaptureError::Busy`], if another process does, by name; a dead one is turned off first.
    pub fn on(&self, port: &Port) -> Result<(), CaptureError> {
        let mut expected = None;
        while port.is_current() {
            match port.swap_capture(expected, Some(self.at)) {
                Ok(()) => {
                    crash_point!("capture: it is on for a port");
                    return Ok(());
                }
                Err(Some(there)) if there == self.at => return Ok(()),
                Err(there) => {
                    if let Some(by) = there.and_then(|at| living_owner(&self.group, at)) {
                        let (port, by) = (port.name(), Somebody::of(&self.group, by));
                        return Err(CaptureError::Busy { port, by });
                    }
                    expected = there;
                }
            }
        }
        Err(CaptureError::Gone { port: port.name() })
    }

    /// Looks on no more at `port`.
    pub fn off(&self, port: &Port) {
        // Another's is left alone.
        let _ = port.swap_capture(Some(self.at), None);
    }

    /// Whether it looks on at `port`.
    pub fn is_on(&self, port: &Port) -> bool {
        port.capture() == Some(self.at)
    }

    /// What was counted since it was opened.
    pub fn counts(&self) -> CaptureCounts {
        CaptureCounts {
            accepted: self.state.accepted.observe(),
            filtered: self.state.filtered.observe(),
            no_mbuf: self.state.no_mbuf.observe(),
            ring_full: self.state.ring_full.observe(),
        }
    }

    /// Reads what passed.
    ///
    /// # Errors
    /// [`CaptureError::Claim`].
    pub fn reader(&self) -> Result<CaptureReader<'_>, CaptureError> {
        let round = self.state.round.own() as u32;
        Ok(CaptureReader::new(self.pool.home(), self.ring.consumer()?, round))
    }

    fn off_everywhere(&self) {
        // What cannot be read now the reaper turns off.
        for port in Port::all(&self.group).into_iter().flatten() {
            self.off(&port);
            crash_point!("capture: it is off for a port");
        }
    }

    /// Gives back what lies in the ring: no more than it holds, in case a late hook puts some in.
    fn drain(&self) {
        let (home, Ok(mut consumer)) = (self.pool.home(), self.ring.consumer()) else { return };
        for _ in 0..=self.ring.facts().capacity {
            match consumer.dequeue(&home) {
                Ok(Some(packet)) => drop(packet),
                _ => return,
            }
        }
    }
}

impl Drop for Capture {
    fn drop(&mut self) {
        self.off_everywhere();
        self.drain();
        // A failed swap means that this process was taken for dead.
        let _ = self.state.owner.swap_if(self.group.me().pack(), 0);
    }
}

/// `capture.<number>`, and what belongs to it.
fn name(number: usize, what: &str) -> Name {
    let mut text = [0; 16];
    let digit = [b'0' + (number % CAPTURES_MAX) as u8];
    let parts = b"capture.".iter().chain(&digit).chain(what.as_bytes());
    let mut len = 0;
    for (to, from) in text.iter_mut().zip(parts) {
        *to = *from;
        len += 1;
    }
    Name::cut(core::str::from_utf8(text.get(..len).unwrap_or_default()).unwrap_or_default())
}

fn found_or_made(group: &Group, number: usize) -> Result<TypedZone<CaptureState>, CaptureError> {
    let options = ZoneOptions { align: 128, ..ZoneOptions::default() };
    let name = name(number, "");
    let made = Zone::create_typed_or_find(group, name.as_str(), &options, |it: &CaptureState| {
        it.magic.publish(CAPTURE_MAGIC);
    });
    Ok(made?.0)
}

fn things(
    group: &Group,
    number: usize,
    config: &CaptureConfig,
) -> Result<(MbufPool, MbufRing), CaptureError> {
    let mbufs = MbufConfig::new(config.copies).private(RECORD_BYTES);
    let pool = name(number, ".pool");
    let (pool, _) = MbufPool::create_or_attach(group, pool.as_str(), &mbufs)?;
    let (ring, shape) = (name(number, ".ring"), RingConfig::exact(config.copies));
    let (ring, _) = MbufRing::create_or_attach(group, ring.as_str(), &shape)?;
    Ok((pool, ring))
}

/// Makes this process its owner, if nobody is who lives. Never one of this process's own.
fn claim(group: &Group, state: &CaptureState) -> bool {
    let held = state.owner.observe();
    let is_held = ProcessId::unpack(held).is_some_and(|by| group.is_alive(by));
    !is_held && state.owner.swap_if(held, group.me().pack()).is_ok()
}

/// The capture at `at`, if one lies there.
pub(super) fn state_at(group: &Group, at: Offset<u8>) -> Option<&'static CaptureState> {
    let state: &CaptureState = group.window().resolve(at.cast())?;
    // Pairs with the `publish` of its creator.
    (state.magic.observe() == CAPTURE_MAGIC).then_some(state)
}

fn owner_at(group: &Group, at: Offset<u8>) -> Option<ProcessId> {
    ProcessId::unpack(state_at(group, at)?.owner.observe())
}

fn living_owner(group: &Group, at: Offset<u8>) -> Option<ProcessId> {
    owner_at(group, at).filter(|by| group.is_alive(*by))
}

/// Turns the capture of `who`, who is gone, off for `port`. Says whether it was on.
pub(crate) fn turn_off_of(group: &Group, port: &Port, who: ProcessId) -> bool {
    match port.capture() {
        Some(at) if owner_at(group, at) == Some(who) => port.swap_capture(Some(at), None).is_ok(),
        _ => false,
    }
}
