//! Sockets of two slots in one directory, and what strangers send.

use rustix::fd::{AsFd, OwnedFd};
use rustix::fs::{MemfdFlags, memfd_create};
use rustix::io::{FdFlags, fcntl_getfd, read, write};
use rustix::net::{AddressFamily, SocketFlags, SocketType, socketpair};

use super::file::remove_dead;
use super::*;
use crate::runtime_dir::OwnedDir;
use crate::sys::test_support::TempDir;

/// Two sockets in a directory whose path is longer than a socket's may be.
struct Pair {
    _place: TempDir,
    dir: OwnedDir,
    first: MessageSocket,
    second: MessageSocket,
}

impl Pair {
    fn new(label: &str) -> Self {
        let place = TempDir::new(label);
        let long = format!("{}{}", label, "x".repeat(100));
        let base = OwnedDir::open_trusted(place.path_str()).unwrap();
        let dir = OwnedDir::create(&base, &long).unwrap();
        let bind = |slot| MessageSocket::bind(&dir, slot).unwrap();
        let (first, second) = (bind(0), bind(63));
        Self { first, second, dir, _place: place }
    }
}

fn memfd(text: &[u8]) -> OwnedFd {
    let file = memfd_create(c"message-test", MemfdFlags::CLOEXEC).unwrap();
    write(&file, text).unwrap();
    rustix::fs::seek(&file, rustix::fs::SeekFrom::Start(0)).unwrap();
    file
}

#[test]
fn a_datagram_arrives_with_its_sender_and_nothing_else() {
    let pair = Pair::new("sock-plain");
    let mut room = [0; 16];
    assert!(pair.second.receive(&mut room).unwrap().is_none());
    pair.first.send(63, b"hello", &[]).unwrap();
    let datagram = pair.second.receive(&mut room).unwrap().unwrap().unwrap();
    assert_eq!(datagram.bytes, b"hello");
    assert_eq!(datagram.pid, std::process::id());
    assert!(datagram.descriptors.is_empty());
}

#[test]
fn eight_descriptors_arrive_close_on_exec_and_nine_are_refused() {
    let pair = Pair::new("sock-eight");
    let files: Vec<OwnedFd> = (0..9).map(|it| memfd(&[it])).collect();
    let borrowed: Vec<_> = files.iter().map(AsFd::as_fd).collect();
    assert_eq!(
        pair.first.send(63, b"nine", &borrowed),
        Err(SendFailed::Refused(rustix::io::Errno::TOOBIG))
    );
    pair.first.send(63, b"eight", &borrowed[..8]).unwrap();
    let mut room = [0; 16];
    let datagram = pair.second.receive(&mut room).unwrap().unwrap().unwrap();
    assert_eq!(datagram.descriptors.len(), 8);
    for (index, fd) in datagram.descriptors.iter().enumerate() {
        assert_eq!(fcntl_getfd(fd), Ok(FdFlags::CLOEXEC));
        let mut byte = [0; 1];
        assert_eq!(read(fd, &mut byte), Ok(1));
        assert_eq!(usize::from(byte[0]), index);
    }
}

#[test]
fn empty_and_long_datagrams_are_malformed_and_the_next_one_arrives() {
    let pair = Pair::new("sock-bad");
    let mut room = [0; 8];
    pair.first.send(63, b"", &[]).unwrap();
    pair.first.send(63, b"123456789", &[]).unwrap();
    pair.first.send(63, b"12345678", &[]).unwrap();
    let me = std::process::id();
    let mut next = || pair.second.receive(&mut room).unwrap().unwrap().map(|it| it.bytes.len());
    assert_eq!(next(), Err((Malformed::Empty, me)));
    assert_eq!(next(), Err((Malformed::TooLong, me)));
    assert_eq!(next(), Ok(8));
}

#[test]
fn descriptors_of_a_dropped_datagram_are_closed() {
    let pair = Pair::new("sock-closed");
    // One end of a stream sees its end once every descriptor of the other is closed.
    let (unix, stream) = (AddressFamily::UNIX, SocketType::STREAM);
    let (reader, writer) = socketpair(unix, stream, SocketFlags::CLOEXEC, None).unwrap();
    pair.first.send(63, b"too long", &[writer.as_fd()]).unwrap();
    drop(writer);
    let mut room = [0; 4];
    assert!(matches!(pair.second.receive(&mut room), Ok(Some(Err((Malformed::TooLong, _))))));
    assert_eq!(read(&reader, &mut [0; 1]), Ok(0));
}

#[test]
fn a_full_receiver_and_a_missing_one_are_answers() {
    let pair = Pair::new("sock-full");
    let full = (0..10_000).find_map(|_| pair.first.send(63, b"more", &[]).err());
    assert_eq!(full, Some(SendFailed::Full));
    assert_eq!(pair.first.send(5, b"nobody", &[]), Err(SendFailed::Gone));
    drop(pair.second);
    assert_eq!(pair.first.send(63, b"gone", &[]), Err(SendFailed::Gone));
}

#[test]
fn a_stale_socket_is_replaced_and_dead_ones_are_removed() {
    let pair = Pair::new("sock-stale");
    core::mem::forget(MessageSocket::bind(&pair.dir, 7).unwrap());
    let again = MessageSocket::bind(&pair.dir, 7).unwrap();
    pair.first.send(7, b"the new one", &[]).unwrap();
    assert!(again.receive(&mut [0; 16]).unwrap().is_some());
    core::mem::forget(again);
    assert_eq!(remove_dead(&pair.dir, |slot| slot == 7), Ok(1));
    assert_eq!(pair.dir.names().unwrap(), ["m0", "m63"]);
    assert_eq!(remove_all(&pair.dir).unwrap(), ["m0", "m63"]);
}
