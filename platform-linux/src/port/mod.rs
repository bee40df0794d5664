//! Ports on Linux: the drivers of the kernel's devices, and the way from a command line to an open queue.
//!
//! | file | concept |
//! |---|---|
//! | `any.rs` | [`AnyRx`], [`AnyTx`]: a queue of whichever driver |
//! | `keys.rs` | what each driver may be told |
//! | `make.rs` | ports of the command line: made, found, adopted, or undone |
//! | `devices.rs` | which devices of the machine the group uses or leaves alone |
//!
//! What a port is, and the drivers that need no device, are the core's
//! ([`phalanx_core::port`]). Owner and secondary open a queue by the same code.

mod any;
#[cfg(feature = "std")]
mod devices;
pub(crate) mod keys;
#[cfg(feature = "std")]
mod make;

pub use any::{AnyRx, AnyTx, OpenError};
#[cfg(feature = "std")]
pub use devices::DeviceList;
#[cfg(feature = "std")]
pub use make::DeviceError;
#[cfg(feature = "std")]
pub(crate) use make::{Arrival, adopt_orphans, furnish};

use phalanx_core::group::Group;
use phalanx_core::port::{Port, PortError, PortSetup, RxQueue, TxQueue};

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
    /// these need.
    ///
    /// # Errors
    /// [`PortError`].
    #[doc(alias = "rte_eth_dev_configure")]
    pub fn configure(&self, port: &Port, setup: &PortSetup) -> Result<(), PortError> {
        port.configure(setup)
    }

    /// Lets a port that this process owns run ([`Port::start`]).
    ///
    /// # Errors
    /// [`PortError`].
    #[doc(alias = "rte_eth_dev_start")]
    pub fn start(&self, port: &Port) -> Result<(), PortError> {
        port.start()
    }

    /// Has a port that this process owns do nothing ([`Port::stop`]).
    ///
    /// # Errors
    /// [`PortError`].
    #[doc(alias = "rte_eth_dev_stop")]
    pub fn stop(&self, port: &Port) -> Result<(), PortError> {
        port.stop()
    }

    /// Removes a port that this process owns ([`Port::close`]), and what its driver keeps for it.
    ///
    /// # Errors
    /// [`PortError`].
    #[doc(alias = "rte_eth_dev_close")]
    pub fn close(&self, port: &Port) -> Result<(), PortError> {
        port.close()
    }

    /// Makes this process the owner of a port whose owner is gone ([`Port::adopt`]), and has its driver
    /// open what the port needs.
    ///
    /// # Errors
    /// [`PortError`].
    pub fn adopt(&self, port: &Port) -> Result<(), PortError> {
        port.adopt()
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
