//! HAPI's reading of messages that are made up, against `iomt inspect --leaves`.
//!
//! Compared is what HAPI and its referee agree on: they do not where `\` delimits and does not escape,
//! which HAPI takes for an escape all the same. What it does not read as it was sent is not made up:
//! escapes that it drops (`\P\`, unknown and unterminated ones), `\X000d\`, which it reads as one
//! byte, and lines that are no segments, for which it refuses the message.

use std::{
    collections::{BTreeMap, HashMap},
    fmt::Write as _,
    fs,
    path::Path,
    process::Command,
};

use serde_json::Value;

use crate::{
    ci,
    support::{self, Result, output},
};

/// Messages of one seed.
const MESSAGES: usize = 1_000;

/// Xorshift: the same seed gives the same messages everywhere.
struct Random(u64);

impl Random {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 20) as usize % end
    }

    fn one_in(&mut self, n: usize) -> bool {
        self.below(n) == 0
    }

    fn pick<T: Copy>(&mut self, all: &[T]) -> T {
        all[self.below(all.len())]
    }
}

/// Those that HAPI leaves as they are.
const ESCAPES: &[&str] =
    &["H", "N", ".br", ".sp3", ".in+2", ".ce", ".fi", "C2842", "M824041", "Z9", "ZA1"];

/// A message, and what is needed to read HAPI's answer.
struct Made {
    text: String,
    escape: char,
    /// `OBX[2]` of each segment.
    names: Vec<String>,
}

/// Field, component, repetition, escape, subcomponent, and perhaps truncation.
fn delimiters(random: &mut Random) -> Vec<char> {
    if !random.one_in(3) {
        let five = random.one_in(4);
        return if five { "|^~\\&#".chars().collect() } else { "|^~\\&".chars().collect() };
    }
    // A quotation mark would make nulls of other things.
    let mut all: Vec<char> = "|^~\\&#!$%*+,-./:;<=>?@[]_`{}'()".chars().collect();
    let count = 5 + usize::from(random.one_in(4));
    (0..count).map(|_| all.remove(random.below(all.len()))).collect()
}

fn text(random: &mut Random, delimiters: &[char], out: &mut String) {
    let escape = delimiters[3];
    if random.one_in(12) {
        out.push_str("\"\"");
        return;
    }
    for _ in 0..random.below(4) {
        let escaped = match random.below(12) {
            0 => random.pick(&["F", "S", "T", "R", "E"]),
            1 => random.pick(ESCAPES),
            2 => random.pick(&["X41", "XC3A9", "X0D", "X09", "X5c7C", "X2222"]),
            _ => "",
        };
        let plain = match random.below(9) {
            _ if !escaped.is_empty() => escaped,
            0 => random.pick(&["é", "許功", "Ж", "𝄞", "\u{a0}", " "]),
            1 => random.pick(&["\"", "\"a\"", "<b>", "1:128", "-", "+", "%", "\t"]),
            _ => random.pick(&["a", "Bc", "7", "x y", " z", "4711", "mg", "0.5 "]),
        };
        // What delimits is data only where it is escaped.
        if !plain.contains(|c| delimiters.contains(&c)) {
            let mark = if escaped.is_empty() { "" } else { &escape.to_string() };
            let _ = write!(out, "{mark}{plain}{mark}");
        }
    }
}

fn field(random: &mut Random, delimiters: &[char], out: &mut String) {
    let levels = [delimiters[2], delimiters[1], delimiters[4]];
    let counts = if random.one_in(3) { [3, 4, 3] } else { [1, 1, 1] };
    for repetition in 0..=random.below(counts[0]) {
        out.extend((repetition > 0).then_some(levels[0]));
        for component in 0..=random.below(counts[1]) {
            out.extend((component > 0).then_some(levels[1]));
            for sub in 0..=random.below(counts[2]) {
                out.extend((sub > 0).then_some(levels[2]));
                if !random.one_in(4) {
                    let mut leaf = String::new();
                    text(random, delimiters, &mut leaf);
                    out.push_str(&leaf);
                }
            }
        }
    }
}

fn message(random: &mut Random, number: usize) -> Made {
    let delimiters = delimiters(random);
    let (separator, component) = (delimiters[0], delimiters[1]);
    let encoding: String = delimiters[1..].iter().collect();
    let mut text = format!("MSH{separator}{encoding}");
    for _ in 3..=8 {
        text.push(separator);
        field(random, &delimiters, &mut text);
    }
    let event = random.pick(&["ORU|R01", "ADT|A01", "SIU|S12", "ZZZ|Z99"]);
    let event = event.replace('|', &component.to_string());
    let version = random.pick(&["2.3", "2.4", "2.5.1", "2.6", "2.7", "2.8"]);
    // A point may delimit.
    let version = if delimiters.contains(&'.') { "2" } else { version };
    let _ = write!(text, "{separator}{event}{separator}M{number}{separator}P{separator}{version}");
    if random.one_in(3) {
        text.extend([separator; 6]);
        text.push_str(if delimiters.contains(&'-') { "UNICODE" } else { "UNICODE UTF-8" });
    }
    text.push('\r');
    let mut seen: HashMap<&str, usize> = HashMap::new();
    let mut names = vec!["MSH[1]".to_owned()];
    for _ in 0..random.below(8) {
        let id =
            random.pick(&["PID", "PV1", "OBR", "OBX", "NTE", "SPM", "ZPI", "ZZ9", "AL1", "DG1"]);
        let count = seen.entry(id).or_default();
        *count += 1;
        names.push(format!("{id}[{count}]"));
        text.push_str(id);
        for _ in 0..random.below(9) {
            text.push(separator);
            field(random, &delimiters, &mut text);
        }
        text.push('\r');
    }
    Made { text, escape: delimiters[3], names }
}

