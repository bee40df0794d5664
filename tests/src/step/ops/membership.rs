//! Members: a slot taken, entered, and left again, by one who is in the group already.
//!
//! The rest of a start and an end, outside of shared memory, `tests/starts_killed.rs` tries.

#![expect(unsafe_code, reason = "enters the group a second time, and leaves it")]

use phalanx_core::group::{CpuSet, Group, LcoreRole, ProcessId, ProcessInfo, Role};
use phalanx_core::name::Name;
use phalanx_linux::liveness::Liveness;
use rustix::fs::{Mode, OFlags, open};

use crate::step::operation::{Marks, Member, Operation, Outcome, same, sentence};

/// A second member in a process of the group: for everybody else, a process of its own.
pub(super) struct Guest {
    pub(super) group: Group,
    liveness: Liveness,
}

impl Guest {
    /// Enters `slot`.
    pub(super) fn enter(member: &Member<'_>, slot: u16) -> Result<Self, String> {
        let liveness = liveness(member)?;
        let group = enter(member, &liveness, slot)?;
        group.become_live();
        Ok(Self { group, liveness })
    }

    /// Leaves in good order. Whatever it has is used no more.
    pub(super) fn leave(self) -> Outcome {
        detach(&self.group, &self.liveness)
    }

    /// Is dead from now on.
    pub(super) fn die(self) {
        drop(self.liveness);
    }
}

/// The slot that all want, and an lcore for it.
const SLOT: u16 = 50;
const LCORE: u16 = 78;

/// What is done between the marks.
#[derive(Clone, Copy, Debug)]
enum Act {
    Attach,
    Detach,
}

#[derive(Debug)]
struct MembershipOp {
    name: &'static str,
    act: Act,
}

pub(super) fn operations() -> Vec<Box<dyn Operation>> {
    vec![
        Box::new(MembershipOp { name: "member.attach", act: Act::Attach }),
        Box::new(MembershipOp { name: "member.detach", act: Act::Detach }),
    ]
}

impl Operation for MembershipOp {
    fn name(&self) -> &str {
        self.name
    }

    fn prepare(&self, _: &Member<'_>) -> Outcome {
        Ok(())
    }

    fn operate(&self, member: &Member<'_>, marks: Marks) -> Outcome {
        let liveness = liveness(member)?;
        match self.act {
            Act::Attach => drop(marks.around(|| attach(member, &liveness))),
            Act::Detach => {
                let group = attach(member, &liveness)?;
                marks.around(|| detach(&group, &liveness))?;
            }
        }
        Ok(())
    }

    fn judge(&self, member: &Member<'_>) -> Outcome {
        come_and_go(member)
    }

    fn use_again(&self, member: &Member<'_>) -> Outcome {
        come_and_go(member)
    }
}

fn come_and_go(member: &Member<'_>) -> Outcome {
    let liveness = liveness(member)?;
    let group = attach(member, &liveness)?;
    same("the new member lives", member.group.is_alive(group.me()), true)?;
    detach(&group, &liveness)?;
    same("the one who left lives", member.group.is_alive(group.me()), false)?;
    same("his entry is there", member.group.region().process(SLOT).is_some(), false)
}

/// The group's file, opened anew: a second process as far as locks are concerned.
fn liveness(member: &Member<'_>) -> Result<Liveness, String> {
    let file = open(member.group_file, OFlags::RDWR | OFlags::CLOEXEC, Mode::empty());
    file.map(Liveness::new).map_err(sentence)
}

fn attach(member: &Member<'_>, liveness: &Liveness) -> Result<Group, String> {
    let group = enter(member, liveness, SLOT)?;
    let cpus: CpuSet = [0].into_iter().collect();
    // It is let go by `leave`.
    core::mem::forget(group.claim_lcore(LCORE, &cpus, 0, LcoreRole::NonEal).map_err(sentence)?);
    group.become_live();
    Ok(group)
}

fn enter(member: &Member<'_>, liveness: &Liveness, slot: u16) -> Result<Group, String> {
    same("the slot is free", liveness.claim_slot(u32::from(slot)).map_err(sentence)?, true)?;
    let info = ProcessInfo {
        pid: std::process::id(),
        role: Role::Secondary,
        name: Name::cut("guest"),
        command: "guest",
    };
    let now = member.group.platform().now_ns();
    // SAFETY: the slot's lock is held (above), and whoever had the slot before has let it go.
    let me = unsafe { member.group.region().enter(slot, &info, now) };
    view(member, me.ok_or("there is no such slot")?)
}

fn view(member: &Member<'_>, me: ProcessId) -> Result<Group, String> {
    let (window, platform) = (member.group.window(), member.group.platform());
    // SAFETY: the same window and platform as the member's; `me` has just entered, and holds its
    // slot's lock until it has left.
    unsafe { Group::new(window, me, platform) }.ok_or_else(|| "the window is too short".to_owned())
}

fn detach(group: &Group, liveness: &Liveness) -> Outcome {
    // SAFETY: nothing uses the lcore or the view any more.
    unsafe { group.leave() };
    liveness.release_slot(u32::from(group.me().slot())).map_err(sentence)
}
