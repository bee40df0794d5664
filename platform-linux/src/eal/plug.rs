//! Devices that come and go, as a program asks for it: attaching, detaching, hearing of both.

use phalanx_core::port::Port;

use super::Eal;
use super::watch::NoWatcher;
use crate::device::Caution;
use crate::hotplug::{AttachError, DetachError, Detaching, PortHeard, PortNews};

impl Eal {
    /// Attaches a device to the living group: `net_null1,size=64`, `vdev:net_ring0`. Its port is there in
    /// all processes at once, or in none: each that has messages is asked whether it can use it, and
    /// one that cannot undoes it ([`hotplug`](crate::hotplug) has all of it). From any process; the primary owns
    /// it, if there is one that has messages, else this process. Its owner configures and starts it. What a user
    /// should know of the device goes into the logs of the owner and of this process.
    ///
    /// Waits 6 s at most; for a process that is stopped, 2 s. Answers HP-1 to HP-5, W-14, W-59.
    ///
    /// # Errors
    /// [`AttachError`]; among them that it is there already ([`AttachError::Exists`]), and who refused it, and why.
    ///
    /// ```no_run
    /// # use phalanx_linux::eal::Eal;
    /// # let (eal, _) = Eal::init(["--proc-type=auto"])?;
    /// let port = eal.attach("net_null1,size=64")?;
    /// assert!(eal.ports().all()?.any(|it| it == port));
    /// eal.detach("net_null1")?;
    /// # Ok::<(), Box<dyn core::error::Error>>(())
    /// ```
    #[doc(alias = "rte_eal_hotplug_add")]
    #[doc(alias = "rte_dev_probe")]
    pub fn attach(&self, devargs: &str) -> Result<Port, AttachError> {
        self.attach_with(devargs, &mut |_| {})
    }

    /// As [`attach`](Self::attach), and `caution` is told what a user should know of the device: that no IOMMU
    /// contains it. If this process is the owner it is told before others are asked, else once the port is there.
    ///
    /// # Errors
    /// [`AttachError`].
    pub fn attach_with(
        &self,
        devargs: &str,
        caution: &mut dyn FnMut(Caution),
    ) -> Result<Port, AttachError> {
        self.plugging.plugs().attach(devargs, caution)
    }

    /// Detaches a device from the living group, from any process: those who have queues of its port are told
    /// ([`PortEvent::Going`](crate::hotplug::PortEvent::Going)) and have two seconds to let them go.
    ///
    /// # Errors
    /// As of [`detach_as`](Self::detach_as).
    #[doc(alias = "rte_eal_hotplug_remove")]
    #[doc(alias = "rte_dev_remove")]
    pub fn detach(&self, device: &str) -> Result<(), DetachError> {
        self.detach_as(device, Detaching::default())
    }

    /// As [`detach`](Self::detach), with another patience, or by force.
    ///
    /// # Errors
    /// [`DetachError`]; the port is as it was. Among them that there is none
    /// ([`DetachError::NotFound`]), and who has which queue ([`DetachError::Busy`]).
    pub fn detach_as(&self, device: &str, how: Detaching) -> Result<(), DetachError> {
        self.plugging.plugs().detach(device, how)
    }

    /// From now on `guard` is asked before any device is attached to the group: an error keeps it from all, and
    /// its sentence is told to who wanted it. Called on threads of the message service; let it be short.
    pub fn guard_ports(&self, guard: impl Fn(&Port) -> Result<(), String> + Send + Sync + 'static) {
        self.plugging.plugs().guard(guard);
    }

    /// Subscribes to what becomes of the group's ports from now on: added, going, removed, another link.
    ///
    /// # Errors
    /// [`NoWatcher`].
    ///
    /// ```no_run
    /// # use core::time::Duration;
    /// # use phalanx_linux::{eal::Eal, hotplug::PortEvent};
    /// # let (eal, _) = Eal::init(["--proc-type=auto"])?;
    /// let mut news = eal.port_news()?;
    /// while let Ok(Some(heard)) = news.wait(Duration::from_secs(1)) {
    ///     if heard.what == PortEvent::Going {
    ///         println!("let go of {}", heard.name);
    ///     }
    /// }
    /// # Ok::<(), Box<dyn core::error::Error>>(())
    /// ```
    #[doc(alias = "rte_eth_dev_callback_register")]
    pub fn port_news(&self) -> Result<PortNews, NoWatcher> {
        self.events().map(PortNews)
    }

    /// As [`port_news`](Self::port_news), by a function that is called as that of [`on_event`](Self::on_event)
    /// is; with `None` when events were missed: then look what ports there are.
    ///
    /// # Errors
    /// [`NoWatcher`].
    #[doc(alias = "rte_dev_event_callback_register")]
    pub fn on_port_news(
        &self,
        mut callback: impl FnMut(Option<&PortHeard>) + Send + 'static,
    ) -> Result<(), NoWatcher> {
        self.on_event(move |heard| {
            if let Some(heard) = PortHeard::of(heard) {
                callback(heard.as_ref());
            }
        })
    }
}
