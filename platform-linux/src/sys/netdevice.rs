//! What a network interface is and may be told, by the `ioctl`s that any socket takes. rustix has
//! those for names only. Names are looked up in the network namespace of the socket, wherever
//! the process is.
#![expect(unsafe_code, reason = "ioctls that read and fill an `ifreq`, and one of /dev/net/tun")]

use super::syscall::syscall;
use linux_raw_sys::general::__NR_ioctl;
use linux_raw_sys::ioctl as raw;
use rustix::fd::{AsRawFd, BorrowedFd};
use rustix::io::Errno;

/// Bytes of a name, its NUL at the end included.
const NAME_BYTES: usize = 16;
/// What follows the name, on 64-bit machines.
const VALUE_BYTES: usize = 24;

/// The interface is to be up.
pub const UP: u16 = 1;
/// It is up and has a carrier.
pub const RUNNING: u16 = 1 << 6;

/// `struct ifreq`: a name, and whatever the call is about.
#[repr(C, align(8))]
#[derive(Clone, Copy, Debug)]
struct Request {
    name: [u8; NAME_BYTES],
    value: [u8; VALUE_BYTES],
}

/// The name of an interface: 1 to 15 bytes, as the kernel takes it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct InterfaceName([u8; NAME_BYTES]);

impl InterfaceName {
    /// `None` if `name` is empty, longer than 15 bytes, or has a byte that the kernel refuses: a slash,
    /// a colon, white space, or one that does not print; or a `%`, which it makes a name of its own of.
    pub fn new(name: &str) -> Option<Self> {
        let is_fit = |byte: u8| byte.is_ascii_graphic() && !matches!(byte, b'/' | b':' | b'%');
        let fits = matches!(name.len(), 1..NAME_BYTES) && name.bytes().all(is_fit);
        if !fits || matches!(name, "." | "..") {
            return None;
        }
        let mut bytes = [0; NAME_BYTES];
        bytes.iter_mut().zip(name.bytes()).for_each(|(to, from)| *to = from);
        Some(Self(bytes))
    }

    /// It, as text.
    pub fn as_str(&self) -> &str {
        let len = self.0.iter().position(|byte| *byte == 0).unwrap_or(NAME_BYTES);
        core::str::from_utf8(self.0.get(..len).unwrap_or_default()).unwrap_or_default()
    }
}

impl core::fmt::Debug for InterfaceName {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "InterfaceName({})", self.as_str())
    }
}

impl core::fmt::Display for InterfaceName {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Its index.
///
/// # Errors
/// The kernel's; `ENODEV` if there is no such interface.
pub fn index(socket: BorrowedFd<'_>, name: InterfaceName) -> Result<u32, Errno> {
    let [a, b, c, d, ..] = ask(socket, raw::SIOCGIFINDEX, name, [0; VALUE_BYTES])?;
    Ok(u32::from_ne_bytes([a, b, c, d]))
}

/// The most bytes of a packet behind its Ethernet header.
///
/// # Errors
/// As [`index`].
pub fn mtu(socket: BorrowedFd<'_>, name: InterfaceName) -> Result<u32, Errno> {
    let [a, b, c, d, ..] = ask(socket, raw::SIOCGIFMTU, name, [0; VALUE_BYTES])?;
    Ok(u32::from_ne_bytes([a, b, c, d]))
}

/// Sets the MTU. Needs `CAP_NET_ADMIN`.
///
/// # Errors
/// As [`index`]; `EINVAL` for one that the device does not take.
pub fn set_mtu(socket: BorrowedFd<'_>, name: InterfaceName, mtu: u32) -> Result<(), Errno> {
    ask(socket, raw::SIOCSIFMTU, name, starting_with(&mtu.to_ne_bytes())).map(|_| ())
}

/// What it is: [`UP`], [`RUNNING`] and others.
///
/// # Errors
/// As [`index`].
pub fn flags(socket: BorrowedFd<'_>, name: InterfaceName) -> Result<u16, Errno> {
    let [a, b, ..] = ask(socket, raw::SIOCGIFFLAGS, name, [0; VALUE_BYTES])?;
    Ok(u16::from_ne_bytes([a, b]))
}

/// Sets what it is to be. Needs `CAP_NET_ADMIN`.
///
/// # Errors
/// As [`index`].
pub fn set_flags(socket: BorrowedFd<'_>, name: InterfaceName, flags: u16) -> Result<(), Errno> {
    ask(socket, raw::SIOCSIFFLAGS, name, starting_with(&flags.to_ne_bytes())).map(|_| ())
}

/// Its Ethernet address; `None` if it is no Ethernet interface.
///
/// # Errors
/// As [`index`].
pub fn mac(socket: BorrowedFd<'_>, name: InterfaceName) -> Result<Option<[u8; 6]>, Errno> {
    let [kind, kind2, a, b, c, d, e, f, ..] =
        ask(socket, raw::SIOCGIFHWADDR, name, [0; VALUE_BYTES])?;
    let is_ethernet = u16::from_ne_bytes([kind, kind2]) == ETHERNET;
    Ok(is_ethernet.then_some([a, b, c, d, e, f]))
}

/// Sets its Ethernet address. Needs `CAP_NET_ADMIN`.
///
/// # Errors
/// As [`index`]; `EBUSY` if it must be down for that.
pub fn set_mac(socket: BorrowedFd<'_>, name: InterfaceName, mac: [u8; 6]) -> Result<(), Errno> {
    let mut value = starting_with(&ETHERNET.to_ne_bytes());
    value.iter_mut().skip(2).zip(mac).for_each(|(to, from)| *to = from);
    ask(socket, raw::SIOCSIFHWADDR, name, value).map(|_| ())
}

/// `ARPHRD_ETHER`.
const ETHERNET: u16 = 1;

/// `TUNSETIFF`, `TUNGETIFF` and `TUNSETPERSIST`.
const TUN_SET_INTERFACE: u32 = 0x4004_54ca;
const TUN_GET_INTERFACE: u32 = 0x8004_54d2;
const TUN_SET_PERSIST: u32 = 0x4004_54cb;

/// Makes `tun` (an open `/dev/net/tun`) a queue of the interface `name`, which is made if there is
/// none; `flags` are `IFF_TAP` and the like. Needs `CAP_NET_ADMIN`.
///
/// # Errors
/// The kernel's; `EBUSY` if there is one and `flags` have `IFF_TUN_EXCL`, `EINVAL` if it is no such
/// interface.
pub fn tun_attach(tun: BorrowedFd<'_>, name: InterfaceName, flags: u16) -> Result<(), Errno> {
    ask(tun, TUN_SET_INTERFACE, name, starting_with(&flags.to_ne_bytes())).map(|_| ())
}

/// Of which interface `tun` is a queue.
///
/// # Errors
/// The kernel's; `EBADFD` if it is none's.
pub fn tun_name(tun: BorrowedFd<'_>) -> Result<InterfaceName, Errno> {
    let mut request = Request { name: [0; NAME_BYTES], value: [0; VALUE_BYTES] };
    call(tun, TUN_GET_INTERFACE, &mut request)?;
    Ok(InterfaceName(request.name))
}

/// Whether the interface of `tun` stays when nobody has it open any more.
///
/// # Errors
/// The kernel's.
pub fn tun_persist(tun: BorrowedFd<'_>, stays: Stays) -> Result<(), Errno> {
    let stays = usize::from(stays == Stays::Always);
    let arguments = [tun.as_raw_fd() as usize, TUN_SET_PERSIST as usize, stays, 0, 0, 0];
    // SAFETY: the call takes a number and no pointer; it changes the interface and nothing else.
    unsafe { syscall(__NR_ioctl, arguments) }.map(|_| ())
}

/// How long an interface stays.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stays {
    /// Until nobody has it open.
    WhileOpen,
    /// Until it is deleted.
    Always,
}

