//! Codings and concepts.

use core::fmt::{self, Write};

use iomt_core::DiagnosticCode;
use iomt_core::model::{
    Authority, Code, CodeSystem, Coding, Concept, Identifier, Mdc, Note, Short, Text, Universal,
};
use iomt_core::wire::Span;
use iomt_nomenclature as nomenclature;

use super::{Actors, Builder, Context, Target, maps};
use crate::code_maps::{self, Row};
use crate::identity::Name;
use crate::table::{ElementId, el};
use crate::tape::NodeId;

pub(crate) const LOINC: &str = "http://loinc.org";
pub(crate) const MDC: &str = "urn:iso:std:iso:11073:10101";
pub(crate) const SNOMED_CT: &str = "http://snomed.info/sct";
pub(crate) const UCUM: &str = "http://unitsofmeasure.org";
/// That of identifiers that are URIs.
pub(crate) const URI: &str = "urn:ietf:rfc:3986";

impl Builder<'_> {
    /// A code of ours in a system of ours.
    pub(crate) fn code(
        &mut self,
        element: ElementId,
        system: &'static str,
        code: &'static str,
        span: Span,
    ) {
        let mark = self.tape.open(element, span);
        self.tape.text(el::CODING_SYSTEM, system);
        self.tape.text_at(el::CODING_CODE, code, span);
        self.tape.close(mark);
    }

    /// A concept of one code of ours.
    pub(crate) fn coded(
        &mut self,
        element: ElementId,
        system: &'static str,
        code: &'static str,
        span: Span,
    ) {
        let mark = self.tape.open(element, span);
        self.code(el::CODEABLE_CONCEPT_CODING, system, code, span);
        self.tape.close(mark);
    }

    /// A LOINC code that we add.
    pub(crate) fn loinc(&mut self, code: &'static str) {
        let mark = self.tape.open(el::CODEABLE_CONCEPT_CODING, Span::NONE);
        self.tape.text(el::CODING_SYSTEM, LOINC);
        self.tape.text(el::CODING_CODE, code);
        if let Some(display) = nomenclature::loinc::display(code) {
            self.tape.text(el::CODING_DISPLAY, display);
        }
        self.tape.close(mark);
    }

    /// A coding as sent.
    pub(crate) fn coding(&mut self, element: ElementId, coding: &Coding<'_>) {
        let span = coding.code.span();
        let mark = self.tape.open(element, span);
        let known = self.system(coding);
        match coding.version {
            Some(version) if known => self.text(el::CODING_VERSION, version),
            Some(version) => {
                self.note(DiagnosticCode::FieldNotMapped, version.span(), "Coding.version");
            }
            None => {}
        }
        self.tape.write(el::CODING_CODE, span, |w| coding.code.write(w));
        match (coding.display, coding.code, coding.system) {
            // A display other than the table's own is an error there: it is the text.
            _ if self.is_published(coding) => {}
            (Some(display), _, _) => self.text(el::CODING_DISPLAY, display),
            (None, Code::Mdc(mdc) | Code::Meant(mdc, _), _) => self.refid(mdc),
            (None, Code::Text(_), _) => {}
        }
        self.tape.close(mark);
    }

    /// [`coding`](Self::coding), beside which no text can stand.
    pub(crate) fn coding_alone(&mut self, element: ElementId, coding: &Coding<'_>) {
        self.coding(element, coding);
        if let Some(display) = coding.display.filter(|_| self.is_published(coding)) {
            self.note(DiagnosticCode::FieldNotMapped, display.span(), "Coding.display");
        }
    }

    pub(crate) fn refid(&mut self, mdc: Mdc) {
        if let Some(refid) = nomenclature::mdc::refid(mdc) {
            self.tape.text(el::CODING_DISPLAY, refid);
        }
    }

    /// Writes the URI of a system; false if it has none.
    fn system(&mut self, coding: &Coding<'_>) -> bool {
        let span = coding.system_span;
        let uri = match &coding.system {
            CodeSystem::Mdc => MDC,
            CodeSystem::Loinc => LOINC,
            CodeSystem::SnomedCt => SNOMED_CT,
            CodeSystem::Ucum => UCUM,
            CodeSystem::Hl7Table(number) => {
                let of_table = is_of_table(coding);
                self.tape.write(el::CODING_SYSTEM, span, |w| match of_table {
                    true => write!(w, "http://terminology.hl7.org/CodeSystem/v2-{number:04}"),
                    // The code system of that name does not have it; the table of the site may.
                    false => write!(w, "urn:oid:2.16.840.1.113883.12.{number}"),
                });
                return true;
            }
            CodeSystem::Named(name) => return self.named_system(*name, coding.code),
            CodeSystem::Unknown => return false,
        };
        self.tape.text_at(el::CODING_SYSTEM, uri, span);
        true
    }

    /// The codes of the system that a sender names, where it is published whole.
    fn published(&self, name: Text<'_>) -> Option<&'static str> {
        let mut configured = self.cx.config.code_systems.iter();
        if let Some((_, uri)) = configured.find(|(key, _)| name.is(key)) {
            return maps::system(uri);
        }
        let uri = maps::look_up(maps::CODING_SYSTEM, name);
        uri.map_or_else(|| maps::system(name.short()?.as_str()), maps::system)
    }

    /// Whether a coding is one that its system has as it is published.
    fn is_published(&self, coding: &Coding<'_>) -> bool {
        match (coding.system, coding.code) {
            (CodeSystem::Named(name), Code::Text(code)) => {
                self.published(name).is_some_and(|codes| maps::has(codes, code))
            }
            _ => is_of_table(coding),
        }
    }

    fn named_system(&mut self, name: Text<'_>, code: Code<'_>) -> bool {
        let has = |codes| code.text().is_some_and(|code| maps::has(codes, code));
        if self.published(name).is_some_and(|codes| !has(codes)) {
            // A code of the sender's own, which the system that it names does not have.
            self.note(DiagnosticCode::CodeNotMapped, name.span(), "Coding.system");
            return false;
        }
        let configured = &self.cx.config.code_systems;
        if let Some((_, uri)) = configured.iter().find(|(key, _)| name.is(key)) {
            self.tape.str(el::CODING_SYSTEM, uri, name.span());
            return true;
        }
        if let Some(uri) = maps::look_up(maps::CODING_SYSTEM, name) {
            self.tape.text_at(el::CODING_SYSTEM, uri, name.span());
            return true;
        }
        if name.short().is_some_and(|n| n.as_str().starts_with("urn:") && is_uri(n.as_str())) {
            self.text(el::CODING_SYSTEM, name);
            return true;
        }
        if name.short().is_some_and(|n| is_oid(n.as_str())) {
            self.tape.write(el::CODING_SYSTEM, name.span(), |w| {
                w.write_str("urn:oid:")?;
                name.write(w)
            });
            return true;
        }
        self.note(DiagnosticCode::CodeSystemUnknown, name.span(), "Coding.system");
        false
    }

    /// A concept as sent.
    pub(crate) fn concept(&mut self, element: ElementId, concept: &Concept<'_>) {
        let mark = self.tape.open(element, concept.span);
        self.codings(concept);
        self.concept_text(concept);
        self.tape.close(mark);
    }

    /// The codings as sent, and after them those that the maps of the site add.
    pub(crate) fn codings(&mut self, concept: &Concept<'_>) {
        for coding in concept.codings() {
            self.coding(el::CODEABLE_CONCEPT_CODING, coding);
        }
        self.added_codings(concept, true);
    }

    /// What the maps of the site add to a concept; without `vital`, nothing that implies a profile.
    pub(crate) fn added_codings(&mut self, concept: &Concept<'_>, vital: bool) {
        let cx = self.cx;
        for (span, row) in code_maps::added(&cx.config, concept) {
            if vital || code_maps::vital(row).is_none() {
                self.added_coding(span, row);
            }
        }
    }

    fn added_coding(&mut self, span: Span, row: &Row) {
        let mark = self.tape.open(el::CODEABLE_CONCEPT_CODING, span);
        self.tape.str(el::CODING_SYSTEM, &row.uri, Span::NONE);
        self.tape.str(el::CODING_CODE, &row.to, span);
        let known = || nomenclature::loinc::display(&row.to).filter(|_| &*row.uri == LOINC);
        if let Some(display) = row.display.as_deref().or_else(known) {
            self.tape.str(el::CODING_DISPLAY, display, Span::NONE);
        }
        self.tape.close(mark);
    }

    /// A concept whose first code has a target in a system of ours; the others stand as sent, and the
    /// text, or what the code was called.
    pub(crate) fn mapped_concept(
        &mut self,
        element: ElementId,
        system: &'static str,
        code: &'static str,
        concept: &Concept<'_>,
    ) {
        let mark = self.tape.open(element, concept.span);
        let mut codings = concept.codings();
        let first = codings.next();
        let (span, named) = first
            .map_or((concept.span, Span::NONE), |first| (first.code.span(), first.system_span));
        let coding = self.tape.open(el::CODEABLE_CONCEPT_CODING, span);
        self.tape.text_at(el::CODING_SYSTEM, system, named);
        self.tape.text_at(el::CODING_CODE, code, span);
        self.tape.close(coding);
        for other in codings {
            self.coding_alone(el::CODEABLE_CONCEPT_CODING, other);
        }
        if let Some(first) = first {
            self.version_of_other(first);
        }
        let display = first.and_then(|first| first.display);
        if let (Some(_), Some(display)) = (concept.text, display) {
            self.note(DiagnosticCode::FieldNotMapped, display.span(), "Coding.display");
        }
        if let Some(text) = concept.text.or(display) {
            self.text(el::CODEABLE_CONCEPT_TEXT, text);
        }
        self.tape.close(mark);
    }

    /// The text as sent, or what a code of an HL7 table was called.
    pub(crate) fn concept_text(&mut self, concept: &Concept<'_>) {
        let mut text = concept.text;
        for coding in concept.codings() {
            match (coding.display.filter(|_| self.is_published(coding)), text) {
                (Some(display), Some(_)) => {
                    self.note(DiagnosticCode::FieldNotMapped, display.span(), "Coding.display");
                }
                (display @ Some(_), None) => text = display,
                (None, _) => {}
            }
        }
        if let Some(text) = text {
            self.text(el::CODEABLE_CONCEPT_TEXT, text);
        }
    }

    /// A code as sent as a concept: in `system` where the map has a target, else as its text.
    pub(crate) fn mapped(
        &mut self,
        element: ElementId,
        map: maps::Map,
        system: &'static str,
        sent: Text<'_>,
    ) {
        let concept = self.tape.open(element, sent.span());
        match maps::look_up(map, sent) {
            Some(code) => self.code(el::CODEABLE_CONCEPT_CODING, system, code, sent.span()),
            None => self.text(el::CODEABLE_CONCEPT_TEXT, sent),
        }
        self.tape.close(concept);
    }

    /// A concept of an HL7 table: the target that `map` has for its code, then the code of the table
    /// where that is another; a code that the map does not have, or of another system, as sent.
    pub(crate) fn table_concept(
        &mut self,
        element: ElementId,
        concept: &Concept<'_>,
        table: u16,
        map: maps::Map,
    ) {
        let mark = self.tape.open(element, concept.span);
        let mut text = concept.text;
        for coding in concept.codings() {
            let target = table_target(coding, table, map);
            match target {
                Some(target) => {
                    self.code_of_table(el::CODEABLE_CONCEPT_CODING, coding, target);
                    if coding.code.is(target.1) {
                        self.version_of_other(coding);
                    } else {
                        let mut own = *coding;
                        (own.system, own.display) = (CodeSystem::Hl7Table(table), None);
                        self.coding(el::CODEABLE_CONCEPT_CODING, &own);
                    }
                }
                None => self.coding(el::CODEABLE_CONCEPT_CODING, coding),
            }
            // A display other than the table's own is an error there: it is the text.
            match coding.display.filter(|_| target.is_some() || self.is_published(coding)) {
                Some(display) if text.is_some() => {
                    self.note(DiagnosticCode::FieldNotMapped, display.span(), "Coding.display");
                }
                display => text = text.or(display),
            }
        }
        self.added_codings(concept, true);
        if let Some(text) = text {
            self.text(el::CODEABLE_CONCEPT_TEXT, text);
        }
        self.tape.close(mark);
    }

    /// The target of a coding, which is a system and a code.
    pub(super) fn code_of_table(
        &mut self,
        element: ElementId,
        coding: &Coding<'_>,
        (system, code): (&'static str, &'static str),
    ) {
        let span = coding.code.span();
        let mark = self.tape.open(element, span);
        self.tape.text_at(el::CODING_SYSTEM, system, coding.system_span);
        self.tape.text_at(el::CODING_CODE, code, span);
        self.tape.close(mark);
    }

    /// The version of the table is none of the system that stands for it.
    pub(super) fn version_of_other(&mut self, coding: &Coding<'_>) {
        if let Some(version) = coding.version {
            self.note(DiagnosticCode::FieldNotMapped, version.span(), "Coding.version");
        }
    }

    /// [`table_concept`](Self::table_concept), of which the target has one coding; what is not in it is
    /// diagnosed.
    pub(crate) fn table_coding(
        &mut self,
        element: ElementId,
        concept: &Concept<'_>,
        table: u16,
        map: maps::Map,
    ) {
        let (code, not_mapped) = (DiagnosticCode::FieldNotMapped, "Coding");
        let mut codings = concept.codings();
        let first = codings.next();
        match first.map(|coding| (coding, table_target(coding, table, map))) {
            Some((coding, Some(target))) => {
                self.code_of_table(element, coding, target);
                self.version_of_other(coding);
                if let Some(display) = coding.display {
                    self.note(code, display.span(), not_mapped);
                }
            }
            Some((coding, None)) => self.coding_alone(element, coding),
            None => {
                if let Some(text) = concept.text {
                    let mark = self.tape.open(element, text.span());
                    self.text(el::CODING_DISPLAY, text);
                    self.tape.close(mark);
                }
            }
        }
        for span in codings.flat_map(Coding::spans) {
            self.note(code, span, not_mapped);
        }
        if let (Some(_), Some(text)) = (first, concept.text) {
            self.note(code, text.span(), not_mapped);
        }
    }

    /// A text as sent.
    pub(crate) fn text(&mut self, element: ElementId, text: Text<'_>) {
        match text.as_str() {
            Some(plain) => self.tape.str(element, plain, text.span()),
            None => self.tape.write(element, text.span(), |w| text.write(w)),
        };
    }

    /// Says that a name that somebody gave out is free, if it is short and plain.
    pub(crate) fn free_name(&mut self, node: Option<NodeId>) {
        let name = |id: &NodeId| {
            let node = self.tape.node(*id);
            node.is_some_and(|node| node.class().is_plain() && self.tape.value(node).len() < 256)
        };
        self.tape.free(node.filter(name));
    }

    /// Remarks as sent.
    pub(crate) fn remarks(&mut self, element: ElementId, notes: &[Note<'_>], of: &dyn Actors) {
        for note in notes {
            let one = self.tape.open(element, note.text.span());
            let author = note.author.and_then(|(author, span)| Some((of.actor(author)?, span)));
            match author {
                Some((Target::Display(name), span)) => {
                    self.tape.str(el::ANNOTATION_AUTHOR_STRING, name, span);
                }
                Some((target, span)) => {
                    self.reference_at(el::ANNOTATION_AUTHOR_REFERENCE, target, span);
                }
                None => {}
            }
            if let Some(time) = &note.time {
                let moment = self.moment(time, "Annotation.time");
                self.date_time(el::ANNOTATION_TIME, &moment);
            }
            self.text(el::ANNOTATION_TEXT, note.text);
            self.tape.close(one);
        }
    }

    /// A reference to what is known by the names of an HD alone.
    pub(crate) fn named(
        &mut self,
        element: ElementId,
        kind: Option<&'static str>,
        names: &Authority<'_>,
    ) {
        let mark = self.tape.open(element, Span::NONE);
        if let Some(kind) = kind {
            self.tape.text(el::REFERENCE_TYPE, kind);
        }
        let identifier = self.tape.open(el::REFERENCE_IDENTIFIER, Span::NONE);
        if let Some(system) = universal_system(names) {
            self.tape.text(el::IDENTIFIER_SYSTEM, URI);
            self.tape.write(el::IDENTIFIER_VALUE, system_span(names), |w| system.write(w));
        } else {
            if let Some(kind) = names.universal_id_type {
                let concept = self.tape.open(el::IDENTIFIER_TYPE, kind.span());
                self.text(el::CODEABLE_CONCEPT_TEXT, kind);
                self.tape.close(concept);
            }
            if let Some(id) = names.universal_id {
                self.text(el::IDENTIFIER_VALUE, id);
            }
        }
        self.tape.close(identifier);
        if let Some(name) = names.namespace {
            self.text(el::REFERENCE_DISPLAY, name);
        }
        self.tape.close(mark);
    }

    /// An identifier as sent: its system is made from its authority, or there is none.
    pub(crate) fn identifier(&mut self, element: ElementId, identifier: &Identifier<'_>) {
        let mark = self.tape.open(element, identifier.span);
        if let Some(digit) = identifier.check_digit {
            let url = "http://hl7.org/fhir/StructureDefinition/identifier-checkDigit";
            let (element, value) = (el::IDENTIFIER_EXTENSION, el::EXTENSION_VALUE_STRING);
            self.extension(element, url, value, digit.span(), |w| digit.write(w));
        }
        if let Some(kind) = identifier.type_code {
            let system = "http://terminology.hl7.org/CodeSystem/v2-0203";
            self.mapped(el::IDENTIFIER_TYPE, maps::IDENTIFIER_TYPE, system, kind);
        }
        let (mut authority, made) = (identifier.authority, system_of(self.cx, identifier));
        let span = system_span(&authority);
        let system = made
            .as_ref()
            .and_then(|made| self.tape.write(el::IDENTIFIER_SYSTEM, span, |w| made.write(w)));
        // A URI has a form of its own.
        let is_uri = system.is_some_and(|system| self.tape.text_of(system) == URI);
        let span =
            if identifier.universal.is_some() { identifier.span } else { identifier.value.span() };
        let node = self.tape.write(el::IDENTIFIER_VALUE, span, |w| write_value(identifier, w));
        self.free_name(node.filter(|_| !is_uri));
        self.valid(el::IDENTIFIER_PERIOD, &identifier.valid, "Identifier.period");
        // A name of ours for what the standard names is nobody that gives out numbers.
        authority.namespace = authority.namespace.filter(|name| name.span().is_some());
        // What makes no system is kept with the name of the authority.
        let is_made = matches!(made, Some(System::Oid(_) | System::Uuid(_) | System::Uri(_)));
        if identifier.universal.is_some() || is_made {
            (authority.universal_id, authority.universal_id_type) = (None, None);
        }
        self.named(el::IDENTIFIER_ASSIGNER, None, &authority);
        self.tape.close(mark);
    }
}

/// Whether a coding is one that an HL7 table has as it is published.
fn is_of_table(coding: &Coding<'_>) -> bool {
    match (coding.system, coding.code) {
        (CodeSystem::Hl7Table(table), Code::Text(code)) => maps::table_has(table, code),
        _ => false,
    }
}

/// The bytes that give an authority's system.
pub(super) fn system_span(authority: &Authority<'_>) -> Span {
    let span = |part: Option<Text<'_>>| part.map_or(Span::NONE, |part| part.span());
    span(authority.universal_id).to(span(authority.universal_id_type))
}

/// The system of EUI-64 identifiers: PHD IG, PoCD IG.
const EUI_64: &str = "urn:oid:1.2.840.10004.1.1.1.0.0.1.0.0.1.2680";

/// Writes the value of an identifier as its system has it: an EUI-64 in pairs of digits, a UUID as a
/// URN, any other one as sent.
pub(crate) fn write_value(identifier: &Identifier<'_>, out: &mut dyn Write) -> fmt::Result {
    let text = identifier.value.short();
    let text = text.as_ref().map_or("", |text| text.as_str());
    match identifier.universal {
        Some(Universal::Eui64) => {
            write_digits(text, |at| at > 0 && at % 2 == 0, u8::to_ascii_uppercase, out)
        }
        Some(Universal::Uuid) => {
            out.write_str("urn:uuid:")?;
            write_digits(text, |at| matches!(at, 8 | 12 | 16 | 20), u8::to_ascii_lowercase, out)
        }
        None => identifier.value.write(out),
    }
}

/// Writes the hexadecimal digits of a text of at most 64, with hyphens `before` some of them.
fn write_digits(
    text: &str,
    before: impl Fn(usize) -> bool,
    case: impl Fn(&u8) -> u8,
    out: &mut dyn Write,
) -> fmt::Result {
    let (mut line, mut len) = ([0; 128], 0_usize);
    let mut push = |byte| {
        if let Some(slot) = line.get_mut(len) {
            *slot = byte;
            len = len.saturating_add(1);
        }
    };
    for (at, digit) in text.as_bytes().iter().filter(|b| b.is_ascii_hexdigit()).enumerate() {
        if before(at) {
            push(b'-');
        }
        push(case(digit));
    }
    let line = line.get(..len).unwrap_or_default();
    out.write_str(core::str::from_utf8(line).map_err(|_| fmt::Error)?)
}

/// The target of a code of an HL7 table, which the sender names or does not.
pub(super) fn table_target(
    coding: &Coding<'_>,
    table: u16,
    map: maps::Map,
) -> Option<(&'static str, &'static str)> {
    match coding.system {
        CodeSystem::Unknown => {}
        CodeSystem::Hl7Table(named) if named == table => {}
        CodeSystem::Mdc
        | CodeSystem::Loinc
        | CodeSystem::SnomedCt
        | CodeSystem::Ucum
        | CodeSystem::Hl7Table(_)
        | CodeSystem::Named(_) => return None,
    }
    maps::look_up_coded(map, coding.code.text()?)
}

/// What the system of an identifier is made from.
pub(crate) enum System<'a> {
    /// A system of ours, or of the configuration.
    Known(&'a str),
    Oid(Short<'a>),
    Uuid(Short<'a>),
    Uri(Short<'a>),
}

impl System<'_> {
    pub(crate) fn write(&self, out: &mut dyn Write) -> fmt::Result {
        match self {
            Self::Known(system) => out.write_str(system),
            Self::Uri(uri) => out.write_str(uri.as_str()),
            Self::Oid(oid) => {
                out.write_str("urn:oid:")?;
                out.write_str(oid.as_str())
            }
            Self::Uuid(uuid) => {
                out.write_str("urn:uuid:")?;
                uuid.as_str().chars().try_for_each(|c| out.write_char(c.to_ascii_lowercase()))
            }
        }
    }
}

/// The system of an identifier, if it has one: then its value is the same for all who use it.
pub(crate) fn system_of<'a>(cx: &'a Context, identifier: &Identifier<'a>) -> Option<System<'a>> {
    match identifier.universal {
        Some(Universal::Eui64) => Some(System::Known(EUI_64)),
        Some(Universal::Uuid) => Some(System::Known(URI)),
        None => authority_system(cx, &identifier.authority),
    }
}

/// The system of an authority's identifiers: what its universal id makes, else as configured for its
/// namespace.
pub(crate) fn authority_system<'a>(
    cx: &'a Context,
    authority: &Authority<'a>,
) -> Option<System<'a>> {
    universal_system(authority).or_else(|| {
        let configured = &cx.config.identifier_systems;
        let named = authority.namespace.and_then(|n| configured.iter().find(|(key, _)| n.is(key)));
        named.filter(|(_, system)| !system.is_empty()).map(|(_, system)| System::Known(system))
    })
}

/// The system that the universal id of an authority makes: ISO → `urn:oid:`, UUID → `urn:uuid:`, URI as
/// it is.
pub(super) fn universal_system<'a>(authority: &Authority<'a>) -> Option<System<'a>> {
    let (id, kind) = (authority.universal_id?.short()?, authority.universal_id_type?.short()?);
    match kind.as_str() {
        "ISO" if is_oid(id.as_str()) => Some(System::Oid(id)),
        "UUID" | "GUID" if is_uuid(id.as_str()) => Some(System::Uuid(id)),
        "URI" if is_uri(id.as_str()) => Some(System::Uri(id)),
        _ => None,
    }
}

