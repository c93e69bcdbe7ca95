//! MessageHeader; and of a Bundle, what are not its entries.

use core::fmt::{self, Write};

use iomt_core::DiagnosticCode;
use iomt_core::model::{
    Authority, CodeSystem, Coding, Concept, Header, Message, Organization, Text,
};
use iomt_core::wire::Span;

use super::code::{is_dns, system_span, universal_system};
use super::{Builder, Target, maps};
use crate::identity::Uuid;
use crate::table::{ElementId, el};
use crate::tape::Mark;

const DESTINATION: &str = "MessageHeader.destination";
const LANGUAGE: &str = "MessageHeader.language";
const SECURITY: &str = "MessageHeader.meta.security";
const SOURCE: &str = "MessageHeader.source";

/// Whom a MessageHeader refers to.
#[derive(Clone, Copy, Default)]
pub(crate) struct HeaderLinks<'a> {
    /// Who is responsible for what is sent.
    pub(crate) responsible: Option<Target<'a>>,
    /// Who is to receive it.
    pub(crate) receiver: Option<Target<'a>>,
}

/// Whether a header says that the data are not real; gives the bytes.
pub(crate) fn test(header: &Header<'_>) -> Option<Span> {
    let sent = header.processing?;
    maps::look_up(maps::PROCESSING, sent).map(|_| sent.span())
}

/// What a header says that is in a MessageHeader alone: where it would be, and its bytes.
pub(crate) fn only_in_header(header: &Header<'_>) -> impl Iterator<Item = (&'static str, Span)> {
    let security = |concept: &Concept<'_>| (SECURITY, concept.span);
    let text = |place, text: Option<Text<'_>>| (place, text.map_or(Span::NONE, |t| t.span()));
    let each = [
        (DESTINATION, whole_span(&header.receiving_application)),
        (DESTINATION, whole_span(&header.receiving_facility)),
        text(SECURITY, header.security),
        text(LANGUAGE, header.language),
        (SOURCE, whole_span(&header.source)),
        (DESTINATION, whole_span(&header.destination)),
        security(&header.classification),
    ];
    let all = each.into_iter().chain(header.handling.iter().map(security));
    all.filter(|(_, span)| span.is_some())
}

/// All bytes of an authority.
pub(crate) fn whole_span(authority: &Authority<'_>) -> Span {
    let name = authority.namespace.map_or(Span::NONE, |name| name.span());
    name.to(system_span(authority))
}

/// The bytes of an organization.
pub(crate) fn organization_span(organization: &Organization<'_>) -> Span {
    let name = organization.name.map_or(Span::NONE, |name| name.span());
    organization.identifier.map_or(name, |identifier| identifier.span)
}

