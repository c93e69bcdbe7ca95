//! HL7 v2 chapters 3.3, 4.4, 7.3 and 10.3: which segments and groups a message has, and in which
//! order. Segments of several versions stand side by side; a message has those of its own.

use core::fmt;

use Item::{Many, Mixed, One};

use crate::Message;

/// What a message or a group has.
#[derive(Clone, Copy)]
pub(super) enum Item {
    /// A segment that does not repeat.
    One(&'static [u8; 3]),
    /// A segment that may repeat.
    Many(&'static [u8; 3]),
    /// Segments in any order, that may repeat.
    Mixed(&'static [&'static [u8; 3]]),
    Group(&'static Group),
}

pub(super) struct Group {
    pub(super) name: &'static str,
    /// The segments that begin one.
    openers: &'static [&'static [u8; 3]],
    /// Whether it may repeat.
    pub(super) many: bool,
    /// Whether it begins with nothing but an opener, also the first time.
    strict: bool,
    pub(super) items: &'static [Item],
}

impl Group {
    pub(super) fn opens(&self, id: [u8; 3]) -> bool {
        self.openers.contains(&&id)
    }

    /// Whether the group may begin with `id`, where others are left out before it.
    pub(super) fn has(&self, id: [u8; 3]) -> bool {
        let item = |item: &Item| match item {
            One(one) | Many(one) => **one == id,
            Mixed(all) => all.contains(&&id),
            Item::Group(group) => group.has(id),
        };
        self.opens(id) || (!self.strict && self.items.iter().any(item))
    }
}

macro_rules! group {
    ($constant:ident, $name:literal, $many:literal, $strict:literal, [$($opener:literal)*], [$($item:expr),* $(,)?]) => {
        const $constant: Item = Item::Group(&Group {
            name: $name,
            openers: &[$($opener),*],
            many: $many,
            strict: $strict,
            items: &[$($item),*],
        });
    };
}

// Several structures.
group!(VISIT, "VISIT", false, false, [b"PV1"], [One(b"PV1"), One(b"PV2"), Many(b"PRT")]);
group!(TIMING_QTY, "TIMING_QTY", true, true, [b"TQ1"], [One(b"TQ1"), Many(b"TQ2")]);
group!(
    OBSERVATION,
    "OBSERVATION",
    true,
    false,
    [b"OBX"],
    [One(b"OBX"), Many(b"PRT"), Many(b"NTE"),]
);

// §7.3.1 ORU^R01.
group!(
    ORU_PATIENT,
    "PATIENT",
    false,
    false,
    [b"PID"],
    [One(b"PID"), One(b"PD1"), Many(b"PRT"), Many(b"NTE"), Many(b"NK1"), Many(b"ARV"), VISIT,]
);
// The observations of a specimen, and their notes.
group!(
    ORU_SPECIMEN,
    "SPECIMEN",
    true,
    true,
    [b"SPM"],
    [One(b"SPM"), Mixed(&[b"OBX", b"PRT", b"NTE"]),]
);
group!(ORDER_OBSERVATION, "ORDER_OBSERVATION", true, false, [b"ORC" b"OBR"], [
    One(b"ORC"),
    One(b"OBR"),
    Many(b"NTE"),
    Many(b"PRT"),
    TIMING_QTY,
    One(b"CTD"),
    OBSERVATION,
    Many(b"FT1"),
    Many(b"CTI"),
    ORU_SPECIMEN,
]);
group!(PATIENT_RESULT, "PATIENT_RESULT", true, false, [b"PID"], [ORU_PATIENT, ORDER_OBSERVATION]);
const ORU_R01: &[Item] = &[One(b"MSH"), Many(b"SFT"), One(b"UAC"), PATIENT_RESULT, One(b"DSC")];

// §7.3.7 ORU^R30: one order of one patient.
const ORU_R30: &[Item] = &[
    One(b"MSH"),
    Many(b"SFT"),
    One(b"UAC"),
    One(b"PID"),
    One(b"PD1"),
    Many(b"PRT"),
    Many(b"OBX"),
    VISIT,
    One(b"ORC"),
    One(b"OBR"),
    Many(b"NTE"),
    Many(b"PRT"),
    TIMING_QTY,
    OBSERVATION,
];

// §7.3.5 OUL^R22: by specimen.
group!(
    OUL_PATIENT,
    "PATIENT",
    false,
    false,
    [b"PID"],
    [One(b"PID"), One(b"PD1"), Many(b"PRT"), Many(b"ARV"), Many(b"NTE"),]
);
group!(CONTAINER, "CONTAINER", true, true, [b"SAC"], [One(b"SAC"), One(b"INV")]);
group!(
    RESULT,
    "RESULT",
    true,
    false,
    [b"OBX"],
    [One(b"OBX"), One(b"TCD"), Many(b"SID"), Many(b"PRT"), Many(b"NTE"),]
);
group!(
    ORDER,
    "ORDER",
    true,
    true,
    [b"OBR"],
    [One(b"OBR"), One(b"ORC"), Many(b"NTE"), Many(b"PRT"), TIMING_QTY, RESULT, Many(b"CTI"),]
);
// The same with ORC first, as in other messages.
group!(
    ORDER_BY_ORC,
    "ORDER",
    true,
    true,
    [b"ORC"],
    [One(b"ORC"), One(b"OBR"), Many(b"NTE"), Many(b"PRT"), TIMING_QTY, RESULT, Many(b"CTI"),]
);
group!(
    OUL_SPECIMEN,
    "SPECIMEN",
    true,
    false,
    [b"SPM"],
    [One(b"SPM"), Mixed(&[b"OBX", b"PRT", b"NTE"]), CONTAINER, ORDER, ORDER_BY_ORC,]
);
const OUL_R22: &[Item] = &[
    One(b"MSH"),
    Many(b"SFT"),
    One(b"UAC"),
    One(b"NTE"),
    OUL_PATIENT,
    VISIT,
    OUL_SPECIMEN,
    One(b"DSC"),
];

// §3.3.1 ADT^A01, and the structures that have the same groups.
group!(PROCEDURE, "PROCEDURE", true, true, [b"PR1"], [One(b"PR1"), Many(b"PRT"), Many(b"ROL")]);
group!(
    INSURANCE,
    "INSURANCE",
    true,
    true,
    [b"IN1"],
    [One(b"IN1"), One(b"IN2"), Many(b"IN3"), Many(b"PRT"), Many(b"ROL"),]
);
const ADT_A01: &[Item] = &[
    One(b"MSH"),
    Many(b"SFT"),
    One(b"UAC"),
    One(b"EVN"),
    One(b"PID"),
    One(b"PD1"),
    Many(b"ARV"),
    Many(b"ROL"),
    One(b"MRG"),
    Many(b"NK1"),
    One(b"PV1"),
    One(b"PV2"),
    Many(b"ARV"),
    Many(b"ROL"),
    Many(b"DB1"),
    Many(b"OBX"),
    Many(b"AL1"),
    Many(b"DG1"),
    One(b"DRG"),
    PROCEDURE,
    Many(b"GT1"),
    INSURANCE,
    One(b"ACC"),
    One(b"UB1"),
    One(b"UB2"),
    One(b"PDA"),
];

// §10.3 SIU^S12.
group!(
    SIU_PATIENT,
    "PATIENT",
    true,
    false,
    [b"PID"],
    [One(b"PID"), One(b"PD1"), One(b"PV1"), One(b"PV2"), Many(b"OBX"), Many(b"DG1"),]
);
group!(SERVICE, "SERVICE", true, true, [b"AIS"], [One(b"AIS"), Many(b"NTE")]);
group!(GENERAL, "GENERAL_RESOURCE", true, true, [b"AIG"], [One(b"AIG"), Many(b"NTE")]);
group!(LOCATION, "LOCATION_RESOURCE", true, true, [b"AIL"], [One(b"AIL"), Many(b"NTE")]);
group!(PERSONNEL, "PERSONNEL_RESOURCE", true, true, [b"AIP"], [One(b"AIP"), Many(b"NTE")]);
group!(
    RESOURCES,
    "RESOURCES",
    true,
    false,
    [b"RGS"],
    [One(b"RGS"), SERVICE, GENERAL, LOCATION, PERSONNEL,]
);
const SIU_S12: &[Item] =
    &[One(b"MSH"), One(b"SCH"), Many(b"TQ1"), Many(b"NTE"), SIU_PATIENT, RESOURCES];

/// The structure of a message, `ORU_R01`: MSH-9.3, or what follows from MSH-9.1 and MSH-9.2.
#[derive(Clone, Copy, Eq, PartialEq)]
pub struct Structure<'a> {
    /// `ORU`, or all of MSH-9.3.
    code: &'a [u8],
    /// `R01`
    event: &'a [u8],
}

