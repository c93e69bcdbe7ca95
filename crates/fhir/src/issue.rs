//! What is wrong with a resource: rules, issues, and the OperationOutcome of them.

use crate::{
    table::{ElementId, el},
    tape::{NodeId, Path, Tape},
};
use core::fmt;
use iomt_core::wire::Span;

/// Checks resources on a tape.
///
/// A [`Writer`](crate::Writer) asks once about resources that are alike: what it is told of one holds for
/// those that differ only in ids of ours, instants, the numbers of an Observation, and identifiers that
/// are short and have no space, quotation mark or backslash. `Limits::templates` of 0 has it ask each time.
pub trait Validate {
    /// Checks the resource at `node`, with all resources in it, and adds what is wrong to
    /// `issues`. Gives whether there was no error.
    fn validate(&mut self, tape: &Tape, node: NodeId, issues: &mut Vec<Issue>) -> bool;
}

/// Something that a rule found. It has no content of the resource: the place is a node of the
/// tape that was checked, or read.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Issue {
    /// The rule.
    pub rule: &'static Rule,
    /// The node that breaks it.
    pub node: NodeId,
    /// The element that `node` should have and does not.
    pub missing: Option<ElementId>,
    /// The bytes of the input, [`Span::NONE`] where there are none.
    pub span: Span,
}

/// A rule of a definition, of a format, or of ours.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Rule {
    /// The constraint's key (`obs-6`), or a name of ours in the same manner.
    pub key: &'static str,
    /// How bad it is to break it.
    pub severity: Severity,
    /// FHIR's kind of issue.
    pub code: IssueCode,
    /// What is wrong when it is broken, in words.
    pub text: &'static str,
}

/// FHIR issue-severity.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
#[expect(clippy::exhaustive_enums, reason = "a new case must stop every report")]
pub enum Severity {
    /// Nothing wrong.
    Information,
    /// The resource is valid; somebody should look.
    Warning,
    /// The resource is not valid.
    Error,
    /// It could not be read.
    Fatal,
}

/// FHIR issue-type, those that we use.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum IssueCode {
    /// Against a rule of the domain.
    BusinessRule,
    /// A code that is none of its value set.
    CodeInvalid,
    /// Two of what may stand once.
    Duplicate,
    /// An extension that is not understood or not in order.
    Extension,
    /// Nothing wrong.
    Informational,
    /// Against an invariant.
    Invariant,
    /// A reference to nothing.
    NotFound,
    /// Content that is not supported.
    NotSupported,
    /// An element that must be there.
    Required,
    /// Against the structure of the format or the type.
    Structure,
    /// Too large.
    TooLong,
    /// A value that its type does not allow.
    Value,
}

impl Severity {
    /// FHIR's code.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Information => "information",
            Self::Warning => "warning",
            Self::Error => "error",
            Self::Fatal => "fatal",
        }
    }
}

impl IssueCode {
    /// FHIR's code.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::BusinessRule => "business-rule",
            Self::CodeInvalid => "code-invalid",
            Self::Duplicate => "duplicate",
            Self::Extension => "extension",
            Self::Informational => "informational",
            Self::Invariant => "invariant",
            Self::NotFound => "not-found",
            Self::NotSupported => "not-supported",
            Self::Required => "required",
            Self::Structure => "structure",
            Self::TooLong => "too-long",
            Self::Value => "value",
        }
    }
}

impl Rule {
    /// A rule that makes a resource invalid.
    #[must_use]
    pub const fn error(key: &'static str, code: IssueCode, text: &'static str) -> Self {
        Self { key, severity: Severity::Error, code, text }
    }

    /// A rule that leaves a resource valid.
    #[must_use]
    pub const fn warning(key: &'static str, code: IssueCode, text: &'static str) -> Self {
        Self { key, severity: Severity::Warning, code, text }
    }

    /// A rule without which nothing can be read.
    #[must_use]
    pub const fn fatal(key: &'static str, code: IssueCode, text: &'static str) -> Self {
        Self { key, severity: Severity::Fatal, code, text }
    }
}

impl Issue {
    /// An issue of a node that is there.
    #[must_use]
    pub const fn new(rule: &'static Rule, node: NodeId, span: Span) -> Self {
        Self { rule, node, missing: None, span }
    }

    /// An issue of an element that `node` lacks.
    #[must_use]
    pub const fn missing(
        rule: &'static Rule,
        node: NodeId,
        element: ElementId,
        span: Span,
    ) -> Self {
        Self { rule, node, missing: Some(element), span }
    }

    /// Whether it makes the resource invalid.
    #[must_use]
    pub fn is_error(&self) -> bool {
        self.rule.severity >= Severity::Error
    }

    /// The FHIRPath location, on the tape that was checked.
    #[must_use]
    pub const fn path<'t>(&self, tape: &'t Tape) -> Path<'t> {
        match self.missing {
            Some(element) => tape.path_below(self.node, element),
            None => tape.path(self.node),
        }
    }
}

impl fmt::Display for Issue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { rule, span, .. } = self;
        write!(f, "{}: {} ({})", rule.severity.code(), rule.text, rule.key)?;
        if span.is_some() { write!(f, " at byte {}", span.offset) } else { Ok(()) }
    }
}

/// At most this many issues are added by one reading or one check.
pub const MAX_ISSUES: usize = 1000;

static MORE: Rule = Rule::error("more-issues", IssueCode::TooLong, "there are more issues");

/// Issues being collected, up to [`MAX_ISSUES`] and one that says that there are more.
#[derive(Debug)]
pub struct Report<'a> {
    issues: &'a mut Vec<Issue>,
    start: usize,
    valid: bool,
}

