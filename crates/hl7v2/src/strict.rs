//! What the standard demands of a message and [`Message::parse`] forgives.

use iomt_core::DiagnosticCode;
use iomt_core::wire::{ErrorKind, ParseError};

use crate::charset;
use crate::{Charset, Groups, Message, Segment};

/// Fields by number, with their names.
type Required = &'static [(usize, &'static str)];

/// What must be valued in the segments that this crate reads, and in MFE: §2.15.9, §3.4.2, §3.4.3,
/// §7.4.1 to §7.4.3, §8.5.2.
const REQUIRED: &[(&[u8; 3], Required)] = &[
    (b"MSH", &[(9, "MSH-9"), (10, "MSH-10"), (11, "MSH-11"), (12, "MSH-12")]),
    (b"MFE", &[(1, "MFE-1"), (4, "MFE-4"), (5, "MFE-5")]),
    (b"OBR", &[(4, "OBR-4")]),
    (b"OBX", &[(3, "OBX-3"), (11, "OBX-11")]),
    (b"PID", &[(3, "PID-3"), (5, "PID-5")]),
    (b"PV1", &[(2, "PV1-2")]),
    (b"SPM", &[(4, "SPM-4")]),
];

/// Table 0104.
const VERSIONS: &[&[u8]] = &[
    b"2.0", b"2.0D", b"2.1", b"2.2", b"2.3", b"2.3.1", b"2.3.2", b"2.4", b"2.5", b"2.5.1", b"2.6",
    b"2.7", b"2.7.1", b"2.8", b"2.8.1", b"2.8.2", b"2.9", b"2.9.1",
];

/// Table 0125, of all versions.
const VALUE_TYPES: &[&[u8]] = &[
    b"AD", b"AUI", b"CD", b"CE", b"CF", b"CK", b"CN", b"CNE", b"CP", b"CQ", b"CWE", b"CX", b"DDI",
    b"DIN", b"DLD", b"DLN", b"DLT", b"DR", b"DT", b"DTM", b"DTN", b"ED", b"EI", b"EIP", b"ERL",
    b"FC", b"FN", b"FT", b"GTS", b"HD", b"ICD", b"ID", b"IS", b"JCC", b"LA1", b"LA2", b"MA", b"MO",
    b"MOC", b"MOP", b"MSG", b"NA", b"NDL", b"NM", b"NR", b"OCD", b"OSD", b"OSP", b"PIP", b"PL",
    b"PLN", b"PN", b"PPN", b"PRL", b"PT", b"PTA", b"QIP", b"QSC", b"RCD", b"RFR", b"RI", b"RMC",
    b"RP", b"RPT", b"SAD", b"SCV", b"SI", b"SN", b"SNM", b"SPD", b"SPS", b"SRT", b"ST", b"TM",
    b"TN", b"TQ", b"TS", b"TX", b"UVC", b"VH", b"VID", b"VR", b"WVI", b"WVS", b"XAD", b"XCN",
    b"XON", b"XPN", b"XTN",
];

impl Message<'_> {
    /// Whether MSH-12 is a version that has no truncation character.
    pub(crate) fn is_before_2_7(&self) -> bool {
        let version = self.component(b"MSH", 12, 1);
        let older = |version: &&&[u8]| **version != b"2.7";
        let mut all = VERSIONS.iter().take_while(older);
        version.is_some_and(|version| all.any(|older| *older == version.raw()))
    }

    /// Checks what parsing forgives: that MSH-2 has four characters, or five from 2.7 on, that every line is a
    /// segment, that the bytes are of the character set that MSH-18 declares, that the version
    /// exists, that what must be valued is, and that OBX-2 names a type.
    ///
    /// # Errors
    /// The first of these that does not hold.
    pub fn check(&self) -> Result<(), ParseError> {
        let fails = |kind, field, at| Err(ParseError::new(kind, field, at));
        let offset = self.offset();
        if self.has_short_encoding() {
            return fails(ErrorKind::Missing, "MSH-2", offset.saturating_add(4));
        }
        if self.delimiters().truncation.is_some() && self.is_before_2_7() {
            return fails(ErrorKind::Malformed, "MSH-2", offset.saturating_add(8));
        }
        self.check_charset()?;
        for number in 0..self.lines() {
            let Some(segment) = self.line(number) else { break };
            if !self.is_segment(number) {
                return fails(ErrorKind::Malformed, "segment", segment.offset());
            }
            check_segment(segment)?;
        }
        let version = self.component(b"MSH", 12, 1);
        match version {
            Some(version) if !VERSIONS.contains(&version.raw()) => {
                fails(ErrorKind::Unsupported(0), "MSH-12", version.offset())
            }
            _ => Ok(()),
        }
    }

    /// [`check`](Self::check), and that its structure, where it is one of those that [`Groups`]
    /// knows, has a place for every segment.
    ///
    /// # Errors
    /// Those of `check`; `segment`, malformed, for the first that has none.
    pub fn check_structure(&self, groups: &mut Groups) -> Result<(), ParseError> {
        self.check()?;
        groups.assemble(self);
        if !groups.is_known() {
            return Ok(());
        }
        let stray = (0..self.lines()).find(|line| !groups.is_placed(*line));
        match stray.and_then(|line| self.line(line)) {
            Some(segment) => {
                Err(ParseError::new(ErrorKind::Malformed, "segment", segment.offset()))
            }
            None => Ok(()),
        }
    }

    fn check_charset(&self) -> Result<(), ParseError> {
        let (offset, raw) = (self.offset(), self.raw());
        let foreign = || raw.iter().position(|b| !b.is_ascii());
        let invalid = match charset::resolve(self.field(b"MSH", 18), raw) {
            (Charset::Utf8, None) => core::str::from_utf8(raw).err().map(|e| e.valid_up_to()),
            (set, None | Some(DiagnosticCode::CharacterSetDoubtful)) => {
                let read = set.characters(raw, &mut |_| ());
                if read.is_none() { foreign() } else { None }
            }
            // Only ASCII needs no declaration.
            (_, Some(_)) => foreign(),
        };
        invalid.map_or(Ok(()), |at| {
            Err(ParseError::new(ErrorKind::Malformed, "MSH-18", offset.saturating_add(at)))
        })
    }
}

