//! Translates a file to NDJSON: `cargo run --example translate -- FILE`.

use std::io::{self, Write};

use iomt::{Config, Diagnostic, Form, Output, Translator};

struct Print;

impl Output for Print {
    fn document(&mut self, json: &str) {
        let _ = writeln!(io::stdout(), "{json}");
    }

    fn diagnostic(&mut self, message: u64, diagnostic: &Diagnostic) {
        let (code, place) = (diagnostic.code.name(), diagnostic.place);
        let _ = writeln!(io::stderr(), "message {message}: {code} {place}");
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let path = std::env::args().nth(1).ok_or("usage: translate FILE")?;
    let bytes = std::fs::read(path)?;
    let mut config = Config::default();
    (config.to, config.subject) = (Form::Ndjson, Some("Patient/42".into()));
    let format = iomt::detect(&bytes).ok_or("no protocol knows these bytes")?;
    Translator::new(config).file(format, &bytes, &mut Print);
    Ok(())
}
