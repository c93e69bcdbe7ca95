//! Numbers and units.

use core::fmt::{self, Write};

use iomt_core::DiagnosticCode;
use iomt_core::model::{Comparator, Decimal, Quantity, Text, Unit};
use iomt_core::wire::{Scaled, Span, write_canonical};
use iomt_nomenclature::{ucum, unit};

use super::code::{MDC, UCUM};
use super::{Builder, Hole};
use crate::table::{ElementId, el};

const TRANSLATION: &str = "http://hl7.org/fhir/StructureDefinition/iso21090-PQ-translation";

pub(crate) fn write_decimal(value: &Decimal<'_>, out: &mut dyn Write) -> fmt::Result {
    match value {
        Decimal::Scaled(scaled) => scaled.write(out),
        Decimal::Lexical(text) => write_canonical(text.raw(), out),
    }
}

const fn comparator(comparator: Comparator) -> &'static str {
    match comparator {
        Comparator::Less => "<",
        Comparator::LessOrEqual => "<=",
        Comparator::GreaterOrEqual => ">=",
        Comparator::Greater => ">",
    }
}

/// UCUM without annotations: `{beat}/min` is `/min`.
fn same_unit(a: &str, b: &str) -> bool {
    fn plain(code: &str) -> impl Iterator<Item = char> {
        let mut depth = 0_u32;
        code.chars().filter(move |c| {
            match c {
                '{' => depth = depth.saturating_add(1),
                '}' => depth = depth.saturating_sub(1),
                _ => return depth == 0,
            }
            false
        })
    }
    plain(a).eq(plain(b))
}

