//! Feeds of which each byte that can be read says whose it is.
//!
//! Whose a segment is follows from what stands before it in its message: the last PID. What belongs to
//! person 7 says `q7q` in its ids, codes, names and texts, and its numbers begin with 7. A segment
//! before any PID, or after one that names nobody, says `q0q`, and its numbers begin with 9.

use std::fmt::Write;

/// A generator of numbers (splitmix64), the same on every machine.
pub struct Random(u64);

impl Random {
    pub const fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        bits ^ (bits >> 31)
    }

    /// Less than `end`.
    pub fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.next() % end as u64).unwrap()
    }

    /// Once in `times`.
    pub fn once_in(&mut self, times: usize) -> bool {
        self.below(times) == 0
    }

    fn one<'a>(&mut self, of: &[&'a str]) -> &'a str {
        of[self.below(of.len())]
    }
}

/// Writes messages.
pub struct Writer {
    pub random: Random,
    /// Whose the next segment is; 0 is nobody.
    owner: usize,
    /// The last PID.
    pid: String,
    serial: usize,
}

impl Writer {
    pub const fn new(seed: u64) -> Self {
        let random = Random::new(seed);
        Self { random, owner: 0, pid: String::new(), serial: 0 }
    }

    /// A message: its segments, and in what it goes on (DSC-1).
    pub fn message(&mut self, out: &mut String, continues: Option<&str>) {
        self.serial += 1;
        let random = &mut self.random;
        let kind = match random.below(8) {
            0 => "ADT^A01^ADT_A01",
            1 => "ADT^A08^ADT_A01",
            2 => "OUL^R22^OUL_R22",
            _ => "ORU^R01^ORU_R01",
        };
        let profile = if random.once_in(8) { "IHE_PCD_001^IHE PCD" } else { "" };
        let sender = random.below(2);
        // Equal control ids happen.
        let control = if random.once_in(20) { 1 } else { self.serial };
        let continues = continues.unwrap_or("");
        writeln!(
            out,
            "MSH|^~\\&|A{sender}|H|||20260115143000+0100||{kind}|{control}|P|2.6||{continues}|||||||{profile}"
        )
        .unwrap();
        // What goes on in another message is of the same person; what is not joined is nobody's.
        if continues.is_empty() {
            self.owner = 0;
            self.pid.clear();
        }
        if !continues.is_empty() || self.random.once_in(8) {
            // Without PID.
            self.group(out);
        } else {
            for _ in 0..=self.random.below(3) {
                self.person(out);
                for _ in 0..self.random.below(3) {
                    self.group(out);
                }
            }
        }
    }

    /// A PID, and perhaps what belongs to it.
    fn person(&mut self, out: &mut String) {
        match self.random.below(12) {
            // Again.
            0 if !self.pid.is_empty() => {}
            // Of nobody.
            1 => {
                self.owner = 0;
                self.pid = self.random.one(&["PID|1", "PID", "PID|1||\"\"", "PID|2||^^^H"]).into();
            }
            // Without a number.
            2 => {
                self.owner = 1 + self.random.below(7);
                self.pid = format!("PID|1||||q{}q^Anna", self.owner);
            }
            _ => {
                self.owner = 1 + self.random.below(7);
                let (p, sex) = (self.owner, self.random.one(&["F", "M", ""]));
                self.pid = format!("PID|1||q{p}q^^^H^MR||q{p}q^Anna||19700101|{sex}");
            }
        }
        writeln!(out, "{}", self.pid).unwrap();
        let p = self.owner;
        if self.random.once_in(6) {
            writeln!(out, "PD1||||D1^Doc^q{p}q^^^^^^H").unwrap();
        }
        if self.random.once_in(3) {
            let visit = self.number("V");
            writeln!(out, "PV1|1|I|W1^1||||||||||||||||{visit}^^^H^VN").unwrap();
        }
        if self.random.once_in(8) {
            writeln!(out, "NTE|1||q{p}q remark").unwrap();
        }
    }

    /// A number of an order, a specimen or a visit. Some are given twice, and some are missing.
    fn number(&mut self, kind: &str) -> String {
        match self.random.below(10) {
            0 => String::new(),
            1 => format!("{kind}1"),
            _ => format!("q{}q{kind}{}", self.owner, self.serial),
        }
    }

    /// An order, or rows without one.
    fn group(&mut self, out: &mut String) {
        let p = self.owner;
        let (placer, filler) = (self.number("P"), self.number("F"));
        if self.random.once_in(3) {
            writeln!(out, "ORC|RE|{placer}^L|{filler}^L").unwrap();
        }
        // An order whose results are missing.
        if self.random.once_in(12) {
            return;
        }
        if !self.random.once_in(5) {
            let panel = self.number("o");
            let source = self.random.one(&["", "", "SER^q-q"]).replace('-', &p.to_string());
            writeln!(
                out,
                "OBR|1|{placer}^L|{filler}^L|{panel}^panel^L|||20260115143000+0100||||||||{source}||||||||||F"
            )
            .unwrap();
        }
        for row in 0..self.random.below(5) {
            self.row(out, row);
        }
    }

