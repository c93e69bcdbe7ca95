//! What a parse and a translation ask of the heap: no allocation once buffers have grown, and never
//! more than the input warrants. `ALLOCATIONS=1` shows where the first few come from.

use std::alloc::{GlobalAlloc, Layout, System};
use std::backtrace::Backtrace;
use std::cell::Cell;
use std::fs;
use std::path::{Path, PathBuf};

use iomt::fhir::{Format, Reader, Tape, json, xml};
use iomt::hl7v2::{Index, Message};
use iomt::model::DateTime;
use iomt::{
    Config, Form, Input, Limits, Options, Outcome, Output, Payload, Protocol, Sink, Translator,
};
use iomt_benches::{Feed, HEART_RATE, adt, blood_pressure, oru, time_of_day};

/// Counts what this thread asks for.
struct Counting;

#[derive(Clone, Copy, Default)]
struct Heap {
    allocations: usize,
    live: isize,
    peak: isize,
    /// How many backtraces are still to be shown.
    traces: usize,
}

thread_local! {
    static HEAP: Cell<Heap> = const {
        Cell::new(Heap { allocations: 0, live: 0, peak: 0, traces: 0 })
    };
}

#[global_allocator]
static GLOBAL: Counting = Counting;

fn count(allocations: usize, bytes: isize) {
    // While a thread ends there is nothing left to count in.
    let _ = HEAP.try_with(|heap| {
        let mut now = heap.get();
        now.allocations += allocations;
        now.live += bytes;
        now.peak = now.peak.max(now.live);
        if allocations > 0 && now.traces > 0 {
            // What the backtrace itself asks for does not count.
            heap.set(Heap { traces: 0, ..now });
            eprintln!("{bytes} byte(s)\n{}", Backtrace::force_capture());
            now.traces -= 1;
        }
        heap.set(now);
    });
}

// SAFETY: every call goes on to the system's allocator as it came.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count(1, layout.size() as isize);
        // SAFETY: the caller's layout.
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        count(1, layout.size() as isize);
        // SAFETY: the caller's layout.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        count(1, size as isize - layout.size() as isize);
        // SAFETY: the caller's pointer and layout.
        unsafe { System.realloc(pointer, layout, size) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        count(0, -(layout.size() as isize));
        // SAFETY: the caller's pointer and layout.
        unsafe { System.dealloc(pointer, layout) }
    }
}

/// Allocations during `work`.
fn allocations(work: impl FnOnce()) -> usize {
    let traces = if std::env::var_os("ALLOCATIONS").is_some() { 3 } else { 0 };
    HEAP.set(Heap { traces, ..Heap::default() });
    work();
    HEAP.get().allocations
}

/// Most bytes held at a time during `work`.
fn peak(work: impl FnOnce()) -> usize {
    HEAP.set(Heap::default());
    work();
    usize::try_from(HEAP.get().peak).unwrap()
}

/// Drops documents, and counts what was written.
#[derive(Default)]
struct Dropped {
    documents: usize,
    bytes: usize,
}

impl Output for Dropped {
    fn document(&mut self, json: &str) {
        self.documents += 1;
        self.bytes += json.len();
    }

    fn outcome(&mut self, _: u64, json: &str) {
        self.bytes += json.len();
    }
}

#[test]
fn the_counter_counts() {
    assert_eq!(allocations(|| drop(std::hint::black_box(Box::new(7_u8)))), 1);
    assert_eq!(peak(|| drop(std::hint::black_box(vec![0_u8; 1000]))), 1000);
}

#[test]
fn a_parse_allocates_nothing() {
    let mut index = Index::new();
    let largest = oru(1000);
    Message::parse(largest.as_bytes(), &mut index).unwrap();
    for text in [adt(), oru(10), largest] {
        let found = allocations(|| {
            let message = Message::parse(text.as_bytes(), &mut index).unwrap();
            let leaves: usize = message.leaves().map(|leaf| leaf.raw.len()).sum();
            let name = message.component(b"PID", 5, 2).unwrap();
            assert!(leaves > 100 && name.raw() == b"Alexandra");
        });
        assert_eq!(found, 0);
    }
}

