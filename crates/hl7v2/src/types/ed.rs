//! HL7 v2 chapter 2A: ED, encapsulated data, and RP, reference pointer.

use iomt_core::DiagnosticCode;
use iomt_core::model::{Absent, AbsentReason, Attachment, Content, Encoding, Value};
use iomt_core::wire::Span;

use crate::Repetition;
use crate::context::{Context, Part};

/// ED: source application, type of data (table 0191), subtype (table 0291), encoding (table 0299),
/// data. Data that are not as their encoding has them are absent, and not kept as text.
pub(crate) fn encapsulated<'a>(
    context: &mut Context<'a, '_>,
    repetition: Repetition<'a>,
) -> Value<'a> {
    let [source, kind, subtype, encoding, data] = parts(repetition);
    // What follows belongs to the data: text has delimiters that nobody escaped.
    let data = data.map(|(raw, at)| {
        let start = at.saturating_sub(repetition.offset());
        (repetition.raw().get(start..).unwrap_or(raw), at)
    });
    let named = encoding.map(|(raw, _)| raw.trim_ascii().to_ascii_lowercase());
    let encoding_span = encoding.map_or(Span::NONE, |(raw, at)| Span::new(at, raw.len()));
    let encoding = match named.as_deref() {
        Some(b"a") => Some(Encoding::Text),
        Some(b"hex") => Some(Encoding::Hexadecimal),
        Some(b"base64") => Some(Encoding::Base64),
        _ => None,
    };
    let text = data.and_then(|data| context.whole(data));
    let (Some(encoding), Some(text)) = (encoding, text) else {
        return malformed(context, repetition, repetition.span());
    };
    let mut attachment = Attachment::new(Content::Data(encoding, text), repetition.span());
    if attachment.bytes().is_none() {
        return malformed(context, repetition, text.span());
    }
    attachment.encoding_span = encoding_span;
    source.into_iter().for_each(|source| context.unmapped(source));
    attachment.kind = kind.and_then(|kind| context.text(kind));
    attachment.subtype = subtype.and_then(|subtype| context.text(subtype));
    Value::Attachment(attachment)
}

/// RP: pointer, application, type of data, subtype. `None` without a pointer.
pub(crate) fn pointer<'a>(
    context: &mut Context<'a, '_>,
    repetition: Repetition<'a>,
) -> Option<Value<'a>> {
    let [pointer, application, kind, subtype, _] = parts(repetition);
    let pointer = pointer.and_then(|pointer| context.text(pointer))?;
    let mut attachment = Attachment::new(Content::Pointer(pointer), repetition.span());
    let others = repetition.components().skip(4).map(|component| component.part());
    for part in application.into_iter().chain(others) {
        context.unmapped(part);
    }
    attachment.kind = kind.and_then(|kind| context.text(kind));
    attachment.subtype = subtype.and_then(|subtype| context.text(subtype));
    Some(Value::Attachment(attachment))
}

fn parts(repetition: Repetition<'_>) -> [Option<Part<'_>>; 5] {
    let mut components = repetition.components().map(|component| component.part());
    [(); 5].map(|()| components.next())
}

fn malformed<'a>(context: &mut Context<'a, '_>, all: Repetition<'a>, at: Span) -> Value<'a> {
    context.say(DiagnosticCode::ValueMalformed, at);
    context.lost(all.span());
    Value::Absent(Absent::new(AbsentReason::Unknown, Span::NONE))
}
