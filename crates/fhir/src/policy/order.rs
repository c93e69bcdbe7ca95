//! ServiceRequest.

use iomt_core::DiagnosticCode;
use iomt_core::model::{Concept, Identifier, Order, Role, Text};
use iomt_core::wire::Span;

use super::code::table_target;
use super::{Builder, Performers, Target, maps};
use crate::identity::Uuid;
use crate::table::{ElementId, el};

const STATUS_REASON: &str = "http://hl7.org/fhir/StructureDefinition/request-statusReason";

/// What an order points to.
#[derive(Clone, Copy)]
pub(crate) struct OrderLinks<'a> {
    pub(crate) subject: Target<'a>,
    pub(crate) encounter: Option<Target<'a>>,
    pub(crate) performers: Performers<'a>,
}

impl Builder<'_> {
    pub(crate) fn service_request(&mut self, order: &Order<'_>, id: Uuid, links: &OrderLinks<'_>) {
        let root = el::ROOT_SERVICE_REQUEST;
        let mark = self.resource(root, el::SERVICE_REQUEST_ID, id, order.span);
        let (element, place) = (el::SERVICE_REQUEST_META, "ServiceRequest.meta.security");
        self.confidentiality(element, &order.confidentiality, place);
        if order.status.code.is_none() && !order.status_reason.is_empty() {
            let element = el::SERVICE_REQUEST_EXTENSION;
            self.concept_extension(element, STATUS_REASON, &order.status_reason);
        } else if !order.status_reason.is_empty() {
            self.note(DiagnosticCode::FieldNotMapped, order.status_reason.span, "ServiceRequest");
        }
        let element = el::SERVICE_REQUEST_IDENTIFIER;
        for (number, kind) in
            [(&order.placer, "PLAC"), (&order.filler, "FILL"), (&order.filler_group, "FGN")]
        {
            self.number(element, number.as_ref(), kind);
        }
        for number in order.identifiers {
            self.number(element, Some(number), "PLAC");
        }
        self.own_identifier(element, id);
        for (parent, kind) in [(&order.parent_placer, "PLAC"), (&order.parent_filler, "FILL")] {
            if let Some(parent) = parent {
                let element = el::SERVICE_REQUEST_BASED_ON;
                self.numbered(element, "ServiceRequest", parent, kind, Span::NONE);
            }
        }
        self.number(el::SERVICE_REQUEST_REQUISITION, order.group.as_ref(), "PGN");
        self.order_status(order);
        let reflex = order.action.is_some_and(|action| action.is("G"));
        let intent = if reflex { "reflex-order" } else { "order" };
        let span = order.action.map_or(Span::NONE, |action| action.span());
        self.tape.text_at(el::SERVICE_REQUEST_INTENT, intent, span);
        if let Some(sent) = order.priority {
            match maps::look_up(maps::PRIORITY, sent) {
                Some(code) => {
                    self.tape.text_at(el::SERVICE_REQUEST_PRIORITY, code, sent.span());
                }
                None => {
                    self.note(
                        DiagnosticCode::CodeNotMapped,
                        sent.span(),
                        "ServiceRequest.priority",
                    );
                }
            }
        }
        if !order.code.is_empty() {
            self.concept(el::SERVICE_REQUEST_CODE, &order.code);
        }
        for detail in order.details {
            if order.code.is_empty() {
                // prr-1: details are of a code.
                self.note(DiagnosticCode::FieldNotMapped, detail.span, "ServiceRequest");
            } else {
                self.concept(el::SERVICE_REQUEST_ORDER_DETAIL, detail);
            }
        }
        if let Some(quantity) = &order.quantity {
            self.quantity(el::SERVICE_REQUEST_QUANTITY_QUANTITY, quantity, &[]);
        }
        self.reference(el::SERVICE_REQUEST_SUBJECT, links.subject);
        if let Some(encounter) = links.encounter {
            self.reference(el::SERVICE_REQUEST_ENCOUNTER, encounter);
        }
        let when = self.when(&order.occurrence, "ServiceRequest.occurrence");
        self.effective(
            el::SERVICE_REQUEST_OCCURRENCE_DATE_TIME,
            el::SERVICE_REQUEST_OCCURRENCE_PERIOD,
            &when,
        );
        if let Some(authored) = &order.authored {
            // ORC-9 is when the event happened; of a new order, when it was ordered.
            if order.control.is_none_or(|control| control.is("NW")) {
                let moment = self.moment(authored, "ServiceRequest.authoredOn");
                self.date_time(el::SERVICE_REQUEST_AUTHORED_ON, &moment);
            } else {
                self.note(DiagnosticCode::FieldNotMapped, authored.span, "ServiceRequest");
            }
        }
        let mut requested = false;
        for (performer, target) in links.performers.each() {
            if performer.role == Role::Orderer && !requested {
                self.reference_at(el::SERVICE_REQUEST_REQUESTER, target, performer.span);
                requested = true;
            } else {
                self.note(DiagnosticCode::RepetitionsIgnored, performer.span, "ServiceRequest");
            }
        }
        if !order.location.is_empty() {
            self.concept(el::SERVICE_REQUEST_LOCATION_CODE, &order.location);
        }
        for reason in order.reasons {
            self.concept(el::SERVICE_REQUEST_REASON_CODE, reason);
        }
        self.remarks(el::SERVICE_REQUEST_NOTE, order.notes, links.performers.of);
        self.tape.close(mark);
    }

    /// ORC-5; without it what ORC-1 asks for.
    fn order_status(&mut self, order: &Order<'_>) {
        let element = el::SERVICE_REQUEST_STATUS;
        let control = order.control.filter(|_| order.status.code.is_none());
        let mapped = match (order.status.code, control) {
            (Some(sent), _) => (maps::look_up(maps::ORDER_STATUS, sent), sent.span()),
            (None, Some(sent)) => (maps::look_up(maps::ORDER_CONTROL, sent), sent.span()),
            (None, None) => (None, Span::NONE),
        };
        let (status, span) = match mapped {
            (Some(code), span) => (code, span),
            (None, span) => {
                if span.is_some() {
                    self.note(DiagnosticCode::CodeNotMapped, span, "ServiceRequest.status");
                }
                ("unknown", span)
            }
        };
        self.tape.text_at(element, status, span);
        if let Some(sent) = order.control.filter(|_| control.is_none()) {
            self.note(DiagnosticCode::FieldNotMapped, sent.span(), "ServiceRequest");
        }
    }

    /// A number of a kind.
    pub(crate) fn number(
        &mut self,
        element: ElementId,
        number: Option<&Identifier<'_>>,
        kind: &'static str,
    ) {
        if let Some(number) = number {
            if let Some(sent) = number.type_code.filter(|sent| !sent.is(kind)) {
                self.note(DiagnosticCode::FieldNotMapped, sent.span(), "Identifier.type");
            }
            let mut typed = *number;
            let sent = number.type_code.filter(|sent| sent.is(kind));
            typed.type_code = sent.or(Some(Text::literal(kind)));
            self.identifier(element, &typed);
        }
    }

    /// A reference to the `resource` that has a number of its kind, and is not here.
    pub(crate) fn numbered(
        &mut self,
        element: ElementId,
        resource: &'static str,
        number: &Identifier<'_>,
        kind: &'static str,
        span: Span,
    ) {
        let reference = self.tape.open(element, span);
        self.tape.text(el::REFERENCE_TYPE, resource);
        self.number(el::REFERENCE_IDENTIFIER, Some(number), kind);
        self.tape.close(reference);
    }

    /// Who may see a resource, and that its data are not real, as labels.
    pub(crate) fn confidentiality(
        &mut self,
        element: ElementId,
        sent: &Concept<'_>,
        place: &'static str,
    ) {
        let mark = self.tape.open(element, sent.span);
        self.security(sent, 177, maps::CONFIDENTIALITY, place);
        self.test_label(self.cx.test);
        self.tape.close(mark);
    }

    /// Labels: the target that `map` has for each code of its table, else the coding as sent.
    pub(crate) fn security(
        &mut self,
        sent: &Concept<'_>,
        table: u16,
        map: maps::Map,
        place: &'static str,
    ) {
        for coding in sent.codings() {
            match table_target(coding, table, map) {
                Some(target) => {
                    self.code_of_table(el::META_SECURITY, coding, target);
                    self.version_of_other(coding);
                    if let Some(display) = coding.display {
                        self.note(DiagnosticCode::FieldNotMapped, display.span(), place);
                    }
                }
                None => self.coding_alone(el::META_SECURITY, coding),
            }
        }
        match sent.text {
            Some(text) if sent.codings().next().is_some() => {
                self.note(DiagnosticCode::FieldNotMapped, text.span(), place);
            }
            Some(text) => {
                let label = self.tape.open(el::META_SECURITY, text.span());
                self.text(el::CODING_DISPLAY, text);
                self.tape.close(label);
            }
            None => {}
        }
    }
}
