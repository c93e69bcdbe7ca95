//! IEEE 11073-10101 in coded fields: by number, by reference id, or as MDIL.
//!
//! Senders have `0` or an outdated number beside the right reference id, the reference id alone, and
//! `partition-term` in hexadecimal. A reference id that the tables know is taken before a number; what
//! belongs to a vendor stays as it was sent.

use iomt_core::DiagnosticCode;
use iomt_core::model::{Code, CodeSystem, Coding, Concept, Mdc, Text};
use iomt_core::wire::Span;
use iomt_nomenclature::mdc;

use crate::context::Context;
use crate::seek;
use crate::types::cwe;
use crate::{Field, Repetition};

/// Terms from here on belong to vendors.
const PRIVATE: u16 = 0xF000;

/// The code whose reference id a text is.
pub(crate) fn by_refid(text: Text<'_>) -> Option<Mdc> {
    text.as_str().filter(|text| text.starts_with("MDC_")).and_then(mdc::by_refid)
}

/// Reads `PPPP-CCCC`, partition and term in hexadecimal: MDIL of monitors that speak HL7 2.3.
///
/// ```
/// use iomt_core::model::Mdc;
/// assert_eq!(iomt_hl7v2::types::mdil(b"0002-4bb8"), Some(Mdc::new(150_456)));
/// assert_eq!(iomt_hl7v2::types::mdil(b"SpO2"), None);
/// ```
#[must_use]
pub fn mdil(raw: &[u8]) -> Option<Mdc> {
    let [partition @ .., b'-', a, b, c, d] = raw else { return None };
    let number = |digits: &[u8]| {
        let all = digits.len() == 4 && digits.iter().all(u8::is_ascii_hexdigit);
        let text = core::str::from_utf8(digits).ok().filter(|_| all)?;
        u16::from_str_radix(text, 16).ok()
    };
    Some(Mdc::from_parts(number(partition)?, number(&[*a, *b, *c, *d])?))
}

/// The public code that MDIL means; one of a vendor stays as sent.
pub(crate) fn public_mdil(code: Text<'_>) -> Option<Mdc> {
    mdil(code.raw()).filter(|mdc| mdc.term() < PRIVATE)
}

/// The code that number and reference id mean. What remains as it is, `None`.
pub(crate) fn meant<'a>(
    context: &mut Context<'a, '_>,
    code: Text<'_>,
    name: Option<Text<'_>>,
) -> Option<Mdc> {
    let number: Option<u32> = code.as_str().and_then(|text| text.parse().ok());
    let known = number.and_then(|number| mdc::refid(Mdc::new(number)));
    if let (Some(known), Some(name)) = (known, name)
        && name.is(known)
    {
        return None;
    }
    let named = name.and_then(by_refid).or_else(|| by_refid(code))?;
    let (said, span) = match number {
        Some(number) if number == named.code() => return None,
        // The term without its partition is no other code.
        Some(number) if number != 0 && number != u32::from(named.term()) => {
            (DiagnosticCode::CodeConflict, code.span())
        }
        _ => (DiagnosticCode::CodeByReferenceId, code.span()),
    };
    context.say(said, span);
    Some(named)
}

/// What most coded fields of devices say: `147842^MDC_ECG_HEART_RATE^MDC`, a number and its reference
/// id.
pub(crate) struct Term<'a> {
    pub(crate) number: Mdc,
    code: Text<'a>,
    name: Text<'a>,
    system: Span,
}

