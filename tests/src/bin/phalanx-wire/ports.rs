//! The ports at the ends: made to run by their owner, and closed by him.

use std::process::Command;

use phalanx_core::mbuf::MbufPool;
use phalanx_core::port::{Port, PortSetup};
use phalanx_linux::eal::Eal;

use crate::{Outcome, wait_for};

/// Makes run what is this process's and does not.
pub(crate) fn make_run(eal: &Eal) -> Outcome<()> {
    let ports = eal.ports();
    for port in ports.all()?.filter(Port::is_mine) {
        if !port.phase().has_queues() {
            ports.configure(&port, &PortSetup::queues(1, 1))?;
            ports.start(&port)?;
            println!("set up: {} by {}", port.name(), port.driver());
        }
    }
    Ok(())
}

/// The port at an end.
pub(crate) fn end(eal: &Eal, number: usize) -> Outcome<Port> {
    let mut found = None;
    wait_for("the port is there", || {
        found = eal.ports().all().ok().and_then(|mut all| all.nth(number));
        found.is_some()
    })?;
    found.ok_or_else(|| "no such port".into())
}

/// Waits until nobody else has a queue, closes the ports of this process, and sees that every mbuf is back.
pub(crate) fn close_own(eal: &Eal, pool: &MbufPool) -> Outcome<()> {
    let own: Vec<Port> = eal.ports().all()?.filter(Port::is_mine).collect();
    if own.is_empty() {
        return Ok(());
    }
    let me = eal.group().me();
    wait_for("the others end", || eal.group().processes().all(|it| it.id == me))?;
    for port in own {
        let stats = port.stats();
        eal.ports().close(&port)?;
        println!("closed: {} rx {} missed {}", port.name(), stats.rx_packets, stats.rx_missed);
    }
    wait_for("every mbuf is back", || pool.in_use_count() == 0)?;
    let prefix = format!("--file-prefix={}", eal.options().file_prefix);
    let audit = Command::new("phalanx").args(["audit", &prefix]).output()?;
    let said = String::from_utf8_lossy(&audit.stdout).into_owned();
    if !audit.status.success() {
        let errors = String::from_utf8_lossy(&audit.stderr);
        return Err(format!("the audit: {said}{errors}").into());
    }
    println!("audited: {}", said.lines().last().unwrap_or_default());
    Ok(())
}
