//! A copy of a message with one leaf changed.

use alloc::vec::Vec;
use core::num::NonZeroU32;

use iomt_core::LimitKind;
use iomt_core::wire::{ErrorKind, ParseError};

use crate::charset;
use crate::{Delimiters, Message, Path, SEGMENT_FIELDS, Segment};

/// What a leaf is to be.
#[derive(Clone, Copy)]
#[expect(clippy::exhaustive_enums, reason = "a value has three states")]
pub enum Edit<'t> {
    /// This text, escaped.
    Text(&'t str),
    /// The explicit null, `""`: the receiver is to delete what it has.
    Null,
    /// Nothing.
    Empty,
}

impl core::fmt::Debug for Edit<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::Text(text) => write!(f, "Text({} byte(s))", text.len()),
            Self::Null => f.write_str("Null"),
            Self::Empty => f.write_str("Empty"),
        }
    }
}

impl Message<'_> {
    /// A copy of the message in which the leaf at `path` is `edit`; all other bytes are as they are.
    /// The leaf is the one that [`leaf`](Self::leaf) finds; fields, repetitions, components and
    /// subcomponents that are not there yet are added.
    ///
    /// # Errors
    /// `path`: the segment is [missing](ErrorKind::Missing), the path has no field or names MSH-1 or
    /// MSH-2 ([malformed](ErrorKind::Malformed)), or a number in it is above [`SEGMENT_FIELDS`].
    /// `text`, malformed: the message's character set, ASCII if it declares and has none, does not
    /// have all of it. `MSH-18`, malformed: it does not say the set, and the bytes of the copy would
    /// say another one. The offset is that of the segment.
    pub fn edited(&self, path: Path, edit: Edit<'_>) -> Result<Vec<u8>, ParseError> {
        let error = |kind, field, offset| Err(ParseError::new(kind, field, offset));
        let number = path.number.map_or(1, |n| usize::try_from(n.get()).unwrap_or(usize::MAX));
        let Some(segment) = self.nth(&path.segment, number) else {
            return error(ErrorKind::Missing, "path", self.offset());
        };
        let offset = segment.offset();
        let header = matches!(segment.id(), b"MSH" | b"FHS" | b"BHS");
        let Some(field) = path.field.filter(|n| !header || n.get() > 2) else {
            return error(ErrorKind::Malformed, "path", offset);
        };
        let one = NonZeroU32::MIN;
        let wanted = [
            field,
            path.repetition.unwrap_or(one),
            path.component.unwrap_or(one),
            path.subcomponent.unwrap_or(one),
        ];
        let wanted = wanted.map(|n| usize::try_from(n.get()).unwrap_or(usize::MAX));
        if wanted.iter().any(|n| *n > SEGMENT_FIELDS) {
            return error(ErrorKind::Limit(LimitKind::Fields), "path", offset);
        }
        let mut value = Vec::new();
        match edit {
            Edit::Text(text) => {
                if self.encode(text, &mut value).is_none() {
                    return error(ErrorKind::Malformed, "text", offset);
                }
            }
            Edit::Null => value.extend_from_slice(b"\"\""),
            Edit::Empty => {}
        }
        let Reached { end, level, missing, replaced } = reach(segment, wanted);
        let at = end.saturating_sub(replaced);
        let mut grown = Vec::new();
        for (below, (separator, wanted)) in separators(self).into_iter().zip(wanted).enumerate() {
            let count = match below.checked_sub(level) {
                None => 0,
                Some(0) => missing,
                Some(_) => wanted.saturating_sub(1),
            };
            grown.resize(grown.len().saturating_add(count), separator);
        }
        let start = at.saturating_sub(self.offset());
        let (before, rest) = self.raw().split_at_checked(start).unwrap_or((self.raw(), &[]));
        let after = rest.get(replaced..).unwrap_or_default();
        // Nothing grows to hold nothing.
        let grown = if value.is_empty() { &[][..] } else { &grown };
        let mut out = Vec::with_capacity(
            self.raw().len().saturating_add(grown.len()).saturating_add(value.len()),
        );
        for part in [before, grown, &value, after] {
            out.extend_from_slice(part);
        }
        // Whoever declares another set has that.
        let declares = segment.id() == b"MSH" && field.get() == 18;
        let plain = || out.iter().all(|b| b.is_ascii() && !charset::shifts(*b));
        let after = || charset::resolve(self.field(b"MSH", 18), &out).0;
        if !declares && !plain() && after() != self.charset() {
            return error(ErrorKind::Malformed, "MSH-18", offset);
        }
        Ok(out)
    }
}

