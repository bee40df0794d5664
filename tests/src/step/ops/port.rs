//! Ports: created, owned, claimed, and in the middle of a burst, wherever a process dies.

use phalanx_core::mbuf::{Bundle, Mbuf, MbufConfig, MbufPool};
use phalanx_core::port::{
    DriverKind, NullRx, NullTx, Port, PortConfig, PortPhase, PortSetup, RingRx, RingTx, RxQueue,
    TxQueue,
};

use crate::step::operation::{Marks, Member, Operation, Outcome, same, sentence};

/// The primary's port, which runs.
const THEIRS: &str = "net_ring0";
/// The port of whoever dies.
const OWN: &str = "net_ring1";
/// The primary's port without a ring, which runs.
const NULL: &str = "net_null0";
const POOL: &str = "step.port.mbufs";
/// No fewer than net_null fills a bundle with.
const MBUFS: usize = Bundle::SIZE;

/// What is done between the marks.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Act {
    Create,
    Close,
    /// A port is begun that nobody finds, and joined with nothing yet.
    Begin,
    Admit,
    /// A port that was begun is given up.
    GiveUp,
    Going,
    Stay,
    Unplug,
    /// A port is created in what a closed one has left.
    CreateAnew,
    Configure,
    Start,
    Stop,
    Claim,
    Release,
    Open,
    Send,
    Receive,
    /// From ring to ring, not looked at.
    Pass,
    /// Fresh ones come, and are swallowed, not looked at.
    PassNull,
    /// Fresh ones come, go through a ring, and some are looked at.
    Blank,
}

impl Act {
    /// Whether anybody may do it, with a port of another's.
    fn is_anybodys(self) -> bool {
        use Act::{Blank, Claim, Open, Pass, PassNull, Receive, Release, Send};
        matches!(self, Claim | Release | Open | Send | Receive | Pass | PassNull | Blank)
    }

    /// Whether it needs a port that gives fresh packets.
    fn is_fed(self) -> bool {
        matches!(self, Self::PassNull | Self::Blank)
    }
}

#[derive(Debug)]
struct PortOp {
    name: &'static str,
    act: Act,
}

pub(super) fn operations() -> Vec<Box<dyn Operation>> {
    let op = |name, act| Box::new(PortOp { name, act }) as Box<dyn Operation>;
    vec![
        op("port.create", Act::Create),
        op("port.create.anew", Act::CreateAnew),
        op("port.close", Act::Close),
        op("port.begin", Act::Begin),
        op("port.admit", Act::Admit),
        op("port.give-up", Act::GiveUp),
        op("port.going", Act::Going),
        op("port.stay", Act::Stay),
        op("port.unplug", Act::Unplug),
        op("port.configure", Act::Configure),
        op("port.start", Act::Start),
        op("port.stop", Act::Stop),
        op("port.claim", Act::Claim),
        op("port.release", Act::Release),
        op("port.ring.open", Act::Open),
        op("port.ring.send", Act::Send),
        op("port.ring.receive", Act::Receive),
        op("port.ring.pass", Act::Pass),
        op("port.null.pass", Act::PassNull),
        op("port.null.open", Act::Blank),
    ]
}

fn find(member: &Member<'_>, name: &str) -> Result<Port, String> {
    Port::lookup(member.group, name).map_err(sentence)
}

fn create(member: &Member<'_>, name: &str) -> Result<Port, String> {
    Port::create(member.group, name, &PortConfig::new(DriverKind::Ring)).map_err(sentence)
}

fn run(port: &Port) -> Outcome {
    port.configure(&PortSetup::queues(1, 1)).map_err(sentence)?;
    port.start().map_err(sentence)
}

fn rx(port: &Port) -> Result<RxQueue<RingRx>, String> {
    let claim = port.claim_rx(0).map_err(sentence)?;
    let driver = RingRx::open(&claim).map_err(sentence)?;
    Ok(RxQueue::new(claim, driver))
}

fn tx(port: &Port) -> Result<TxQueue<RingTx>, String> {
    let claim = port.claim_tx(0).map_err(sentence)?;
    let driver = RingTx::open(&claim).map_err(sentence)?;
    Ok(TxQueue::new(claim, driver))
}

