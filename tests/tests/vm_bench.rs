//! The test bench itself: how a guest ends is told, whatever it is.

use phalanx_tests::require;
use phalanx_tests::vm::Guest;

#[test]
fn a_guest_that_panics_is_named_as_such() {
    let Some(vm) = require::vm() else { return };
    let told = Guest::new(vm).run("check last true; echo c >/proc/sysrq-trigger; sleep 60");
    assert_eq!(told.status(), Some(125), "{told}");
    assert!(told.errors().contains("the guest died: Kernel panic"), "{told}");
    told.check("last").assert_success();
}

#[test]
fn a_guest_that_does_not_end_is_ended() {
    let Some(vm) = require::vm() else { return };
    let told = Guest::new(vm).with(&["--limit", "1"]).run("sleep 600");
    assert_eq!(told.status(), Some(124), "{told}");
    assert!(told.errors().contains("the guest did not end within 1 s"), "{told}");
}

#[test]
fn a_machine_that_qemu_does_not_know_is_refused_with_its_words() {
    let Some(vm) = require::vm() else { return };
    let told = Guest::new(vm).nic("no-such-card").run("true");
    assert_eq!(told.status(), Some(125), "{told}");
    assert!(told.errors().contains("'no-such-card' is not a valid device model name"), "{told}");
}