/// The value as `--leaves` has it: `\Xhh..\`, which HAPI leaves, is read.
fn value(text: &str, escape: char) -> String {
    let mut bytes = Vec::new();
    let mut rest = text;
    while let Some(start) = rest.find(escape) {
        let (before, tail) = rest.split_at(start);
        bytes.extend_from_slice(before.as_bytes());
        let tail = &tail[escape.len_utf8()..];
        let digits = tail.strip_prefix('X').and_then(|t| t.split_once(escape));
        let read = digits.and_then(|(digits, after)| {
            let pairs = digits.as_bytes().chunks(2);
            let read = pairs.map(|p| u8::from_str_radix(std::str::from_utf8(p).ok()?, 16).ok());
            Some((read.collect::<Option<Vec<u8>>>()?, after))
        });
        match read {
            Some((read, after)) => {
                bytes.extend(read);
                rest = after;
            }
            None => {
                bytes.extend_from_slice(escape.to_string().as_bytes());
                rest = tail;
            }
        }
    }
    bytes.extend_from_slice(rest.as_bytes());
    let mut out = String::new();
    for c in String::from_utf8_lossy(&bytes).chars() {
        match c {
            '\0'..='\x1f' | '\x7f' | '\\' => _ = write!(out, "\\x{:02x}", u32::from(c)),
            c => out.push(c),
        }
    }
    out
}

/// `cargo xtask hapi [SEED...]`
pub fn hapi(seeds: &[String]) -> Result {
    let (shared, exe) = (support::shared()?, ci::build_iomt()?);
    let work = support::root().join("target/hapi");
    fs::create_dir_all(&work)?;
    let seeds: Vec<u64> = match seeds {
        [] => vec![1, 2, 3],
        seeds => seeds.iter().map(|seed| seed.parse()).collect::<std::result::Result<_, _>>()?,
    };
    for seed in seeds {
        let file = work.join(format!("{seed}.hl7"));
        let equal = compare(seed, &file, &shared, &exe)?;
        println!("HAPI, seed {seed}: the leaves of {equal} messages of {MESSAGES} are equal");
        if equal < MESSAGES / 2 {
            return Err("HAPI is at odds with its own referee on most messages".into());
        }
    }
    Ok(())
}

fn compare(seed: u64, file: &Path, shared: &Path, exe: &Path) -> Result<usize> {
    let (mut equal, mut random) = (0, Random(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1));
    let all: Vec<Made> = (1..=MESSAGES).map(|n| message(&mut random, n)).collect();
    fs::write(file, all.iter().map(|made| made.text.as_str()).collect::<String>())?;
    let theirs = output(Command::new(shared.join("oracle/java-hl7/leaves")).arg(file))?;
    let ours = output(Command::new(exe).args(["inspect", "--leaves"]).arg(file))?;
    let mut read: HashMap<usize, BTreeMap<&str, &str>> = HashMap::new();
    for line in ours.lines() {
        let (number, leaf) = line.split_once(':').ok_or("a leaf without message")?;
        let (path, value) = leaf.split_once('\t').ok_or("a leaf without value")?;
        read.entry(number.parse()?).or_default().insert(path, value);
    }
    for (line, made) in theirs.lines().zip(&all) {
        let row: Value = serde_json::from_str(line)?;
        let number = row["message"].as_u64().unwrap_or(0) as usize;
        let Some(leaves) = row["leaves"].as_object() else {
            return Err(format!("{}: {number}: {}", file.display(), row["hapi_error"]).into());
        };
        let got = read.remove(&number).unwrap_or_default();
        if row["agrees_with_reference"] != true {
            continue;
        }
        let mut wanted = BTreeMap::new();
        for (key, text) in leaves {
            let (index, path) = key.split_once(':').ok_or("a key without segment")?;
            let name = &made.names[index.parse::<usize>()? - 1];
            let path = format!("{name}{}", &path[3..]);
            wanted.insert(path, value(text.as_str().unwrap_or_default(), made.escape));
        }
        let same = wanted.len() == got.len()
            && wanted.iter().all(|(path, value)| got.get(path.as_str()) == Some(&value.as_str()));
        if !same {
            let differs = wanted.iter().find(|(p, v)| got.get(p.as_str()) != Some(&v.as_str()));
            let more = got.iter().find(|(path, _)| !wanted.contains_key(**path));
            let what = format!("HAPI {differs:?}, only ours {more:?}");
            return Err(format!("{}, message {number}: {what}", file.display()).into());
        }
        equal += 1;
    }
    if read.is_empty() { Ok(equal) } else { Err("messages that HAPI does not have".into()) }
}