impl<'a> Report<'a> {
    /// Begins to add to `issues`.
    #[must_use]
    pub const fn new(issues: &'a mut Vec<Issue>) -> Self {
        let start = issues.len();
        Self { issues, start, valid: true }
    }

    /// Adds an issue.
    #[cold]
    pub fn add(&mut self, issue: Issue) {
        self.valid &= !issue.is_error();
        match self.issues.len().saturating_sub(self.start) {
            n if n < MAX_ISSUES => self.issues.push(issue),
            MAX_ISSUES => {
                self.valid = false;
                self.issues.push(Issue { rule: &MORE, ..issue });
            }
            _ => {}
        }
    }

    /// Whether no error was added.
    #[must_use]
    pub const fn is_valid(&self) -> bool {
        self.valid
    }

    /// What was wrong with `node`, which goes again, and in it, was wrong in `parent`.
    pub(crate) fn hand_up(&mut self, node: NodeId, parent: NodeId) {
        for issue in self.issues.get_mut(self.start..).unwrap_or_default().iter_mut().rev() {
            if issue.node < node {
                break;
            }
            issue.node = parent;
        }
    }
}

/// Writes an OperationOutcome of `issues`, which were found on `tape`, to `out`. Without issues
/// it says so, for it must have one.
pub fn outcome(tape: &Tape, issues: &[Issue], out: &mut Tape) -> NodeId {
    let root = out.open(el::ROOT_OPERATION_OUTCOME, Span::NONE);
    for issue in issues {
        let Issue { rule, span, .. } = issue;
        let one = out.open(el::OPERATION_OUTCOME_ISSUE, *span);
        out.text(el::OPERATION_OUTCOME_ISSUE_SEVERITY, rule.severity.code());
        out.text(el::OPERATION_OUTCOME_ISSUE_CODE, rule.code.code());
        let details = out.open(el::OPERATION_OUTCOME_ISSUE_DETAILS, Span::NONE);
        out.write(el::CODEABLE_CONCEPT_TEXT, Span::NONE, |w| {
            write!(w, "{}: {}", rule.key, rule.text)
        });
        out.close(details);
        if span.is_some() {
            out.write(el::OPERATION_OUTCOME_ISSUE_DIAGNOSTICS, Span::NONE, |w| {
                write!(w, "offset {}, length {}", span.offset, span.len)
            });
        }
        out.write(el::OPERATION_OUTCOME_ISSUE_EXPRESSION, Span::NONE, |w| {
            write!(w, "{}", issue.path(tape))
        });
        out.close(one);
    }
    if issues.is_empty() {
        let one = out.open(el::OPERATION_OUTCOME_ISSUE, Span::NONE);
        out.text(el::OPERATION_OUTCOME_ISSUE_SEVERITY, Severity::Information.code());
        out.text(el::OPERATION_OUTCOME_ISSUE_CODE, IssueCode::Informational.code());
        out.close(one);
    }
    out.close(root);
    root.node()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Version, json};

    static RULE: Rule =
        Rule::error("obs-6", IssueCode::Invariant, "dataAbsentReason stands beside a value");

    #[test]
    fn an_outcome_names_rule_and_place() {
        let mut tape = Tape::new();
        let root = tape.open(el::ROOT_OBSERVATION, Span::NONE);
        let status = tape.str(el::OBSERVATION_STATUS, "secret", Span::new(3, 6)).unwrap();
        tape.close(root);
        let issues = [
            Issue::new(&RULE, status, Span::new(3, 6)),
            Issue::missing(&RULE, root.node(), el::OBSERVATION_CODE, Span::NONE),
        ];
        let mut out = Tape::new();
        let node = outcome(&tape, &issues, &mut out);
        let mut text = String::new();
        json::write(&out, node, &mut text);
        let details = r#""details":{"text":"obs-6: dataAbsentReason stands beside a value"}"#;
        assert_eq!(
            text,
            format!(
                "{{\"resourceType\":\"OperationOutcome\",\"issue\":[\
                 {{\"severity\":\"error\",\"code\":\"invariant\",{details},\
                 \"diagnostics\":\"offset 3, length 6\",\"expression\":[\"Observation.status\"]}},\
                 {{\"severity\":\"error\",\"code\":\"invariant\",{details},\
                 \"expression\":[\"Observation.code\"]}}]}}"
            )
        );
        assert!(!format!("{issues:?}").contains("secret"));
        assert_eq!(
            issues[0].to_string(),
            "error: dataAbsentReason stands beside a value (obs-6) at byte 3"
        );
    }

    #[test]
    fn codes_are_fhir_s() {
        let severity = el::OPERATION_OUTCOME_ISSUE_SEVERITY.row().binding.unwrap();
        let code = el::OPERATION_OUTCOME_ISSUE_CODE.row().binding.unwrap();
        for s in [Severity::Information, Severity::Warning, Severity::Error, Severity::Fatal] {
            assert!(Version::ALL.iter().all(|&v| severity.versions(s.code()).has(v)));
        }
        for c in [
            IssueCode::BusinessRule,
            IssueCode::CodeInvalid,
            IssueCode::Duplicate,
            IssueCode::Extension,
            IssueCode::Informational,
            IssueCode::Invariant,
            IssueCode::NotFound,
            IssueCode::NotSupported,
            IssueCode::Required,
            IssueCode::Structure,
            IssueCode::TooLong,
            IssueCode::Value,
        ] {
            assert!(Version::ALL.iter().all(|&v| code.versions(c.code()).has(v)), "{c:?}");
        }
    }
}
