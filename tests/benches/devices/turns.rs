//! One of Phalanx's two processes: sends by the first port and receives by the second, when it is its turn.

use core::time::Duration;
use std::io;
use std::thread::sleep;
use std::time::Instant;

use phalanx_core::group::Role;
use phalanx_core::mbuf::{MbufConfig, MbufPool};
use phalanx_core::memzone::{Zone, ZoneOptions};
use phalanx_core::port::{Link, Port, PortSetup};
use phalanx_core::sync::Word64;
use phalanx_linux::clock::Tsc;
use phalanx_linux::eal::Eal;

use crate::bundles::Bundles;
use crate::mbufs::Mbufs;
use crate::{Take, other};

pub(crate) const BURST: usize = 32;
/// To all, from somebody, of no type that is somebody's.
pub(crate) const FRAME: [u8; 60] = {
    let mut bytes = [0x5a; 60];
    let (to, _) = bytes.split_at_mut(12);
    to.copy_from_slice(&[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2, 2, 2, 2, 2, 2]);
    (bytes[12], bytes[13]) = (0x88, 0xb5);
    bytes
};
const MBUFS: u32 = 4095;
const CACHE: u32 = 128;
const PATIENCE: Duration = Duration::from_secs(80);
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// `EAL-ARGUMENTS -- SECONDS TIMES`; what it says is what `wire.c` does.
pub(crate) fn run(take: Take, arguments: &[String]) -> io::Result<()> {
    let (eal, rest) = Eal::init(arguments).map_err(other)?;
    let number = |at: usize| rest.get(at).and_then(|it| it.parse::<u64>().ok());
    let (seconds, times) = number(0).zip(number(1)).ok_or_else(|| other("SECONDS TIMES"))?;
    let is_primary = eal.role() == Role::Primary;
    let (pool, zone, ports) = if is_primary { make(&eal)? } else { find(&eal)? };
    let turn = zone.slice::<Word64>().and_then(<[_]>::first).ok_or_else(|| other("no word"))?;
    if is_primary {
        println!("ready");
        turn.set(0);
    }
    let home = pool.home_of(eal.main_lcore()).map_err(other)?;
    for mine in (u64::from(!is_primary)..2 * times).step_by(2) {
        wait_for(turn, mine)?;
        let mut rx = eal.ports().open_rx(&ports[1], 0).map_err(other)?;
        let mut tx = eal.ports().open_tx(&ports[0], 0).map_err(other)?;
        let time = (Duration::from_secs(seconds), eal.tsc());
        let (rx_tx, home) = ((&mut rx, &mut tx), &home);
        let rate = match take {
            Take::Mbufs => take_turn(Mbufs::of(home, rx_tx), time)?,
            Take::Bundles => take_turn(Bundles::of(home, rx_tx), time)?,
        };
        println!("{} {rate:.0}", if is_primary { "primary" } else { "secondary" });
        drop((rx, tx));
        turn.set(mine + 1);
    }
    if is_primary {
        wait_for(turn, 2 * times)?;
    }
    Ok(())
}

type Parts = (MbufPool, Zone, Vec<Port>);

fn make(eal: &Eal) -> io::Result<Parts> {
    let group = eal.group();
    let pool = MbufPool::create(group, "packets", &MbufConfig::new(MBUFS).cache(CACHE));
    let pool = pool.map_err(other)?;
    let zone = Zone::reserve(group, "wire", &ZoneOptions::new(64)).map_err(other)?;
    zone.slice::<Word64>().into_iter().flatten().for_each(|word| word.set(u64::MAX));
    let ports: Vec<Port> = eal.ports().all().map_err(other)?.collect();
    for port in &ports {
        eal.ports().configure(port, &PortSetup::queues(1, 1)).map_err(other)?;
        eal.ports().start(port).map_err(other)?;
    }
    let begun = Instant::now();
    while ports.iter().any(|port| port.link() == Link::DOWN) {
        if begun.elapsed() > PATIENCE {
            return Err(other("a link stays down"));
        }
        sleep(LOOK_EVERY);
    }
    Ok((pool, zone, ports))
}

fn find(eal: &Eal) -> io::Result<Parts> {
    let pool = MbufPool::lookup(eal.group(), "packets").map_err(other)?;
    let zone = Zone::lookup(eal.group(), "wire").map_err(other)?;
    Ok((pool, zone, eal.ports().all().map_err(other)?.collect()))
}

fn wait_for(turn: &Word64, mine: u64) -> io::Result<()> {
    let begun = Instant::now();
    while turn.get() != mine {
        if begun.elapsed() > PATIENCE {
            return Err(other("the other one does not come"));
        }
        sleep(LOOK_EVERY);
    }
    Ok(())
}

/// How a process works on its packets.
pub(crate) trait Way {
    /// Writes the frame into so many packets as a burst has, and sends them; what was not taken is freed.
    fn send(&mut self) -> io::Result<()>;
    /// Receives a burst, counts those that [`is_ours`] is not of, and frees all; how many came.
    fn receive(&mut self, strangers: &mut usize) -> usize;
}

/// Packets received a second.
fn take_turn(mut way: impl Way, (time, tsc): (Duration, Tsc)) -> io::Result<f64> {
    let (mut received, mut strangers) = (0, 0);
    let (begun, cycles) = (tsc.now(), (time.as_secs_f64() * tsc.hz() as f64) as u64);
    while tsc.now().wrapping_sub(begun) < cycles {
        way.send()?;
        for _ in 0..4 {
            let count = way.receive(&mut strangers);
            received += count;
            if count < BURST {
                break;
            }
        }
    }
    if strangers > received / 100 {
        return Err(other("what came is not what was sent"));
    }
    Ok(received as f64 * tsc.hz() as f64 / tsc.now().wrapping_sub(begun) as f64)
}

/// As many bytes as are known here are written without a call, as they are there.
pub(crate) fn write_frame(bytes: &mut [u8]) {
    if let Some(bytes) = bytes.first_chunk_mut() {
        *bytes = FRAME;
    }
}

pub(crate) fn is_ours(data: &[u8]) -> bool {
    data.get(12..14) == Some(&[0x88, 0xb5]) && data.get(20) == Some(&0x5a)
}