fn pool_of(member: &Member<'_>) -> Result<MbufPool, String> {
    MbufPool::lookup(member.group, POOL).map_err(sentence)
}

impl PortOp {
    /// What only an owner does, with a port of this process's own.
    fn own(&self, member: &Member<'_>, marks: Marks) -> Outcome {
        if self.act == Act::Create {
            let _made = marks.around(|| create(member, OWN));
            return Ok(());
        }
        if matches!(self.act, Act::Begin | Act::Admit | Act::GiveUp) {
            return self.begun(member, marks);
        }
        let port = create(member, OWN)?;
        match self.act {
            Act::Going => _ = marks.around(|| port.announce_going()),
            Act::Stay => {
                port.announce_going().map_err(sentence)?;
                marks.around(|| port.announce_stay());
            }
            Act::Unplug => {
                run(&port)?;
                core::mem::forget(rx(&port)?);
                let _done = marks.around(|| port.unplug());
            }
            Act::Close => _ = marks.around(|| port.close()),
            Act::CreateAnew => {
                port.close().map_err(sentence)?;
                let _made = marks.around(|| create(member, OWN));
            }
            Act::Configure => {
                run(&port)?;
                let _done = marks.around(|| port.configure(&PortSetup::queues(3, 2)));
            }
            Act::Start => {
                port.configure(&PortSetup::queues(1, 1)).map_err(sentence)?;
                let _done = marks.around(|| port.start());
            }
            _ => {
                run(&port)?;
                let _done = marks.around(|| port.stop());
            }
        }
        Ok(())
    }

    /// What is done with a port that nobody finds.
    fn begun(&self, member: &Member<'_>, marks: Marks) -> Outcome {
        let config = PortConfig::new(DriverKind::Ring);
        if self.act == Act::Begin {
            let _made = marks.around(|| Port::begin(member.group, OWN, &config));
            return Ok(());
        }
        let port = Port::begin(member.group, OWN, &config).map_err(sentence)?;
        let _done = marks.around(|| match self.act {
            Act::Admit => port.admit(),
            _ => port.close(),
        });
        Ok(())
    }

    /// What anybody does, with the primary's port.
    fn theirs(&self, member: &Member<'_>, marks: Marks) -> Outcome {
        let port = find(member, THEIRS)?;
        let pool = pool_of(member)?;
        let home = pool.home();
        match self.act {
            Act::Claim => core::mem::forget(marks.around(|| port.claim_rx(0))),
            Act::Release => {
                let claim = port.claim_tx(0).map_err(sentence)?;
                marks.around(|| drop(claim));
            }
            Act::Open => core::mem::forget(marks.around(|| rx(&port))),
            Act::Send => {
                let mut queue = tx(&port)?;
                let mut packets = [packet(&home)?, packet(&home)?].map(Some);
                marks.around(|| queue.burst(&mut packets));
            }
            Act::Pass => {
                let (mut into, mut from) = (tx(&port)?, rx(&port)?);
                into.burst(&mut [packet(&home)?, packet(&home)?].map(Some));
                let mut bundle = Bundle::new(&home);
                marks.around(|| {
                    from.burst_unseen(&mut bundle);
                    into.burst_unseen(&mut bundle);
                });
            }
            Act::PassNull => return self.pass_null(member, &pool, marks),
            Act::Blank => {
                let null = find(member, NULL)?;
                let driver = NullRx::of(&null).ok_or("net_null has no driver")?;
                let mut source = RxQueue::new(null.claim_rx(0).map_err(sentence)?, driver);
                let (mut into, mut from) = (tx(&port)?, rx(&port)?);
                let (mut bundle, mut got) = (Bundle::new(&home), [const { None }; 2]);
                marks.around(|| {
                    source.burst_unseen(&mut bundle);
                    into.burst_unseen(&mut bundle);
                    from.burst(&home, &mut got);
                });
                let lens = got.iter().flatten().map(Mbuf::len).collect::<Vec<_>>();
                return same("bytes of fresh packets", lens, vec![64, 64]);
            }
            _ => {
                let mut sender = tx(&port)?;
                sender.burst(&mut [packet(&home)?, packet(&home)?].map(Some));
                let (mut queue, mut got) = (rx(&port)?, [const { None }; 4]);
                marks.around(|| queue.burst(&home, &mut got));
            }
        }
        Ok(())
    }