/// Translates `messages` of what `next` gives after as many to warm up; gives the allocations.
fn steady(protocol: &str, to: Form, mut next: impl FnMut(&mut dyn FnMut(Input<'_>))) -> usize {
    const MESSAGES: usize = 500;
    let mut config = Config::default();
    config.to = to;
    config.subject = Some("Patient/42".into());
    config.device = Some("Device/7".into());
    // What is remembered of earlier messages comes and goes within the warm-up.
    let mut limits = Limits::DEFAULT;
    limits.remembered = 64;
    let mut translator = Translator::with_limits(config, limits);
    let mut connection = translator.connect(iomt::protocol(protocol).unwrap());
    let mut output = Dropped::default();
    let mut run = || {
        for _ in 0..MESSAGES {
            next(&mut |input| translator.push(&mut connection, input, &mut output).unwrap());
        }
    };
    run();
    let found = allocations(run);
    assert!(output.documents >= 2 * MESSAGES);
    found
}

#[test]
fn a_steady_translation_allocates_nothing() {
    // What is the same as before is not repeated in NDJSON: an ADT is, all of it.
    for (name, text, to) in [
        ("ADT", adt(), Form::Bundle),
        ("ORU of 10 rows", oru(10), Form::Bundle),
        ("ORU of 10 rows", oru(10), Form::Ndjson),
        ("ORU of 3 rows", oru(3), Form::Bundle),
    ] {
        let mut feed = Feed::new(&text);
        let found = steady("hl7v2", to, |push| push(Input::message(feed.next())));
        assert_eq!(found, 0, "{name} to {}", to.as_str());
    }
}

/// Frames however they are cut, and their acknowledgements.
#[test]
fn a_steady_stream_allocates_nothing() {
    let mut framed = Vec::new();
    iomt::hl7v2::mllp::encode(oru(10).as_bytes(), &mut framed).unwrap();
    for piece in [framed.len(), 1000, 1] {
        let mut decoder = (iomt::protocol("hl7v2").unwrap().decoder)(&Options::default());
        let mut sink = Measured::default();
        let mut run = || {
            for piece in framed.chunks(piece) {
                decoder.push(Input::new(Payload::Stream(piece)), &mut sink).unwrap();
            }
            decoder.settle(Outcome::Stored);
            let answer = decoder.transmit().map(<[u8]>::len);
            assert!(answer > Some(0) && decoder.transmit().is_none());
        };
        run();
        assert_eq!(allocations(run), 0, "in pieces of {piece}");
        assert_eq!(sink.0, 20);
    }
}

#[derive(Default)]
struct Measured(usize);

impl Sink for Measured {
    fn measurement(&mut self, _: &iomt::model::Measurement<'_>) {
        self.0 += 1;
    }
}

#[test]
fn a_steady_connection_allocates_nothing() {
    for to in [Form::Ndjson, Form::Bundle] {
        let (mut second, midnight) = (0, DateTime::parse_rfc3339("2026-11-24T00:00:00Z").unwrap());
        let found = steady("gatt", to, |push| {
            second += 1;
            let mut at = midnight;
            (at.hour, at.minute, at.second) = time_of_day(second);
            push(Input::characteristic(0x2A35, &blood_pressure(second)).received(at));
            push(Input::characteristic(0x2A37, &HEART_RATE).received(at));
        });
        assert_eq!(found, 0, "2A35 and 2A37 to {}", to.as_str());
    }
}

/// The messages that are made here, and every vector.
fn inputs() -> Vec<(String, &'static Protocol, Vec<u8>)> {
    let hl7v2 = iomt::protocol("hl7v2").unwrap();
    let made = [("ADT", adt()), ("ORU10", oru(10)), ("ORU1000", oru(1000))];
    let mut all: Vec<_> =
        made.into_iter().map(|(name, text)| (name.to_owned(), hl7v2, text.into_bytes())).collect();
    for protocol in iomt::PROTOCOLS {
        let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("vectors").join(protocol.name);
        for entry in fs::read_dir(dir).unwrap() {
            let path = entry.unwrap().path();
            let mut bytes = fs::read(&path).unwrap();
            if protocol.name == "hl7v2" {
                // Vectors have a segment a line.
                bytes.iter_mut().filter(|b| **b == b'\n').for_each(|b| *b = b'\r');
            }
            all.push((path.display().to_string(), protocol, bytes));
        }
    }
    all
}

#[test]
fn a_parse_holds_little() {
    for (name, _, bytes) in inputs() {
        let held = peak(|| {
            let _ = Message::parse(&bytes, &mut Index::new());
        });
        assert!(held <= 4 * bytes.len() + (64 << 10), "{name}: {held} of {}", bytes.len());
    }
}

/// Every file of the corpora of HL7, where they are.
fn corpora() -> Vec<PathBuf> {
    let shared = std::env::var_os("IOMT_SHARED").map_or("../../shared".into(), PathBuf::from);
    let mut dirs = ["hl7v2", "hostile"].map(|dir| shared.join("corpora").join(dir)).to_vec();
    let mut all = Vec::new();
    while let Some(dir) = dirs.pop() {
        for entry in fs::read_dir(dir).into_iter().flatten() {
            let path = entry.unwrap().path();
            if path.is_dir() { dirs.push(path) } else { all.push(path) }
        }
    }
    all
}

/// As a file, as a stream in pieces, and joined: no more than four times the input, and a bit.
#[test]
fn a_decoder_holds_little() {
    let hl7v2 = iomt::protocol("hl7v2").unwrap();
    let read = |path: PathBuf| (path.display().to_string(), fs::read(path).unwrap());
    let corpora = corpora();
    println!("{} files of corpora", corpora.len());
    let made = inputs().into_iter().map(|(name, _, bytes)| (name, bytes));
    for (name, bytes) in made.chain(corpora.into_iter().map(read)) {
        let mut framed = Vec::new();
        let text: Vec<u8> = bytes.iter().copied().filter(|b| !matches!(b, 0x0B | 0x1C)).collect();
        iomt::hl7v2::mllp::encode(&text, &mut framed).unwrap();
        let pieces: Vec<_> = framed.chunks(1000).map(Payload::Stream).collect();
        let mut joined = Options::default();
        joined.continuations = true;
        for (options, payloads) in [
            (Options::default(), &[Payload::Message(&bytes)][..]),
            (Options::default(), &pieces),
            (joined, &[Payload::Message(&bytes)]),
        ] {
            let held = peak(|| {
                let mut decoder = (hl7v2.decoder)(&options);
                for payload in payloads {
                    let _ = decoder.push(Input::new(*payload), &mut Measured::default());
                }
            });
            assert!(held <= 4 * bytes.len() + (64 << 10), "{name}: {held} of {}", bytes.len());
        }
    }
}

#[test]
fn a_translation_holds_little() {
    for (name, protocol, bytes) in inputs() {
        for to in [Form::Bundle, Form::Ndjson] {
            let mut config = Config::default();
            config.to = to;
            let mut output = Dropped::default();
            let held = peak(|| {
                Translator::new(config).file(protocol, &bytes, &mut output);
            });
            let bound = 16 * bytes.len() + 2 * output.bytes + (64 << 10);
            assert!(held <= bound, "{name}: {held} of {}, {bound} at most", bytes.len());
        }
    }
}

/// Official examples of FHIR, and the vectors: bytes, and whether they are XML.
fn resources() -> Vec<(String, Vec<u8>)> {
    let shared = std::env::var_os("IOMT_SHARED").map_or("../../shared".into(), PathBuf::from);
    let own = Path::new(env!("CARGO_MANIFEST_DIR")).join("vectors/fhir");
    let mut dirs = vec![own, shared.join("corpora/fhir")];
    let mut all = Vec::new();
    while let Some(dir) = dirs.pop() {
        for entry in fs::read_dir(dir).into_iter().flatten() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                dirs.push(path);
            } else if path.extension().is_some_and(|end| end == "json" || end == "xml") {
                all.push((path.display().to_string(), fs::read(&path).unwrap()));
            }
        }
    }
    all
}