/// How the parts of each level are separated, fields first.
fn separators(message: &Message<'_>) -> [u8; 4] {
    let Delimiters { field, repetition, component, subcomponent, .. } = message.delimiters();
    [field, repetition, component, subcomponent]
}

/// How far the parts on the way to a leaf are there.
struct Reached {
    /// Where the last of them ends.
    end: usize,
    /// The level at which one is missing, fields being 0; below all levels if none is.
    level: usize,
    /// How many more parts that level needs.
    missing: usize,
    /// How many bytes the leaf has now.
    replaced: usize,
}

fn reach(segment: Segment<'_>, wanted: [usize; 4]) -> Reached {
    let [field, repetition, component, subcomponent] = wanted;
    let short = |offset: usize, raw: &[u8], level, missing| Reached {
        end: offset.saturating_add(raw.len()),
        level,
        missing,
        replaced: 0,
    };
    let Some(field) = segment.field(field) else {
        let missing = field.saturating_sub(segment.fields().count());
        return short(segment.offset(), segment.raw(), 0, missing);
    };
    let Some(repetition) = field.repetition(repetition) else {
        let missing = repetition.saturating_sub(field.repetitions().count());
        return short(field.offset(), field.raw(), 1, missing);
    };
    let Some(component) = repetition.component(component) else {
        let missing = component.saturating_sub(repetition.components().count());
        return short(repetition.offset(), repetition.raw(), 2, missing);
    };
    let Some(leaf) = component.subcomponent(subcomponent) else {
        let missing = subcomponent.saturating_sub(component.subcomponents().count());
        return short(component.offset(), component.raw(), 3, missing);
    };
    let replaced = leaf.raw().len();
    Reached { end: leaf.offset().saturating_add(replaced), level: 4, missing: 0, replaced }
}

#[cfg(test)]
mod tests {
    use alloc::string::String;

    use proptest::prelude::*;

    use super::*;
    use crate::Index;

    fn edit(text: &str, path: &str, edit: Edit<'_>) -> Result<String, ParseError> {
        let mut index = Index::new();
        let message = Message::parse(text.as_bytes(), &mut index).unwrap();
        let edited = message.edited(Path::parse(path).unwrap(), edit)?;
        Ok(String::from_utf8(edited).unwrap())
    }

    #[test]
    fn one_leaf_changes_and_nothing_else() {
        let text = "MSH|^~\\&|A^B||\r\nPID|1||a^b&c~d|\"\"||\n\nOBX|1\rnone\rOBX|2|x^";
        for (path, old, new, text_of) in [
            ("PID-3", "a^b", "N^b", "N"),
            ("PID-3.2.2", "b&c", "b&N", "N"),
            ("PID-3[2]", "~d", "~N", "N"),
            ("PID-4", "\"\"", "N", "N"),
            ("MSH-3.2", "A^B", "A^N", "N"),
            ("OBX[2]-2", "|x^", "|y\\S\\z^", "y^z"),
            ("OBX[2]-2.2", "|x^", "|x^N", "N"),
            ("PID-5", "\"\"||", "\"\"|N|", "N"),
        ] {
            let want = text.replacen(old, new, 1);
            assert_eq!(edit(text, path, Edit::Text(text_of)).unwrap(), want, "{path}");
        }
        let want = text.replacen("d|", "\"\"|", 1);
        assert_eq!(edit(text, "PID-3[2]", Edit::Null).unwrap(), want);
        assert_eq!(edit(text, "PID-3[2]", Edit::Empty).unwrap(), text.replacen("~d", "~", 1));
        // Nothing grows to hold nothing.
        assert_eq!(edit(text, "PID-3[9].4", Edit::Empty).unwrap(), text);
    }

