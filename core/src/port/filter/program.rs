//! `Program`: tests, and where each leads.

use core::fmt;

use super::headers::Headers;
use super::test::Test;

/// Tests that a program has at most.
pub const STEPS_MAX: usize = 64;

/// Words of one step.
pub const STEP_WORDS: usize = 3;

/// Where a test leads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    /// To a later step.
    Step(u8),
    /// The packet is taken.
    Take,
    /// It is left.
    Leave,
}

impl Target {
    const fn number(self) -> u64 {
        match self {
            Self::Step(at) => at as u64,
            Self::Take => 254,
            Self::Leave => 255,
        }
    }

    /// Where step `from` leads; backward and nowhere is "leave".
    fn from_number(number: u64, from: usize) -> Self {
        match number & 0xff {
            254 => Self::Take,
            at if at > from as u64 && at < STEPS_MAX as u64 => Self::Step(at as u8),
            _ => Self::Leave,
        }
    }
}

/// A test, and where it leads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Step {
    /// The question.
    pub test: Test,
    /// Where to go if the answer is yes.
    pub yes: Target,
    /// Where to go if it is no.
    pub no: Target,
}

impl Step {
    /// Its words: number, side, both targets and a small operand in the first; two operands.
    pub(crate) fn words(&self) -> [u64; STEP_WORDS] {
        let (number, side, small, [a, b]) = self.test.words();
        let first = number | Test::side_number(side) << 8 | self.yes.number() << 16;
        [first | self.no.number() << 24 | u64::from(small) << 32, a, b]
    }

    fn from_words([first, a, b]: [u64; STEP_WORDS], at: usize) -> Option<Self> {
        let test = Test::from_words(first & 0xff, first >> 8 & 0xff, (first >> 32) as u32, [a, b])?;
        let yes = Target::from_number(first >> 16, at);
        Some(Self { test, yes, no: Target::from_number(first >> 24, at) })
    }
}

/// A program of more than [`STEPS_MAX`] tests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooLong {
    /// How many tests it would have.
    pub steps: usize,
}

impl fmt::Display for TooLong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a filter has {} tests and may have {STEPS_MAX}; make it simpler", self.steps)
    }
}

impl core::error::Error for TooLong {}

/// A filter's program, in this process.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Program {
    words: [[u64; STEP_WORDS]; STEPS_MAX],
    len: usize,
}

impl Default for Program {
    /// Takes every packet.
    fn default() -> Self {
        Self { words: [[0; STEP_WORDS]; STEPS_MAX], len: 0 }
    }
}

impl fmt::Debug for Program {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let steps = self.words().iter().enumerate();
        f.debug_list().entries(steps.map(|(at, words)| Step::from_words(*words, at))).finish()
    }
}

impl Program {
    /// A program of these steps; none take every packet.
    ///
    /// Errors: [`TooLong`]. A step that leads backward leaves the packet.
    pub fn new(steps: &[Step]) -> Result<Self, TooLong> {
        let mut program = Self { len: steps.len(), ..Self::default() };
        if steps.len() > STEPS_MAX {
            return Err(TooLong { steps: steps.len() });
        }
        for (words, step) in program.words.iter_mut().zip(steps) {
            *words = step.words();
        }
        Ok(program)
    }

    /// The words of its steps.
    pub(crate) fn words(&self) -> &[[u64; STEP_WORDS]] {
        self.words.get(..self.len).unwrap_or_default()
    }

    /// Whether it takes a frame of `len` bytes, the first of which are `bytes`.
    pub fn takes(&self, bytes: &[u8], len: u32) -> bool {
        run(self.len, |at| self.words.get(at).copied().unwrap_or_default(), bytes, len)
    }
}

/// Runs a program of `steps` steps, whose words `fetch` gives; of none takes every packet. Ends after
/// [`STEPS_MAX`] steps at most, whatever the words are.
pub(crate) fn run(
    steps: usize,
    fetch: impl Fn(usize) -> [u64; STEP_WORDS],
    bytes: &[u8],
    len: u32,
) -> bool {
    if steps == 0 {
        return true;
    }
    let headers = Headers::of(bytes, len);
    let mut at = 0;
    // Each turn goes forward, or ends.
    while at < steps.min(STEPS_MAX) {
        let Some(step) = Step::from_words(fetch(at), at) else { return false };
        match if step.test.holds(&headers) { step.yes } else { step.no } {
            Target::Step(next) => at = usize::from(next),
            Target::Take => return true,
            Target::Leave => return false,
        }
    }
    false
}
