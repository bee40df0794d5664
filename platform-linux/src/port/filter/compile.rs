//! From an expression to steps that lead forward.
//!
//! The last test is made first: so where a test leads is known when it is made, and lies behind it.

use phalanx_core::port::filter::{Program, STEPS_MAX, Step, Target, TooLong};

use super::Expr;

/// Where a test leads, before its place is known.
#[derive(Clone, Copy)]
enum To {
    Take,
    Leave,
    /// The step that was made as the n-th.
    Made(usize),
}

/// Steps, the last first.
#[derive(Default)]
struct Steps(Vec<(phalanx_core::port::filter::Test, To, To)>);

impl Steps {
    /// Makes the steps of `expr`, and says where it begins.
    fn make(&mut self, expr: &Expr, yes: To, no: To) -> To {
        match expr {
            Expr::Test(test) => {
                self.0.push((*test, yes, no));
                To::Made(self.0.len() - 1)
            }
            Expr::Not(inner) => self.make(inner, no, yes),
            Expr::And(left, right) => {
                let right = self.make(right, yes, no);
                self.make(left, right, no)
            }
            Expr::Or(left, right) => {
                let right = self.make(right, yes, no);
                self.make(left, yes, right)
            }
        }
    }
}

pub(super) fn program(expr: &Expr) -> Result<Program, TooLong> {
    let mut steps = Steps::default();
    steps.make(expr, To::Take, To::Leave);
    let count = steps.0.len();
    if count > STEPS_MAX {
        return Err(TooLong { steps: count });
    }
    let target = |to| match to {
        To::Take => Target::Take,
        To::Leave => Target::Leave,
        // No more than there are steps, and so it fits.
        To::Made(nth) => Target::Step((count - 1 - nth) as u8),
    };
    let forward = steps.0.iter().rev();
    let forward: Vec<Step> = forward
        .map(|(test, yes, no)| Step { test: *test, yes: target(*yes), no: target(*no) })
        .collect();
    Program::new(&forward)
}