fn check_segment(segment: Segment<'_>) -> Result<(), ParseError> {
    let fails = |kind, field, at| Err(ParseError::new(kind, field, at));
    let empty = |number| segment.field(number).is_none_or(|field| field.is_empty());
    let required = REQUIRED.iter().find(|(id, _)| *id == segment.id());
    for (number, name) in required.map_or(&[][..], |(_, fields)| *fields) {
        if empty(*number) {
            return fails(ErrorKind::Missing, name, segment.offset());
        }
    }
    if segment.id() != b"OBX" {
        return Ok(());
    }
    match segment.field(2).filter(|kind| !kind.is_empty()) {
        None if empty(5) => Ok(()),
        None => fails(ErrorKind::Missing, "OBX-2", segment.offset()),
        Some(kind) if VALUE_TYPES.contains(&kind.raw()) => Ok(()),
        Some(kind) => fails(ErrorKind::Unsupported(0), "OBX-2", kind.offset()),
    }
}

#[cfg(test)]
mod tests {
    use alloc::format;
    use alloc::vec::Vec;

    use super::*;
    use crate::Index;

    const GOOD: &str = "MSH|^~\\&|||||||ORU^R01^ORU_R01|1|P|2.5.1\rPID|||1||A\rPV1||I\rOBR||||a\r\
                        OBX||NM|a||5||||||F\rSPM||||a\r";

    fn check(text: &[u8]) -> Result<(), (ErrorKind, &'static str, usize)> {
        let mut index = Index::new();
        let message = Message::parse(text, &mut index).unwrap();
        let (plain, all) = (message.check(), message.check_structure(&mut Groups::new()));
        assert!(plain.is_ok() || plain == all);
        all.map_err(|error| (error.kind(), error.field(), error.offset()))
    }

    #[test]
    fn what_the_standard_demands() {
        assert_eq!(check(GOOD.as_bytes()), Ok(()));
        let at = |part: &str| GOOD.find(part).unwrap();
        let (missing, malformed) = (ErrorKind::Missing, ErrorKind::Malformed);
        for (old, new, kind, field, offset) in [
            ("^~\\&", "^~\\", missing, "MSH-2", 4),
            ("^~\\&", "^~\\&#", malformed, "MSH-2", 8),
            ("ORU^R01^ORU_R01", "", missing, "MSH-9", 0),
            ("|2.5.1", "|", missing, "MSH-12", 0),
            ("2.5.1", "2.999", ErrorKind::Unsupported(0), "MSH-12", at("2.5.1")),
            ("|A", "", missing, "PID-5", at("PID")),
            ("|I", "", missing, "PV1-2", at("PV1")),
            ("NM|a", "NM|", missing, "OBX-3", at("OBX")),
            ("NM", "", missing, "OBX-2", at("OBX")),
            ("NM", "MED", ErrorKind::Unsupported(0), "OBX-2", at("NM")),
            ("PID|||", "?ID|||", malformed, "segment", at("PID")),
            ("SPM||||a", "ZZZ|a", malformed, "segment", at("SPM")),
            ("|A", "|\u{e4}", malformed, "MSH-18", at("|A") + 1),
        ] {
            let text = GOOD.replacen(old, new, 1);
            assert_eq!(check(text.as_bytes()), Err((kind, field, offset)), "{old} {new}");
        }
        assert_eq!(check(GOOD.replace("NM|a||5", "|a||").as_bytes()), Ok(()));
        let five = GOOD.replace("^~\\&", "^~\\&#").replace("2.5.1", "2.7.1");
        assert_eq!(check(five.as_bytes()), Ok(()));
        let declared = GOOD.replace("2.5.1", "2.5.1||||||UNICODE UTF-8");
        assert_eq!(check(declared.replace("|A", "|\u{e4}").as_bytes()), Ok(()));
        let mut broken = declared.replace("|A", "|?").into_bytes();
        let place = broken.iter().rposition(|b| *b == b'?').unwrap();
        broken[place] = 0xE4;
        assert_eq!(check(&broken), Err((malformed, "MSH-18", place)));
        let latin = GOOD.replace("2.5.1", "2.5.1||||||8859/7");
        let text = |byte| latin.replace("|A", &format!("|{byte}")).into_bytes();
        let byte = |byte| text('?').into_iter().map(move |b| if b == b'?' { byte } else { b });
        assert_eq!(check(&byte(0xC1).collect::<Vec<_>>()), Ok(()));
        let place = text('?').iter().rposition(|b| *b == b'?').unwrap();
        assert_eq!(check(&byte(0xFF).collect::<Vec<_>>()), Err((malformed, "MSH-18", place)));
        // Of a structure that has no table any segment may be there.
        let other = GOOD.replace("ORU^R01^ORU_R01", "ORM^O01").replace("SPM||||a", "ZZZ|a");
        assert_eq!(check(other.as_bytes()), Ok(()));
    }
}
