//! Kernel, limits and devices.

use super::*;

#[test]
fn a_giant_stack_and_a_small_address_space_are_named() {
    let (_tree, mut machine) = good();
    machine.space.placement = Ok(Placement::of(Some(95 << 40), 28));
    says(&machine, Subject::Stack, State::Missing, &["into the window", "ulimit -s 8192"]);
    machine.limits.as_mut().unwrap().address_space.soft = Some(4 << 30);
    says(&machine, Subject::Window, State::Missing, &["4 GB", "ulimit -v unlimited"]);
}

#[test]
fn who_may_not_lock_all_memory_is_told_for_what_it_is_enough() {
    let (_tree, mut machine) = good();
    machine.rights = Ok(Rights::new(1000, 0));
    says(&machine, Subject::Memlock, State::Good, &["any amount"]);
    for (bytes, state) in [(64 << 10, State::Missing), (8 << 20, State::Poor)] {
        machine.limits.as_mut().unwrap().locked = Limit { soft: Some(bytes), hard: Some(bytes) };
        says(&machine, Subject::Memlock, state, &["ulimit -l unlimited"]);
    }
    machine.limits.as_mut().unwrap().realtime = Limit { soft: Some(0), hard: Some(0) };
    says(&machine, Subject::Realtime, State::Missing, &["cap_sys_nice"]);
    machine.limits.as_mut().unwrap().realtime.hard = Some(50);
    says(&machine, Subject::Realtime, State::Good, &["phalanx run"]);
}

#[test]
fn a_kernel_that_can_do_less_is_poor_or_missing() {
    let (_tree, mut machine) = good();
    machine.answers.populate = false;
    says(&machine, Subject::Kernel, State::Poor, &["5.14"]);
    machine.answers.pidfd = false;
    says(&machine, Subject::Kernel, State::Missing, &["pidfd"]);
    machine.release = Ok("4.16.1".to_owned());
    says(&machine, Subject::Kernel, State::Missing, &["too old"]);
    machine.answers.landlock = None;
    says(&machine, Subject::Sandbox, State::Poor, &["without Landlock"]);
}

#[test]
fn a_door_to_devices_that_is_shut_is_shown_with_its_permissions() {
    let (_tree, mut machine) = good();
    let devices = &mut machine.devices;
    devices.vfio_groups[0].entry.may_write = false;
    devices.uio[0].may_read = false;
    machine.clock.hpet.as_mut().unwrap().may_read = false;
    says(&machine, Subject::Vfio, State::Missing, &["closed", "vfio/12", "mode 0", "chown"]);
    says(&machine, Subject::Uio, State::Missing, &["closed", "uio0"]);
    says(&machine, Subject::Hpet, State::Missing, &["chmod a+r"]);
    machine.devices.vfio_groups.clear();
    says(&machine, Subject::Vfio, State::Poor, &["drivers_probe"]);
}
