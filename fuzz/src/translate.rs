//! The whole way: any bytes to FHIR that we ourselves accept.

use iomt::fhir::{Issue, Tape, Validate, json};
use iomt::validate::Validator;
use iomt::{
    Config, Diagnostic, Form, Output, Partial, Protocol, Severity, Summary, TimeZone, Translator,
};

use crate::sink::{Nowhere, inside, show};

/// Any bytes, of the protocol that they look like, in both forms.
pub fn translate(data: &[u8]) {
    let Some(protocol) = iomt::detect(data) else { return };
    let mut config = Config::default();
    let first = run(&mut Translator::new(config.clone()), protocol, data);
    let mut translator = Translator::new(config.clone());
    translator.file(protocol, b"MSH|^~\\&|A|B|||2026||ORU^R01|1\rOBX|1|ST|1||x\r", &mut Vec::new());
    let mut again: Vec<String> = Vec::new();
    translator.file(protocol, data, &mut again);
    assert!(again == first, "what came before matters");

    (config.to, config.partial) = (Form::Ndjson, Partial::Keep);
    config.message_time = true;
    config.subject = Some("Patient/1".into());
    config.persons.insert(1, "Patient/2".into());
    config.timezone = TimeZone::parse("Europe/Berlin");
    run(&mut Translator::new(config), protocol, data);
}

/// Gives the documents.
fn run(translator: &mut Translator, protocol: &Protocol, data: &[u8]) -> Vec<String> {
    let mut output = Checked::new(data);
    let summary = translator.file(protocol, data, &mut output);
    show(&summary);
    assert_eq!(output.summary(), summary);
    output.documents
}

/// Reads what comes out back in.
struct Checked<'i> {
    input: &'i [u8],
    reader: json::Reader,
    validator: Validator,
    tape: Tape,
    issues: Vec<Issue>,
    documents: Vec<String>,
    errors: u64,
    warnings: u64,
}

impl<'i> Checked<'i> {
    fn new(input: &'i [u8]) -> Self {
        Self {
            input,
            reader: json::Reader::new(),
            validator: Validator::new(),
            tape: Tape::new(),
            issues: Vec::new(),
            documents: Vec::new(),
            errors: 0,
            warnings: 0,
        }
    }

    fn summary(&self) -> Summary {
        let mut summary = Summary::default();
        summary.documents = self.documents.len() as u64;
        (summary.errors, summary.warnings) = (self.errors, self.warnings);
        summary
    }

    /// It can be read without issues, is valid, and written again is the same.
    fn check(&mut self, document: &str) {
        assert!(!document.contains('\n'), "a document is one line");
        self.tape.clear();
        self.issues.clear();
        let node = self.reader.read(document.as_bytes(), &mut self.tape, &mut self.issues);
        assert!(self.issues.is_empty(), "{:?}", self.issues);
        let node = node.expect("it has no issues");
        let valid = self.validator.validate(&self.tape, node, &mut self.issues);
        assert!(valid, "{:?}", self.issues);
        let mut again = String::new();
        json::write(&self.tape, node, &mut again);
        assert!(again == document, "another document when written again");
    }
}

impl Output for Checked<'_> {
    fn document(&mut self, json: &str) {
        self.check(json);
        self.documents.push(json.into());
    }

    fn diagnostic(&mut self, _: u64, diagnostic: &Diagnostic) {
        show(diagnostic);
        std::fmt::Write::write_fmt(&mut Nowhere, format_args!("{}", diagnostic.place))
            .expect("it takes everything");
        inside(diagnostic.span, self.input);
        match diagnostic.severity {
            Severity::Error => self.errors += 1,
            Severity::Warning => self.warnings += 1,
            Severity::Information => {}
        }
    }

    fn outcome(&mut self, _: u64, json: &str) {
        self.check(json);
    }
}
