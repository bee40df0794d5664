//! Two bare datagrams over a Unix socket: what nothing that uses one can beat.

use std::io::{self, ErrorKind};
use std::os::unix::net::UnixDatagram;
use std::path::Path;

use crate::pair::{ask_in_slices, serve_in_slices, timed};

/// As long as DPDK's.
const BYTES: usize = 340;

/// Asks or answers, sleeping in `recv` or trying it again and again.
pub(crate) fn run(directory: &Path, asks: bool, spins: bool) -> io::Result<()> {
    let [mine, other] = if asks { ["ask", "answer"] } else { ["answer", "ask"] };
    let other = directory.join(other);
    let socket = UnixDatagram::bind(directory.join(mine))?;
    socket.set_nonblocking(spins)?;
    let mut room = [0; BYTES];
    if !asks {
        return serve_in_slices(|| serve(&socket, &other));
    }
    ask_in_slices(|limit| {
        let said = timed(limit, || {
            socket.send_to(&[1; BYTES], &other)?;
            receive(&socket, &mut room).map(|_| ())
        });
        // The other one ends its slice.
        socket.send_to(&[], &other)?;
        said
    })
}

fn serve(socket: &UnixDatagram, other: &Path) {
    let mut room = [0; BYTES];
    while let Ok(bytes @ 1..) = receive(socket, &mut room) {
        // A failure shows at the asker, which waits.
        let _ = socket.send_to(&room[..bytes], other);
    }
}

fn receive(socket: &UnixDatagram, room: &mut [u8]) -> io::Result<usize> {
    loop {
        match socket.recv(room) {
            Err(error) if error.kind() == ErrorKind::WouldBlock => core::hint::spin_loop(),
            result => return result,
        }
    }
}
