//! Captures: opened, on, off, and packets that pass while one is on, wherever a process dies.

use phalanx_core::mbuf::{MbufConfig, MbufHome, MbufPool};
use phalanx_core::port::capture::{Capture, CaptureConfig};
use phalanx_core::port::{
    DriverKind, NullRx, NullTx, Port, PortConfig, PortSetup, RxQueue, TxQueue,
};

use crate::step::operation::{Marks, Member, Operation, Outcome, same, sentence};

const PORT: &str = "net_null0";
const POOL: &str = "step.capture.mbufs";
const MBUFS: usize = 8;

/// Copies that a capture holds.
const COPIES: u32 = 7;

/// What is done between the marks.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Act {
    Open,
    On,
    /// It is on, and ends.
    End,
    /// Packets come, and are copied.
    Come,
    /// Packets go, and are copied.
    Go,
    /// Copies are read.
    Read,
}

#[derive(Debug)]
struct CaptureOp {
    name: &'static str,
    act: Act,
}

pub(super) fn operations() -> Vec<Box<dyn Operation>> {
    let op = |name, act| Box::new(CaptureOp { name, act }) as Box<dyn Operation>;
    vec![
        op("capture.open", Act::Open),
        op("capture.on", Act::On),
        op("capture.end", Act::End),
        op("capture.hook.rx", Act::Come),
        op("capture.hook.tx", Act::Go),
        op("capture.read", Act::Read),
    ]
}

fn port_of(member: &Member<'_>) -> Result<Port, String> {
    Port::lookup(member.group, PORT).map_err(sentence)
}

fn pool_of(member: &Member<'_>) -> Result<MbufPool, String> {
    MbufPool::lookup(member.group, POOL).map_err(sentence)
}

fn open(member: &Member<'_>) -> Result<Capture, String> {
    let config = CaptureConfig { copies: COPIES, ..CaptureConfig::default() };
    Capture::open(member.group, &config).map_err(sentence)
}

fn rx(port: &Port) -> Result<RxQueue<NullRx>, String> {
    let driver = NullRx::of(port).ok_or("it is no net_null")?;
    Ok(RxQueue::new(port.claim_rx(0).map_err(sentence)?, driver))
}

fn come(queue: &mut RxQueue<NullRx>, home: &MbufHome<'_>) -> usize {
    let mut packets = [const { None }; 3];
    queue.burst(home, &mut packets)
}

impl Operation for CaptureOp {
    fn name(&self) -> &str {
        self.name
    }

    /// A port that runs, and what an ended capture has left.
    fn prepare(&self, member: &Member<'_>) -> Outcome {
        MbufPool::create(member.group, POOL, &MbufConfig::new(MBUFS as u32)).map_err(sentence)?;
        let config = PortConfig { args: "size=60", ..PortConfig::new(DriverKind::Null) };
        let port = Port::create(member.group, PORT, &config).map_err(sentence)?;
        port.configure(&PortSetup::queues(1, 1)).map_err(sentence)?;
        port.start().map_err(sentence)?;
        drop(open(member)?);
        Ok(())
    }

    fn operate(&self, member: &Member<'_>, marks: Marks) -> Outcome {
        let (port, pool) = (port_of(member)?, pool_of(member)?);
        let home = pool.home();
        if self.act == Act::Open {
            core::mem::forget(marks.around(|| open(member)));
            return Ok(());
        }
        let capture = open(member)?;
        if self.act == Act::On {
            let _on = marks.around(|| capture.on(&port));
            core::mem::forget(capture);
            return Ok(());
        }
        capture.on(&port).map_err(sentence)?;
        let mut queue = rx(&port)?;
        match self.act {
            Act::End => {
                come(&mut queue, &home);
                marks.around(|| drop(capture));
                return Ok(());
            }
            Act::Go => {
                let driver = NullTx::of(&port).ok_or("it is no net_null")?;
                let mut queue = TxQueue::new(port.claim_tx(0).map_err(sentence)?, driver);
                let mut packets = [home.alloc(), home.alloc()];
                marks.around(|| queue.burst(&mut packets));
            }
            Act::Come => {
                marks.around(|| come(&mut queue, &home));
            }
            _ => {
                come(&mut queue, &home);
                let mut reader = capture.reader().map_err(sentence)?;
                marks.around(|| reader.read(8, |_| {}));
            }
        }
        // It dies with the capture on.
        core::mem::forget(capture);
        Ok(())
    }

    fn judge(&self, member: &Member<'_>) -> Outcome {
        use_capture(member)
    }

    fn use_again(&self, member: &Member<'_>) -> Outcome {
        use_capture(member)
    }
}

/// Nobody captures; then a capture has all its copies, and the port all its mbufs.
fn use_capture(member: &Member<'_>) -> Outcome {
    let (port, pool) = (port_of(member)?, pool_of(member)?);
    same("the port is captured", port.capture().is_some(), false)?;
    let (capture, home) = (open(member)?, pool.home());
    capture.on(&port).map_err(sentence)?;
    let mut queue = rx(&port)?;
    let came: usize = (0..3).map(|_| come(&mut queue, &home)).sum();
    same("packets that came", came, 9)?;
    let counts = capture.counts();
    same("copies", (counts.accepted, counts.no_mbuf), (7, 2))?;
    let mut reader = capture.reader().map_err(sentence)?;
    let mut whole = 0;
    reader.read(100, |it| whole += usize::from(it.len() == 60 && it.origin().original == 60));
    same("copies that are whole", whole, 7)?;
    drop(reader);
    drop(capture);
    let all: Vec<_> = core::iter::from_fn(|| home.alloc()).collect();
    same("mbufs", all.len(), MBUFS)
}
