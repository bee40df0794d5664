//! Packets: their segments, and whom they refer to, wherever a process dies.

use phalanx_core::mbuf::{
    Bundle, Mbuf, MbufConfig, MbufConsumer, MbufHome, MbufPool, MbufProducer, MbufRing,
};
use phalanx_core::ring::RingConfig;

use crate::step::operation::{Marks, Member, Operation, Outcome, same, sentence};

const POOL: &str = "step.mbufs";
const RING: &str = "step.mbufs.ring";
const MBUFS: usize = 32;
/// What each packet that lies in the ring holds, in two segments.
const TEXT: &[u8] = b"two segments";

/// What is done between the marks.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Act {
    AllocAndFree,
    FreeBulk,
    Chain,
    Split,
    Clone,
    /// A clone is freed, and whom it refers to is in the ring.
    FreeClone,
    /// What is cloned is freed, and its clone lives.
    FreeCloned,
    /// The clone of what is free already.
    FreeLastClone,
    Enqueue,
    Dequeue,
    /// All that is in the ring goes on into it, not looked at.
    PassOn,
    /// The same of packets of one segment that nobody shares.
    PassOnPlain,
    /// What was not looked at, and is one segment that nobody shares, is freed.
    FreeUnseen,
    /// What was not looked at is freed: a packet of two segments, and its clone.
    FreeUnseenShared,
    /// The same, one taken out of its bundle, and the other left when the taking ends.
    DrainShared,
}

#[derive(Debug)]
struct MbufOp {
    name: &'static str,
    act: Act,
}

pub(super) fn operations() -> Vec<Box<dyn Operation>> {
    let op = |name, act| Box::new(MbufOp { name, act }) as Box<dyn Operation>;
    vec![
        op("mbuf.alloc-and-free", Act::AllocAndFree),
        op("mbuf.free-bulk", Act::FreeBulk),
        op("mbuf.chain", Act::Chain),
        op("mbuf.split", Act::Split),
        op("mbuf.clone", Act::Clone),
        op("mbuf.free.clone", Act::FreeClone),
        op("mbuf.free.cloned", Act::FreeCloned),
        op("mbuf.free.last-clone", Act::FreeLastClone),
        op("mbuf.ring.enqueue", Act::Enqueue),
        op("mbuf.ring.dequeue", Act::Dequeue),
        op("mbuf.ring.pass-on", Act::PassOn),
        op("mbuf.ring.pass-on.plain", Act::PassOnPlain),
        op("mbuf.free.unseen", Act::FreeUnseen),
        op("mbuf.free.unseen.shared", Act::FreeUnseenShared),
        op("mbuf.free.unseen.drain", Act::DrainShared),
    ]
}

fn pool_of(member: &Member<'_>) -> Result<MbufPool, String> {
    MbufPool::lookup(member.group, POOL).map_err(sentence)
}

fn ends(member: &Member<'_>) -> Result<(MbufProducer, MbufConsumer), String> {
    let ring = MbufRing::lookup(member.group, RING).map_err(sentence)?;
    Ok((ring.producer().map_err(sentence)?, ring.consumer().map_err(sentence)?))
}

fn filled<'h>(home: &'h MbufHome<'h>) -> Result<Mbuf<'h>, String> {
    let (first, second) = TEXT.split_at(4);
    let mut packet = segment(home, first)?;
    packet.chain(segment(home, second)?).map_err(sentence)?;
    Ok(packet)
}

fn segment<'h>(home: &'h MbufHome<'h>, bytes: &[u8]) -> Result<Mbuf<'h>, String> {
    let mut mbuf = home.alloc().ok_or("the pool has no mbuf")?;
    mbuf.append(bytes.len() as u16).map_err(sentence)?.copy_from_slice(bytes);
    Ok(mbuf)
}

fn take<'h>(from: &mut MbufConsumer, home: &'h MbufHome<'h>) -> Result<Mbuf<'h>, String> {
    from.dequeue(home).map_err(sentence)?.ok_or_else(|| "the ring is empty".to_owned())
}

/// All that is in the ring, not looked at.
fn bundle_of<'h>(home: &'h MbufHome<'h>, from: &mut MbufConsumer) -> Result<Bundle<'h>, String> {
    let mut bundle = Bundle::new(home);
    from.dequeue_bundle(&mut bundle).map_err(sentence)?;
    Ok(bundle)
}

/// Two packets of one segment that nobody shares come into the ring, for what was there.
fn replace_by_plain(
    home: &MbufHome<'_>,
    into: &mut MbufProducer,
    out: &mut MbufConsumer,
) -> Outcome {
    while out.dequeue(home).map_err(sentence)?.is_some() {}
    for packet in [segment(home, TEXT)?, segment(home, TEXT)?] {
        into.enqueue(packet).map_err(|_| "the ring is full")?;
    }
    Ok(())
}

