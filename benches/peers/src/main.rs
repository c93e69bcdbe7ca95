//! How long other libraries take for the same work, in the same run.
//!
//! `cargo run --release --manifest-path benches/peers/Cargo.toml`, with `--features fhir-sdk` for
//! what takes minutes to build.
//!
//! Every contestant's result is compared with ours before anything is timed. Contestants take
//! turns, so that a busy machine slows all of them; medians of the rounds.

mod contestants;
mod fhir;
#[cfg(feature = "fhir-sdk")]
mod observation;

use std::hint::black_box;
use std::time::{Duration, Instant};

use contestants::{
    Contestant, Er7, Hl7Parser, Hl7v2, Hl7v2Stream, LineEnds, Ours, RustHl7, See, TEN,
};

const ROUNDS: usize = 41;
const TURN: Duration = Duration::from_millis(2);

#[derive(Clone, Copy)]
enum Work {
    Parse,
    Walk,
    Ten,
    Numbers,
}

/// What the work came to; equal for all contestants.
#[derive(Debug, Default, Eq, PartialEq)]
struct Kept(Vec<Vec<u8>>);

impl See for Kept {
    fn see(&mut self, bytes: &[u8]) {
        self.0.push(bytes.to_vec());
    }
}

/// The same without keeping it.
#[derive(Default)]
struct Sum(usize);

impl See for Sum {
    #[inline]
    fn see(&mut self, bytes: &[u8]) {
        self.0 = self.0.wrapping_mul(31).wrapping_add(bytes.len());
        self.0 ^= usize::from(bytes.first().copied().unwrap_or(0));
    }
}

/// A [`Contestant`] of whatever type.
trait Runner {
    fn name(&self) -> &'static str;
    fn result(&mut self, work: Work, text: &str) -> Option<Kept>;
    fn run(&mut self, work: Work, text: &str);
}

impl<C: Contestant> Runner for C {
    fn name(&self) -> &'static str {
        C::NAME
    }

    fn result(&mut self, work: Work, text: &str) -> Option<Kept> {
        let mut kept = Kept::default();
        match work {
            Work::Parse => kept.see(self.parse(text).to_string().as_bytes()),
            Work::Walk => self.walk(text, &mut kept)?,
            Work::Ten => self.ten(text, &mut kept)?,
            Work::Numbers => kept.see(self.numbers(text)?.to_string().as_bytes()),
        }
        Some(kept)
    }

    fn run(&mut self, work: Work, text: &str) {
        let mut sum = Sum::default();
        match work {
            Work::Parse => sum.0 = self.parse(text),
            Work::Walk => _ = self.walk(text, &mut sum),
            Work::Ten => _ = self.ten(text, &mut sum),
            Work::Numbers => _ = black_box(self.numbers(text)),
        }
        black_box(sum.0);
    }
}

fn main() {
    let messages = [
        ("ADT", iomt_benches::adt()),
        ("ORU10", iomt_benches::oru(10)),
        ("ORU1000", iomt_benches::oru(1000)),
    ];
    for (name, text) in &messages {
        println!("{name}: {} bytes", text.len());
    }
    for (work, title) in [
        (Work::Parse, "parse"),
        (Work::Walk, "parse and walk every leaf"),
        (Work::Ten, "parse and read ten fields"),
        (Work::Numbers, "parse and add up every OBX-5"),
    ] {
        println!("\n{title}, ns (times ours)");
        table(work, &messages);
    }
    println!("\nHL7 v2 to FHIR, ns (times ours)");
    fhir::table(&messages[1..]);
    #[cfg(feature = "fhir-sdk")]
    {
        println!("\nan Observation, ns (times ours)");
        observation::table();
    }
}

fn table(work: Work, messages: &[(&str, String)]) {
    let mut runners: Vec<Box<dyn Runner>> = vec![
        Box::new(Ours::default()),
        Box::new(Er7),
        Box::new(Hl7Parser),
        Box::new(RustHl7),
        Box::new(Hl7v2),
        Box::new(Hl7v2Stream),
        Box::new(LineEnds),
    ];
    let mut columns: Vec<Vec<Option<f64>>> = Vec::new();
    for (name, text) in messages {
        // An ADT has no numbers.
        if matches!(work, Work::Numbers) && !text.contains("\rOBX|") {
            continue;
        }
        let ours = runners[0].result(work, text).expect("we do all works");
        match work {
            Work::Parse => assert_eq!(ours.0, [text.matches('\r').count().to_string().as_bytes()]),
            Work::Walk => assert!(ours.0.len() > 50),
            Work::Ten => assert_eq!(ours.0.len(), TEN.len()),
            Work::Numbers => {
                let sum = iomt_benches::oru_sum(text.matches("\rOBX|").count());
                assert_eq!(ours.0, [sum.to_string().as_bytes()]);
            }
        }
        for runner in &mut runners {
            if let Some(result) = runner.result(work, text) {
                assert!(result == ours, "{} reads {name} differently", runner.name());
            }
        }
        columns.push(race(&mut runners, work, text));
    }
    for (at, runner) in runners.iter().enumerate() {
        let cells: Vec<_> = columns.iter().map(|column| (column[at], column[0])).collect();
        row(runner.name(), &cells);
    }
}

/// Prints times, and how many times ours they are.
fn row(name: &str, cells: &[(Option<f64>, Option<f64>)]) {
    if cells.iter().all(|(time, _)| time.is_none()) {
        return;
    }
    print!("  {name:16}");
    for (time, ours) in cells {
        match (time, ours) {
            (Some(time), Some(ours)) => print!("{time:14.0} ({:7.1})", time / ours),
            _ => print!("{:>24}", "-"),
        }
    }
    println!();
}

/// Median ns of each contestant.
fn race(runners: &mut [Box<dyn Runner>], work: Work, text: &str) -> Vec<Option<f64>> {
    let mut turns: Vec<Option<(usize, Vec<f64>)>> = Vec::new();
    for runner in runners.iter_mut() {
        let offered = runner.result(work, text).is_some();
        turns.push(offered.then(|| (iterations(|| runner.run(work, black_box(text))), Vec::new())));
    }
    for _ in 0..ROUNDS {
        for (runner, turn) in runners.iter_mut().zip(&mut turns) {
            let Some((iterations, times)) = turn else { continue };
            let start = Instant::now();
            for _ in 0..*iterations {
                runner.run(work, black_box(text));
            }
            times.push(nanos(start.elapsed()) / *iterations as f64);
        }
    }
    turns.into_iter().map(|turn| turn.map(|(_, times)| median(times))).collect()
}

/// How often a work fits into a turn.
fn iterations(mut work: impl FnMut()) -> usize {
    let (start, mut count) = (Instant::now(), 0);
    while start.elapsed() < TURN {
        work();
        count += 1;
    }
    count.max(1)
}

fn nanos(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e9
}

fn median(mut times: Vec<f64>) -> f64 {
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}