/// The name of what an identifier names: system and value where there is a system, else the
/// sender, the authority as sent, the type and the value.
pub(crate) fn name_of(cx: &Context, kind: &str, identifier: &Identifier<'_>) -> Name {
    let mut name = cx.name(kind);
    match system_of(cx, identifier) {
        Some(system) => name.part(|w| system.write(w)).part(|w| write_value(identifier, w)),
        None => name.uuid(cx.sender).identifier(identifier).text(identifier.type_code),
    };
    name
}

/// Short ones are of no authority, and no OIDs to the reference validator.
pub(crate) fn is_oid(text: &str) -> bool {
    let [b'0'..=b'2', b'.', rest @ ..] = text.as_bytes() else { return false };
    // Digits of the arc at hand, and whether it is 0.
    let (mut digits, mut zero, mut last) = (0_usize, false, "1".len());
    for (at, byte) in rest.iter().enumerate() {
        match byte {
            b'0'..=b'9' if !zero => {
                zero = digits == 0 && *byte == b'0';
                digits = digits.saturating_add(1);
            }
            b'.' if digits > 0 => (digits, zero, last) = (0, false, at.saturating_add(2)),
            _ => return false,
        }
    }
    digits > 0 && last >= "1.2.3".len()
}

fn is_uuid(text: &str) -> bool {
    text.len() == 36
        && text.bytes().enumerate().all(|(i, b)| match i {
            8 | 13 | 18 | 23 => b == b'-',
            _ => b.is_ascii_hexdigit(),
        })
}

