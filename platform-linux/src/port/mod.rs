//! Ports on Linux: the drivers of the kernel's devices, and the way from a command line to an open queue.
//!
//! | file | concept |
//! |---|---|
//! | `af_packet/` | net_af_packet: an interface of the kernel's, by mapped rings |
//! | `tap/` | net_tap: an interface of its own |
//! | `descriptors/` | what the kernel has open for a queue: opened and kept by the owner, handed on by message |
//! | `any.rs` `open_error.rs` | [`AnyRx`], [`AnyTx`]: a queue of whichever driver; why it was not opened |
//! | `kernel.rs` | queues of the kernel's interfaces |
//! | `keys.rs` | what each driver may be told |
//! | `make/` | ports of devices that are named: made, found, adopted, or undone |
//! | `set_up.rs` | why a port was not configured or started |
//! | `devices.rs` | which devices of the machine the group uses or leaves alone |
//! | `pci/` | net_e1000e and net_virtio: ports on PCI devices |
//! | `pcap/` | net_pcap: packets from and to capture files |
//! | `filter/` | the language of filters for captures |
//!
//! What a port is, and the drivers that need no device, are the core's
//! ([`phalanx_core::port`]). Owner and secondary open a queue by the same code.

pub mod af_packet;
mod any;
#[cfg(feature = "std")]
pub mod descriptors;
#[cfg(feature = "std")]
mod devices;
#[cfg(feature = "std")]
pub mod filter;
#[cfg(feature = "std")]
mod kernel;
pub(crate) mod keys;
#[cfg(feature = "std")]
mod make;
mod open_error;
#[cfg(feature = "std")]
pub mod pcap;
#[cfg(feature = "std")]
pub mod pci;
mod set_up;
#[cfg(feature = "std")]
pub mod tap;

pub use any::{AnyRx, AnyTx};
#[cfg(feature = "std")]
pub use devices::DeviceList;
#[cfg(feature = "std")]
pub(crate) use devices::{Listing, listing_of};
#[cfg(feature = "std")]
pub use make::DeviceError;
#[cfg(feature = "std")]
pub(crate) use make::{Arrival, Coming, Device, NotBegun, absolute_args, adopt_orphans, furnish};
pub use open_error::OpenError;
pub use set_up::SetUpError;

use phalanx_core::group::Group;
use phalanx_core::port::{MacAddress, Port, PortError, PortSetup, RxQueue, TxQueue};

/// The group's ports, as one process uses them.
///
/// ```no_run
/// # use phalanx_linux::eal::Eal;
/// # use phalanx_core::port::PortSetup;
/// let (eal, _) = Eal::init(["--vdev=net_null0", "--proc-type=auto"])?;
/// let ports = eal.ports();
/// for port in ports.all()? {
///     // One that was adopted has its queues, and workers on them.
///     if port.is_mine() && !port.phase().has_queues() {
///         ports.configure(&port, &PortSetup::queues(1, 1))?;
///         ports.start(&port)?;
///     }
/// }
/// let port = ports.port("net_null0")?;
/// let _rx = ports.open_rx(&port, 0)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Ports {
    group: Group,
}

impl Ports {
    /// The ports of `group`.
    pub const fn of(group: Group) -> Self {
        Self { group }
    }

    /// The group.
    pub fn group(&self) -> &Group {
        &self.group
    }

    /// Every port, the lowest id first.
    ///
    /// # Errors
    /// [`PortError`], if the directory could not be read.
    #[doc(alias = "RTE_ETH_FOREACH_DEV")]
    pub fn all(&self) -> Result<impl Iterator<Item = Port> + use<>, PortError> {
        Port::all(&self.group)
    }

    /// The port called `name`.
    ///
    /// # Errors
    /// [`PortError`], with the name that was probably meant.
    #[doc(alias = "rte_eth_dev_get_port_by_name")]
    pub fn port(&self, name: &str) -> Result<Port, PortError> {
        Port::lookup(&self.group, name)
    }

    /// The port with the id `id`.
    ///
    /// # Errors
    /// [`PortError`].
    pub fn by_id(&self, id: u16) -> Result<Port, PortError> {
        Port::by_id(&self.group, id)
    }

    /// Gives a port that this process owns its queues ([`Port::configure`]), and has its driver open what
    /// these need: sockets, of an interface that it gives the MTU of `setup`. A PCI device is reset, and given
    /// its queues.
    ///
    /// # Errors
    /// [`SetUpError`]. If the kernel refused, the port has its queues, those of its sockets that could be
    /// opened, and the MTU that its interface has: configure it again. Else nothing has changed.
    #[doc(alias = "rte_eth_dev_configure")]
    pub fn configure(&self, port: &Port, setup: &PortSetup) -> Result<(), SetUpError> {
        #[cfg(feature = "std")]
        if port.driver().is_pci() {
            return pci::configure(port, setup);
        }
        #[cfg(feature = "std")]
        pcap::check_queues(port, setup)?;
        port.configure(setup)?;
        // Sockets of earlier queues share what comes with those of the new ones no more.
        #[cfg(feature = "std")]
        if let Err(why) = descriptors::reconfigured(port) {
            let mtu = descriptors::mtu_of(port);
            if mtu.is_some_and(|mtu| mtu != port.facts().mtu) {
                port.configure(&PortSetup { mtu, ..*setup })?;
            }
            return Err(why.into());
        }
        Ok(())
    }