impl Builder<'_> {
    /// What of a Bundle of type message are not its entries.
    pub(crate) fn bundle(&mut self, id: Uuid, message: Option<&Message<'_>>) {
        let mark = self.tape.open(el::ROOT_BUNDLE, message.map_or(Span::NONE, |m| m.span));
        self.tape.write(el::BUNDLE_ID, Span::NONE, |w| id.write(w));
        if let Some((message, number)) = message.and_then(|m| Some((m, m.id?))) {
            // It is a number of its sender, whose identity is the system.
            let identifier = self.tape.open(el::BUNDLE_IDENTIFIER, number.span());
            let span = whole_span(&message.application).to(whole_span(&message.facility));
            let sender = self.cx.sender;
            self.tape.write(el::IDENTIFIER_SYSTEM, span, |w| {
                w.write_str("urn:uuid:")?;
                sender.write(w)
            });
            self.text(el::IDENTIFIER_VALUE, number);
            self.tape.close(identifier);
        }
        self.tape.text(el::BUNDLE_TYPE, "message");
        if let Some(sent) = message.and_then(|message| message.sent) {
            self.instant(el::BUNDLE_TIMESTAMP, &sent, "Bundle.timestamp");
        }
        self.tape.close(mark);
    }

    /// Begins a MessageHeader, of a message with a header or without; what it is about is to follow.
    pub(crate) fn message_header(
        &mut self,
        id: Uuid,
        header: Option<&Header<'_>>,
        links: HeaderLinks<'_>,
    ) -> Mark {
        let span = header.map_or(Span::NONE, |header| header.message.span);
        let mark = self.resource(el::ROOT_MESSAGE_HEADER, el::MESSAGE_HEADER_ID, id, span);
        match header {
            Some(header) => {
                self.header_meta(header);
                self.event(header.event, header.message.kind);
                self.destination(header, links.receiver);
                if !header.message.facility.is_none() {
                    let (sender, facility) = (el::MESSAGE_HEADER_SENDER, &header.message.facility);
                    self.named(sender, Some("Organization"), facility);
                }
                self.source(header);
                if let (Some(target), Some(said)) = (links.responsible, &header.responsible) {
                    let span = organization_span(said);
                    self.reference_at(el::MESSAGE_HEADER_RESPONSIBLE, target, span);
                }
            }
            None => {
                self.event(None, None);
                let source = self.tape.open(el::MESSAGE_HEADER_SOURCE, Span::NONE);
                self.endpoint(el::MESSAGE_HEADER_SOURCE_ENDPOINT, &Authority::NONE);
                self.tape.close(source);
            }
        }
        mark
    }

    fn header_meta(&mut self, header: &Header<'_>) {
        let meta = self.tape.open(el::MESSAGE_HEADER_META, Span::NONE);
        self.test_label(self.cx.test);
        if let Some(words) = header.security {
            let label = self.tape.open(el::META_SECURITY, words.span());
            self.text(el::CODING_DISPLAY, words);
            self.tape.close(label);
        }
        self.security(&header.classification, 952, maps::CLASSIFICATION, SECURITY);
        for concept in header.handling {
            self.security(concept, 953, &[], SECURITY);
        }
        for (table, code) in [(103, header.processing), (207, header.processing_mode)] {
            if let Some(code) = code {
                self.coding(el::META_TAG, &Coding::new(CodeSystem::Hl7Table(table), code));
            }
        }
        self.tape.close(meta);
        if let Some(language) = header.language {
            // Tags are equal whatever their case; validators know one form alone.
            match maps::look_up_small(maps::LANGUAGE, language) {
                Some(tag) => {
                    self.tape.text_at(el::MESSAGE_HEADER_LANGUAGE, tag, language.span());
                }
                None => self.note(DiagnosticCode::CodeNotMapped, language.span(), LANGUAGE),
            }
        }
    }

    /// What has happened: a code, else the words for the kind of message, else unknown.
    fn event(&mut self, event: Option<Text<'_>>, kind: Option<Text<'_>>) {
        let element = el::MESSAGE_HEADER_EVENT_CODING;
        if let Some(event) = event {
            return self.coding(element, &Coding::new(CodeSystem::Hl7Table(3), event));
        }
        let mark = self.tape.open(element, Span::NONE);
        match kind {
            Some(kind) => self.text(el::CODING_DISPLAY, kind),
            None => self.absent_extension(el::CODING_EXTENSION),
        }
        self.tape.close(mark);
    }

    fn destination(&mut self, header: &Header<'_>, receiver: Option<Target<'_>>) {
        let Header { receiving_application, receiving_facility, destination, .. } = header;
        let none = receiving_application.is_none()
            && receiving_facility.is_none()
            && destination.is_none();
        if none && receiver.is_none() {
            return;
        }
        let mark = self.tape.open(el::MESSAGE_HEADER_DESTINATION, Span::NONE);
        let element = el::MESSAGE_HEADER_DESTINATION_NAME;
        let used = self.network(element, receiving_application, destination, DESTINATION);
        if !receiving_application.is_none() {
            let element = el::MESSAGE_HEADER_DESTINATION_TARGET;
            self.named(element, Some("Device"), receiving_application);
        }
        self.endpoint(el::MESSAGE_HEADER_DESTINATION_ENDPOINT, used);
        let element = el::MESSAGE_HEADER_DESTINATION_RECEIVER;
        match receiver {
            Some(receiver) => {
                let span = header.receiver.as_ref().map_or(Span::NONE, organization_span);
                self.reference_at(element, receiver, span);
                let span = whole_span(receiving_facility);
                if span.is_some() {
                    self.note(DiagnosticCode::FieldNotMapped, span, DESTINATION);
                }
            }
            None if receiving_facility.is_none() => {}
            None => self.named(element, Some("Organization"), receiving_facility),
        }
        self.tape.close(mark);
    }

    fn source(&mut self, header: &Header<'_>) {
        let mark = self.tape.open(el::MESSAGE_HEADER_SOURCE, Span::NONE);
        let (application, network) = (&header.message.application, &header.source);
        let used = self.network(el::MESSAGE_HEADER_SOURCE_NAME, application, network, SOURCE);
        if let Some(software) = header.software.first() {
            for (element, text) in [
                (el::MESSAGE_HEADER_SOURCE_SOFTWARE, software.name),
                (el::MESSAGE_HEADER_SOURCE_VERSION, software.version),
            ] {
                if let Some(text) = text {
                    self.text(element, text);
                }
            }
        }
        self.endpoint(el::MESSAGE_HEADER_SOURCE_ENDPOINT, used);
        self.tape.close(mark);
    }

    /// Writes the name of an application; gives what is its endpoint: its address in the network where
    /// that makes a URL, else itself. What of a source is in no URL is in its name; a destination has a
    /// target for that.
    fn network<'h>(
        &mut self,
        element: ElementId,
        application: &'h Authority<'h>,
        network: &'h Authority<'h>,
        place: &'static str,
    ) -> &'h Authority<'h> {
        let addressed = makes_url(network);
        let used = if addressed { network } else { application };
        let named = place == SOURCE && (addressed || !makes_url(used));
        let id = application.universal_id.filter(|_| named);
        let kind = application.universal_id_type.filter(|_| id.is_some());
        let name = application.namespace.or(network.namespace);
        let spans = [name, id, kind].into_iter().flatten().map(|text| text.span());
        let span = spans.reduce(Span::to).unwrap_or(Span::NONE);
        self.tape.write(element, span, |w| {
            let mut between = "";
            for (text, after) in [(name, " - "), (kind, ":"), (id, "")] {
                if let Some(text) = text {
                    w.write_str(between)?;
                    text.write(w)?;
                    between = after;
                }
            }
            Ok(())
        });
        let code = DiagnosticCode::FieldNotMapped;
        if let (Some(_), Some(other)) = (application.namespace, network.namespace) {
            self.note(code, other.span(), place);
        }
        let span = system_span(network);
        if !addressed && span.is_some() {
            self.note(code, span, place);
        }
        used
    }

    /// The URL that an authority makes, else that it is not known.
    fn endpoint(&mut self, element: ElementId, authority: &Authority<'_>) {
        let span = system_span(authority);
        if self.tape.write(element, span, |w| write_url(authority, w)).is_none() {
            let mark = self.tape.open(element, Span::NONE);
            self.absent_extension(el::ELEMENT_EXTENSION);
            self.tape.close(mark);
        }
    }
}

fn makes_url(authority: &Authority<'_>) -> bool {
    universal_system(authority).is_some() || host(authority).is_some()
}

/// A name of the domain name system.
fn host<'a>(authority: &Authority<'a>) -> Option<Text<'a>> {
    let id = authority.universal_id.filter(|id| id.short().is_some_and(|id| is_dns(id.as_str())));
    id.filter(|_| authority.universal_id_type.is_some_and(|kind| kind.is("DNS")))
}

/// Writes the URI of an authority, for a name of the domain name system as HL7's map has it; nothing
/// where it has none.
fn write_url(authority: &Authority<'_>, out: &mut dyn Write) -> fmt::Result {
    if let Some(host) = host(authority) {
        out.write_str("urn:dns:")?;
        return host.write(out);
    }
    universal_system(authority).map_or(Ok(()), |system| system.write(out))
}