/// Reads such a field; nothing where it is any other.
pub(crate) fn term<'a>(context: &Context<'a, '_>, repetition: Repetition<'a>) -> Option<Term<'a>> {
    const MDC: usize = 3;
    let (raw, offset) = repetition.part();
    let text = context.plain((raw, offset))?;
    let component = repetition.delimiters().component;
    let (before, [separator, b'M', b'D', b'C']) = raw.split_last_chunk()? else { return None };
    let start = seek::find(before, [component]);
    let (code, [_, name @ ..]) = before.split_at_checked(start)? else { return None };
    let digits = |digits: &[u8]| digits.len() < 10 && digits.iter().all(u8::is_ascii_digit);
    // A name of the tables has no other punctuation.
    if *separator != component || component == b'_' || !digits(code) {
        return None;
    }
    let number = code.iter().fold(0_u32, |number, digit| {
        number.wrapping_mul(10).wrapping_add(u32::from(digit.wrapping_sub(b'0')))
    });
    let number = Mdc::new(number);
    if mdc::refid(number)?.as_bytes() != name {
        return None;
    }
    let at = |place: usize| offset.wrapping_add(place);
    let (start, end) = (start.wrapping_add(1), before.len());
    Some(Term {
        number,
        code: Text::plain(text.get(..code.len())?, offset),
        name: Text::plain(text.get(start..end)?, at(start)),
        system: Span::new(at(end.wrapping_add(1)), MDC),
    })
}

/// Reads the first repetition of a field into `concept`, which stays empty where it says nothing; its
/// codings of IEEE 11073 are what they mean.
pub(crate) fn field<'a: 'b, 'b>(
    context: &mut Context<'a, '_>,
    field: Field<'a>,
    concept: &mut Concept<'b>,
) {
    let repetition = context.first(field);
    match term(context, repetition) {
        Some(term) => {
            let [first, ..] = &mut concept.codings;
            let coding = first.insert(Coding::new(CodeSystem::Mdc, term.code));
            (coding.display, coding.system_span) = (Some(term.name), term.system);
            concept.span = repetition.span();
        }
        None => {
            cwe::repetition(context, repetition, concept);
            resolve(context, concept);
        }
    }
}

/// Makes the codings of IEEE 11073 what they mean. `0` and an unknown name are no code: they become
/// the text.
pub(crate) fn resolve<'a: 'b, 'b>(context: &mut Context<'a, '_>, concept: &mut Concept<'b>) {
    let mut words = None;
    for slot in &mut concept.codings {
        let Some(Coding { system, code: Code::Text(code), display, version, system_span, .. }) =
            slot
        else {
            continue;
        };
        let (system_span, version) = (*system_span, *version);
        match system {
            CodeSystem::Mdc => {}
            CodeSystem::Named(name) if name.is("MDIL") => {
                if let (Some(mdc), code) = (public_mdil(*code), *code) {
                    words = words.or(*display);
                    version.iter().for_each(|version| context.lost(version.span()));
                    let mut meant = Coding::mdc(mdc);
                    (meant.code, meant.system_span) = (Code::Meant(mdc, code), name.span());
                    *slot = Some(meant);
                }
                continue;
            }
            _ => continue,
        }
        let sent = *code;
        if let Some(mdc) = meant(context, sent, *display) {
            if let Some(coding) = slot {
                coding.code = Code::Meant(mdc, sent);
                coding.display = coding.display.filter(|display| by_refid(*display).is_some());
            }
            continue;
        }
        let number = sent.as_str().and_then(|text| text.parse().ok());
        if number.is_none_or(|number: u32| number == 0) {
            context.say(DiagnosticCode::CodeNotMapped, sent.span());
            if system_span.is_some() {
                context.say(DiagnosticCode::FieldNotMapped, system_span);
            }
            version.iter().for_each(|version| context.lost(version.span()));
            words = words.or(*display).or(number.is_none().then_some(sent));
            *slot = None;
        }
    }
    match (concept.text, words) {
        (None, words) => concept.text = words,
        (Some(_), Some(words)) => context.say(DiagnosticCode::FieldNotMapped, words.span()),
        (Some(_), None) => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mdil_is_partition_and_term() {
        assert_eq!(mdil(b"0004-0aa0"), Some(Mdc::new(264_864)));
        assert_eq!(mdil(b"0002-4A05"), Some(Mdc::new(150_021)));
        for raw in [&b""[..], b"0002", b"2-4a05", b"0002-4a0", b"0002-4a0g", b"00002-4a05"] {
            assert_eq!(mdil(raw), None);
        }
        assert_eq!(public_mdil(Text::literal("0002-f081")), None);
    }
}
