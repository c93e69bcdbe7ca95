//! Attachments: documents, pictures, and pointers to them.
//!
//! R4 has none in an Observation, and the reference validator refuses the extension that the
//! v2-to-FHIR guide takes from R5. So that of any row of a report is a `presentedForm` of the report,
//! with what the row is called as its title. Its Observation stays, for its status, time and
//! performers, and says `unsupported`. What is withdrawn, or of no report, is diagnosed.

use data_encoding::BASE64;
use iomt_core::DiagnosticCode;
use iomt_core::model::{Attachment, Content, Encoding, Measurement, Text, Value};

use super::{Builder, is_uri, maps};
use crate::table::{ElementId, el};

/// RFC 2046 §4.5.1: bytes of which nothing else is known.
const BYTES: &str = "application/octet-stream";

/// The attachments of a value, which is one or has several.
pub(crate) fn attachments<'v, 'a>(
    value: &'v Value<'a>,
) -> impl Iterator<Item = &'v Attachment<'a>> {
    let (one, several) = match value {
        Value::Attachment(one) => (Some(one), &[][..]),
        Value::Compound(several) => (None, *several),
        _ => (None, &[][..]),
    };
    let several = several.iter().filter_map(|part| match &part.value {
        Value::Attachment(one) => Some(one),
        _ => None,
    });
    one.into_iter().chain(several)
}

/// Where it is, if FHIR has such a pointer: a URL.
pub(crate) fn is_url(pointer: Text<'_>) -> bool {
    let mut text = String::new();
    pointer.write(&mut text).is_ok() && is_uri(&text)
}

impl Builder<'_> {
    /// Writes an attachment of a measurement.
    ///
    /// `creation` stays out: OBX-14 is when something was observed, which is not when a document was
    /// made.
    pub(crate) fn attachment(
        &mut self,
        element: ElementId,
        attachment: &Attachment<'_>,
        m: &Measurement<'_>,
    ) {
        let mark = self.tape.open(element, attachment.span);
        match attachment.content {
            Content::Data(encoding, text) => {
                let bytes = attachment.bytes().unwrap_or_default();
                let utf_8 = encoding == Encoding::Text && !bytes.is_ascii();
                self.content_type(attachment, Some(BYTES), utf_8);
                let span = attachment.encoding_span.to(text.span());
                self.tape
                    .write(el::ATTACHMENT_DATA, span, |mut w| BASE64.encode_write(&bytes, &mut w));
            }
            Content::Pointer(pointer) => {
                self.content_type(attachment, None, false);
                self.text(el::ATTACHMENT_URL, pointer);
            }
        }
        let named = || m.code.codings().find_map(|coding| coding.display);
        if let Some(title) = m.code.text.or_else(named) {
            self.text(el::ATTACHMENT_TITLE, title);
        }
        self.tape.close(mark);
    }

    /// The MIME type; `unknown` where what was sent makes none.
    fn content_type(
        &mut self,
        attachment: &Attachment<'_>,
        unknown: Option<&'static str>,
        utf_8: bool,
    ) {
        let Attachment { kind, subtype, .. } = attachment;
        let [first, second] = [kind, subtype].map(|part| part.map(|part| part.span()));
        let mut found = content_type(kind.as_ref(), subtype.as_ref());
        if found.is_none() {
            for span in [first, second].into_iter().flatten() {
                self.note(DiagnosticCode::CodeNotMapped, span, "Attachment.contentType");
            }
            found = unknown.map(String::from);
        }
        if let Some(mut text) = found {
            if utf_8 && text.starts_with("text/") {
                text.push_str("; charset=utf-8");
            }
            let spans = [first, second].into_iter().flatten().reduce(|a, b| a.to(b));
            self.tape.str(el::ATTACHMENT_CONTENT_TYPE, &text, spans.unwrap_or_default());
        }
    }
}

/// The MIME type of a type and a subtype of HL7 tables 0191 and 0291, or of MIME itself.
fn content_type(kind: Option<&Text<'_>>, subtype: Option<&Text<'_>>) -> Option<String> {
    let lower = |part: Option<&Text<'_>>| {
        let short = part.and_then(|part| part.short());
        short.map_or(String::new(), |short| short.as_str().to_ascii_lowercase())
    };
    let (kind, subtype) = (lower(kind), lower(subtype));
    if let Some(whole) = [&subtype, &kind].into_iter().find(|part| is_mime(part)) {
        return Some(whole.clone());
    }
    // Subtypes that are of one type whatever is said beside them: `SD^PDF`, `image^PDF`.
    if let Some(known) = maps::find(maps::MIME_SUBTYPE, &subtype) {
        return Some(known.into());
    }
    let main = maps::find(maps::MIME_TYPE, &kind)?;
    let subtype = if subtype.is_empty() && main == "text" { "plain" } else { &subtype };
    let joined = format!("{main}/{subtype}");
    is_mime(&joined).then_some(joined)
}

/// RFC 6838 §4.2: two restricted names.
fn is_mime(text: &str) -> bool {
    let name = |name: &str| {
        name.starts_with(|c: char| c.is_ascii_alphanumeric())
            && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"!#$&-^_.+".contains(&b))
    };
    text.split_once('/').is_some_and(|(main, sub)| name(main) && name(sub))
}