    #[test]
    fn what_is_not_there_grows() {
        let text = "MSH|^~\\&|A\rPV1\rPID|1||a^b&c~d\r";
        for (path, old, new) in [
            ("PV1-1", "PV1", "PV1|N"),
            ("PV1-3[2].2.2", "PV1", "PV1|||~^&N"),
            ("PID-5", "~d", "~d||N"),
            ("PID-3[4]", "~d", "~d~~N"),
            ("PID-3[2].3", "~d", "~d^^N"),
            ("PID-3.2.4", "b&c", "b&c&&N"),
            ("PID-3.4.2", "b&c", "b&c^^&N"),
            ("MSH-6.2", "A", "A|||^N"),
        ] {
            let want = text.replacen(old, new, 1);
            assert_eq!(edit(text, path, Edit::Text("N")).unwrap(), want, "{path}");
        }
    }

    #[test]
    fn the_delimiters_are_those_of_the_message() {
        let text = "MSH#!*?@%#A\rPID#1\r";
        let want = "MSH#!*?@%#A\rPID#1##!?F?|?T??P?\r";
        assert_eq!(edit(text, "PID-3.2", Edit::Text("#|@%")).unwrap(), want);
    }

    #[test]
    fn what_cannot_be_is_refused() {
        let text = "MSH|^~\\&|A\rPID|1\r";
        for (path, value, field, kind) in [
            ("PID", "x", "path", ErrorKind::Malformed),
            ("MSH-1", "x", "path", ErrorKind::Malformed),
            ("MSH-2", "x", "path", ErrorKind::Malformed),
            ("PV1-1", "x", "path", ErrorKind::Missing),
            ("PID[2]-1", "x", "path", ErrorKind::Missing),
            ("PID-1", "ü", "text", ErrorKind::Malformed),
            ("PID-3[10001]", "x", "path", ErrorKind::Limit(LimitKind::Fields)),
        ] {
            let error = edit(text, path, Edit::Text(value)).unwrap_err();
            assert_eq!((error.field(), error.kind()), (field, kind), "{path}");
        }
        assert_eq!(alloc::format!("{:?}", Edit::Text("abc")), "Text(3 byte(s))");
        let edit = |text: &[u8], path: &str, to: Edit<'_>| {
            let mut index = Index::new();
            let message = Message::parse(text, &mut index).unwrap();
            message.edited(Path::parse(path).unwrap(), to).map_err(|error| error.field())
        };
        // Nothing but PID-1 says that this is not UTF-8.
        let latin = b"MSH|^~\\&|A\rPID|\xFC|\xC3\xA9\r";
        assert_eq!(edit(latin, "PID-1", Edit::Empty), Err("MSH-18"));
        assert_eq!(edit(latin, "PID-2", Edit::Empty).unwrap(), b"MSH|^~\\&|A\rPID|\xFC|\r");
        // What these characters of GB 18030 are in UTF-8 makes words.
        let simplified = b"MSH|^~\\&||||||||||||||||GB 18030-2000\rPID|1\r";
        assert_eq!(
            edit(simplified, "PID-1", Edit::Text("\u{6d93}\u{e15f}\u{6783}")),
            Err("MSH-18")
        );
        let declared = edit(simplified, "MSH-18", Edit::Text("UNICODE UTF-8")).unwrap();
        assert!(edit(&declared, "PID-1", Edit::Text("ü")).is_ok());
    }

    const SETS: &[&str] = &[
        "",
        "UNICODE UTF-8",
        "8859/1",
        "8859/2",
        "8859/5",
        "8859/7",
        "8859/8",
        "8859/9",
        "8859/11",
        "8859/15",
        "BIG-5",
        "GB 18030-2000",
        "KS X 1001",
        "EUC-JP",
        "SHIFT_JIS",
        "~ISO IR87",
        "ISO IR14~ISO IR87",
        "KS X 1001~ISO IR149",
        "ISO-2022-KR",
        "8859/1~ISO IR87",
    ];

    proptest! {
        /// In any set, what can be written is read again, and the other leaves are what they were.
        #[test]
        fn sets_are_written_as_they_are_read(
            set in prop::sample::select(SETS),
            place in prop::sample::select(&["PID-3", "MSH-3", "PID-2"][..]),
            before in "[a-zé許試김Дα]{0,4}",
            value in "[ -~éüł許功蓋試験表¥‾ｱ김ДαאกİŁ€\u{80}\u{9f}\u{20000}\u{1b}\u{0e}\u{1c}]{0,8}|\\PC{0,6}",
        ) {
            let header = alloc::format!("MSH|^~\\&|A|||||||||||||||{set}\rPID|1||");
            let (mut one, mut two) = (Index::new(), Index::new());
            let empty = alloc::format!("{header}|z\r");
            let plain = Message::parse(empty.as_bytes(), &mut one).unwrap();
            let path = |text| Path::parse(text).unwrap();
            let first = plain.edited(path("PID-2"), Edit::Text(&before)).unwrap_or(empty.clone().into_bytes());
            let message = Message::parse(&first, &mut two).unwrap();
            if let Ok(copy) = message.edited(path(place), Edit::Text(&value)) {
                let mut index = Index::new();
                let after = Message::parse(&copy, &mut index).unwrap();
                let text = |message: &Message<'_>, place| {
                    message.verbatim().text(message.leaf(path(place)).unwrap().raw())
                };
                prop_assert_eq!(text(&after, place), value);
                let others = ["PID-2", "PID-3", "PID-4", "MSH-3", "MSH-18"].into_iter();
                for other in others.filter(|other| *other != place) {
                    prop_assert_eq!(text(&after, other), text(&message, other), "{}", other);
                }
            } else {
                let shifts = |c: char| matches!(c, '\x1b' | '\x0e');
                prop_assert!(!value.is_ascii() || value.contains(shifts));
            }
        }

        /// What is set is read again; every other leaf is what it was.
        #[test]
        fn other_leaves_stay(
            fields in "[a-c|^~&\\\\\"]{0,24}",
            field in 1_u32..6, repetition in 1_u32..4, component in 1_u32..4, sub in 1_u32..4,
            value in "[ -~\r\n]{0,12}",
        ) {
            let text = alloc::format!("MSH|^~\\&|A\rPID|{fields}\rPV1|x\r");
            let path = alloc::format!("PID-{field}[{repetition}].{component}.{sub}");
            let edited = edit(&text, &path, Edit::Text(&value)).unwrap();
            let (mut one, mut two) = (Index::new(), Index::new());
            let before = Message::parse(text.as_bytes(), &mut one).unwrap();
            let after = Message::parse(edited.as_bytes(), &mut two).unwrap();
            let read = after.leaf(Path::parse(&path).unwrap()).map_or(&[][..], |leaf| leaf.raw());
            prop_assert_eq!(after.verbatim().text(read), value);
            let others = |message: &Message<'_>| {
                let place = |l: crate::Leaf<'_>| (l.line, l.field, l.repetition, l.component, l.subcomponent);
                let all = message.leaves().map(|l| (place(l), l.raw.to_vec()));
                let here = (1, field, repetition, component, sub);
                all.filter(|(place, _)| *place != here).collect::<Vec<_>>()
            };
            prop_assert_eq!(others(&before), others(&after));
        }
    }
}
