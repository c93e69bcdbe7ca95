//! What became of each part of an input: the trace of the output, and the coverage of the input.

use std::collections::{BTreeMap, BTreeSet};

use iomt_core::wire::Span;
use iomt_core::{Diagnostic, DiagnosticCode, Options, Protocol, Rule};
use iomt_fhir::{Output, Trace, Uuid};

/// Hands everything on, and keeps account of it: which bytes are in the output, and of which a
/// diagnostic says that they are not.
pub struct Account<'o> {
    output: &'o mut dyn Output,
    traced: Vec<Traced>,
    left_out: Vec<Span>,
    /// Messages of which nothing is in the output, and diagnostics say so.
    lost: BTreeSet<u64>,
}

/// An element of the output, and where it came from.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Traced {
    /// Which message, from 1.
    pub message: u64,
    /// Type of the resource.
    pub resource: &'static str,
    /// Its id.
    pub id: Uuid,
    /// The element as FHIRPath.
    pub element: String,
    /// The bytes.
    pub span: Span,
}

/// A part of the input, and what became of it.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Accounted {
    /// Which message, from 1; 0 for what is outside.
    pub message: u64,
    /// The bytes.
    pub span: Span,
    /// The path, as the specification writes it.
    pub path: String,
    /// What became of it.
    pub fate: Fate,
}

/// What became of a part.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[expect(clippy::exhaustive_enums, reason = "they sum to all")]
pub enum Fate {
    /// It is in the output.
    Mapped,
    /// A rule passes it over.
    PassedOver(&'static Rule),
    /// A diagnostic says that it is not in the output.
    Diagnosed,
    /// Nothing says what became of it: a defect of ours.
    Silent,
}

/// How many parts had which fate. Sums of several inputs are added.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub struct Coverage {
    /// In the output.
    pub mapped: u64,
    /// Structure: it says how to read the others.
    pub structural: u64,
    /// Passed over, by the name of the rule.
    pub ignored: BTreeMap<&'static str, u64>,
    /// Not in the output, as diagnostics say.
    pub diagnosed: u64,
    /// Neither.
    pub silent: u64,
}

impl Coverage {
    /// All parts.
    #[must_use]
    pub fn total(&self) -> u64 {
        let ignored = self.ignored.values().fold(0_u64, |sum, n| sum.saturating_add(*n));
        [self.mapped, self.structural, self.diagnosed, self.silent]
            .iter()
            .fold(ignored, |sum, n| sum.saturating_add(*n))
    }

    /// Counts a part.
    pub fn add(&mut self, fate: Fate) {
        let count = match fate {
            Fate::Mapped => &mut self.mapped,
            Fate::PassedOver(rule) if rule.structural => &mut self.structural,
            Fate::PassedOver(rule) => self.ignored.entry(rule.name).or_default(),
            Fate::Diagnosed => &mut self.diagnosed,
            Fate::Silent => &mut self.silent,
        };
        *count = count.saturating_add(1);
    }
}

impl core::fmt::Debug for Account<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Account").field("traced", &self.traced.len()).finish_non_exhaustive()
    }
}

impl<'o> Account<'o> {
    /// Of one file, whose output goes to `output`.
    #[must_use]
    pub fn new(output: &'o mut dyn Output) -> Self {
        Self { output, traced: Vec::new(), left_out: Vec::new(), lost: BTreeSet::new() }
    }

    /// The elements of the output that came from the input.
    #[must_use]
    pub fn traced(&self) -> &[Traced] {
        &self.traced
    }

    /// What became of each part of the file; `None` where the protocol does not account for parts.
    #[must_use]
    pub fn parts(
        &self,
        protocol: &Protocol,
        options: &Options,
        bytes: &[u8],
    ) -> Option<Vec<Accounted>> {
        let parts = protocol.parts?;
        let mapped = Stretches::new(self.traced.iter().map(|traced| traced.span));
        let left_out = Stretches::new(self.left_out.iter().copied());
        let mut all = Vec::new();
        parts(bytes, options, &mut |part| {
            let fate = match part.rule {
                _ if mapped.meet(part.span) => Fate::Mapped,
                Some(rule) => Fate::PassedOver(rule),
                None if left_out.meet(part.span) => Fate::Diagnosed,
                None if self.lost.contains(&part.message) => Fate::Diagnosed,
                None => Fate::Silent,
            };
            let (message, span, path) = (part.message, part.span, part.path.to_string());
            all.push(Accounted { message, span, path, fate });
        });
        Some(all)
    }
}

