//! QEMU's teaching device on a real kernel, driven through VFIO and through UIO by a group: registers, DMA
//! both ways, interrupts; what an IOMMU keeps from it; a secondary that has it too. One guest serves all.

use std::path::Path;
use std::sync::OnceLock;

use phalanx_tests::require;
use phalanx_tests::vm::{Guest, Told};

const MODULES: &str = "vfio-pci vfio_iommu_type1 uio_pci_generic";

/// With `iommu=pt` a device of the kernel's or of UIO's reaches physical addresses, one of VFIO's does not.
const SCRIPT: &str = r#"
export XDG_RUNTIME_DIR=/tmp
mkdir -p /tmp
EDU=0000:00:10.0
edu() { phalanx-edu "$1" $EDU -l 0 -m 8 --file-prefix="$2" $3; }
give() {
    device=/sys/bus/pci/devices/$EDU
    [ -e $device/driver ] && echo $EDU >$device/driver/unbind
    echo "$1" >$device/driver_override && echo $EDU >/sys/bus/pci/drivers_probe
}
# What the IOMMU says that it has kept the device from writing, of the page of ADDRESS.
blocked() {
    page=$(printf %x $(($1 & ~0xfff)))
    dmesg | grep 'DMAR: .*DMA Write.*00:10.0' | grep "fault addr 0x$page "
}

check nobodys edu refused a
give vfio-pci
echo vfio-pci >/sys/bus/pci/devices/0000:00:11.0/driver_override
echo 0000:00:11.0 >/sys/bus/pci/drivers_probe
check vfio edu open,registers,dma vfio
check short edu bar short
check intx edu intx intx
check msi edu msi msi
check listen edu listen listen
check line edu listen line --vfio-intr=legacy
check growth edu growth growth
outside() {
    edu outside outside >/tmp/outside 2>&1
    outside_status=$?
    cat /tmp/outside
    return $outside_status
}
check outside outside
check blocked blocked "$(sed -n 's/^outside: DMA to //p' /tmp/outside)"
check denied edu denied denied
check physical edu open,dma,growth physical --iova-mode=pa
check secondary edu parent secondary

edu hold one >/tmp/one 2>&1 &
for i in $(seq 120); do [ -e /tmp/held ] && break; sleep 0.5; done
check second edu refused two
touch /tmp/enough
wait $!

check dying edu dying heirs
for i in $(seq 120); do [ -e /tmp/heired ] && break; sleep 0.5; done
check heir ls /tmp/heired

check crowd edu crowd crowd
for i in $(seq 120); do [ -e /tmp/alone ] && break; sleep 0.5; done
check alone cat /tmp/alone
check lend edu lend lend

give uio_pci_generic
check uio edu open,registers,dma uio
check uio_line edu intx,listen,no-msi uio-line
check uio_growth edu growth uio-growth
check uio_virtual edu refused uio-virtual --iova-mode=va
check uio_secondary edu parent uio-secondary
rm /tmp/lent /tmp/closed
check uio_lend edu lend uio-lend

rm /tmp/held /tmp/enough
edu hold uio-one >/tmp/one 2>&1 &
for i in $(seq 120); do [ -e /tmp/held ] && break; sleep 0.5; done
check uio_second edu refused uio-two
touch /tmp/enough
wait $!
check uio_after edu open,registers,dma uio-three
"#;

const NO_IOMMU: &str = r#"
export XDG_RUNTIME_DIR=/tmp
mkdir -p /tmp
echo vfio-pci >/sys/bus/pci/devices/0000:00:10.0/driver_override
echo 0000:00:10.0 >/sys/bus/pci/drivers_probe
check noiommu phalanx-edu open,registers,dma,intx,msi 0000:00:10.0 -l 0 -m 8
"#;

fn told() -> Option<&'static Told> {
    static TOLD: OnceLock<Told> = OnceLock::new();
    let vm = require::vm()?;
    let guest = Guest::new(vm).iommu().edu().nic("e1000e@a").pages_2m(24).modules(MODULES);
    let guest =
        guest.with(&["--append", "iommu=pt"]).file(Path::new(env!("CARGO_BIN_EXE_phalanx-edu")));
    Some(TOLD.get_or_init(|| guest.run(SCRIPT)))
}

#[test]
fn vfio_without_an_iommu_says_first_what_that_means() {
    let Some(vm) = require::vm_noiommu() else { return };
    let guest = Guest::new(vm).noiommu().edu().pages_2m(24).modules("vfio-pci");
    let told = guest.file(Path::new(env!("CARGO_BIN_EXE_phalanx-edu"))).run(NO_IOMMU);
    let said = told.check("noiommu").assert_success();
    let caution = "CAUTION device 0000:00:10.0 is opened by VFIO's no-IOMMU mode";
    assert!(said.starts_with(caution), "{said}");
    assert!(said.contains("open: reach Everything, physical addresses"), "{said}");
    assert!(said.contains("dma: both ways") && said.contains("3 interrupts by MSI"), "{said}");
}

