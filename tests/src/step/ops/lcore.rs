//! Lcores: claimed and let go.

use phalanx_core::group::{CpuSet, Lcore, LcoreRole};

use crate::step::operation::{Marks, Member, Operation, Outcome, sentence};

/// The lcore that all want.
const ID: u16 = 77;

/// What is done between the marks.
#[derive(Clone, Copy, Debug)]
enum Act {
    Claim,
    ClaimAny,
    Release,
}

#[derive(Debug)]
struct LcoreOp {
    name: &'static str,
    act: Act,
}

pub(super) fn operations() -> Vec<Box<dyn Operation>> {
    let op = |name, act| Box::new(LcoreOp { name, act }) as Box<dyn Operation>;
    vec![
        op("lcore.claim", Act::Claim),
        op("lcore.claim-any", Act::ClaimAny),
        op("lcore.release", Act::Release),
    ]
}

impl Operation for LcoreOp {
    fn name(&self) -> &str {
        self.name
    }

    fn prepare(&self, _: &Member<'_>) -> Outcome {
        Ok(())
    }

    fn operate(&self, member: &Member<'_>, marks: Marks) -> Outcome {
        let cpus: CpuSet = [0].into_iter().collect();
        let claim = || member.group.claim_lcore(ID, &cpus, 0, LcoreRole::NonEal);
        match self.act {
            Act::Claim => core::mem::forget(marks.around(claim)),
            Act::ClaimAny => core::mem::forget(
                marks.around(|| member.group.claim_any_lcore(&cpus, 0, LcoreRole::NonEal)),
            ),
            Act::Release => {
                let lcore = claim().map_err(sentence)?;
                marks.around(|| drop(lcore));
            }
        }
        Ok(())
    }

    fn judge(&self, member: &Member<'_>) -> Outcome {
        claim_and_release(member)
    }

    fn use_again(&self, member: &Member<'_>) -> Outcome {
        claim_and_release(member)
    }
}

fn claim_and_release(member: &Member<'_>) -> Outcome {
    let cpus: CpuSet = [0].into_iter().collect();
    let claim = |id| member.group.claim_lcore(id, &cpus, 0, LcoreRole::NonEal);
    let lcores: Result<Vec<Lcore>, _> = [ID, 255].into_iter().map(claim).collect();
    lcores.map(drop).map_err(sentence)
}