#[test]
fn reading_fhir_holds_little() {
    let resources = resources();
    println!("{} resources", resources.len());
    assert!(resources.len() > 20);
    for (name, bytes) in resources {
        let held = peak(|| {
            let (mut tape, mut issues) = (Tape::new(), Vec::new());
            Reader::new().read(Format::detect(&bytes), &bytes, &mut tape, &mut issues);
        });
        assert!(held <= 4 * bytes.len() + (64 << 10), "{name}: {held} of {}", bytes.len());
    }
}

#[test]
fn reading_and_writing_fhir_again_allocates_nothing() {
    let (mut reader, mut writer) = (Reader::new(), xml::Writer::new());
    let (mut tape, mut issues, mut text) = (Tape::new(), Vec::new(), String::new());
    for name in ["specimen", "practitioner-role", "primitive-extensions", "device-metric"] {
        for format in [Format::Json, Format::Xml] {
            let extension = if format == Format::Xml { "out.xml" } else { "out.json" };
            let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("vectors/fhir");
            let path = dir.join(format!("{name}.{extension}"));
            let path = if path.exists() { path } else { dir.join(format!("{name}.json")) };
            let bytes = fs::read(path).unwrap();
            let mut run = || {
                tape.clear();
                text.clear();
                let root = reader.read(format, &bytes, &mut tape, &mut issues).unwrap();
                json::write(&tape, root, &mut text);
                let layout = json::Layout::Compact;
                assert!(writer.write(&tape, root, layout, &mut text, &mut issues));
            };
            run();
            let found = allocations(run);
            // The names of open elements, which quick-xml keeps in two lists of its own: for the
            // document, and for the narrative when it is written.
            let xml = if format == Format::Xml { 5 } else { 0 };
            let narrative = if name == "practitioner-role" { 2 } else { 0 };
            let most = xml + narrative;
            assert!(found <= most, "{name}: {found} for {format:?}");
        }
    }
}

