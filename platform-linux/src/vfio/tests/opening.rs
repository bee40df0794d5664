//! Opening, and every reason why not: each in one sentence with its remedy.

use rustix::io::Errno;

use super::*;

/// What a machine whose twin is `state` says when its device is opened.
fn refusal(label: &str, state: State) -> String {
    let mut machine = Machine::new(label, state);
    let refused = machine.open().unwrap_err();
    // The device was not opened, and what was is closed.
    assert_eq!(machine.twin.open_files(), 0, "{refused}");
    assert!(!machine.done().iter().any(|done| done.starts_with("device")), "{refused}");
    refused.to_string()
}

fn refusing(path: &str, errno: Errno) -> State {
    State { refuses: vec![(path.to_owned(), errno)], ..State::default() }
}

#[test]
fn a_device_is_opened_with_the_best_iommu_there_is() {
    let mut machine = Machine::new("opened", State::default());
    let device = machine.open().unwrap();
    assert_eq!(device.container().kind(), IommuKind::Type1V2);
    assert_eq!(machine.twin.open_files(), 2);
    assert_eq!((device.group_number(), device.address().to_string().as_str()), (7, ADDRESS));
    let expected = ["open /dev/vfio/vfio", "open /dev/vfio/7", "container"];
    assert_eq!(machine.done()[..3], expected);
    assert!(machine.cautions.is_empty());
    let kinds = vec![IommuKind::Type1];
    let mut old = Machine::new("old", State { kinds, ..State::default() });
    assert_eq!(old.open().unwrap().container().kind(), IommuKind::Type1);
}

#[test]
fn a_second_device_of_the_group_shares_group_and_container_and_one_of_another_the_container() {
    let mut machine = Machine::new("beside", State::default());
    machine.add("0000:00:10.1", Some("vfio-pci"), Some(7));
    machine.add("0000:00:11.0", Some("vfio-pci"), Some(8));
    let first = machine.open().unwrap();
    let second = machine.open_beside("0000:00:10.1", core::slice::from_ref(&first)).unwrap();
    machine.open_beside("0000:00:11.0", &[first, second]).unwrap();
    let done = machine.done();
    let count = |what: &str| done.iter().filter(|it| it.as_str() == what).count();
    assert_eq!(
        ["open /dev/vfio/vfio", "open /dev/vfio/7", "open /dev/vfio/8"].map(count),
        [1, 1, 1]
    );
    assert_eq!(done.iter().filter(|it| it.starts_with("kind")).count(), 1);
}

#[test]
fn a_device_of_a_kernel_driver_or_of_none_is_refused() {
    let mut machine = Machine::new("driver", State::default());
    machine.add("0000:00:11.0", Some("e1000e"), Some(8));
    machine.add("0000:00:12.0", None, Some(9));
    let kernels = machine.open_beside("0000:00:11.0", &[]).unwrap_err().to_string();
    let expected = "device 0000:00:11.0 was asked for and the kernel's driver e1000e has it; give it to VFIO: phalanx \
                    bind vfio-pci 0000:00:11.0";
    assert_eq!(kernels, expected);
    let nobodys = machine.open_beside("0000:00:12.0", &[]).unwrap_err().to_string();
    assert!(nobodys.contains("no driver has it"), "{nobodys}");
    let absent = machine.open_beside("0000:00:13.0", &[]).unwrap_err().to_string();
    assert!(absent.contains("no PCI device 0000:00:13.0"), "{absent}");
    assert!(machine.done().is_empty());
}

#[test]
fn without_permission_the_file_is_named() {
    for path in ["/dev/vfio/7", "/dev/vfio/vfio"] {
        let said = refusal("denied", refusing(path, Errno::ACCESS));
        assert_eq!(
            said,
            format!(
                "{path} is not this user's to open; run as root, or give it: chown USER {path}"
            )
        );
    }
}

#[test]
fn a_group_that_is_open_elsewhere_is_refused() {
    let said = refusal("busy", refusing("/dev/vfio/7", Errno::BUSY));
    assert!(said.starts_with("another process has device 0000:00:10.0"), "{said}");
    let status = GroupStatus { is_viable: true, has_container: true };
    let said = refusal("busy-container", State { status, ..State::default() });
    assert!(said.starts_with("another process has device 0000:00:10.0"), "{said}");
}