impl Structure<'_> {
    pub(super) fn items(self) -> &'static [Item] {
        // MSH-9.3 is at times the event's own, `ADT_A04`.
        let whole = match self.code.split_first_chunk::<3>() {
            Some((code, [b'_', event @ ..])) if self.event.is_empty() => of(code, event),
            _ => of(self.code, self.event),
        };
        match (whole.code, whole.event) {
            (b"ADT", b"A01" | b"A02" | b"A03" | b"A05" | b"A06" | b"A09") => ADT_A01,
            (b"ORU", b"R01" | b"R40") => ORU_R01,
            (b"ORU", b"R30" | b"R31" | b"R32") => ORU_R30,
            (b"OUL", b"R22") => OUL_R22,
            (b"SIU", b"S12") => SIU_S12,
            _ => &[],
        }
    }
}

/// Table 0354: the structure of an event, which many share with another one.
fn of<'a>(code: &'a [u8], event: &'a [u8]) -> Structure<'a> {
    let event: &[u8] = match (code, event) {
        (b"ADT", b"A01" | b"A04" | b"A08" | b"A13") => b"A01",
        (b"ADT", b"A02") => b"A02",
        (b"ADT", b"A05" | b"A14" | b"A28" | b"A31") => b"A05",
        (b"ADT", b"A06" | b"A07") => b"A06",
        (b"ADT", b"A09" | b"A10" | b"A11" | b"A12") => b"A09",
        (
            b"ADT",
            b"A21" | b"A22" | b"A23" | b"A25" | b"A26" | b"A27" | b"A29" | b"A32" | b"A33",
        ) => b"A21",
        (b"ADT", b"A30" | b"A34" | b"A35" | b"A36" | b"A46" | b"A47" | b"A48" | b"A49") => b"A30",
        (b"ADT", b"A39" | b"A40" | b"A41" | b"A42") => b"A39",
        (b"ADT", b"A43" | b"A44") => b"A43",
        (b"ADT", b"A50" | b"A51") => b"A50",
        (b"ADT", b"A52" | b"A53") => b"A52",
        (b"ADT", b"A54" | b"A55") => b"A54",
        (b"ADT", b"A61" | b"A62") => b"A61",
        (b"SIU", [b'S', b'1', b'2'..=b'9'] | [b'S', b'2', b'0'..=b'4' | b'6']) => b"S12",
        (b"ACK", _) => b"",
        _ => event,
    };
    Structure { code, event }
}

impl fmt::Display for Structure<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let between: &[u8] = if self.event.is_empty() { b"" } else { b"_" };
        for part in [self.code, between, self.event] {
            part.iter().try_for_each(|b| fmt::Write::write_char(f, char::from(*b)))?;
        }
        Ok(())
    }
}

// It is content, however short.
impl fmt::Debug for Structure<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Structure({} byte(s))", self.code.len())
    }
}

impl<'a> Message<'a> {
    /// The message structure; `None` where MSH-9 is empty.
    #[must_use]
    pub fn structure(&self) -> Option<Structure<'a>> {
        let field = self.field(b"MSH", 9)?;
        let component = |number| field.component(number).map_or(&[][..], |c| c.raw().trim_ascii());
        match (component(1), component(2), component(3)) {
            (b"", _, b"") => None,
            (code, event, b"" | b"\"\"") => Some(of(code, event)),
            (_, _, structure) => Some(Structure { code: structure, event: b"" }),
        }
    }
}
