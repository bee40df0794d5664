//! From words to an expression: joints and parentheses; primitives are read next door.

use super::Expr;
use super::error::FilterError;
use super::primitive::{Qualifiers, primitive};
use super::words::Words;

/// How deep parentheses and negations may lie in one another.
const DEPTH_MAX: usize = 100;

/// `None` for a text without words.
pub(super) fn parse(text: &str) -> Result<Option<Expr>, FilterError> {
    let mut words = Words::new(text);
    if words.peek().is_empty() {
        return Ok(None);
    }
    let mut last = None;
    let expr = sequence(&mut words, &mut last, 0)?;
    let rest = words.next();
    match rest.text {
        "" => Ok(Some(expr)),
        ")" => Err(words.fault(rest, "it closes nothing; leave it out, or open it before")),
        _ => Err(words.fault(rest, "`and` or `or` was expected before it")),
    }
}

/// `unary {("and" | "or") unary}`, from left to right.
fn sequence(
    words: &mut Words<'_>,
    last: &mut Option<Qualifiers>,
    depth: usize,
) -> Result<Expr, FilterError> {
    let mut expr = unary(words, last, depth)?;
    loop {
        let is_and = match words.peek() {
            "and" | "&&" => true,
            "or" | "||" => false,
            _ => return Ok(expr),
        };
        let _joint = words.next();
        let right = unary(words, last, depth)?;
        expr = if is_and { expr.and(right) } else { expr.or(right) };
    }
}

fn unary(
    words: &mut Words<'_>,
    last: &mut Option<Qualifiers>,
    depth: usize,
) -> Result<Expr, FilterError> {
    if depth > DEPTH_MAX {
        let word = words.next();
        return Err(words.fault(word, "too deep in parentheses; make it simpler"));
    }
    if words.take("not") || words.take("!") {
        return Ok(Expr::Not(Box::new(unary(words, last, depth + 1)?)));
    }
    if !words.take("(") {
        words.begin_primitive()?;
        return primitive(words, last);
    }
    let expr = sequence(words, last, depth + 1)?;
    if words.take(")") {
        return Ok(expr);
    }
    let word = words.next();
    Err(words.fault(word, "`)` was expected there; close what was opened"))
}