#[test]
fn a_group_that_is_not_viable_names_who_else_is_in_it() {
    let status = GroupStatus { is_viable: false, has_container: false };
    let mut machine = Machine::new("viable", State { status, ..State::default() });
    machine.add("0000:01:02.0", Some("e1000"), Some(7));
    machine.add("0000:01:03.0", Some("vfio-pci"), Some(7));
    machine.add("0000:01:04.0", Some("e1000"), Some(8));
    let expected = "device 0000:00:10.0 is in IOMMU group 7 with 0000:01:02.0 (e1000), which kernel drivers have; all \
                    devices of a group go to VFIO or to nobody: phalanx bind vfio-pci 0000:01:02.0";
    assert_eq!(machine.open().unwrap_err().to_string(), expected);
    assert_eq!(machine.twin.open_files(), 0);
}

#[test]
fn what_is_missing_is_named_with_how_to_get_it() {
    let said = refusal("no-vfio", refusing("/dev/vfio/vfio", Errno::NOENT));
    assert!(said.ends_with("load it: modprobe vfio-pci"), "{said}");
    let said = refusal("no-group", refusing("/dev/vfio/7", Errno::NOENT));
    assert!(said.ends_with("phalanx bind vfio-pci 0000:00:10.0"), "{said}");
    let said = refusal("no-kind", State { kinds: Vec::new(), ..State::default() });
    assert!(said.ends_with("modprobe vfio_iommu_type1"), "{said}");
    let said = refusal("version", State { version: 1, ..State::default() });
    assert!(said.contains("version 1"), "{said}");
    let mut machine = Machine::new("no-iommu", State::default());
    machine.add("0000:00:11.0", Some("vfio-pci"), None);
    let said = machine.open_beside("0000:00:11.0", &[]).unwrap_err().to_string();
    assert!(said.contains("no IOMMU stands before device 0000:00:11.0"), "{said}");
    assert!(said.contains("enable_unsafe_noiommu_mode"), "{said}");
}

#[test]
fn interrupts_that_are_not_remapped_are_refused_with_both_ways_out() {
    let said = refusal("unsafe", State { set_kind: Err(Errno::PERM), ..State::default() });
    assert!(said.contains("intremap=on") && said.contains("allow_unsafe_interrupts"), "{said}");
}

#[test]
fn without_an_iommu_a_user_is_told_first_what_that_means() {
    let kinds = vec![IommuKind::NoIommu];
    let mut machine = Machine::new("noiommu", State { kinds, ..State::default() });
    machine.temp.write("sys/kernel/iommu_groups/7/name", "vfio-noiommu\n");
    let device = machine.open().unwrap();
    assert_eq!(device.container().kind(), IommuKind::NoIommu);
    assert!(machine.done().contains(&"open /dev/vfio/noiommu-7".to_owned()));
    let [caution] = machine.cautions[..] else { panic!("{:?}", machine.cautions) };
    assert!(caution.to_string().contains("read and write all memory of this machine"));
}

#[test]
fn a_virtual_function_opens_with_its_token_only() {
    let text = "14d63f20-8445-11ea-8900-1f9ce7d5650d";
    let token = VfToken::parse(text).unwrap();
    assert_eq!(token.to_string(), text);
    for wrong in ["", "14d63f20", "14d63f20-8445-11ea-8900-1f9ce7d5650", &text.replace('d', "g")] {
        assert_eq!(VfToken::parse(wrong), Err(VfTokenError), "{wrong}");
    }
    let state = || State { token: Some(text.to_owned()), ..State::default() };
    let mut machine = Machine::new("token", state());
    assert!(machine.open().unwrap_err().to_string().contains("--vfio-vf-token"));
    let address = PciAddress::parse(ADDRESS).unwrap();
    assert!(machine.opening(Some(token)).open(address, &[], None, &mut |_| {}).is_ok());
    // One that is no virtual function takes none.
    let machine = Machine::new("no-token", State::default());
    assert!(machine.opening(Some(token)).open(address, &[], None, &mut |_| {}).is_ok());
}