/// What check `name` has said, which ended with 0; `None` where there are no guests.
#[track_caller]
fn said(name: &str) -> Option<&'static str> {
    Some(told()?.check(name).assert_success())
}

#[test]
fn a_device_without_a_driver_is_refused_with_who_could_have_it() {
    let Some(said) = said("nobodys") else { return };
    assert!(
        said.contains("no driver has it; give it to user space: phalanx bind vfio-pci"),
        "{said}"
    );
}

#[test]
fn vfio_gives_registers_and_dma_both_ways() {
    let Some(said) = said("vfio") else { return };
    assert!(said.contains("open: reach Mapped, virtual addresses"), "{said}");
    assert!(said.contains("registers: id 0x10000ed, 10! = 3628800"), "{said}");
    assert!(said.contains("dma: both ways") && !said.contains("CAUTION"), "{said}");
}

#[test]
fn a_bar_that_is_shorter_than_a_driver_needs_is_refused() {
    let Some(said) = said("short") else { return };
    assert!(said.contains("it has 1048576 bytes and its driver needs 1073741824"), "{said}");
}

#[test]
fn a_line_and_messages_are_signalled_and_heard() {
    let Some(intx) = said("intx") else { return };
    assert!(intx.contains("3 interrupts by INTx"), "{intx}");
    for (name, what) in
        [("msi", "3 interrupts by MSI"), ("listen", "3 calls by MSI"), ("line", "3 calls by INTx")]
    {
        let said = said(name).unwrap_or_default();
        assert!(said.contains(what), "{said}");
    }
}

#[test]
fn what_a_device_reaches_follows_the_groups_memory() {
    for name in ["growth", "physical", "uio_growth"] {
        let Some(said) = said(name) else { return };
        assert!(said.contains("memory that came was reached, and what went is not"), "{said}");
    }
}

#[test]
fn a_dma_outside_of_the_groups_memory_is_blocked_and_reported() {
    // `growth` before it has caused a report, too, of another page: this one's is looked for.
    let Some(said_of) = said("outside") else { return };
    assert!(said_of.contains("outside: DMA to 0x"), "{said_of}");
    assert!(said("blocked").is_some_and(|lines| lines.contains("DMAR: ")), "{said_of}");
}

#[test]
fn without_permission_the_file_is_named() {
    let Some(said) = said("denied") else { return };
    assert!(said.contains("/dev/vfio/") && said.contains("is not this user's to open"), "{said}");
}

#[test]
fn a_second_group_on_the_device_is_refused() {
    let Some(said) = said("second") else { return };
    assert!(said.contains("another process has device 0000:00:10.0"), "{said}");
}

#[test]
fn a_second_group_on_a_device_of_uio_is_refused_with_who_has_it() {
    let Some(second) = said("uio_second") else { return };
    let who = " (phalanx-edu) of group 'uio-one' has device 0000:00:10.0 open (/dev/uio0)";
    assert!(second.contains("refused: process ") && second.contains(who), "{second}");
    assert!(said("uio_after").unwrap_or_default().contains("dma: both ways"));
}

#[test]
fn a_secondary_has_the_device_at_the_owners_address() {
    for name in ["secondary", "uio_secondary"] {
        let Some(said) = said(name) else { return };
        assert!(said.contains("DMA both ways, its BAR at 0x21"), "{said}");
    }
}

#[test]
fn a_secondary_goes_on_when_the_owner_has_died() {
    said("heir");
}

#[test]
fn who_opens_a_device_when_the_mapper_is_dead_shares_what_others_use_and_the_last_gives_it_back() {
    let Some(said) = said("alone") else { return };
    assert_eq!(said, "nothing is reached any more\n");
}

#[test]
fn who_closes_its_last_device_maps_memory_for_the_others_until_they_end() {
    for name in ["lend", "uio_lend"] {
        let Some(said) = said(name) else { return };
        assert!(said.contains("lent: DMA after its owner has closed it"), "{said}");
        assert!(
            said.contains("lend: went on for the other, gave all back, and began anew"),
            "{said}"
        );
    }
}

#[test]
fn uio_gives_the_same_after_saying_what_it_means() {
    let Some(said) = said("uio") else { return };
    assert!(said.starts_with("CAUTION device 0000:00:10.0 is opened by UIO"), "{said}");
    assert!(said.contains("open: reach Everything, physical addresses"), "{said}");
    assert!(said.contains("registers: id 0x10000ed, 10! = 3628800"), "{said}");
    assert!(said.contains("dma: both ways"), "{said}");
}

#[test]
fn uio_has_a_line_and_no_messages() {
    let Some(said) = said("uio_line") else { return };
    assert!(said.contains("3 interrupts by INTx") && said.contains("3 calls by INTx"), "{said}");
    assert!(said.contains("asked for by MSI, and it has 0"), "{said}");
}

#[test]
fn uio_in_a_group_of_virtual_addresses_is_refused() {
    let Some(said) = said("uio_virtual") else { return };
    assert!(said.contains("needs physical addresses") && said.contains("--iova-mode=pa"), "{said}");
}