fn starting_with(start: &[u8]) -> [u8; VALUE_BYTES] {
    let mut value = [0; VALUE_BYTES];
    value.iter_mut().zip(start).for_each(|(to, from)| *to = *from);
    value
}

fn ask(
    socket: BorrowedFd<'_>,
    number: u32,
    name: InterfaceName,
    value: [u8; VALUE_BYTES],
) -> Result<[u8; VALUE_BYTES], Errno> {
    let mut request = Request { name: name.0, value };
    call(socket, number, &mut request)?;
    Ok(request.value)
}

fn call(socket: BorrowedFd<'_>, number: u32, request: &mut Request) -> Result<(), Errno> {
    let place: *mut Request = request;
    let arguments = [socket.as_raw_fd() as usize, number as usize, place as usize, 0, 0, 0];
    // SAFETY: the callers' calls read and write one `ifreq`, as long as a `Request` and made of
    // bytes, through a pointer from a unique reference that outlives the call.
    unsafe { syscall(__NR_ioctl, arguments) }.map(|_| ())
}

#[cfg(test)]
mod tests {
    use super::*;
    use rustix::fd::AsFd;
    use rustix::net::{AddressFamily, SocketFlags, SocketType, socket_with};

    #[test]
    fn a_name_has_one_to_fifteen_bytes_that_the_kernel_takes() {
        for good in ["lo", "veth0", "a", "exactly15bytes0", "br-1.2@x"] {
            assert_eq!(InterfaceName::new(good).unwrap().as_str(), good);
        }
        for bad in ["", ".", "..", "a b", "a/b", "a:b", "sixteen_bytes_00", "ä", "a\n", "dt%d"] {
            assert_eq!(InterfaceName::new(bad), None, "{bad}");
        }
    }

    #[test]
    fn the_loopback_interface_is_known_and_another_is_not() {
        let kind = (AddressFamily::INET, SocketType::DGRAM, SocketFlags::CLOEXEC);
        let socket = socket_with(kind.0, kind.1, kind.2, None).unwrap();
        let lo = InterfaceName::new("lo").unwrap();
        assert_eq!(index(socket.as_fd(), lo), Ok(1));
        assert!(mtu(socket.as_fd(), lo).unwrap() > 1000);
        assert_eq!(mac(socket.as_fd(), lo), Ok(None));
        let none = InterfaceName::new("phx-none").unwrap();
        assert_eq!(index(socket.as_fd(), none), Err(Errno::NODEV));
        assert_eq!(flags(socket.as_fd(), none), Err(Errno::NODEV));
    }
}
