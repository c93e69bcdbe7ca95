//! Each library as its documentation would have it used: parse the text, then ask.

use iomt::hl7v2::{Index, Message};
use iomt_benches::tenths;

/// Takes what a contestant reads.
pub trait See {
    fn see(&mut self, bytes: &[u8]);
}

/// One library. Every work begins with the text; `None` is what it does not offer.
pub trait Contestant {
    const NAME: &'static str;

    /// Parses, and tells how many segments there are.
    fn parse(&mut self, text: &str) -> usize;

    /// Parses, and visits every subcomponent that is not empty, MSH-1 and MSH-2 excepted.
    fn walk<S: See>(&mut self, _text: &str, _see: &mut S) -> Option<()> {
        None
    }

    /// Parses, and visits [`TEN`].
    fn ten<S: See>(&mut self, _text: &str, _see: &mut S) -> Option<()> {
        None
    }

    /// Parses, and adds up every OBX-5 in tenths.
    fn numbers(&mut self, _text: &str) -> Option<i64> {
        None
    }
}

/// Segment, field, component.
pub const TEN: [(&str, usize, usize); 10] = [
    ("MSH", 3, 1),
    ("MSH", 9, 2),
    ("MSH", 10, 1),
    ("PID", 3, 1),
    ("PID", 5, 1),
    ("PID", 5, 2),
    ("PID", 7, 1),
    ("PID", 8, 1),
    ("PV1", 2, 1),
    ("PV1", 3, 1),
];

fn sum<'t>(texts: impl Iterator<Item = Option<&'t [u8]>>) -> Option<i64> {
    texts.map(|text| text.and_then(tenths)).sum()
}

#[derive(Default)]
pub struct Ours(Index);

impl Contestant for Ours {
    const NAME: &'static str = "iomt";

    fn parse(&mut self, text: &str) -> usize {
        let message = Message::parse(text.as_bytes(), &mut self.0).unwrap();
        message.lines()
    }

    fn walk<S: See>(&mut self, text: &str, see: &mut S) -> Option<()> {
        let message = Message::parse(text.as_bytes(), &mut self.0).unwrap();
        message.leaves().skip(2).for_each(|leaf| see.see(leaf.raw));
        Some(())
    }

    fn ten<S: See>(&mut self, text: &str, see: &mut S) -> Option<()> {
        let message = Message::parse(text.as_bytes(), &mut self.0).unwrap();
        for (segment, field, component) in TEN {
            let id = segment.as_bytes().first_chunk()?;
            see.see(message.component(id, field, component)?.raw());
        }
        Some(())
    }

    fn numbers(&mut self, text: &str) -> Option<i64> {
        let message = Message::parse(text.as_bytes(), &mut self.0).unwrap();
        sum(message.all(b"OBX").map(|obx| obx.field(5).map(|field| field.raw())))
    }
}

pub struct Er7;

impl Contestant for Er7 {
    const NAME: &'static str = "er7";

    fn parse(&mut self, text: &str) -> usize {
        er7::parse(text).unwrap().segments.len()
    }

    fn walk<S: See>(&mut self, text: &str, see: &mut S) -> Option<()> {
        let message = er7::parse(text).unwrap();
        for segment in &message.segments {
            let skipped = if segment.is_header() { 2 } else { 0 };
            let fields = segment.fields.iter().skip(skipped);
            let repetitions = fields.flat_map(|field| &field.repetitions);
            let components = repetitions.flat_map(|repetition| &repetition.components);
            let parts = components.flat_map(|component| &component.subcomponents);
            let leaves = parts.filter(|part| !part.raw.is_empty());
            leaves.for_each(|leaf| see.see(leaf.raw.as_bytes()));
        }
        Some(())
    }

    fn ten<S: See>(&mut self, text: &str, see: &mut S) -> Option<()> {
        let message = er7::parse(text).unwrap();
        for (segment, field, component) in TEN {
            let found = message.segment(segment)?.component(field, component)?;
            see.see(found.subcomponent(1)?.raw.as_bytes());
        }
        Some(())
    }

    fn numbers(&mut self, text: &str) -> Option<i64> {
        let message = er7::parse(text).unwrap();
        sum(message
            .segments_named("OBX")
            .map(|obx| Some(obx.component(5, 1)?.subcomponent(1)?.raw.as_bytes())))
    }
}

pub struct Hl7Parser;

impl Contestant for Hl7Parser {
    const NAME: &'static str = "hl7-parser";

    fn parse(&mut self, text: &str) -> usize {
        hl7_parser::parse_message(text).unwrap().segments.len()
    }

    fn walk<S: See>(&mut self, text: &str, see: &mut S) -> Option<()> {
        let message = hl7_parser::parse_message(text).unwrap();
        for segment in message.segments() {
            let skipped = if segment.name == "MSH" { 2 } else { 0 };
            let repeats = segment.fields().skip(skipped).flat_map(|field| field.repeats());
            let components = repeats.flat_map(|repeat| repeat.components());
            let parts = components.flat_map(|component| component.subcomponents());
            let leaves = parts.map(|part| part.raw_value()).filter(|raw| !raw.is_empty());
            leaves.for_each(|raw| see.see(raw.as_bytes()));
        }
        Some(())
    }

    fn ten<S: See>(&mut self, text: &str, see: &mut S) -> Option<()> {
        let message = hl7_parser::parse_message(text).unwrap();
        for (segment, field, component) in TEN {
            let field = message.segment(segment)?.field(field)?;
            see.see(field.component(component)?.raw_value().as_bytes());
        }
        Some(())
    }

