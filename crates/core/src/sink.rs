use alloc::vec::Vec;

use crate::Diagnostic;
use crate::model::{
    Device, Encounter, Header, Location, Measurement, Message, Order, Participant, Patient, Report,
    Specimen,
};
use crate::wire::ParseError;

/// Receives facts. Object-safe; every method has an empty default.
///
/// A message runs from [`message`](Self::message) to [`end`](Self::end). Within it a decoder
/// declares before it uses: patient, places, participants, encounter, order, report, specimens and the device tree come before
/// the measurements that name them by key. Keys hold to the end of the message; those of a session
/// to its close, and a session may declare the same key again with more facts.
pub trait Sink {
    /// A message begins.
    fn message(&mut self, _message: &Message<'_>) {}
    /// What it says of where it comes from and goes to: before any other fact, and at most once.
    /// One that has an [identifier](Message::id) has a header.
    fn header(&mut self, _header: &Header<'_>) {}
    /// A person, or what is known of one.
    fn patient(&mut self, _patient: &Patient<'_>) {}
    /// A place.
    fn location(&mut self, _location: &Location<'_>) {}
    /// Somebody who takes part.
    fn participant(&mut self, _participant: &Participant<'_>) {}
    /// A visit.
    fn encounter(&mut self, _encounter: &Encounter<'_>) {}
    /// A device or a part of one.
    fn device(&mut self, _device: &Device<'_>) {}
    /// A specimen.
    fn specimen(&mut self, _specimen: &Specimen<'_>) {}
    /// What was ordered.
    fn order(&mut self, _order: &Order<'_>) {}
    /// A report that measurements belong to; all of them come before the next report.
    fn report(&mut self, _report: &Report<'_>) {}
    /// Something measured, or why it was not.
    fn measurement(&mut self, _measurement: &Measurement<'_>) {}
    /// Something that a reader should know.
    fn diagnostic(&mut self, _diagnostic: Diagnostic) {}
    /// The message ends: what it said stands, or is taken back.
    fn end(&mut self, _end: End) {}
}

/// How a message ended.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[expect(clippy::exhaustive_enums, reason = "a message ends or is taken back")]
pub enum End {
    /// It was read to its end.
    Complete,
    /// It could not be read: what it said so far is taken back.
    Rejected(ParseError),
}

/// What became of the messages that ended.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[expect(clippy::exhaustive_enums, reason = "stored or not")]
pub enum Outcome {
    /// They are stored.
    Stored,
    /// They are refused.
    Refused,
}

/// Two sinks as one: each gets everything.
#[derive(Debug)]
#[expect(clippy::exhaustive_structs, reason = "a pair")]
pub struct Tee<'a, A: ?Sized, B: ?Sized>(pub &'a mut A, pub &'a mut B);

macro_rules! both {
    ($($name:ident: $fact:ty;)*) => {$(
        fn $name(&mut self, fact: $fact) {
            self.0.$name(fact);
            self.1.$name(fact);
        }
    )*};
}

impl<A: Sink + ?Sized, B: Sink + ?Sized> Sink for Tee<'_, A, B> {
    both! {
        message: &Message<'_>;
        header: &Header<'_>;
        patient: &Patient<'_>;
        location: &Location<'_>;
        participant: &Participant<'_>;
        encounter: &Encounter<'_>;
        device: &Device<'_>;
        specimen: &Specimen<'_>;
        order: &Order<'_>;
        report: &Report<'_>;
        measurement: &Measurement<'_>;
        diagnostic: Diagnostic;
        end: End;
    }
}

/// An empty vector of another lifetime that keeps the allocation of `used`: how a decoder reuses
/// the scratch for facts that borrow from one input after another.
///
/// `T` and `U` are one type but for its lifetime; other types of equal layout would work as well.
#[must_use]
pub fn recycle<T, U>(mut used: Vec<T>) -> Vec<U> {
    used.clear();
    used.into_iter().filter_map(|_| None).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn recycling_keeps_the_allocation() {
        let text = alloc::string::String::from("x");
        let mut scratch: Vec<&str> = Vec::with_capacity(8);
        scratch.push(&text);
        let before = scratch.as_ptr();
        let mut again: Vec<&'static str> = recycle(scratch);
        again.push("y");
        assert!(core::ptr::eq(before, again.as_ptr()) && again.capacity() == 8);
    }
}
