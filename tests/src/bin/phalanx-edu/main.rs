//! Drives QEMU's teaching device, `edu`, through VFIO or UIO, as the owner of a group or as one of its
//! secondaries. For tests in a guest.
//!
//! ```text
//! phalanx-edu CHECK[,CHECK...] ADDRESS [EAL ARGUMENTS]
//! ```
//!
//! Each check prints one line, `CHECK: ...`, and the program ends with 1 at the first that fails.

mod checks;
mod crowd;
mod edu;
mod secondary;

use std::process::ExitCode;

use phalanx_linux::eal::Eal;
use phalanx_linux::pci::PciAddress;

type Outcome = Result<String, Box<dyn core::error::Error>>;

fn main() -> ExitCode {
    let mut args = std::env::args().skip(1);
    let (Some(names), Some(address)) = (args.next(), args.next()) else {
        eprintln!("usage: phalanx-edu CHECK[,CHECK...] ADDRESS [EAL ARGUMENTS]");
        return ExitCode::from(2);
    };
    match run(&names, &address, args) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            println!("FAILED {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(
    names: &str,
    address: &str,
    args: impl Iterator<Item = String>,
) -> Result<(), Box<dyn core::error::Error>> {
    let address = PciAddress::parse(address)?;
    let (eal, _) = Eal::init(args)?;
    for name in names.split(',') {
        let said = match name {
            "child" => secondary::child(&eal, address),
            "parent" => secondary::parent(&eal, address),
            "dying" => secondary::dying(&eal, address),
            "heir" => secondary::heir(&eal, address),
            "crowd" => crowd::crowd(&eal, address),
            "borrower" => crowd::borrower(&eal, address),
            "opener" => crowd::opener(&eal, address),
            "lend" => crowd::lend(&eal, address),
            "lent" => crowd::lent(&eal, address),
            _ => checks::run(name, &eal, address),
        };
        println!("{name}: {}", said.map_err(|error| format!("{name}: {error}"))?);
    }
    Ok(())
}
