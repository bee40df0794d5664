//! What strangers send to a process's socket: whatever it is, the process answers on, and nothing
//! of it stays.

use core::mem::MaybeUninit;
use std::path::Path;

use phalanx_core::group::ProcessId;
use phalanx_core::message::{ActionName, Frame, Kind, Payload};
use phalanx_tests::cpu::lcore;
use phalanx_tests::group::TestGroup;
use phalanx_tests::process::Process;
use rustix::fd::{AsFd, BorrowedFd, OwnedFd};
use rustix::fs::{Mode, OFlags, open};
use rustix::io::IoSlice;
use rustix::net::{
    AddressFamily, SendAncillaryBuffer, SendAncillaryMessage, SendFlags, SocketAddrUnix,
    SocketFlags, SocketType, sendmsg_addr, socket_with,
};

const PEER: &str = env!("CARGO_BIN_EXE_phalanx-peer");

/// A program that is no member, and sends to a member's socket.
struct Stranger {
    socket: OwnedFd,
    to: SocketAddrUnix,
    null: OwnedFd,
    seed: u64,
}

impl Stranger {
    fn of(path: &Path) -> Self {
        let socket =
            socket_with(AddressFamily::UNIX, SocketType::DGRAM, SocketFlags::CLOEXEC, None)
                .expect("a socket");
        let to = SocketAddrUnix::new(path.to_str().expect("text")).expect("short enough");
        let null =
            open("/dev/null", OFlags::RDWR | OFlags::CLOEXEC, Mode::empty()).expect("a file");
        Self { socket, to, null, seed: 0x9e37_79b9_7f4a_7c15 }
    }

    /// Numbers that are the same in each run.
    fn random(&mut self, below: u64) -> u64 {
        self.seed ^= self.seed << 13;
        self.seed ^= self.seed >> 7;
        self.seed ^= self.seed << 17;
        self.seed % below
    }

    /// Sends and waits for room.
    fn send(&self, bytes: &[u8], descriptors: usize) {
        let borrowed: Vec<BorrowedFd<'_>> = vec![self.null.as_fd(); descriptors];
        let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(64))];
        let mut control = SendAncillaryBuffer::new(&mut space);
        if !borrowed.is_empty() {
            assert!(control.push(SendAncillaryMessage::ScmRights(&borrowed)));
        }
        let parts = [IoSlice::new(bytes)];
        sendmsg_addr(&self.socket, &self.to, &parts, &mut control, SendFlags::empty())
            .expect("somebody receives");
    }

    /// A frame as a member would send it, then changed: bytes flipped, cut, prolonged, or nothing
    /// at all; with descriptors that it does not speak of.
    fn send_mutant(&mut self) {
        let kinds = [Kind::Message, Kind::Request, Kind::Reply];
        let kind = kinds[self.random(3) as usize];
        let frame = Frame {
            kind,
            request: if kind == Kind::Message { 0 } else { 1 + self.random(8) },
            sender: ProcessId::new(self.random(64) as u16, 1 + self.random(2) as u32),
            target: ProcessId::new(0, 1),
            name: ActionName::new("phalanx/ping").expect("a name"),
            payload: Payload::new(&[7; 64]).expect("short"),
            descriptors: self.random(9) as u8,
        };
        let mut bytes = frame.encode().to_vec();
        match self.random(6) {
            0 => {}
            1 => bytes.truncate(self.random(384) as usize),
            2 => bytes.resize(385 + self.random(4000) as usize, 1),
            3 => bytes.clear(),
            _ => {
                for _ in 0..=self.random(4) {
                    let at = self.random(384) as usize;
                    bytes[at] = self.random(256) as u8;
                }
            }
        }
        let descriptors = if self.random(4) == 0 { self.random(20) as usize } else { 0 };
        self.send(&bytes, descriptors);
    }
}

fn tell(peer: &mut Process, command: &str) -> String {
    peer.ask(command).unwrap_or_else(|why| panic!("{command}: {why}"))
}

fn survives(datagrams: usize) {
    let group = TestGroup::of(PEER);
    let mut primary = group.peer(&format!("--no-huge -m 8 {}", lcore(0)));
    let mut member = group.peer(&format!("--proc-type=secondary {}", lcore(1)));
    let mut stranger = Stranger::of(&group.dir().join("m0"));
    // What is made at first use is made before the count.
    (0..2000).for_each(|_| stranger.send_mutant());
    assert_eq!(tell(&mut member, "ask 0 phalanx/ping first 30000"), "1/1 0=first");
    let before: Vec<String> =
        ["descriptors", "threads"].map(|what| tell(&mut primary, what)).to_vec();
    let resident: u64 = tell(&mut primary, "resident").parse().expect("a number");
    (0..datagrams).for_each(|_| stranger.send_mutant());
    assert_eq!(tell(&mut member, "ask 0 phalanx/ping last 30000"), "1/1 0=last");
    while tell(&mut primary, "dropped") != (datagrams + 2000).to_string() {
        std::thread::yield_now();
    }
    let after: Vec<String> =
        ["descriptors", "threads"].map(|what| tell(&mut primary, what)).to_vec();
    assert_eq!(after, before);
    let grown = tell(&mut primary, "resident").parse::<u64>().expect("a number");
    assert!(grown <= resident + 1024, "{resident} KB before, {grown} KB after");
}

#[test]
fn twenty_thousand_mutated_datagrams_change_nothing() {
    survives(20_000);
}

#[test]
#[ignore = "a long proof: a million datagrams"]
fn a_million_mutated_datagrams_change_nothing() {
    survives(1_000_000);
}