/// The path of bytes: that of the part that they are in, or what the paths of several have in
/// common. `parts` are in the order of their bytes.
#[must_use]
pub fn path_of(parts: &[Accounted], span: Span) -> &str {
    let first = parts.partition_point(|part| part.span.end() <= span.offset);
    let last = parts.partition_point(|part| part.span.offset < span.end());
    let (Some(first), Some(last)) =
        (parts.get(first), last.checked_sub(1).and_then(|l| parts.get(l)))
    else {
        return "";
    };
    let (first, last) = (first.path.as_str(), last.path.as_str());
    if first == last {
        return first;
    }
    let same = first.bytes().zip(last.bytes()).take_while(|(a, b)| a == b).count();
    let common = first.get(..same).unwrap_or_default();
    let cut = common.rfind(['-', '[', '.']).unwrap_or(0);
    common.get(..cut).unwrap_or_default()
}

/// Stretches of bytes that do not meet each other, in order.
struct Stretches(Vec<(u32, u32)>);

impl Stretches {
    fn new(spans: impl Iterator<Item = Span>) -> Self {
        let some = spans.filter(|span| span.is_some() && span.len > 0);
        let mut all: Vec<(u32, u32)> = some.map(|span| (span.offset, span.end())).collect();
        all.sort_unstable();
        all.dedup_by(|next, before| {
            let meet = next.0 <= before.1;
            if meet {
                before.1 = before.1.max(next.1);
            }
            meet
        });
        Self(all)
    }

    fn meet(&self, span: Span) -> bool {
        let at = self.0.partition_point(|(_, end)| *end <= span.offset);
        self.0.get(at).is_some_and(|(start, _)| *start < span.end())
    }
}

impl Output for Account<'_> {
    fn document(&mut self, json: &str) {
        self.output.document(json);
    }

    fn diagnostic(&mut self, message: u64, diagnostic: &Diagnostic) {
        if diagnostic.code.leaves_out_all() {
            self.lost.insert(message);
        } else if diagnostic.code.leaves_out() && diagnostic.code != DiagnosticCode::Junk {
            // Junk is no part, and stands between parts.
            self.left_out.push(diagnostic.span);
        }
        self.output.diagnostic(message, diagnostic);
    }

    fn outcome(&mut self, message: u64, json: &str) {
        self.output.outcome(message, json);
    }

    fn idle(&mut self) -> core::ops::ControlFlow<()> {
        self.output.idle()
    }

    fn traces(&self) -> bool {
        true
    }

    fn trace(&mut self, message: u64, trace: &Trace<'_>) {
        let Trace { resource, id, element, span, .. } = *trace;
        self.traced.push(Traced { message, resource, id, element: element.into(), span });
        if self.output.traces() {
            self.output.trace(message, trace);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_of_several_parts_are_what_they_have_in_common() {
        let part = |at, path: &str| Accounted {
            message: 1,
            span: Span::new(at, 3),
            path: path.into(),
            fate: Fate::Silent,
        };
        let parts =
            [part(0, "OBX[1]-3[1].1.1"), part(4, "OBX[1]-3[1].12.1"), part(8, "OBX[12]-1[1].1.1")];
        assert_eq!(path_of(&parts, Span::new(1, 1)), "OBX[1]-3[1].1.1");
        assert_eq!(path_of(&parts, Span::new(0, 7)), "OBX[1]-3[1]");
        assert_eq!(path_of(&parts, Span::new(5, 5)), "OBX");
        assert_eq!(path_of(&parts, Span::new(20, 5)), "");
    }

    #[test]
    fn stretches_meet() {
        let spans = [Span::new(8, 2), Span::new(0, 3), Span::new(2, 2), Span::new(9, 0)];
        let all = Stretches::new(spans.into_iter());
        let met: Vec<_> = (0..12).filter(|at| all.meet(Span::new(*at, 1))).collect();
        assert_eq!(met, [0, 1, 2, 3, 8, 9]);
    }
}
