use crate::{Issue, NodeId, Tape, Version, definitions::Types, issue::Rule, json, xml};

/// A format of resources.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[expect(clippy::exhaustive_enums, reason = "FHIR has these two, and RDF")]
pub enum Format {
    /// FHIR JSON.
    Json,
    /// FHIR XML.
    Xml,
}

impl Format {
    /// What bytes look like, by the first that is neither space nor byte order mark.
    #[must_use]
    pub fn detect(bytes: &[u8]) -> Self {
        let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
        if bytes.trim_ascii_start().first() == Some(&b'<') { Self::Xml } else { Self::Json }
    }
}

/// The text of a resource without its byte order mark, and the length of that; or what is wrong, by `utf8`
/// if it is no text, and where.
pub(crate) fn text_of<'b>(
    bytes: &'b [u8],
    utf8: &'static Rule,
) -> Result<(&'b str, usize), (&'static Rule, usize)> {
    if u32::try_from(bytes.len()).is_err() {
        return Err((&json::rules::SIZE, 0));
    }
    let text = core::str::from_utf8(bytes).map_err(|error| (utf8, error.valid_up_to()))?;
    // JSON may ignore it (RFC 8259, section 8.1), as if it were space; in XML it is no part of the text.
    Ok(text.strip_prefix('\u{feff}').map_or((text, 0), |rest| (rest, 3)))
}

/// Reads resources of either format. It keeps its memory from one to the next.
#[derive(Debug, Default)]
pub struct Reader {
    json: json::Reader,
    xml: xml::Reader,
}

impl Reader {
    /// A reader of R4 with the limits of both.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The same, of another version: what that does not have is unknown.
    #[must_use]
    pub fn for_version(self, version: Version) -> Self {
        Self { json: self.json.for_version(version), xml: self.xml.for_version(version) }
    }

    /// The same, which reads resources of these types too.
    #[must_use]
    pub fn with_types(self, types: &Types) -> Self {
        Self { json: self.json.with_types(types.clone()), xml: self.xml.with_types(types.clone()) }
    }

    /// [`json::Reader::read`] or [`xml::Reader::read`].
    pub fn read(
        &mut self,
        format: Format,
        bytes: &[u8],
        tape: &mut Tape,
        issues: &mut Vec<Issue>,
    ) -> Option<NodeId> {
        match format {
            Format::Json => self.json.read(bytes, tape, issues),
            Format::Xml => self.xml.read(bytes, tape, issues),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_byte_says_what_it_is() {
        for (bytes, format) in [
            (&b"{}"[..], Format::Json),
            (b"\xEF\xBB\xBF \r\n\t<a/>", Format::Xml),
            (b"", Format::Json),
            (b"a<", Format::Json),
        ] {
            assert_eq!(Format::detect(bytes), format);
        }
    }
}
