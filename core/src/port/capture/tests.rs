//! Looking on: what is shown, what is not, and what is left of whoever looked.

use super::*;
use crate::fake::{self, FakePlatform};
use crate::group::Group;
use crate::mbuf::{Mbuf, MbufConfig, MbufHome, MbufPool};
use crate::offset::Offset;
use crate::platform::Platform;
use crate::port::filter::{Program, Step, Target, Test};
use crate::port::{
    Direction, DriverKind, NullRx, NullTx, Port, PortConfig, PortSetup, RxDriver, RxLine, RxQueue,
    TxDriver, TxLine, TxQueue,
};
use crate::recovery::reap;
use crate::ring::{PATIENCE_NS, RingHeader};

struct Stage {
    group: Group,
    platform: &'static FakePlatform,
    pool: MbufPool,
    port: Port,
}

/// A driver that takes so many packets a burst.
struct Takes(usize);

impl TxDriver for Takes {
    fn send(&mut self, _: &TxLine, packets: &mut [Option<Mbuf<'_>>]) -> usize {
        let Self(most) = *self;
        packets.iter_mut().take(most).filter_map(Option::take).count()
    }
}

fn small() -> CaptureConfig {
    CaptureConfig { copies: 63, ..CaptureConfig::default() }
}

impl Stage {
    fn new() -> Self {
        let (group, platform) = fake::group_with_memory();
        let pool = MbufPool::create(&group, "packets", &MbufConfig::new(128)).unwrap();
        let config = PortConfig { args: "size=60", ..PortConfig::new(DriverKind::Null) };
        let port = Port::create(&group, "net_null0", &config).unwrap();
        port.configure(&PortSetup::queues(2, 2)).unwrap();
        port.start().unwrap();
        Self { group, platform, pool, port }
    }

    fn join(&self, slot: u16) -> (Group, Port) {
        let group = fake::join(self.group.window(), slot, self.platform);
        (group, Port::lookup(&group, "net_null0").unwrap())
    }

    fn rx(&self, queue: u16) -> RxQueue<NullRx> {
        RxQueue::new(self.port.claim_rx(queue).unwrap(), NullRx::of(&self.port).unwrap())
    }