    /// What comes is swallowed.
    fn pass_null(&self, member: &Member<'_>, pool: &MbufPool, marks: Marks) -> Outcome {
        let port = find(member, NULL)?;
        let drivers = NullRx::of(&port).zip(NullTx::of(&port));
        let (from, into) = drivers.ok_or("net_null has no driver")?;
        let mut from = RxQueue::new(port.claim_rx(0).map_err(sentence)?, from);
        let mut into = TxQueue::new(port.claim_tx(0).map_err(sentence)?, into);
        let home = pool.home();
        let mut bundle = Bundle::new(&home);
        let mut passed = [0; 2];
        marks.around(|| {
            passed = [from.burst_unseen(&mut bundle), into.burst_unseen(&mut bundle)];
        });
        same("packets that passed", passed, [MBUFS; 2])
    }
}

impl Operation for PortOp {
    fn name(&self) -> &str {
        self.name
    }

    fn prepare(&self, member: &Member<'_>) -> Outcome {
        MbufPool::create(member.group, POOL, &MbufConfig::new(MBUFS as u32)).map_err(sentence)?;
        run(&create(member, THEIRS)?)?;
        if !self.act.is_fed() {
            return Ok(());
        }
        let config = PortConfig::new(DriverKind::Null);
        run(&Port::create(member.group, NULL, &config).map_err(sentence)?)
    }

    fn operate(&self, member: &Member<'_>, marks: Marks) -> Outcome {
        match self.act {
            act if act.is_anybodys() => self.theirs(member, marks),
            _ => self.own(member, marks),
        }
    }

    fn judge(&self, member: &Member<'_>) -> Outcome {
        use_port(member, THEIRS, self.act)?;
        if self.act.is_anybodys() {
            return Ok(());
        }
        let port = find(member, OWN).or_else(|_| create(member, OWN))?;
        port.adopt().map_err(sentence)?;
        let phases =
            [PortPhase::Created, PortPhase::Configured, PortPhase::Started, PortPhase::Stopped];
        same("its phase is one of a port's", phases.contains(&port.phase()), true)?;
        run(&port)?;
        use_port(member, OWN, self.act)
    }

    fn use_again(&self, member: &Member<'_>) -> Outcome {
        use_port(member, THEIRS, self.act)?;
        if Port::lookup(member.group, OWN).is_ok() {
            use_port(member, OWN, self.act)
        } else {
            Ok(())
        }
    }
}

fn packet<'h>(home: &'h phalanx_core::mbuf::MbufHome<'h>) -> Result<Mbuf<'h>, String> {
    let mut packet = home.alloc().ok_or("the pool has no mbuf")?;
    packet.append(60).map_err(sentence)?.fill(7);
    Ok(packet)
}

/// Both queues are to be had; what lay in the ring comes, and what is sent comes; then all mbufs are
/// there.
fn use_port(member: &Member<'_>, name: &str, act: Act) -> Outcome {
    let port = find(member, name)?;
    let pool = pool_of(member)?;
    let home = pool.home();
    let (mut rx, mut tx) = (rx(&port)?, tx(&port)?);
    let mut got = [const { None }; MBUFS];
    let before = rx.burst(&home, &mut got);
    let most = if act == Act::Blank { MBUFS } else { 2 };
    same("no more came than were sent", before <= most, true)?;
    for left in got.iter_mut().filter_map(Option::take) {
        left.check().map_err(sentence)?;
        match act {
            // net_null has not said what is in them.
            Act::Blank => same("bytes of a fresh packet that lay there", left.len(), 64)?,
            _ => same("bytes of a packet that lay there", left.data(), &[7; 60][..])?,
        }
    }
    same("packets taken", tx.burst(&mut [Some(packet(&home)?)]), 1)?;
    same("packets that came", rx.burst(&home, &mut got), 1)?;
    got.fill_with(|| None);
    drop((rx, tx));
    let all: Vec<_> = core::iter::from_fn(|| home.alloc()).collect();
    same("mbufs", all.len(), MBUFS)
}
