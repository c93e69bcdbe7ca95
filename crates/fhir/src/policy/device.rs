//! Device and DeviceMetric.

use iomt_core::DiagnosticCode;
use iomt_core::model::{Concept, Device, Measurement, Metric, Software};
use iomt_core::wire::Span;
use iomt_nomenclature::mdc;

use super::code::MDC;
use super::pocd::Profile;
use super::{Builder, Target, maps};
use crate::identity::Uuid;
use crate::table::el;

impl Builder<'_> {
    pub(crate) fn device(
        &mut self,
        device: &Device<'_>,
        id: Uuid,
        parent: Option<Target<'_>>,
        profile: Option<Profile>,
    ) {
        let mark = self.resource(el::ROOT_DEVICE, el::DEVICE_ID, id, device.span);
        self.meta(el::DEVICE_META, profile);
        for identifier in device.identifiers {
            self.identifier(el::DEVICE_IDENTIFIER, identifier);
        }
        if let Some(peer) = device.peer {
            let identifier = self.tape.open(el::DEVICE_IDENTIFIER, peer.span());
            self.text(el::IDENTIFIER_VALUE, peer);
            self.tape.close(identifier);
        }
        self.own_identifier(el::DEVICE_IDENTIFIER, id);
        if let Some(udi) = &device.udi {
            let carrier = self.tape.open(el::DEVICE_UDI_CARRIER, udi.span);
            self.text(el::DEVICE_UDI_CARRIER_DEVICE_IDENTIFIER, udi.value);
            let issuer = super::system_of(self.cx, udi).and_then(|system| {
                self.tape.write(el::DEVICE_UDI_CARRIER_ISSUER, udi.span, |w| system.write(w))
            });
            if issuer.is_none() && udi.span != udi.value.span() {
                self.note(DiagnosticCode::FieldNotMapped, udi.span, "Device.udiCarrier.issuer");
            }
            self.tape.close(carrier);
        }
        if let Some(distinct) = device.distinct {
            self.text(el::DEVICE_DISTINCT_IDENTIFIER, distinct);
        }
        if let Some(manufacturer) = device.manufacturer {
            self.text(el::DEVICE_MANUFACTURER, manufacturer);
        }
        for (element, time, place) in [
            (el::DEVICE_MANUFACTURE_DATE, device.manufactured, "Device.manufactureDate"),
            (el::DEVICE_EXPIRATION_DATE, device.expires, "Device.expirationDate"),
        ] {
            if let Some(time) = time {
                let moment = self.moment(&time, place);
                self.date_time(element, &moment);
            }
        }
        let texts = [
            (el::DEVICE_LOT_NUMBER, device.lot_number),
            (el::DEVICE_SERIAL_NUMBER, device.serial_number),
            (el::DEVICE_MODEL_NUMBER, device.model),
            (el::DEVICE_PART_NUMBER, device.part_number),
        ];
        for (element, text) in texts {
            if let Some(text) = text {
                self.text(element, text);
            }
        }
        if !device.kind.is_empty() {
            self.concept(el::DEVICE_TYPE, &device.kind);
        }
        for version in device.versions {
            let one = self.tape.open(el::DEVICE_VERSION, version.value.span());
            if let Some(kind) = version.kind {
                self.concept(el::DEVICE_VERSION_TYPE, &Concept::mdc(kind));
            }
            self.text(el::DEVICE_VERSION_VALUE, version.value);
            self.tape.close(one);
        }
        if let Some(parent) = parent {
            self.reference(el::DEVICE_PARENT, parent);
        }
        self.tape.close(mark);
    }

    /// Software of a sender.
    pub(crate) fn software(&mut self, software: &Software<'_>, id: Uuid) {
        let mark = self.resource(el::ROOT_DEVICE, el::DEVICE_ID, id, software.span);
        self.meta(el::DEVICE_META, None);
        self.own_identifier(el::DEVICE_IDENTIFIER, id);
        if let Some(manufacturer) = software.manufacturer {
            self.text(el::DEVICE_MANUFACTURER, manufacturer);
        }
        if let Some(name) = software.name {
            let one = self.tape.open(el::DEVICE_DEVICE_NAME, name.span());
            self.text(el::DEVICE_DEVICE_NAME_NAME, name);
            self.tape.text(el::DEVICE_DEVICE_NAME_TYPE, "manufacturer-name");
            self.tape.close(one);
        }
        if let Some(build) = software.build {
            self.text(el::DEVICE_MODEL_NUMBER, build);
        }
        if let Some(version) = software.version {
            let one = self.tape.open(el::DEVICE_VERSION, version.span());
            self.text(el::DEVICE_VERSION_VALUE, version);
            self.tape.close(one);
        }
        if let Some(note) = software.note {
            let one = self.tape.open(el::DEVICE_NOTE, note.span());
            self.text(el::ANNOTATION_TEXT, note);
            self.tape.close(one);
        }
        self.tape.close(mark);
    }

    /// The metric of a measurement: what it measures, in which unit, and whose it is.
    pub(crate) fn device_metric(
        &mut self,
        m: &Measurement<'_>,
        metric: &Metric<'_>,
        id: Uuid,
        source: Option<Target<'_>>,
        parent: Option<Target<'_>>,
        profile: Option<Profile>,
    ) {
        let mark =
            self.resource(el::ROOT_DEVICE_METRIC, el::DEVICE_METRIC_ID, id, metric.path.span());
        self.meta(el::DEVICE_METRIC_META, profile);
        self.own_identifier(el::DEVICE_METRIC_IDENTIFIER, id);
        let kind = self.tape.open(el::DEVICE_METRIC_TYPE, m.code.span);
        self.codings(&m.code);
        match m.code.text {
            Some(text) => self.text(el::CODEABLE_CONCEPT_TEXT, text),
            None if m.code.is_empty() => self.absent_extension(el::CODEABLE_CONCEPT_EXTENSION),
            None => {}
        }
        self.tape.close(kind);
        self.metric_unit(metric);
        if let Some(source) = source {
            self.reference(el::DEVICE_METRIC_SOURCE, source);
        }
        if let Some(parent) = parent {
            self.reference(el::DEVICE_METRIC_PARENT, parent);
        }
        let category = metric.category.and_then(|sent| maps::look_up(maps::METRIC_CATEGORY, sent));
        let span = metric.category.map_or(Span::NONE, |sent| sent.span());
        self.tape.text_at(el::DEVICE_METRIC_CATEGORY, category.unwrap_or("unspecified"), span);
        self.tape.close(mark);
    }

    /// The unit as IEEE 11073 names it; another one in the words that were sent.
    fn metric_unit(&mut self, metric: &Metric<'_>) {
        let unit = &metric.unit;
        if unit.is_none() {
            return;
        }
        let maps = &self.cx.config.code_maps;
        let code = unit.mdc.or_else(|| maps.known_unit(unit).and_then(|unit| unit.mdc));
        let mark = self.tape.open(el::DEVICE_METRIC_UNIT, unit.span);
        if let Some(code) = code {
            let coding = self.tape.open(el::CODEABLE_CONCEPT_CODING, unit.span);
            self.tape.text(el::CODING_SYSTEM, MDC);
            self.tape.write(el::CODING_CODE, unit.span, |w| write!(w, "{}", code.code()));
            if let Some(refid) = mdc::refid(code) {
                self.tape.text(el::CODING_DISPLAY, refid);
            }
            self.tape.close(coding);
        }
        if let Some(text) = unit.text.or(unit.ucum).filter(|_| code.is_none()) {
            self.tape.write(el::CODEABLE_CONCEPT_TEXT, unit.span, |w| text.write(w));
        }
        self.tape.close(mark);
    }
}