    fn tx(&self) -> TxQueue<NullTx> {
        TxQueue::new(self.port.claim_tx(0).unwrap(), NullTx::of(&self.port).unwrap())
    }
}

fn receive(queue: &mut RxQueue<NullRx>, home: &MbufHome<'_>, count: usize) {
    let mut packets: Vec<Option<Mbuf<'_>>> = (0..count).map(|_| None).collect();
    assert_eq!(queue.burst(home, &mut packets), count);
}

/// A packet whose bytes are all `len`.
fn packet<'h>(home: &'h MbufHome<'h>, len: u16) -> Option<Mbuf<'h>> {
    let mut packet = home.alloc().unwrap();
    packet.append(len).unwrap().fill(len as u8);
    Some(packet)
}

/// Origins and bytes of all that was captured.
fn all(capture: &Capture) -> Vec<(Origin, Vec<u8>)> {
    let mut seen = Vec::new();
    let mut reader = capture.reader().unwrap();
    reader.read(1000, |it| {
        seen.push((*it.origin(), it.parts().flatten().copied().collect()));
    });
    seen
}

#[test]
fn what_comes_is_shown_with_its_port_queue_and_length() {
    let stage = Stage::new();
    let (looker, port) = stage.join(1);
    let capture = Capture::open(&looker, &small()).unwrap();
    capture.on(&port).unwrap();
    let home = stage.pool.home();
    receive(&mut stage.rx(1), &home, 3);
    let seen = all(&capture);
    assert_eq!(seen.len(), 3);
    for (origin, bytes) in seen {
        let Origin { original, port, queue, direction, .. } = origin;
        assert_eq!((original, port, queue, direction), (60, 0, 1, Direction::Rx));
        assert_eq!(bytes.len(), 60);
    }
    let counts = CaptureCounts { accepted: 3, ..CaptureCounts::default() };
    assert_eq!(capture.counts(), counts);
}

#[test]
fn of_what_goes_only_what_was_taken_is_shown_once() {
    let stage = Stage::new();
    let capture = Capture::open(&stage.group, &small()).unwrap();
    capture.on(&stage.port).unwrap();
    let home = stage.pool.home();
    let mut queue = TxQueue::new(stage.port.claim_tx(0).unwrap(), Takes(2));
    let mut packets = [packet(&home, 60), None, packet(&home, 61), packet(&home, 62)];
    assert_eq!(queue.burst(&mut packets), 1);
    assert_eq!(queue.burst(&mut packets[2..]), 2);
    let lens: Vec<usize> = all(&capture).iter().map(|(_, bytes)| bytes.len()).collect();
    assert_eq!(lens, [60, 61, 62]);
    assert_eq!(capture.counts().accepted, 3);
}

#[test]
fn bursts_of_any_length_are_shown_in_order() {
    let stage = Stage::new();
    let capture = Capture::open(&stage.group, &small()).unwrap();
    capture.on(&stage.port).unwrap();
    let home = stage.pool.home();
    let mut packets: Vec<Option<Mbuf<'_>>> = (60..110).map(|len| packet(&home, len)).collect();
    assert_eq!(stage.tx().burst(&mut packets), 50);
    let lens: Vec<usize> = all(&capture).iter().map(|(_, bytes)| bytes.len()).collect();
    assert_eq!(lens, (60..110).collect::<Vec<_>>());
}

#[test]
fn direction_queue_length_and_filter_say_what_is_wanted() {
    let stage = Stage::new();
    let home = stage.pool.home();
    let test = Test::Len { min: 62, max: 70 };
    let step = Step { test, yes: Target::Take, no: Target::Leave };
    let filter = Program::new(&[step]).unwrap();
    let cases = [
        (CaptureConfig { directions: Directions::Tx, ..small() }, 4, 0),
        (CaptureConfig { directions: Directions::Rx, ..small() }, 2, 0),
        (CaptureConfig { queue: Some(0), ..small() }, 4, 0),
        (CaptureConfig { queue: Some(1), ..small() }, 2, 0),
        (CaptureConfig { filter, ..small() }, 2, 4),
    ];
    for (config, accepted, filtered) in cases {
        let capture = Capture::open(&stage.group, &config).unwrap();
        capture.on(&stage.port).unwrap();
        receive(&mut stage.rx(1), &home, 2);
        let mut packets = [60, 61, 62, 63].map(|len| packet(&home, len));
        assert_eq!(stage.tx().burst(&mut packets), 4);
        let counts = capture.counts();
        assert_eq!((counts.accepted, counts.filtered), (accepted, filtered), "{config:?}");
        assert_eq!(all(&capture).len() as u64, accepted);
    }
}

#[test]
fn long_packets_are_cut_at_the_snap_length_and_keep_their_own() {
    let stage = Stage::new();
    let config = CaptureConfig { snap_len: 10, ..small() };
    let capture = Capture::open(&stage.group, &config).unwrap();
    capture.on(&stage.port).unwrap();
    let home = stage.pool.home();
    assert_eq!(stage.tx().burst(&mut [packet(&home, 200)]), 1);
    let [(origin, bytes)] = &all(&capture)[..] else { panic!("one was sent") };
    assert_eq!((origin.original, &bytes[..]), (200, &[200; 10][..]));
}

#[test]
fn what_finds_no_buffer_is_counted_and_goes_its_way() {
    let stage = Stage::new();
    let capture = Capture::open(&stage.group, &small()).unwrap();
    capture.on(&stage.port).unwrap();
    let home = stage.pool.home();
    let mut queue = stage.rx(0);
    receive(&mut queue, &home, 100);
    let counts = CaptureCounts { accepted: 63, no_mbuf: 37, ..CaptureCounts::default() };
    assert_eq!(capture.counts(), counts);
    assert_eq!(all(&capture).len(), 63);
    receive(&mut queue, &home, 1);
    assert_eq!(all(&capture).len(), 1);
}

#[test]
fn a_second_one_is_refused_by_name_until_the_first_has_ended() {
    let stage = Stage::new();
    let (looker, port) = stage.join(1);
    let capture = Capture::open(&looker, &small()).unwrap();
    capture.on(&port).unwrap();
    capture.on(&port).unwrap();
    let second = Capture::open(&stage.group, &small()).unwrap();
    assert_eq!(
        second.on(&stage.port).unwrap_err().to_string(),
        "the port net_null0 was to be captured and fake (pid 101, slot 1) captures it already; end that capture \
         first, or read its file"
    );
    // Letting go of what one does not have changes nothing.
    second.off(&stage.port);
    assert!(capture.is_on(&port));
    drop(capture);
    assert_eq!(stage.port.capture(), None);
    second.on(&stage.port).unwrap();
}

#[test]
fn a_port_that_was_closed_is_refused() {
    let stage = Stage::new();
    let capture = Capture::open(&stage.group, &small()).unwrap();
    stage.port.close().unwrap();
    assert!(matches!(capture.on(&stage.port), Err(CaptureError::Gone { .. })));
}

#[test]
fn there_are_no_more_than_can_be() {
    let stage = Stage::new();
    let config = CaptureConfig { copies: 3, ..small() };
    let some: Vec<Capture> =
        (0..CAPTURES_MAX).map(|_| Capture::open(&stage.group, &config).unwrap()).collect();
    assert!(matches!(Capture::open(&stage.group, &config), Err(CaptureError::TooMany)));
    drop(some);
    Capture::open(&stage.group, &config).unwrap();
}

#[test]
fn a_dead_one_is_turned_off_by_the_reaper_and_taken_over_with_all_its_buffers() {
    let stage = Stage::new();
    let (looker, port) = stage.join(1);
    let capture = Capture::open(&looker, &small()).unwrap();
    capture.on(&port).unwrap();
    let (home, mut queue) = (stage.pool.home(), stage.rx(0));
    receive(&mut queue, &home, 5);
    core::mem::forget(capture);
    stage.platform.dead.lock().unwrap().insert(1);
    // Nobody is held up before it is reaped.
    receive(&mut queue, &home, 100);
    let report = reap(&stage.group).unwrap().unwrap();
    assert_eq!(report.recovered.others, 1);
    assert_eq!(stage.port.capture(), None);
    let next = Capture::open(&stage.group, &small()).unwrap();
    assert_eq!((next.counts(), all(&next).len()), (CaptureCounts::default(), 0));
    next.on(&stage.port).unwrap();
    receive(&mut queue, &home, 63);
    assert_eq!(next.counts().accepted, 63);
}

#[test]
fn who_captures_next_turns_a_dead_one_off_before_the_reaper_does() {
    let stage = Stage::new();
    let (looker, port) = stage.join(1);
    let capture = Capture::open(&looker, &small()).unwrap();
    capture.on(&port).unwrap();
    core::mem::forget(capture);
    stage.platform.dead.lock().unwrap().insert(1);
    let next = Capture::open(&stage.group, &small()).unwrap();
    assert_eq!(stage.port.capture(), None);
    next.on(&stage.port).unwrap();
}

#[test]
fn copies_of_an_earlier_round_are_left_out() {
    let stage = Stage::new();
    let (home, mut queue) = (stage.pool.home(), stage.rx(0));
    let capture = Capture::open(&stage.group, &small()).unwrap();
    let round = capture.state.round.own();
    capture.on(&stage.port).unwrap();
    // As a forwarder does that was stopped in the middle of the hook.
    capture.state.round.publish(round - 1);
    receive(&mut queue, &home, 2);
    capture.state.round.publish(round);
    receive(&mut queue, &home, 1);
    assert_eq!(all(&capture).len(), 1);
}

#[test]
fn a_word_that_is_no_capture_shows_nothing() {
    let stage = Stage::new();
    let at = Offset::new(4096);
    stage.port.swap_capture(None, Some(at)).unwrap();
    receive(&mut stage.rx(0), &stage.pool.home(), 2);
    let capture = Capture::open(&stage.group, &small()).unwrap();
    capture.on(&stage.port).unwrap();
    assert!(capture.is_on(&stage.port));
}

/// A driver in whose burst the capture is ended, and opened again by another for another port.
struct TakesOver<'s> {
    null: NullRx,
    stage: &'s Stage,
    capture: Option<Capture>,
    next: Option<Capture>,
}