    /// Lets a port that this process owns run ([`Port::start`]). The files that one of net_pcap writes are
    /// made, or made empty, when it runs for the first time.
    ///
    /// # Errors
    /// [`SetUpError`]. The port does not run.
    #[doc(alias = "rte_eth_dev_start")]
    pub fn start(&self, port: &Port) -> Result<(), SetUpError> {
        #[cfg(feature = "std")]
        if port.driver().is_pci() {
            pci::start(port)?;
        } else {
            pcap::begin(port)?;
        }
        port.start()?;
        #[cfg(feature = "std")]
        descriptors::look_at_links();
        Ok(())
    }

    /// Has a port that this process owns do nothing ([`Port::stop`]).
    ///
    /// # Errors
    /// [`PortError`].
    #[doc(alias = "rte_eth_dev_stop")]
    pub fn stop(&self, port: &Port) -> Result<(), PortError> {
        port.stop()?;
        #[cfg(feature = "std")]
        if port.driver().is_pci() {
            pci::stop(port);
        }
        Ok(())
    }

    /// Gives a port that this process owns another MAC address ([`Port::set_mac`]), and the interface or the
    /// device that it stands for, if it does. An interface needs `CAP_NET_ADMIN` for that, and a virtio card
    /// takes none.
    ///
    /// # Errors
    /// [`SetUpError`]; the port has the address that it had.
    #[doc(alias = "rte_eth_dev_default_mac_addr_set")]
    pub fn set_mac(&self, port: &Port, mac: MacAddress) -> Result<(), SetUpError> {
        // Whoever may not is told so by the port.
        #[cfg(feature = "std")]
        if port.is_current() && port.is_mine() {
            if port.driver().is_pci() {
                pci::set_mac(port, mac)?;
            } else {
                descriptors::give_mac(port, mac)?;
            }
        }
        Ok(port.set_mac(mac)?)
    }

    /// Removes a port that this process owns ([`Port::close`]), and what its driver keeps for it. A PCI device is
    /// stopped for good before.
    ///
    /// # Errors
    /// [`SetUpError`].
    #[doc(alias = "rte_eth_dev_close")]
    pub fn close(&self, port: &Port) -> Result<(), SetUpError> {
        #[cfg(feature = "std")]
        if port.driver().is_pci() {
            return pci::close(port);
        }
        port.close()?;
        #[cfg(feature = "std")]
        descriptors::ended(port.name());
        Ok(())
    }

    /// Removes a port that this process owns, whoever has queues of it ([`Port::unplug`]), and what its driver
    /// keeps for it.
    ///
    /// # Errors
    /// [`PortError`].
    pub fn unplug(&self, port: &Port) -> Result<(), PortError> {
        #[cfg(feature = "std")]
        if port.driver().is_pci() {
            return pci::unplug(port);
        }
        port.unplug()?;
        #[cfg(feature = "std")]
        descriptors::ended(port.name());
        Ok(())
    }

    /// Has a port that this process has begun come to nothing ([`Port::give_up`]), and lets go of what its driver
    /// keeps for it.
    #[cfg(feature = "std")]
    pub(crate) fn give_up(&self, port: &Port) {
        port.give_up();
        if port.driver().is_pci() {
            pci::let_go(port);
        } else {
            descriptors::ended(port.name());
        }
    }

    /// Makes this process the owner of a port whose owner is gone ([`Port::adopt`]), and has its driver
    /// open what the port needs.
    ///
    /// # Errors
    /// [`PortError`].
    pub fn adopt(&self, port: &Port) -> Result<(), PortError> {
        port.adopt()?;
        #[cfg(feature = "std")]
        if port.driver().is_pci() {
            pci::adopted(port);
        } else {
            descriptors::adopted(port);
        }
        Ok(())
    }

    /// Opens Rx queue `queue` of `port`, which this process then has until it drops it. Any process may,
    /// whoever owns the port.
    ///
    /// # Errors
    /// [`OpenError`]; among them that a living process has the queue, by name.
    #[doc(alias = "rte_eth_rx_queue_setup")]
    pub fn open_rx(&self, port: &Port, queue: u16) -> Result<RxQueue<AnyRx>, OpenError> {
        let claim = port.claim_rx(queue)?;
        let driver = AnyRx::open(&claim)?;
        Ok(RxQueue::new(claim, driver))
    }

    /// Opens Tx queue `queue` of `port`; as [`open_rx`](Self::open_rx).
    ///
    /// # Errors
    /// [`OpenError`].
    #[doc(alias = "rte_eth_tx_queue_setup")]
    pub fn open_tx(&self, port: &Port, queue: u16) -> Result<TxQueue<AnyTx>, OpenError> {
        let claim = port.claim_tx(queue)?;
        let driver = AnyTx::open(&claim)?;
        Ok(TxQueue::new(claim, driver))
    }
}

/// The digits at the end of a device's name, as a number; 0 if it has none.
#[cfg(feature = "std")]
pub(crate) fn device_number(device: &str) -> u16 {
    let name = device.trim_end_matches(|c: char| c.is_ascii_digit());
    device.get(name.len()..).and_then(|digits| digits.parse().ok()).unwrap_or(0)
}