impl MbufOp {
    fn act<'h>(&self, member: &Member<'_>, home: &'h MbufHome<'h>, marks: Marks) -> Outcome {
        let (mut into, mut out) = ends(member)?;
        match self.act {
            Act::AllocAndFree => marks.around(|| drop(home.alloc())),
            Act::FreeBulk => {
                let both = [filled(home)?, filled(home)?];
                marks.around(|| home.free_bulk(both));
            }
            Act::Chain => {
                let (mut head, tail) = (filled(home)?, filled(home)?);
                let _long = marks.around(|| head.chain(tail));
            }
            Act::Split => {
                let mut packet = filled(home)?;
                let _rest = marks.around(|| packet.split_off(1));
            }
            Act::Enqueue => {
                let packet = take(&mut out, home)?;
                let _full = marks.around(|| into.enqueue(packet));
            }
            Act::Dequeue => {
                let _packet = marks.around(|| out.dequeue(home));
            }
            Act::PassOn | Act::PassOnPlain => {
                if self.act == Act::PassOnPlain {
                    replace_by_plain(home, &mut into, &mut out)?;
                }
                let mut bundle = Bundle::new(home);
                let _passed = marks.around(|| {
                    let taken = out.dequeue_bundle(&mut bundle);
                    taken.and_then(|_| into.enqueue_bundle(&mut bundle))
                });
            }
            Act::FreeUnseen => {
                replace_by_plain(home, &mut into, &mut out)?;
                let mut bundle = bundle_of(home, &mut out)?;
                marks.around(|| bundle.free());
            }
            Act::FreeUnseenShared => {
                let mut bundle = bundle_of(home, &mut out)?;
                marks.around(|| bundle.free());
            }
            Act::DrainShared => {
                let mut bundle = bundle_of(home, &mut out)?;
                marks.around(|| drop(bundle.drain().next()));
            }
            Act::Clone | Act::FreeClone | Act::FreeCloned | Act::FreeLastClone => {
                let (clone, packet) = (take(&mut out, home)?, take(&mut out, home)?);
                self.act_on_clone(home, [clone, packet], &mut into, marks);
            }
        }
        Ok(())
    }

    fn act_on_clone<'h>(
        &self,
        home: &'h MbufHome<'h>,
        [clone, packet]: [Mbuf<'h>; 2],
        into: &mut MbufProducer,
        marks: Marks,
    ) {
        match self.act {
            Act::FreeClone => {
                let _full = into.enqueue(packet);
                marks.around(|| drop(clone));
            }
            Act::FreeCloned => {
                let _full = into.enqueue(clone);
                marks.around(|| drop(packet));
            }
            Act::FreeLastClone => {
                drop(packet);
                marks.around(|| drop(clone));
            }
            _ => {
                let _none = marks.around(|| clone.to_clone(home));
                let _full = into.enqueue(packet);
            }
        }
    }
}

impl Operation for MbufOp {
    fn name(&self) -> &str {
        self.name
    }

    /// In the ring: the clone of a packet, and the packet.
    fn prepare(&self, member: &Member<'_>) -> Outcome {
        let config = MbufConfig::new(MBUFS as u32).cache(4);
        let pool = MbufPool::create(member.group, POOL, &config).map_err(sentence)?;
        MbufRing::create(member.group, RING, &RingConfig::new(8)).map_err(sentence)?;
        let home = pool.home();
        let packet = filled(&home)?;
        let (mut into, _) = ends(member)?;
        let clone = packet.to_clone(&home).map_err(sentence)?;
        into.enqueue(clone).map_err(|_| "the ring is full")?;
        into.enqueue(packet).map_err(|_| "the ring is full".to_owned())
    }

    fn operate(&self, member: &Member<'_>, marks: Marks) -> Outcome {
        let pool = pool_of(member)?;
        let home = pool.home_of(member.lcore).map_err(sentence)?;
        self.act(member, &home, marks)
    }

    fn judge(&self, member: &Member<'_>) -> Outcome {
        empty_and_fill(member)
    }

    fn use_again(&self, member: &Member<'_>) -> Outcome {
        empty_and_fill(member)
    }
}

/// What is in the ring is whole; then there are all mbufs, referred to by nobody. Last, a packet goes
/// into the ring again, kept by its clone.
fn empty_and_fill(member: &Member<'_>) -> Outcome {
    let pool = pool_of(member)?;
    let home = pool.home();
    let (mut into, mut out) = ends(member)?;
    while let Some(packet) = out.dequeue(&home).map_err(sentence)? {
        packet.check().map_err(sentence)?;
        same("what is in a packet", packet.segments().collect::<Vec<_>>().concat(), TEXT.to_vec())?;
    }
    let mut all: Vec<_> = core::iter::from_fn(|| home.alloc()).collect();
    all.iter().try_for_each(|mbuf| mbuf.check().map_err(sentence))?;
    let are_sole = all.iter().all(|mbuf| mbuf.references() == 1);
    same("fresh mbufs are referred to by nobody else", are_sole, true)?;
    all.sort_unstable_by_key(Mbuf::at);
    all.dedup_by_key(|mbuf| mbuf.at());
    let cached = pool.cached_count() as usize;
    same("different mbufs, with those in caches", all.len() + cached, MBUFS)?;
    home.free_bulk(all);
    let packet = filled(&home)?;
    into.enqueue(packet.to_clone(&home).map_err(sentence)?)
        .map_err(|_| "the ring is full".to_owned())
}