impl RxDriver for TakesOver<'_> {
    fn receive<'h>(
        &mut self,
        queue: &RxLine,
        home: &'h MbufHome<'h>,
        to: &mut [Option<Mbuf<'h>>],
    ) -> usize {
        if self.capture.take().is_some() {
            self.next = Some(Capture::open(&self.stage.group, &small()).unwrap());
        }
        self.null.receive(queue, home, to)
    }
}

#[test]
fn a_burst_that_began_before_a_capture_was_taken_over_shows_the_next_one_nothing() {
    let stage = Stage::new();
    let capture = Capture::open(&stage.group, &small()).unwrap();
    capture.on(&stage.port).unwrap();
    let null = NullRx::of(&stage.port).unwrap();
    let driver = TakesOver { null, stage: &stage, capture: Some(capture), next: None };
    let mut queue = RxQueue::new(stage.port.claim_rx(0).unwrap(), driver);
    let (home, mut packets) = (stage.pool.home(), [const { None }; 3]);
    assert_eq!(queue.burst(&home, &mut packets), 3);
    let next = queue.driver_mut().next.take().unwrap();
    assert_eq!((next.counts(), all(&next).len()), (CaptureCounts::default(), 0));
}

/// Says that the process in slot 1 is in the middle of putting something in, or that nobody is.
fn hold(stage: &Stage, looker: &Group, capture: &Capture, is_held: bool) {
    let at = capture.state.ring.get();
    let ring: &RingHeader = stage.group.window().resolve(Offset::new(at)).unwrap();
    let position = ring.producers.tail.observe() & u64::from(u32::MAX);
    let owner = (u64::from(is_held) * u64::from(looker.me().tag())) << 48;
    ring.producers.tail.publish(owner | position);
}