/// Whatever it is, it costs no more than sixteen times its size, and ends.
#[test]
fn hostile_fhir_is_bounded() {
    let xml = |inside: &str| format!("<Patient xmlns=\"http://hl7.org/fhir\">{inside}</Patient>");
    let json = |inside: &str| format!("{{\"resourceType\":\"Patient\",{inside}}}");
    let many = |text: &str| text.repeat((1 << 20) / text.len());
    let narrative = |inside: &str| {
        xml(&format!("<text><div xmlns=\"http://www.w3.org/1999/xhtml\">{inside}</div></text>"))
    };
    for (name, text) in [
        ("depth", xml(&many("<extension>"))),
        ("depth that ends", xml(&(many("<a>") + &many("</a>")))),
        ("depth of a narrative", narrative(&(many("<b>") + &"</b>".repeat((1 << 20) / 3)))),
        ("elements of a narrative", narrative(&many("<b/>"))),
        ("a long value", xml(&format!("<id value=\"{}\"/>", many("a")))),
        ("references", xml(&format!("<id value=\"{}\"/>", many("&#65;")))),
        ("references without end", xml(&format!("<id value=\"{}\"/>", many("&")))),
        ("a reference without end", xml(&format!("<id value=\"&{}\"/>", many("a")))),
        ("attributes", xml(&format!("<id {}/>", many("a=\"\" ")))),
        ("short elements", xml(&many("<id value=\"1\"/>"))),
        ("short names", xml(&format!("<name>{}</name>", many("<given value=\"1\"/>")))),
        ("unknown elements", xml(&many("<a/>"))),
        ("texts", xml(&many("a<a/>"))),
        ("comments", xml(&many("<!---->"))),
        ("a comment", format!("<!--{}", many("-"))),
        ("a type definition", format!("<!DOCTYPE {}", many("[<!ENTITY a \"&a;\">"))),
        ("nothing closed", many("<")),
        ("quotes", many("<a b='")),
        ("depth of JSON", json(&many("\"contact\":[{"))),
        ("a long string", json(&format!("\"id\":\"{}\"", many("a")))),
        ("numbers", json(&format!("\"name\":[{}0]", many("1,")))),
    ] {
        let bytes = text.as_bytes();
        let mut output = String::new();
        let held = peak(|| {
            let (mut tape, mut issues) = (Tape::new(), Vec::new());
            let root = Reader::new().read(Format::detect(bytes), bytes, &mut tape, &mut issues);
            if let Some(root) = root {
                xml::write(&tape, root, json::Layout::Pretty, &mut output, &mut issues);
            }
        });
        assert!(
            held <= 16 * bytes.len() + 2 * output.len() + (64 << 10),
            "{name}: {held} of {}",
            bytes.len()
        );
    }
}
