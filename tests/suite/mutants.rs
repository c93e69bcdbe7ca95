//! Vectors that are changed as a careless sender would: nothing of them is lost in silence, either.

use std::collections::BTreeMap;

use iomt::{BundleKind, Config, Form, OnInvalid};

use crate::corpora::accounted;
use crate::support::vectors;

/// In a debug build they take some seconds.
const MUTANTS: usize = 5000;

/// SplitMix64: the same mutants on every machine.
struct Dice(u64);

impl Dice {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        usize::try_from((z ^ (z >> 31)) % end.max(1) as u64).unwrap()
    }

    fn pick<'a, T>(&mut self, all: &'a [T]) -> &'a T {
        &all[self.below(all.len())]
    }
}

/// Components that vectors hardly have: parts, times, blanks, escapes, what is no text.
const ODD: [&[u8]; 9] =
    [b"X", b"a&b&c&d", b"20240101", b" ", br"\H\", br"\X41\", br"\T", b"\xC3\xA4", b"\xE4\x07"];

type Segment = Vec<Vec<u8>>;

fn split(bytes: &[u8], by: u8) -> Vec<Vec<u8>> {
    bytes.split(|byte| *byte == by).map(<[u8]>::to_vec).collect()
}

/// The messages of vectors, and what stands in the fields of their segments.
struct Pool {
    messages: Vec<Vec<Segment>>,
    segments: Vec<Segment>,
    fields: BTreeMap<(Vec<u8>, usize), Vec<Vec<u8>>>,
    components: Vec<Vec<u8>>,
}

impl Pool {
    fn new(inputs: impl Iterator<Item = Vec<u8>>) -> Self {
        let mut all = Self {
            messages: Vec::new(),
            segments: Vec::new(),
            fields: BTreeMap::new(),
            components: ODD.iter().map(|odd| odd.to_vec()).collect(),
        };
        for bytes in inputs {
            if !bytes.starts_with(br"MSH|^~\&|") || bytes.len() > 20_000 {
                continue;
            }
            let lines = bytes.split(|byte| *byte == b'\r').filter(|line| line.len() > 3);
            let message: Vec<Segment> = lines.map(|line| split(line, b'|')).collect();
            for segment in &message {
                for (at, field) in segment.iter().enumerate().skip(1) {
                    if field.is_empty() || segment[0] == b"MSH" {
                        continue;
                    }
                    all.fields.entry((segment[0].clone(), at)).or_default().push(field.clone());
                    all.components.extend(split(field, b'^').into_iter().filter(|c| c.len() > 1));
                }
            }
            let own = message.iter().filter(|segment| segment[0] != b"MSH");
            all.segments.extend(own.cloned());
            all.messages.push(message);
        }
        all
    }

    /// A field as others of its place are, or as none is.
    fn field(&self, dice: &mut Dice, segment: &[u8], at: usize) -> Vec<u8> {
        let mut components = match self.fields.get(&(segment.to_vec(), at)) {
            Some(others) if dice.below(4) > 0 => split(dice.pick::<Vec<u8>>(others), b'^'),
            _ => vec![dice.pick(&self.components).clone()],
        };
        for _ in 0..dice.below(4) {
            let at = dice.below(24);
            components.resize(components.len().max(at + 1), Vec::new());
            components[at] = match dice.below(5) {
                0 => Vec::new(),
                1 => br#""""#.to_vec(),
                3 => dice.pick(&ODD).to_vec(),
                2 => dice.pick(&self.components).repeat(1 + dice.below(3)),
                _ => dice.pick(&self.components).clone(),
            };
        }
        components.join(&b'^')
    }

    fn mutant(&self, dice: &mut Dice) -> Vec<u8> {
        let mut message = dice.pick(&self.messages).clone();
        for _ in 0..=dice.below(6) {
            let line = dice.below(message.len());
            match dice.below(13) {
                0 => {
                    let other = dice.pick(&self.segments).clone();
                    message.insert(line + 1, other);
                }
                1 => {
                    let same = message[line].clone();
                    message.insert(line + 1, same);
                }
                2 if line > 0 => drop(message.remove(line)),
                12 if line > 1 => message.swap(line, line - 1),
                _ if message[line][0] == b"MSH" => {}
                kind => {
                    let segment = &mut message[line];
                    let last = if dice.below(3) > 0 { segment.len() } else { 55 };
                    let at = 1 + dice.below(last);
                    segment.resize(segment.len().max(at + 1), Vec::new());
                    let id = segment[0].clone();
                    let other = self.field(dice, &id, at);
                    let field = &mut segment[at];
                    match kind {
                        3 if id == b"OBX" => {
                            // A status, and mostly no value.
                            segment.resize(segment.len().max(12), Vec::new());
                            segment[11] = vec![*dice.pick(b"CDINUWX")];
                            if dice.below(3) > 0 {
                                segment[5].clear();
                            }
                        }
                        4 => *field = br#""""#.to_vec(),
                        5 => field.clear(),
                        6 => *field = [field.as_slice(), field].join(&b'~'),
                        7 | 8 => *field = [field.as_slice(), &other].join(&b'~'),
                        9 => *field = [field.as_slice(), &other].join(&b'^'),
                        _ => *field = other,
                    }
                }
            }
        }
        let lines: Vec<_> = message.iter().map(|segment| segment.join(&b'|')).collect();
        let mut bytes = lines.join(&b'\r');
        if dice.below(16) == 0 {
            // Other delimiters; what was text may be one now.
            let [from, to] = [*dice.pick(b"|^~&"), *dice.pick(b"!@$%#*;:+ ")];
            bytes.iter_mut().filter(|byte| **byte == from).for_each(|byte| *byte = to);
        }
        bytes
    }
}

#[test]
fn nothing_of_what_is_changed_is_lost_in_silence() {
    let protocol = iomt::protocol("hl7v2").unwrap();
    let pool = Pool::new(vectors(protocol.name).into_iter().map(|vector| vector.bytes));
    let (mut dice, mut parts, mut lost) = (Dice(7), 0, Vec::new());
    for number in 0..MUTANTS {
        let bytes = pool.mutant(&mut dice);
        let mut config = Config::default();
        config.to = if number % 2 == 0 { Form::Ndjson } else { Form::Bundle };
        config.on_invalid = if number % 3 == 0 { OnInvalid::Drop } else { config.on_invalid };
        config.bundle = if number % 5 == 0 { BundleKind::Message } else { config.bundle };
        let (all, silent) = accounted(protocol, &bytes, config);
        parts += all.len();
        lost.extend(silent.iter().map(|what| format!("{number}: {what}")));
    }
    println!("mutants: {parts} parts of {MUTANTS}");
    assert!(parts > 10 * MUTANTS);
    assert!(lost.is_empty(), "{}", lost.join("\n"));
}