#[test]
fn nobody_waits_for_a_stopped_process_in_the_ring_and_what_it_keeps_out_is_counted() {
    let stage = Stage::new();
    let (other, _) = stage.join(1);
    let capture = Capture::open(&stage.group, &small()).unwrap();
    capture.on(&stage.port).unwrap();
    let (home, mut queue) = (stage.pool.home(), stage.rx(0));
    hold(&stage, &other, &capture, true);
    let before = stage.platform.now_ns();
    for _ in 0..10 {
        receive(&mut queue, &home, 40);
    }
    // A look at the clock a burst, which lets 0.1 ms pass here, and nothing of a ring's patience.
    assert!(stage.platform.now_ns() - before < PATIENCE_NS / 40);
    let counts = CaptureCounts { ring_full: 400, ..CaptureCounts::default() };
    assert_eq!(capture.counts(), counts);
    hold(&stage, &other, &capture, false);
    stage.platform.advance(PATIENCE_NS);
    receive(&mut queue, &home, 3);
    assert_eq!((capture.counts().accepted, all(&capture).len()), (3, 3));
}

#[test]
fn who_died_in_the_middle_of_the_ring_keeps_nothing_out() {
    let stage = Stage::new();
    let (other, _) = stage.join(1);
    let capture = Capture::open(&stage.group, &small()).unwrap();
    capture.on(&stage.port).unwrap();
    hold(&stage, &other, &capture, true);
    stage.platform.dead.lock().unwrap().insert(1);
    receive(&mut stage.rx(0), &stage.pool.home(), 3);
    assert_eq!((capture.counts().accepted, all(&capture).len()), (3, 3));
}
