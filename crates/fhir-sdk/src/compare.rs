//! What became of a resource that went through fhir-sdk.

use crate::{ErrorKind, Loss};
use iomt_fhir::{
    table::{Kind, Lexical},
    tape::{NodeId, Tape},
};

type Place<'t> = (&'t Tape, NodeId);

/// What is spelled otherwise in `theirs`; or what is not the same there, and where in `ours`.
pub(crate) fn losses(
    ours: Place<'_>,
    theirs: Place<'_>,
) -> Result<Vec<(Loss, NodeId)>, (ErrorKind, NodeId)> {
    let mut found = Vec::new();
    compare(ours, theirs, &mut found)?;
    Ok(found)
}

fn compare(
    (ours, a): Place<'_>,
    (theirs, b): Place<'_>,
    found: &mut Vec<(Loss, NodeId)>,
) -> Result<(), (ErrorKind, NodeId)> {
    let (text, other) = (ours.text_of(a), theirs.text_of(b));
    match ours.element(a).map(|element| element.kind()) {
        // Its text is JSON, which can be spelled in many ways.
        Some(Kind::Unchecked) => return Err((ErrorKind::Foreign, a)),
        _ if text == other => {}
        _ if other.is_empty() => return Err((ErrorKind::Dropped, a)),
        Some(Kind::Primitive(lexical)) => match loss(lexical, text, other) {
            Some(loss) => found.push((loss, a)),
            None => return Err((ErrorKind::Changed, a)),
        },
        _ => return Err((ErrorKind::Changed, a)),
    }
    let mut rest = theirs.children(b);
    for child in ours.children(a) {
        match rest.next() {
            Some(other) if ours.element(child) == theirs.element(other) => {
                compare((ours, child), (theirs, other), found)?;
            }
            _ => return Err((ErrorKind::Dropped, child)),
        }
    }
    if rest.next().is_some() { Err((ErrorKind::Changed, a)) } else { Ok(()) }
}

/// How the same value differs in its text; `None`: it is another.
fn loss(lexical: Lexical, ours: &str, theirs: &str) -> Option<Loss> {
    let (same, loss) = match lexical {
        Lexical::Decimal => (number(ours)? == number(theirs)?, Loss::Digits),
        Lexical::DateTime | Lexical::Instant | Lexical::Time => {
            (time(ours) == time(theirs), Loss::Spelling)
        }
        Lexical::Base64Binary => {
            let bytes =
                |text: &str| text.chars().filter(|c| !c.is_whitespace()).collect::<String>();
            (bytes(ours) == bytes(theirs), Loss::Spelling)
        }
        _ => return None,
    };
    same.then_some(loss)
}

/// A number as sign, digits without zeros at either end, and the power of ten of the last.
fn number(text: &str) -> Option<(bool, String, i64)> {
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, exponent.parse::<i64>().ok()?),
        None => (text, 0),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let (negative, whole) = match whole.strip_prefix('-') {
        Some(whole) => (true, whole),
        None => (false, whole),
    };
    let digits = [whole, fraction].concat();
    let significant = digits.trim_start_matches('0').trim_end_matches('0');
    if significant.is_empty() {
        return Some((false, String::new(), 0));
    }
    let zeros = digits.len().checked_sub(digits.trim_end_matches('0').len())?;
    let exponent = exponent
        .checked_sub(i64::try_from(fraction.len()).ok()?)?
        .checked_add(i64::try_from(zeros).ok()?)?;
    Some((negative, significant.to_owned(), exponent))
}

/// A time as its clock without fraction, the fraction without zeros at its end, and its zone.
fn time(text: &str) -> (&str, &str, &str) {
    let clock = text.find('T').map_or(0, |at| at.saturating_add(1));
    let zone = text.get(clock..).and_then(|rest| rest.find(['Z', '+', '-']));
    let zone = zone.map_or(text.len(), |at| at.saturating_add(clock));
    let (local, zone) = text.split_at_checked(zone).unwrap_or((text, ""));
    let (seconds, fraction) = local.split_once('.').unwrap_or((local, ""));
    // Not -00:00, which says that the zone is not known (RFC 3339, section 4.3).
    let zone = if zone == "+00:00" { "Z" } else { zone };
    (seconds, fraction.trim_end_matches('0'), zone)
}
