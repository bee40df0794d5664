//! Commands about devices that come and go.

use core::sync::atomic::{AtomicBool, Ordering};
use core::time::Duration;
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, OnceLock};
use std::time::Instant;

use phalanx_core::port::Port;
use phalanx_linux::eal::Eal;
use phalanx_linux::hotplug::{Detaching, DeviceHeard, DeviceMonitor, Force, PortNews};
use rustix::process::{Pid, Signal, getpid, kill_process};

use crate::obey::{Answer, number, sentence};

/// As long as a test waits.
const PATIENCE: Duration = Duration::from_secs(50);

/// What this peer has heard.
#[derive(Default)]
pub(crate) struct Ear {
    ports: Option<PortNews>,
    devices: Option<(DeviceMonitor, Receiver<String>)>,
}

/// Whether a guard that waits may go on.
static MAY_GO_ON: OnceLock<Arc<AtomicBool>> = OnceLock::new();

/// | command | does | answers |
/// |---|---|---|
/// | `attach DEVARGS` | | the port's id, whether it is this process's, and what a user should know |
/// | `detach NAME [PATIENCE_MS [force]]` | | |
/// | `guard refuse WORD...` | refuses every device from now on, with these words | |
/// | `guard kill PID` | kills that process, 0 for itself, when it is asked about a device | |
/// | `guard wait` | has who asks wait until `guard-go` | |
/// | `port-news` | listens from now on | |
/// | `device-news` | hears what the kernel says of devices from now on | |
/// | `await-device WORDS...` | waits for such news | |
/// | `await-port WHAT NAME` | waits for such news (`is going`, written `is-going`) | |
pub(crate) fn answer(eal: &Eal, ear: &mut Ear, words: &[&str]) -> Answer {
    let done = |()| String::new();
    match words {
        ["attach", devargs] => {
            let mut told = String::new();
            let mut caution = |caution| told.push_str(&format!("; {caution}"));
            let port = eal.attach_with(devargs, &mut caution).map_err(sentence)?;
            let whose = if port.is_mine() { "mine" } else { "theirs" };
            Ok(format!("{} {whose}{told}", port.id()))
        }
        ["detach", name] => eal.detach(name).map(done).map_err(sentence),
        ["detach", name, patience, force @ ..] => {
            let patience = Duration::from_millis(number(patience)?);
            let force = if force == ["force"] { Force::AfterAll } else { Force::Never };
            eal.detach_as(name, Detaching { patience, force }).map(done).map_err(sentence)
        }
        ["guard", "refuse", why @ ..] => {
            let why = why.join(" ");
            eal.guard_ports(move |_: &Port| Err(why.clone()));
            Ok(String::new())
        }
        ["guard", "kill", pid] => {
            let pid: i32 = number(pid)?;
            eal.guard_ports(move |_: &Port| {
                let whom = Pid::from_raw(pid).unwrap_or_else(getpid);
                kill_process(whom, Signal::KILL).map_err(sentence)
            });
            Ok(String::new())
        }
        ["guard", "wait"] => {
            let go = Arc::clone(MAY_GO_ON.get_or_init(Arc::default));
            eal.guard_ports(move |_: &Port| {
                let begun = Instant::now();
                while !go.load(Ordering::Acquire) && begun.elapsed() < PATIENCE {
                    std::thread::sleep(Duration::from_millis(1));
                }
                Ok(())
            });
            Ok(String::new())
        }
        ["guard-go"] => {
            MAY_GO_ON.get_or_init(Arc::default).store(true, Ordering::Release);
            Ok(String::new())
        }
        ["port-news"] => {
            ear.ports = Some(eal.port_news().map_err(sentence)?);
            Ok(String::new())
        }
        ["await-port", what, name] => {
            let news = ear.ports.as_mut().ok_or("say port-news first")?;
            loop {
                let missed = |count| format!("{count} events were missed");
                let Some(heard) = news.wait(PATIENCE).map_err(missed)? else {
                    return Err("nothing was heard".to_owned());
                };
                let text = heard.to_string().replace(' ', "-");
                if heard.name.as_str() == *name && text.ends_with(what) {
                    return Ok(heard.to_string());
                }
            }
        }
        ["device-news"] => {
            let (sender, receiver) = channel();
            let monitor = DeviceMonitor::start(move |heard| {
                if let DeviceHeard::Event(event) = heard {
                    // Who listens no more is told nothing.
                    let _ = sender.send(event.to_string());
                }
            });
            ear.devices = Some((monitor.map_err(sentence)?, receiver));
            Ok(String::new())
        }
        ["await-device", wanted @ ..] => {
            let (_, news) = ear.devices.as_ref().ok_or("say device-news first")?;
            let wanted = wanted.join(" ");
            loop {
                let heard = news.recv_timeout(PATIENCE).map_err(sentence)?;
                if heard == wanted {
                    return Ok(heard);
                }
            }
        }
        _ => Err(format!("no such command: {}", words.join(" "))),
    }
}
