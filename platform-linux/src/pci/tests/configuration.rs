//! Configuration spaces, as files.

use super::*;

const CARD: &str = "0000:00:11.0";

fn with_config(label: &str, bytes: &[u8]) -> Machine {
    let machine = Machine::new(label);
    machine.add(CARD, ["8086", "10d3"], "020000");
    let path = machine.sys(&format!("bus/pci/devices/{CARD}/config"));
    std::fs::write(path, bytes).unwrap();
    machine
}

#[test]
fn a_snapshot_has_the_bytes_that_can_be_read() {
    for len in [64, 256, 4096] {
        let bytes: Vec<u8> = (0..len).map(|at| at as u8).collect();
        let machine = with_config("snapshot", &bytes);
        let config = ConfigFile::open(&machine.read(CARD).unwrap()).unwrap();
        assert_eq!(config.snapshot(), Ok(bytes));
    }
}

#[test]
fn the_command_register_changes_where_the_mask_says() {
    let mut bytes = [0; 64];
    (bytes[4], bytes[5]) = (0x03, 0x04);
    let machine = with_config("command", &bytes);
    let config = ConfigFile::open_to_change(&machine.read(CARD).unwrap()).unwrap();
    let mask = BUS_MASTER | INTX_DISABLE;
    assert_eq!(config.change_command(mask, BUS_MASTER), Ok(0x403));
    assert_eq!(config.command(), Ok(0x007));
}

#[test]
fn a_configuration_that_is_not_there_is_said_to_be() {
    let machine = with_config("none", &[]);
    let device = machine.read(CARD).unwrap();
    let config = ConfigFile::open(&device).unwrap();
    assert_eq!(config.command().unwrap_err().errno, rustix::io::Errno::IO);
    std::fs::remove_file(device.file("config")).unwrap();
    let refused = ConfigFile::open(&device).unwrap_err().to_string();
    assert!(refused.contains(CARD) && refused.contains("(ENOENT)"), "{refused}");
}