    fn row(&mut self, out: &mut String, row: usize) {
        let p = self.owner;
        let (placer, filler) = (self.number("S"), self.number("T"));
        let number = if p == 0 { 9 } else { p } * 10_000 + self.random.below(9_999);
        let status = self.random.one(&["F", "F", "C", "P", "X", "R"]);
        let end = format!("|||||{status}|||20260115143000+0100");
        match self.random.below(12) {
            0 => writeln!(out, "SPM|1|{placer}&L^{filler}&L||SER^q{p}q^L"),
            1 => writeln!(out, "NTE|1||q{p}q note"),
            2 => writeln!(out, "OBX|1|ST|q{p}qs^text^L||q{p}q says{end}"),
            3 => writeln!(out, "OBX|1|CWE|q{p}qc^code^L||q{p}q^what^L{end}"),
            4 => writeln!(out, "OBX|1|SN|q{p}qn^code^L||^{number}^-^{}|mg{end}", number + 1),
            5 => writeln!(out, "OBX|1|TX|q{p}qt^text^L||q{p}q one~q{p}q two{end}"),
            // The halves of a blood pressure.
            6 => writeln!(out, "OBX|1|NM|8480-6^q{p}q^LN||{number}|mm[Hg]{end}"),
            7 => writeln!(out, "OBX|1|NM|8462-4^q{p}q^LN||{number}|mm[Hg]{end}"),
            // A monitor.
            8 => writeln!(
                out,
                "OBX|1||69965^MDC_DEV_MON_PHYSIO_MULTI_PARAM_MDS^MDC|1.0.0.0|||||||X|||||||M1^^0123456789ABCDEF^EUI-64"
            ),
            9 => writeln!(out, "OBX|1|NM|147842^q{p}q^MDC|1.1.1.{row}|{number}|264864^^MDC{end}"),
            _ => writeln!(out, "OBX|1|NM|q{p}q{row}^number^L||{number}|mg{end}"),
        }
        .unwrap();
    }
}

/// How a feed reaches the translator.
pub enum Feed {
    /// A file, or a datagram.
    File(Vec<u8>),
    /// Connections at the same time.
    Streams([Vec<u8>; 2]),
}

/// What is between two frames, and in none.
const STRAY: &[&str] = &[
    "OBX|1|ST|q8q^stray^L||q8q||||||F\r",
    "PID|1||q8q^^^H^MR||q8q^Stray\r",
    "garbage q8q",
    "\u{b}\u{1c}\r",
];

/// What is between two messages of a file; no segment, which would be of the first.
const GARBAGE: &[&str] = &["# comment\r", "\r\r", "garbage\r", "\u{1}\u{2}\r"];

/// A feed of several messages, whole or not, and whether its continuations are meant to be joined.
pub fn feed(seed: u64) -> (Feed, bool) {
    let mut writer = Writer::new(seed);
    let continuations = writer.random.once_in(4);
    let feed = match writer.random.below(5) {
        0 | 1 => Feed::File(writer.bare(continuations)),
        2 => Feed::File(writer.frames(continuations)),
        _ => {
            let mut streams = [writer.frames(continuations), writer.frames(continuations)];
            for stream in &mut streams {
                // The connection was there before we were.
                if writer.random.once_in(6) {
                    stream.drain(..writer.random.below(stream.len() + 1));
                }
            }
            Feed::Streams(streams)
        }
    };
    (feed, continuations)
}

impl Writer {
    /// The bytes of the next message, perhaps with delimiters of its own.
    fn bytes(&mut self, continues: Option<&str>, goes_on: Option<&str>) -> Vec<u8> {
        let mut text = String::new();
        self.message(&mut text, continues);
        if let Some(pointer) = goes_on {
            writeln!(text, "DSC|{pointer}|F").unwrap();
        }
        let end = self.random.one(&["\r", "\r", "\r", "\r\n", "\n"]);
        text = text.replace('\n', end);
        if self.random.once_in(10) {
            text = text.replace('|', "$").replace('^', "%");
        }
        text.into_bytes()
    }

    /// Messages one after the other; `each` is given them with what may be cut of them.
    fn messages(&mut self, continuations: bool, mut each: impl FnMut(&mut Self, Vec<u8>, bool)) {
        let mut pointer: Option<String> = None;
        for _ in 0..=self.random.below(4) {
            let next =
                (continuations && self.random.once_in(2)).then(|| format!("K{}", self.serial));
            let message = self.bytes(pointer.as_deref(), next.as_deref());
            // What goes on is whole, so that its pointer is there.
            let whole = next.is_some();
            pointer = next;
            each(self, message, whole);
        }
    }

    /// A file, perhaps with the envelopes of batches.
    fn bare(&mut self, continuations: bool) -> Vec<u8> {
        let mut out = Vec::new();
        let batch = self.random.once_in(5);
        if batch {
            out.extend(b"FHS|^~\\&|A\rBHS|^~\\&|A\r");
        }
        self.messages(continuations, |this, mut message, whole| {
            if !whole && this.random.once_in(4) {
                message.truncate(this.random.below(message.len()));
            }
            out.append(&mut message);
            if !whole && this.random.once_in(5) {
                out.extend(this.random.one(GARBAGE).as_bytes());
            }
        });
        if batch {
            out.extend(b"\rBTS|1\rFTS|1\r");
        }
        out
    }

    /// Frames of the Minimal Lower Layer Protocol.
    fn frames(&mut self, continuations: bool) -> Vec<u8> {
        let mut out = Vec::new();
        self.messages(continuations, |this, message, whole| {
            let mut frame = [b"\x0b", &message[..], b"\x1c\r"].concat();
            if !whole && this.random.once_in(5) {
                frame.truncate(this.random.below(frame.len()));
            } else if this.random.once_in(6) {
                frame.extend(this.random.one(STRAY).as_bytes());
            }
            out.append(&mut frame);
        });
        out
    }
}
