//! What an input says, part by part, and which parts are passed over by a rule.

use alloc::vec::Vec;
use core::fmt;

use iomt_core::model::{Level, Text};
use iomt_core::wire::Span;
use iomt_core::{Options, Part, Rule};

use crate::containment::Containment;
use crate::context::is_visible;
use crate::equipment::{self, Attribute};
use crate::types::array::{self, FACETS};
use crate::types::value;
use crate::{Index, Leaf, Message, Messages, Segment, join};

const DELIMITERS: Rule =
    Rule { name: "delimiters", structural: true, reason: "MSH-1 and MSH-2 are the delimiters" };
const READING: Rule =
    Rule { name: "reading", structural: true, reason: "it says how the message is to be read" };
const SET_ID: Rule =
    Rule { name: "set-id", structural: false, reason: "it numbers the rows of this message" };
const ACKNOWLEDGEMENT: Rule =
    Rule { name: "acknowledgement", structural: false, reason: "it says which answer is wanted" };
const PROCESSING: Rule =
    Rule { name: "processing", structural: false, reason: "it says which system is meant" };
const IDENTITY: Rule = Rule {
    name: "identity",
    structural: false,
    reason: "it is part of the identity under which the Observation is stored",
};
const CONTAINER: Rule =
    Rule { name: "container", structural: true, reason: "it says that the row declares a device" };
const ATTRIBUTE: Rule = Rule {
    name: "attribute",
    structural: true,
    reason: "it says what the row says of a device, a metric or a wave",
};
const REPEATED: Rule = Rule {
    name: "repeated",
    structural: false,
    reason: "the segment stands before, byte for byte",
};
const NULL: Rule =
    Rule { name: "null", structural: false, reason: "it asks for an element without content" };
const BLANK: Rule =
    Rule { name: "blank", structural: false, reason: "what cannot be seen says nothing" };

/// The fields that are in no resource, and no diagnostic says so.
const PASSED_OVER: &[(&str, u16, &Rule)] = &[
    ("MSH", 1, &DELIMITERS),
    ("MSH", 2, &DELIMITERS),
    ("MSH", 9, &READING),
    ("MSH", 11, &PROCESSING),
    ("MSH", 12, &READING),
    ("MSH", 15, &ACKNOWLEDGEMENT),
    ("MSH", 16, &ACKNOWLEDGEMENT),
    ("MSH", 18, &READING),
    ("NTE", 1, &SET_ID),
    ("OBR", 1, &SET_ID),
    ("OBX", 1, &SET_ID),
    ("OBX", 2, &READING),
    ("OBX", 4, &IDENTITY),
    ("PID", 1, &SET_ID),
    ("PV1", 1, &SET_ID),
    ("SPM", 1, &SET_ID),
];

/// The rule that passes a field over.
pub(crate) fn rule(segment: &[u8], field: u16) -> Option<&'static Rule> {
    let row = PASSED_OVER.iter().find(|(s, f, _)| s.as_bytes() == segment && *f == field);
    row.map(|(.., rule)| *rule)
}

/// The rule that passes over a field of a row that is no observation (IHE DEV TF-2 appendix B.8).
fn row_rule(row: Option<Row>, field: u16) -> Option<&'static Rule> {
    match (row?, field) {
        (Row::Container, 11) => Some(&CONTAINER),
        (Row::Attribute | Row::Wave(_), 3)
        | (Row::Attribute | Row::Facet | Row::Wave(_), 11)
        | (Row::Wave(_), 6)
        | (Row::Wave(array::Facet::Sentinel), 5) => Some(&ATTRIBUTE),
        _ => None,
    }
}

/// Rows that are no observation, or perhaps none.
#[derive(Clone, Copy)]
enum Row {
    /// An MDS, VMD or channel.
    Container,
    /// Something of a container.
    Attribute,
    /// Something of a metric.
    Facet,
    /// Something of a wave.
    Wave(array::Facet),
}

