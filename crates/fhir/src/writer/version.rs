//! Resources are built as R4, and converted before they are checked and written where another version
//! is asked for.

use core::mem::take;

use iomt_core::{Diagnostic, DiagnosticCode, Place};

use super::{Output, Writer};
use crate::Version;
use crate::convert::Converter;
use crate::tape::{NodeId, Tape};

/// What it takes.
#[derive(Debug, Default)]
pub(super) struct Other {
    converter: Converter,
    tape: Tape,
}

impl Writer {
    /// Whether resources are to be converted.
    pub(super) fn converts(&self) -> bool {
        self.cx.config.fhir != Version::R4
    }

    /// Whether the resource on `tape` is valid once it is converted; what is wrong is left in
    /// `issues`, for the converted one.
    pub(super) fn is_valid_converted(&mut self, tape: &Tape, node: NodeId) -> bool {
        let Some(validator) = &mut self.validator else { return true };
        let Other { converter, tape: converted } = &mut self.other;
        converted.clear();
        let versions = (Version::R4, self.cx.config.fhir);
        let root = converter.convert(tape, node, versions, converted);
        root.is_some_and(|root| validator.validate(converted, root, &mut self.issues))
    }

    /// The resource on `tape`, converted; what is left out is told, and `list` is where it is then.
    /// The tape is to be given back.
    pub(super) fn converted(&mut self, tape: &Tape, ordinal: u64, output: &mut dyn Output) -> Tape {
        let mut other = take(&mut self.other);
        other.tape.clear();
        if let Some(root) = tape.root() {
            let versions = (Version::R4, self.cx.config.fhir);
            let (converter, list) = (&mut other.converter, self.list);
            converter.convert_following(tape, root, versions, &mut other.tape, list);
            self.list = converter.followed();
            for lost in converter.lost() {
                let (code, place) = (DiagnosticCode::NotConverted, Place::named(lost.name()));
                self.tell(ordinal, &Diagnostic::new(code, lost.span, place), output);
            }
        }
        self.other.converter = other.converter;
        other.tape
    }

    pub(super) fn take_back(&mut self, converted: Tape) {
        self.other.tape = converted;
    }
}
