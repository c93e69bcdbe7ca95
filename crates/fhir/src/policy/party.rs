//! The data types of persons: names, addresses, telecommunication.

use core::fmt::{self, Write};

use iomt_core::DiagnosticCode;
use iomt_core::model::{Address, FamilyParts, HumanName, Telecom, Text, Validity};
use iomt_core::wire::Span;

use super::{Builder, maps};
use crate::table::{ElementId, el};

/// Where extensions of HL7 are.
macro_rules! core {
    ($name:literal) => {
        concat!("http://hl7.org/fhir/StructureDefinition/", $name)
    };
}
pub(super) use core;

impl Builder<'_> {
    /// A positive number.
    pub(crate) fn whole(&mut self, element: ElementId, sent: Text<'_>, place: &'static str) {
        let number = sent.short().and_then(|sent| sent.as_str().parse::<u16>().ok());
        match number.filter(|number| *number > 0) {
            Some(number) => {
                self.tape.write(element, sent.span(), |w| write!(w, "{number}"));
            }
            None => self.malformed(sent.span(), place),
        }
    }

    /// A value that its type does not allow, where there is no place for it as it was sent.
    pub(crate) fn malformed(&mut self, span: Span, place: &'static str) {
        self.note(DiagnosticCode::ValueMalformed, span, place);
        self.note(DiagnosticCode::FieldNotMapped, span, place);
    }

    /// When something holds.
    pub(crate) fn valid(&mut self, element: ElementId, valid: &Validity<'_>, place: &'static str) {
        let Validity { start, end } = valid;
        if start.is_none() && end.is_none() {
            return;
        }
        let start = start.map(|time| self.moment(&time, place));
        let end = end.map(|time| self.moment(&time, place));
        self.period(element, start.as_ref(), end.as_ref());
    }

    pub(crate) fn human_name(&mut self, element: ElementId, name: &HumanName<'_>) {
        let mark = self.tape.open(element, name.span);
        if let Some(sent) = name.order {
            match maps::look_up(maps::NAME_ORDER, sent) {
                Some(code) => {
                    let (url, value) =
                        (core!("humanname-assembly-order"), el::EXTENSION_VALUE_CODE);
                    let extension = el::HUMAN_NAME_EXTENSION;
                    self.extension(extension, url, value, sent.span(), |w| w.write_str(code));
                }
                None => self.note(DiagnosticCode::CodeNotMapped, sent.span(), "HumanName"),
            }
        }
        if let Some(sent) = name.use_code {
            if let Some(code) = maps::look_up(maps::NAME_USE, sent) {
                self.tape.text_at(el::HUMAN_NAME_USE, code, sent.span());
            } else {
                self.note(DiagnosticCode::CodeNotMapped, sent.span(), "HumanName.use");
            }
        }
        self.family(name);
        for given in name.given.into_iter().flatten() {
            self.text(el::HUMAN_NAME_GIVEN, given);
        }
        if let Some(prefix) = name.prefix {
            self.text(el::HUMAN_NAME_PREFIX, prefix);
        }
        for suffix in [name.suffix, name.degree, name.professional].into_iter().flatten() {
            self.text(el::HUMAN_NAME_SUFFIX, suffix);
        }
        self.valid(el::HUMAN_NAME_PERIOD, &name.valid, "HumanName.period");
        self.tape.close(mark);
    }

    /// A family name, and what it is made of.
    fn family(&mut self, name: &HumanName<'_>) {
        let FamilyParts { own_prefix, own, partner_prefix, partner } = name.family_parts;
        let parts = [
            (core!("humanname-own-prefix"), own_prefix),
            (core!("humanname-own-name"), own),
            (core!("humanname-partner-prefix"), partner_prefix),
            (core!("humanname-partner-name"), partner),
        ];
        if parts.iter().all(|(_, part)| part.is_none()) {
            if let Some(family) = name.family {
                self.text(el::HUMAN_NAME_FAMILY, family);
            }
            return;
        }
        let span = name.family.map_or(name.span, |family| family.span());
        let mark = self.tape.open(el::HUMAN_NAME_FAMILY, span);
        if let Some(family) = name.family {
            self.tape.value_write(mark, |w| family.write(w));
        }
        for (url, part) in parts {
            if let Some(part) = part {
                let (element, value) = (el::ELEMENT_EXTENSION, el::EXTENSION_VALUE_STRING);
                self.extension(element, url, value, part.span(), |w| part.write(w));
            }
        }
        self.tape.close(mark);
    }

    pub(crate) fn telecom(&mut self, element: ElementId, telecom: &Telecom<'_>) {
        let mark = self.tape.open(element, telecom.span);
        let Telecom { country, area, local, extension, equipment, use_code, .. } = *telecom;
        for (url, part) in [
            (core!("contactpoint-country"), country),
            (core!("contactpoint-area"), area),
            (core!("contactpoint-local"), local),
            (core!("contactpoint-extension"), extension),
        ] {
            if let Some(part) = part {
                let (element, value) = (el::CONTACT_POINT_EXTENSION, el::EXTENSION_VALUE_STRING);
                self.extension(element, url, value, part.span(), |w| part.write(w));
            }
        }
        if let Some(span) = telecom.preferred {
            let (url, value) = (core!("iso21090-preferred"), el::EXTENSION_VALUE_BOOLEAN);
            let element = el::CONTACT_POINT_EXTENSION;
            self.extension(element, url, value, span, |w| w.write_str("true"));
        }
        let cellular = equipment.is_some_and(|e| e.is("CP"));
        let (system, span) = match equipment {
            Some(code) if cellular => ("phone", code.span()),
            Some(code) => {
                let mapped = maps::look_up(maps::TELECOM_SYSTEM, code);
                if mapped.is_none() {
                    self.note(DiagnosticCode::CodeNotMapped, code.span(), "ContactPoint.system");
                }
                (mapped.unwrap_or("other"), code.span())
            }
            None if use_code.is_some_and(|u| u.is("NET")) => ("email", Span::NONE),
            // XTN without equipment is a telephone number.
            None => ("phone", Span::NONE),
        };
        self.tape.text_at(el::CONTACT_POINT_SYSTEM, system, span);
        match telecom.value {
            Some(value) => self.text(el::CONTACT_POINT_VALUE, value),
            None => self.phone_number(telecom),
        }
        let mapped = use_code.and_then(|t| maps::look_up(maps::TELECOM_USE, t));
        // An organization has no home (org-3).
        let mapped = mapped.filter(|code| *code != "home" || element != el::ORGANIZATION_TELECOM);
        match (mapped, use_code) {
            (Some(code), Some(sent)) => {
                // Where no use was sent, the field says it.
                let span = if sent.span().is_some() { sent.span() } else { telecom.span };
                self.tape.text_at(el::CONTACT_POINT_USE, code, span);
            }
            (_, sent) => {
                if cellular {
                    self.tape.text_at(el::CONTACT_POINT_USE, "mobile", span);
                }
                if let Some(sent) = sent.filter(|sent| sent.span().is_some()) {
                    self.note(DiagnosticCode::CodeNotMapped, sent.span(), "ContactPoint.use");
                }
            }
        }
        if let Some(rank) = telecom.rank {
            self.whole(el::CONTACT_POINT_RANK, rank, "ContactPoint.rank");
        }
        self.valid(el::CONTACT_POINT_PERIOD, &telecom.valid, "ContactPoint.period");
        self.tape.close(mark);
    }

    /// A number of its parts: `+1 555 5550100 X12`.
    fn phone_number(&mut self, telecom: &Telecom<'_>) {
        let Telecom { country, area, local, extension, .. } = *telecom;
        let parts = [(country, "+"), (area, ""), (local, ""), (extension, "X")];
        let spans = parts.iter().filter_map(|(part, _)| part.map(|part| part.span()));
        let span = spans.reduce(Span::to).unwrap_or(Span::NONE);
        self.tape.write(el::CONTACT_POINT_VALUE, span, |w| {
            let mut first = true;
            for (part, sign) in parts {
                let Some(part) = part else { continue };
                if !core::mem::take(&mut first) {
                    w.write_char(' ')?;
                }
                // Some senders write the sign themselves.
                let signed = part.raw().first().is_some_and(|b| sign.as_bytes().contains(b));
                w.write_str(if signed { "" } else { sign })?;
                part.write(w)?;
            }
            Ok(())
        });
    }

    pub(crate) fn address(&mut self, element: ElementId, address: &Address<'_>) {
        let mark = self.tape.open(element, address.span);
        let kind = address.use_code;
        if let Some(sent) = kind.filter(|kind| kind.is("HV")) {
            // HV is a code of PostalAddressUse as well.
            let (url, value) = (core!("iso21090-AD-use"), el::EXTENSION_VALUE_CODE);
            let extension = el::ADDRESS_EXTENSION;
            self.extension(extension, url, value, sent.span(), |w| w.write_str("HV"));
        } else if let Some(sent) = kind {
            let (usage, form) =
                (maps::look_up(maps::ADDRESS_USE, sent), maps::look_up(maps::ADDRESS_TYPE, sent));
            // An organization has no home (org-2).
            let usage =
                usage.filter(|usage| *usage != "home" || element != el::ORGANIZATION_ADDRESS);
            for (element, code) in [(el::ADDRESS_USE, usage), (el::ADDRESS_TYPE, form)] {
                if let Some(code) = code {
                    self.tape.text_at(element, code, sent.span());
                }
            }
            if usage.or(form).is_none() {
                self.note(DiagnosticCode::CodeNotMapped, sent.span(), "Address.use");
            }
        }
        self.lines(address);
        let parts = [
            (el::ADDRESS_CITY, address.city),
            (el::ADDRESS_DISTRICT, address.district),
            (el::ADDRESS_STATE, address.state),
            (el::ADDRESS_POSTAL_CODE, address.postal_code),
            (el::ADDRESS_COUNTRY, address.country),
        ];
        for (element, part) in parts {
            if let Some(part) = part {
                self.text(element, part);
            }
        }
        self.valid(el::ADDRESS_PERIOD, &address.valid, "Address.period");
        self.tape.close(mark);
    }

    /// The lines of an address; the census tract stands at the first, which it may be alone.
    fn lines(&mut self, address: &Address<'_>) {
        let mut lines = address.lines.into_iter().flatten();
        if let Some(tract) = address.census_tract {
            let first = lines.next();
            let span = first.unwrap_or(tract).span();
            let mark = self.tape.open(el::ADDRESS_LINE, span);
            if let Some(first) = first {
                self.tape.value_write(mark, |w| first.write(w));
            }
            let url = core!("iso21090-ADXP-censusTract");
            let (element, value) = (el::ELEMENT_EXTENSION, el::EXTENSION_VALUE_STRING);
            self.extension(element, url, value, tract.span(), |w| tract.write(w));
            self.tape.close(mark);
        }
        for line in lines {
            self.text(el::ADDRESS_LINE, line);
        }
    }
}

/// Writes a name as one text: the family name first where the sender says so, else as it is spoken.
pub(crate) fn write_name(name: &HumanName<'_>, out: &mut dyn Write) -> fmt::Result {
    let [first, second] = name.given;
    let (prefix, suffix) = (name.prefix, name.suffix);
    // Without the whole, one of its parts.
    let family = name.family.or(name.family_parts.own).or(name.family_parts.partner);
    let rest = [suffix, name.degree, name.professional];
    let parts = if name.order.is_some_and(|order| order.is("F")) {
        [family, prefix, first, second]
    } else {
        [prefix, first, second, family]
    };
    let mut between = "";
    for part in parts.into_iter().chain(rest).flatten() {
        out.write_str(between)?;
        part.write(out)?;
        between = " ";
    }
    Ok(())
}