impl Row {
    fn of(segment: Segment<'_>) -> Option<Self> {
        let place = segment.field(4)?;
        let level = Containment::parse(place.raw())?.level()?;
        let code = segment.field(3)?;
        match level {
            Level::Mds | Level::Vmd | Level::Channel => {
                let valued = segment.field(5).is_some_and(|value| value::is_valued(&value));
                (!valued).then_some(Self::Container)
            }
            Level::Metric => Attribute::of(code).map(|_| Self::Attribute),
            Level::Facet => Some(equipment::named(code, FACETS).map_or(Self::Facet, Self::Wave)),
        }
    }
}

/// Gives every leaf of every message, every line that is no segment, and what cannot be read as a
/// whole. What stands outside the messages is diagnosed.
pub(crate) fn parts(bytes: &[u8], options: &Options, each: &mut dyn FnMut(Part<'_>)) {
    let mut joined = Vec::new();
    let bytes = if options.continuations {
        join(bytes, options.terminators, &mut joined, |_| ());
        joined.as_slice()
    } else {
        bytes
    };
    let mut messages = Messages::with(bytes, 0, options.limits, options.terminators);
    let (mut index, mut number) = (Index::new(), 0_u64);
    while let Some(entry) = messages.next(&mut index, |_| ()) {
        number = number.wrapping_add(1);
        match &entry.message {
            Ok(message) => of_message(message, number, each),
            Err(_) => each(Part::new(number, entry.span, &"message")),
        }
    }
}

fn of_message(message: &Message<'_>, number: u64, each: &mut dyn FnMut(Part<'_>)) {
    let mut lines = 0;
    let mut malformed = |until: usize, each: &mut dyn FnMut(Part<'_>)| {
        for at in lines..until {
            let line = message.line(at).filter(|_| !message.is_segment(at));
            if let Some(line) = line {
                each(Part::new(number, line.span(), &"line"));
            }
        }
        lines = until;
    };
    let codec = message.codec();
    let (mut line, mut row, mut repeated, mut persons) = (None, None, false, Persons::default());
    for leaf in message.leaves() {
        malformed(leaf.line, each);
        let ordinal = message.ordinal(leaf.line).unwrap_or(0);
        let field = u16::try_from(leaf.field).unwrap_or(u16::MAX);
        if line.replace(leaf.line) != Some(leaf.line) {
            let segment = message.line(leaf.line);
            row = segment.filter(|segment| segment.id() == b"OBX").and_then(Row::of);
            repeated = segment.is_some_and(|segment| persons.repeats(segment));
        }
        let own = match leaf.raw {
            b"\"\"" => Some(&NULL),
            raw if !is_visible(Text::coded(raw, leaf.offset, &codec)) => Some(&BLANK),
            _ => repeated.then_some(&REPEATED),
        };
        let rule = rule(leaf.id, field).or_else(|| row_rule(row, field)).or(own);
        let span = Span::new(leaf.offset, leaf.raw.len());
        each(Part::new(number, span, &Path(&leaf, ordinal)).passed_over(rule));
    }
    malformed(message.lines(), each);
}

/// The last PID, and the first PD1 after it: the same once more is the same person.
#[derive(Default)]
struct Persons<'a> {
    patient: &'a [u8],
    more: &'a [u8],
}

impl<'a> Persons<'a> {
    fn repeats(&mut self, segment: Segment<'a>) -> bool {
        let raw = segment.raw();
        match segment.id() {
            b"PID" => {
                let same = core::mem::replace(&mut self.patient, raw) == raw;
                if !same {
                    self.more = &[];
                }
                same
            }
            b"PD1" if self.more.is_empty() => {
                self.more = raw;
                false
            }
            b"PD1" => self.more == raw,
            _ => false,
        }
    }
}

/// `OBX[2]-5[1].1.1`
struct Path<'a>(&'a Leaf<'a>, usize);

impl fmt::Display for Path<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(leaf, ordinal) = self;
        // An id of a segment is ASCII.
        f.write_str(core::str::from_utf8(leaf.id).unwrap_or("segment"))?;
        let Leaf { field, repetition, component, subcomponent, .. } = leaf;
        write!(f, "[{ordinal}]-{field}[{repetition}].{component}.{subcomponent}")
    }
}
