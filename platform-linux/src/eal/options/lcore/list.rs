//! The grammar of `--lcores` and `-l` (`LC-1`).
//!
//! ```text
//! list  = item { "," item }
//! item  = set [ "@" set ]                 lcores, and the CPUs they run on
//! set   = span | "(" span { "," span } ")"
//! span  = number [ "-" number ]
//! ```
//!
//! Without `@`, a bare span runs each lcore on the CPU of its number, and a group in parentheses runs each
//! of its lcores on all of its CPUs. A bare range before `@` is refused: whether `1-3@(1,3)` is one on one
//! or all on all cannot be seen. Blanks may stand around numbers and signs. A range may run downwards.
//! An lcore that is named again takes the later CPUs, as in DPDK.

use super::super::Fault;
use super::{CPU_MAX, CpuSet, LcoreFault};

/// On which CPUs the lcores of an item run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) enum Placement {
    /// Each on the CPU of its own number.
    OneOnOne,
    /// Each on all of these.
    Shared(CpuSet),
}

/// One item of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) struct Item {
    pub(in super::super) lcores: CpuSet,
    pub(in super::super) placement: Placement,
}

/// Whether the list may say where lcores run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) enum Grammar {
    /// All of it.
    Full,
    /// Bare spans only: the ids will be given out anew.
    BareSpans,
}

/// How a set was written.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    Number,
    Range,
    Group,
}

/// Reads a list item by item.
#[derive(Debug)]
pub(in super::super) struct List<'a> {
    text: &'a str,
    at: usize,
    is_begun: bool,
    grammar: Grammar,
}

impl<'a> List<'a> {
    pub(in super::super) fn new(text: &'a str, grammar: Grammar) -> Self {
        Self { text, at: 0, is_begun: false, grammar }
    }

    /// Reads the next item; `None` behind the last.
    pub(in super::super) fn next_item(&mut self) -> Result<Option<Item>, Fault> {
        let next = self.peek();
        match (next, self.is_begun) {
            (None, false) => return Err(self.fault(LcoreFault::EmptyList)),
            (None, true) => return Ok(None),
            (Some(_), false) => self.is_begun = true,
            (Some(','), true) => self.bump(),
            (Some(found), true) => return Err(self.fault(LcoreFault::Unexpected(found))),
        }
        self.item().map(Some)
    }

    fn item(&mut self) -> Result<Item, Fault> {
        if matches!(self.peek(), None | Some(',')) {
            return Err(self.fault(LcoreFault::ItemMissing));
        }
        let (lcores, form) = self.set()?;
        let placement = match (self.peek(), form) {
            (Some('@'), _) if self.grammar == Grammar::BareSpans => {
                return Err(self.fault(LcoreFault::MapWhileRemapping));
            }
            (Some('@'), Form::Range) => return Err(self.fault(LcoreFault::RangeBeforeAt)),
            (Some('@'), _) => {
                self.bump();
                Placement::Shared(self.set()?.0)
            }
            (_, Form::Group) => Placement::Shared(lcores),
            (_, Form::Number | Form::Range) => Placement::OneOnOne,
        };
        Ok(Item { lcores, placement })
    }

    fn set(&mut self) -> Result<(CpuSet, Form), Fault> {
        let mut set = CpuSet::new();
        if self.peek() != Some('(') {
            let form = self.span(&mut set)?;
            return Ok((set, form));
        }
        if self.grammar == Grammar::BareSpans {
            return Err(self.fault(LcoreFault::MapWhileRemapping));
        }
        loop {
            self.bump();
            self.span(&mut set)?;
            match self.peek() {
                Some(',') => {}
                Some(')') => break,
                found => return Err(self.fault(LcoreFault::GroupNotClosed(found))),
            }
        }
        self.bump();
        Ok((set, Form::Group))
    }

    fn span(&mut self, set: &mut CpuSet) -> Result<Form, Fault> {
        let first = self.number()?;
        if self.peek() != Some('-') {
            return self.insert(set, first, first).map(|()| Form::Number);
        }
        self.bump();
        self.check_range_end()?;
        let last = self.number()?;
        match self.peek() {
            Some('-') => Err(self.fault(LcoreFault::SecondDash)),
            _ => self.insert(set, first, last).map(|()| Form::Range),
        }
    }

    fn check_range_end(&mut self) -> Result<(), Fault> {
        let fault = match self.peek() {
            Some(found) if found.is_ascii_digit() => return Ok(()),
            Some('-') => LcoreFault::SecondDash,
            None | Some(',' | ')' | '@') => LcoreFault::RangeWithoutEnd,
            found => LcoreFault::NumberExpected(found),
        };
        Err(self.fault(fault))
    }

    fn insert(&self, set: &mut CpuSet, first: u16, last: u16) -> Result<(), Fault> {
        (first.min(last)..=first.max(last))
            .try_for_each(|number| set.insert(number))
            .map_err(|_| self.fault(LcoreFault::NumberTooHigh))
    }

    /// A number below [`CPU_MAX`].
    fn number(&mut self) -> Result<u16, Fault> {
        let digits_from = match self.peek() {
            Some(found) if found.is_ascii_digit() => self.at,
            Some('-') => return Err(self.fault(LcoreFault::RangeWithoutStart)),
            Some('(') => return Err(self.fault(LcoreFault::NestedGroup)),
            found => return Err(self.fault(LcoreFault::NumberExpected(found))),
        };
        let mut number = 0_u16;
        while let Some(digit) = self.next_digit() {
            number = number.saturating_mul(10).saturating_add(digit);
        }
        if number < CPU_MAX {
            return Ok(number);
        }
        self.at = digits_from;
        Err(self.fault(LcoreFault::NumberTooHigh))
    }

    /// The next character, if it is a digit; blanks are not skipped here, for `1 2` is not twelve.
    fn next_digit(&mut self) -> Option<u16> {
        let digit = self.rest().chars().next()?.to_digit(10)?;
        self.at += 1;
        u16::try_from(digit).ok()
    }

    /// The next character that is not blank.
    fn peek(&mut self) -> Option<char> {
        let rest = self.rest().trim_start_matches([' ', '\t']);
        self.at = self.text.len() - rest.len();
        rest.chars().next()
    }

    /// Steps over a sign that `peek` has found; signs are one byte long.
    fn bump(&mut self) {
        self.at += 1;
    }

    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or("")
    }

    /// All before a fault is ASCII, so bytes are characters.
    fn fault(&self, fault: LcoreFault) -> Fault {
        Fault::LcoreList { at: u16::try_from(self.at + 1).unwrap_or(u16::MAX), fault }
    }
}