    fn numbers(&mut self, text: &str) -> Option<i64> {
        let message = hl7_parser::parse_message(text).unwrap();
        let obx = message.segments().filter(|segment| segment.name == "OBX");
        sum(obx.map(|obx| Some(obx.field(5)?.raw_value().as_bytes())))
    }
}

pub struct RustHl7;

impl RustHl7 {
    /// It takes what follows the last CR for a segment.
    fn read(text: &str) -> rusthl7::message::Message<'_> {
        text.trim_end_matches('\r').try_into().unwrap()
    }
}

/// It counts MSH-2 as the first field.
fn rust_hl7_number(segment: &str, field: usize) -> usize {
    if segment == "MSH" { field - 1 } else { field }
}

impl Contestant for RustHl7 {
    const NAME: &'static str = "rust-hl7";

    fn parse(&mut self, text: &str) -> usize {
        Self::read(text).segments.len()
    }

    fn walk<S: See>(&mut self, text: &str, see: &mut S) -> Option<()> {
        let message = Self::read(text);
        for segment in &message.segments {
            let skipped = if segment.fields[0].source == "MSH" { 2 } else { 1 };
            let fields = segment.fields.iter().skip(skipped);
            let parts = fields.flat_map(|field| field.subcomponents.iter().flatten().flatten());
            parts.filter(|part| !part.is_empty()).for_each(|part| see.see(part.as_bytes()));
        }
        Some(())
    }

    fn ten<S: See>(&mut self, text: &str, see: &mut S) -> Option<()> {
        let message = Self::read(text);
        for (name, field, component) in TEN {
            let segment = message.segments.iter().find(|s| s.fields[0].source == name)?;
            let field = segment.fields.get(rust_hl7_number(name, field))?;
            see.see(field.components.first()?.get(component - 1)?.as_bytes());
        }
        Some(())
    }

    fn numbers(&mut self, text: &str) -> Option<i64> {
        let message = Self::read(text);
        let obx = message.segments.iter().filter(|s| s.fields[0].source == "OBX");
        sum(obx.map(|obx| Some(obx.fields.get(5)?.source.as_bytes())))
    }
}

pub struct Hl7v2;

impl Contestant for Hl7v2 {
    const NAME: &'static str = "hl7v2";

    fn parse(&mut self, text: &str) -> usize {
        hl7v2::parse(text.as_bytes()).unwrap().segments.len()
    }

    fn walk<S: See>(&mut self, text: &str, see: &mut S) -> Option<()> {
        let message = hl7v2::parse(text.as_bytes()).unwrap();
        for segment in &message.segments {
            // Its first field is MSH-2.
            let skipped = if &segment.id == b"MSH" { 1 } else { 0 };
            let repetitions = segment.fields.iter().skip(skipped).flat_map(|field| &field.reps);
            let parts = repetitions.flat_map(|rep| &rep.comps).flat_map(|comp| &comp.subs);
            let leaves = parts.filter_map(|part| part.as_text()).filter(|text| !text.is_empty());
            leaves.for_each(|text| see.see(text.as_bytes()));
        }
        Some(())
    }

    fn ten<S: See>(&mut self, text: &str, see: &mut S) -> Option<()> {
        let message = hl7v2::parse(text.as_bytes()).unwrap();
        for (name, field, component) in TEN {
            let segment = message.segments.iter().find(|s| s.id == name.as_bytes())?;
            // From 0, and in MSH from the second.
            let number = if name == "MSH" { field - 2 } else { field - 1 };
            let repetition = segment.fields.get(number)?.reps.first()?;
            see.see(repetition.comps.get(component - 1)?.subs.first()?.as_text()?.as_bytes());
        }
        Some(())
    }

    fn numbers(&mut self, text: &str) -> Option<i64> {
        let message = hl7v2::parse(text.as_bytes()).unwrap();
        let obx = message.segments.iter().filter(|s| &s.id == b"OBX");
        sum(obx.map(|obx| Some(obx.fields.get(4)?.first_text()?.as_bytes())))
    }
}

pub struct Hl7v2Stream;

impl Contestant for Hl7v2Stream {
    const NAME: &'static str = "hl7v2 stream";

    fn parse(&mut self, text: &str) -> usize {
        let mut parser = hl7v2::StreamParser::new(text.as_bytes());
        let mut segments = 0;
        while let Some(event) = parser.next_event().unwrap() {
            // The header is an event of its own.
            let header = matches!(event, hl7v2::Event::StartMessage { .. });
            segments += usize::from(header || matches!(event, hl7v2::Event::Segment { .. }));
        }
        segments
    }

    fn numbers(&mut self, text: &str) -> Option<i64> {
        let mut parser = hl7v2::StreamParser::new(text.as_bytes());
        let (mut obx, mut all) = (false, 0);
        while let Some(event) = parser.next_event().unwrap() {
            match event {
                hl7v2::Event::Segment { id } => obx = id == b"OBX",
                hl7v2::Event::Field { num: 5, raw } if obx => all += tenths(&raw)?,
                _ => {}
            }
        }
        Some(all)
    }
}

/// No parser: what finding the line ends alone costs.
pub struct LineEnds;

impl Contestant for LineEnds {
    const NAME: &'static str = "(memchr of CR)";

    fn parse(&mut self, text: &str) -> usize {
        let (mut lines, mut bytes) = (0, 0);
        for at in memchr::memchr_iter(b'\r', text.as_bytes()) {
            lines += 1;
            bytes ^= at;
        }
        std::hint::black_box(bytes);
        lines
    }
}
