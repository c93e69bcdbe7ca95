//! HL7 v2: leaves, against a splitter that does it the naive way.

use iomt::hl7v2::{Index, Message};

type Leaf = (String, usize, [usize; 4], Vec<u8>);

/// Any bytes, in ASCII without shifts and with CR alone: character sets and LF have rules of their own.
pub fn hl7v2_diff(data: &[u8]) {
    let plain = |b: &u8| match b {
        b'\n' => b'\r',
        0x0E | 0x0F | 0x1B | 0x80.. => b'x',
        other => *other,
    };
    let bytes: Vec<u8> = data.iter().map(plain).collect();
    let mut index = Index::new();
    let ours = Message::parse(&bytes, &mut index).ok().map(|message| {
        let leaf = |leaf: iomt::hl7v2::Leaf<'_>| {
            let ordinal = message.ordinal(leaf.line).expect("a segment");
            let path = [leaf.field, leaf.repetition, leaf.component, leaf.subcomponent];
            let id = String::from_utf8(leaf.id.to_vec()).expect("ASCII");
            (id, ordinal, path.map(|n| n as usize), leaf.raw.to_vec())
        };
        message.leaves().map(leaf).collect::<Vec<Leaf>>()
    });
    assert_eq!(ours, naive(&bytes));
}

/// The leaves of the first message; `None` if its header is none.
fn naive(bytes: &[u8]) -> Option<Vec<Leaf>> {
    // Each line without what is blank before it.
    let line =
        |line: &[u8]| line.iter().position(|b| *b > b' ').map(|first| line[first..].to_vec());
    let mut lines: Vec<Vec<u8>> = bytes.split(|b| *b == b'\r').filter_map(line).collect();
    let header = |line: &Vec<u8>| {
        let id = [b"MSH", b"FHS", b"BHS", b"BTS", b"FTS"].iter().any(|id| line.starts_with(*id));
        id && line.get(3).is_none_or(|b| b.is_ascii_punctuation() || *b == 0x1C)
    };
    if !lines.first()?.starts_with(b"MSH") {
        return None;
    }
    if let Some(next) = lines.iter().skip(1).position(header) {
        lines.truncate(next + 1);
    }
    while lines.last().is_some_and(|line| line.starts_with(b"#")) {
        lines.pop();
    }
    // FS at the end is what is left of a frame.
    let last = lines.last_mut()?;
    while last.last() == Some(&0x1C) {
        last.pop();
    }
    let first = &lines[0];
    let separator = *first.get(3).filter(|b| b.is_ascii_punctuation())?;
    let declared: Vec<u8> = first[4..].iter().copied().take_while(|b| *b != separator).collect();
    let known = declared.iter().all(u8::is_ascii_punctuation);
    if !known || declared.is_empty() || declared.len() > 5 {
        return None;
    }
    let mut all = vec![separator];
    all.extend(&declared);
    if let Some(rest) = b"^~\\&".get(declared.len()..) {
        all.extend(rest);
    }
    if (1..all.len()).any(|at| all[..at].contains(&all[at])) {
        return None;
    }
    let (component, repetition, subcomponent) = (all[1], all[2], all[4]);

    let (mut leaves, mut counts) = (Vec::new(), std::collections::BTreeMap::new());
    for line in &lines {
        let id = |at: usize, test: fn(&u8) -> bool| line.get(at).is_some_and(test);
        let named = id(0, u8::is_ascii_alphabetic)
            && id(1, u8::is_ascii_alphanumeric)
            && id(2, u8::is_ascii_alphanumeric);
        if !named || line.get(3).is_some_and(|b| *b != separator) {
            continue;
        }
        let id = String::from_utf8(line[..3].to_vec()).expect("ASCII");
        let ordinal = *counts.entry(id.clone()).and_modify(|n| *n += 1).or_insert(1);
        let mut leaf = |path, raw: &[u8]| {
            if !raw.is_empty() {
                leaves.push((id.clone(), ordinal, path, raw.to_vec()));
            }
        };
        let whole = line.get(4..).unwrap_or_default();
        let mut fields: Vec<&[u8]> = whole.split(|b| *b == separator).collect();
        let mut from = 1;
        if id == "MSH" {
            leaf([1, 1, 1, 1], &[separator]);
            leaf([2, 1, 1, 1], fields.remove(0));
            from = 3;
        }
        for (field, raw) in (from..).zip(fields) {
            for (r, raw) in (1..).zip(raw.split(|b| *b == repetition)) {
                for (c, raw) in (1..).zip(raw.split(|b| *b == component)) {
                    for (s, raw) in (1..).zip(raw.split(|b| *b == subcomponent)) {
                        leaf([field, r, c, s], raw);
                    }
                }
            }
        }
    }
    Some(leaves)
}
