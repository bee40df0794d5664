//! Another primary: it makes what the demo makes for its workers, and keeps one of them, the static `worker`, under load.

use core::time::Duration;
use std::io;
use std::time::Instant;

use demo_lane::{BURST, CONTROL, Control, Lane, NOTE_BYTES, POOL, fill};
use phalanx_core::group::Group;
use phalanx_core::mbuf::{Mbuf, MbufConfig, MbufHome, MbufPool};
use phalanx_core::memzone::{Zone, ZoneOptions};
use phalanx_core::port::{DriverKind, Port, PortConfig, PortSetup, RxQueue, TxQueue};
use phalanx_linux::eal::Eal;
use phalanx_linux::port::{AnyRx, AnyTx, Ports};

use crate::driver::{number, obey, start};
use crate::other;

/// Mbufs: more than a ring of a port holds.
const MBUFS: u32 = 4095;

/// The most packets that are with the worker at a time.
const AHEAD: u64 = 256;

/// A frame of the least length.
const FRAME: [u8; 60] = [0x5a; 60];

/// `--drive-lane EAL-ARGUMENTS...`
pub(crate) fn run(arguments: &[String]) -> io::Result<()> {
    let eal = start(arguments)?;
    let config = MbufConfig::new(MBUFS).cache(256).private(NOTE_BYTES);
    let pool = MbufPool::create(eal.group(), POOL, &config).map_err(other)?;
    let home = pool.home_of(eal.main_lcore()).map_err(other)?;
    let control = control(eal.group())?;
    let mut load = Load::make(&eal, &home)?;
    obey(|words| {
        Ok(Some(match *words {
            ["serves"] => {
                while control.workers.first().is_some_and(|line| line.lives.get() == 0) {
                    std::thread::sleep(Duration::from_millis(1));
                }
                String::new()
            }
            ["carry", ms] => load.carry(number(ms)?)?.to_string(),
            _ => return Ok(None),
        }))
    })
}

fn control(group: &Group) -> io::Result<&'static Control> {
    let options = ZoneOptions::default();
    let zone = Zone::create_typed::<Control>(group, CONTROL, &options, |_| ()).map_err(other)?;
    Ok(zone.value())
}

/// The primary's port of a lane.
struct Load<'h> {
    output: TxQueue<AnyTx>,
    input: RxQueue<AnyRx>,
    home: &'h MbufHome<'h>,
    sent: u64,
    back: u64,
}

impl<'h> Load<'h> {
    /// Makes both ports of worker 0.
    fn make(eal: &Eal, home: &'h MbufHome<'h>) -> io::Result<Self> {
        let (ports, lane) = (eal.ports(), Lane::of(0).ok_or_else(|| io::Error::other("no lane"))?);
        let config = PortConfig { rx_max: 1, tx_max: 1, ..PortConfig::new(DriverKind::Ring) };
        let make = |name| Port::create(eal.group(), name, &config).map_err(other);
        let (mine, theirs) = (make(lane.primary)?, make(lane.worker)?);
        mine.join(&theirs).map_err(other)?;
        for port in [&mine, &theirs] {
            ports.configure(port, &PortSetup::queues(1, 1)).map_err(other)?;
            ports.start(port).map_err(other)?;
        }
        let open = |ports: &Ports| {
            io::Result::Ok((
                ports.open_tx(&mine, 0).map_err(other)?,
                ports.open_rx(&mine, 0).map_err(other)?,
            ))
        };
        let (output, input) = open(&ports)?;
        Ok(Self { output, input, home, sent: 0, back: 0 })
    }

    /// Sends for so long, and takes all back; how many packets that were.
    fn carry(&mut self, ms: u64) -> io::Result<u64> {
        let (end, before) = (Instant::now() + Duration::from_millis(ms), self.back);
        while Instant::now() < end {
            if self.sent - self.back < AHEAD {
                self.send()?;
            }
            self.collect();
        }
        while self.back < self.sent {
            self.collect();
        }
        Ok(self.back - before)
    }

    fn send(&mut self) -> io::Result<()> {
        let mut burst: [Option<Mbuf<'_>>; BURST] = [const { None }; BURST];
        for (place, number) in burst.iter_mut().zip(self.sent..) {
            let Some(mut packet) = self.home.alloc() else { break };
            fill(&mut packet, number, &FRAME).map_err(other)?;
            *place = Some(packet);
        }
        self.sent += self.output.burst(&mut burst) as u64;
        Ok(())
    }

    fn collect(&mut self) {
        let mut burst: [Option<Mbuf<'_>>; BURST] = [const { None }; BURST];
        self.back += self.input.burst(self.home, &mut burst) as u64;
    }
}
