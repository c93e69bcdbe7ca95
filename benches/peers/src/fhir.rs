//! HL7 v2 → FHIR: ours, a validated transaction Bundle, and rs7-fhir, which does not validate and
//! writes resources without a Bundle. rs7 is on no registry: its program, where there is one.

use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use iomt::{Config, Connection, Input, Output, Translator};
use iomt_benches::Feed;

const ROUNDS: usize = 9;
/// Seconds of a turn.
const TURN: f64 = 0.3;

/// Counts documents, bytes and resources; keeps nothing.
#[derive(Default)]
struct Counts {
    documents: usize,
    bytes: usize,
    observations: usize,
    problems: usize,
    looks: bool,
}

impl Output for Counts {
    fn document(&mut self, json: &str) {
        self.documents += 1;
        self.bytes += json.len();
        if self.looks {
            self.observations += json.matches(r#""resourceType":"Observation""#).count();
        }
    }

    fn diagnostic(&mut self, _: u64, diagnostic: &iomt::Diagnostic) {
        self.problems += usize::from(diagnostic.severity == iomt::Severity::Error);
    }
}

fn translate(
    translator: &mut Translator,
    connection: &mut Connection,
    feed: &mut Feed,
    counts: &mut Counts,
) {
    let input = Input::message(black_box(feed.next()));
    translator.push(connection, input, counts).expect("our own message");
}

pub fn table(messages: &[(&str, String)]) {
    let rs7 = rs7();
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for (name, text) in messages {
        let rows = text.matches("\rOBX|").count();
        let mut feed = Feed::new(text);
        let mut translator = Translator::new(Config::default());
        let mut connection = translator.connect(iomt::protocol("hl7v2").expect("in this build"));

        let mut counts = Counts { looks: true, ..Counts::default() };
        translate(&mut translator, &mut connection, &mut feed, &mut counts);
        assert_eq!((counts.documents, counts.problems), (1, 0), "{name}");
        assert!(counts.observations > rows * 8 / 10, "{name}: {}", counts.observations);
        println!("  {name}: {} Observations, {} bytes of ours", counts.observations, counts.bytes);

        let file = std::env::temp_dir().join(format!("iomt-peers-{name}-{}", std::process::id()));
        std::fs::write(&file, text).expect("a temporary file");
        let mut times = (Vec::new(), Vec::new());
        for round in 0..ROUNDS {
            let (start, mut turn) = (Instant::now(), Vec::new());
            while start.elapsed().as_secs_f64() < TURN {
                let start = Instant::now();
                translate(&mut translator, &mut connection, &mut feed, &mut Counts::default());
                turn.push(super::nanos(start.elapsed()));
            }
            times.0.push(super::median(turn));
            if let Some(program) = &rs7 {
                let (time, line) = run(program, &file, rows);
                times.1.push(time);
                if round == 0 {
                    println!("  {name}: rs7-peer says {}", line.trim_end());
                }
            }
        }
        std::fs::remove_file(&file).expect("our temporary file");
        let median = super::median(times.0);
        ours.push((Some(median), Some(median)));
        theirs.push(((!times.1.is_empty()).then(|| super::median(times.1)), Some(median)));
    }
    super::row("iomt", &ours);
    super::row("rs7-fhir", &theirs);
}

/// The program of rs7, built first where its source is at hand.
fn rs7() -> Option<PathBuf> {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/peers/rs7/Cargo.toml");
    let target = std::env::temp_dir().join("rs7-target");
    if !source.exists() {
        println!("  rs7-fhir: skipped, for {} is not there", source.display());
        return None;
    }
    let built = Command::new(env!("CARGO"))
        .args(["build", "--quiet", "--locked", "--release", "--manifest-path"])
        .arg(source)
        .arg("--target-dir")
        .arg(&target)
        .status();
    assert!(built.is_ok_and(|status| status.success()), "rs7 does not build");
    Some(target.join("release/rs7-peer"))
}

/// `12345 ns median of 10; 10 Observations, 4711 bytes`
fn run(program: &Path, file: &Path, rows: usize) -> (f64, String) {
    let output = Command::new(program).arg(file).arg(TURN.to_string()).output();
    let output = output.expect("rs7-peer runs");
    assert!(output.status.success(), "rs7-peer: {}", String::from_utf8_lossy(&output.stderr));
    let line = String::from_utf8_lossy(&output.stdout).into_owned();
    let observations = format!("; {rows} Observations,");
    assert!(line.contains(&observations), "rs7-peer says {line}");
    let time = line.split(' ').next().and_then(|number| number.parse().ok());
    (time.expect("a number of ns"), line)
}