impl Builder<'_> {
    /// Writes a Quantity. Where `allowed` names units, the value goes out in one of them if that
    /// is exact; what was sent then stands beside it.
    pub(crate) fn quantity(
        &mut self,
        element: ElementId,
        quantity: &Quantity<'_>,
        allowed: &[&'static str],
    ) {
        let known = self.cx.config.code_maps.known_unit(&quantity.unit);
        let (mut unit, mut value) = (known, quantity.value);
        if let Some(from) = known.filter(|u| !allowed.is_empty() && !allowed.contains(&u.ucum)) {
            match exactly(&quantity.value, from, allowed) {
                Some((to, converted)) => (unit, value) = (Some(to), converted),
                None => self.note(DiagnosticCode::UnitInexact, quantity.span, "Quantity"),
            }
        }
        // A unit of UCUM that no table has goes out as it was sent.
        let other = quantity.unit.ucum.filter(|code| unit.is_none() && is_unit(*code));
        if unit.is_none() && other.is_none() && !quantity.unit.is_none() {
            let Unit { ucum, mdc, text, span, .. } = quantity.unit;
            self.note(DiagnosticCode::UnitUnknown, span, "Quantity.unit");
            if text.is_some() && (ucum.is_some() || mdc.is_some()) {
                // A code that is none.
                self.note(DiagnosticCode::FieldNotMapped, span, "Quantity.code");
            }
        }
        let observed = matches!(
            element,
            el::OBSERVATION_VALUE_QUANTITY | el::OBSERVATION_COMPONENT_VALUE_QUANTITY
        );
        let hole = observed.then_some(Hole::Value(self.holes.part));
        self.holes.unfit |= observed && !is_same(&quantity.value, &value);
        let mark = self.tape.open(element, quantity.span);
        if let (Some(from), Some(to)) = (known, unit)
            && !core::ptr::eq(from, to)
            && (quantity.unit.span.is_some() || !same_unit(from.ucum, to.ucum))
        {
            self.translation(quantity, from, hole);
        }
        let node = self.tape.write(el::QUANTITY_VALUE, quantity.span, |w| write_decimal(&value, w));
        self.holes.list.extend(node.zip(hole));
        if let Some(sent) = quantity.comparator {
            self.tape.text_at(el::QUANTITY_COMPARATOR, comparator(sent), quantity.comparator_span);
        }
        self.unit_text(&quantity.unit, known.zip(unit));
        if let Some(unit) = unit {
            self.tape.text(el::QUANTITY_SYSTEM, UCUM);
            self.tape.text_at(el::QUANTITY_CODE, unit.ucum, quantity.unit.span);
        } else if let Some(code) = other {
            self.tape.text_at(el::QUANTITY_SYSTEM, UCUM, quantity.unit.span);
            self.text(el::QUANTITY_CODE, code);
        }
        self.tape.close(mark);
    }

    /// The unit for people: as sent, unless another one goes out.
    fn unit_text(&mut self, sent: &Unit<'_>, units: Option<(&unit::Unit, &'static unit::Unit)>) {
        let element = el::QUANTITY_UNIT;
        match (sent.text, units) {
            (_, Some((from, to))) if !same_unit(from.ucum, to.ucum) => {
                self.tape.text(element, to.display);
            }
            (Some(text), _) => self.text(element, text),
            (None, Some((from, _))) => {
                self.tape.text_at(element, known_display(from), sent.span);
            }
            (None, None) => match (sent.ucum, sent.mdc) {
                (Some(ucum), _) => self.text(element, ucum),
                (None, Some(mdc)) => {
                    self.tape.write(element, sent.span, |w| write!(w, "{}", mdc.code()));
                }
                (None, None) => {}
            },
        }
    }

    /// The quantity as sent, beside one in another unit.
    fn translation(
        &mut self,
        quantity: &Quantity<'_>,
        from: &'static unit::Unit,
        hole: Option<Hole>,
    ) {
        let extension = self.tape.open(el::QUANTITY_EXTENSION, quantity.span);
        self.tape.text(el::EXTENSION_URL, TRANSLATION);
        let mark = self.tape.open(el::EXTENSION_VALUE_QUANTITY, quantity.span);
        let node = self
            .tape
            .write(el::QUANTITY_VALUE, quantity.span, |w| write_decimal(&quantity.value, w));
        self.holes.list.extend(node.zip(hole));
        if let Some(sent) = quantity.comparator {
            self.tape.text_at(el::QUANTITY_COMPARATOR, comparator(sent), quantity.comparator_span);
        }
        match quantity.unit.text {
            Some(text) => self.text(el::QUANTITY_UNIT, text),
            None => {
                self.tape.text(el::QUANTITY_UNIT, known_display(from));
            }
        }
        match (quantity.unit.ucum, quantity.unit.mdc) {
            (None, Some(mdc)) => {
                self.tape.text(el::QUANTITY_SYSTEM, MDC);
                self.tape
                    .write(el::QUANTITY_CODE, quantity.unit.span, |w| write!(w, "{}", mdc.code()));
            }
            _ => {
                self.tape.text(el::QUANTITY_SYSTEM, UCUM);
                self.tape.text_at(el::QUANTITY_CODE, from.ucum, quantity.unit.span);
            }
        }
        self.tape.close(mark);
        self.tape.close(extension);
    }

    /// Writes a SimpleQuantity of a fixed number.
    pub(crate) fn plain_quantity(
        &mut self,
        element: ElementId,
        value: Scaled,
        unit: &Unit<'_>,
        allowed: &[&'static str],
    ) {
        let quantity = Quantity::new(Decimal::Scaled(value), *unit, Span::NONE);
        self.quantity(element, &quantity, allowed);
    }
}

fn is_unit(code: Text<'_>) -> bool {
    code.short().is_some_and(|code| ucum::is_valid(code.as_str()))
}

fn is_same(a: &Decimal<'_>, b: &Decimal<'_>) -> bool {
    matches!((a, b), (Decimal::Scaled(a), Decimal::Scaled(b)) if a == b)
}

const fn known_display(unit: &unit::Unit) -> &'static str {
    if unit.display.is_empty() { unit.ucum } else { unit.display }
}

/// `value` in the first of `allowed` in which it is exact.
fn exactly<'a>(
    value: &Decimal<'a>,
    from: &'static unit::Unit,
    allowed: &[&'static str],
) -> Option<(&'static unit::Unit, Decimal<'a>)> {
    allowed.iter().filter_map(|code| unit::by_ucum(code)).find_map(|to| match value {
        Decimal::Scaled(scaled) => {
            unit::convert(*scaled, from, to).map(|v| (to, Decimal::Scaled(v)))
        }
        Decimal::Lexical(_) => same_unit(from.ucum, to.ucum).then_some((to, *value)),
    })
}