/// A name of the domain name system, or a number of an address there.
pub(super) fn is_dns(text: &str) -> bool {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b == b'-';
    text.split('.').all(|label| !label.is_empty() && label.bytes().all(plain))
}

pub(crate) fn is_uri(text: &str) -> bool {
    let scheme = text.bytes().position(|b| b == b':').and_then(|end| text.get(..end));
    let scheme = scheme.unwrap_or_default();
    !scheme.is_empty()
        && scheme.bytes().all(|b| b.is_ascii_alphanumeric() || b"+-.".contains(&b))
        && text.bytes().all(|b| b.is_ascii_graphic())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn systems_come_from_authorities() {
        let mut cx = Context::default();
        cx.config.identifier_systems.insert("HOSP".into(), "http://hosp.example/mrn".into());
        let of = |namespace, id: &'static str, kind: &'static str| {
            let mut authority = Authority::named(Text::literal(namespace));
            authority.universal_id = Some(Text::literal(id));
            authority.universal_id_type = Some(Text::literal(kind));
            let mut out = String::new();
            let system = authority_system(&cx, &authority);
            system.iter().for_each(|system| system.write(&mut out).unwrap());
            out
        };
        assert_eq!(of("", "1.2.840.1", "ISO"), "urn:oid:1.2.840.1");
        assert_eq!(of("", "1.02.840", "ISO"), "");
        assert_eq!(of("", "2.8", "ISO"), "");
        assert_eq!(of("", "1.2.840", "ISO"), "");
        assert_eq!(of("", "1.2.3.4", "ISO"), "urn:oid:1.2.3.4");
        assert_eq!(
            of("", "6BA7B810-9DAD-11D1-80B4-00C04FD430C8", "UUID"),
            "urn:uuid:6ba7b810-9dad-11d1-80b4-00c04fd430c8"
        );
        assert_eq!(of("", "http://a.example/b", "URI"), "http://a.example/b");
        assert_eq!(of("", "a.example", "DNS"), "");
        assert_eq!(of("HOSP", "", ""), "http://hosp.example/mrn");
        assert_eq!(of("OTHER", "", ""), "");
    }
}
