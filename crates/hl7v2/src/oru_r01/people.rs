//! Who takes part in what a segment is: the PRT that follow it.

use iomt_core::model::{LocationKey, Role};
use iomt_core::wire::Span;

use super::Reader;
use crate::Segment;
use crate::scratch::Scratch;
use crate::segments::prt::{self, Owner, Read};

impl<'a> Reader<'_, 'a, '_> {
    /// The PRT of the segment on a line, as it may have them.
    pub(super) fn participations(
        &self,
        line: usize,
        owner: Owner,
    ) -> impl Iterator<Item = (Segment<'a>, usize)> + use<'a> {
        let message = self.context.message;
        let lines = (line.saturating_add(1)..).map_while(move |line| {
            Some((message.line(line).filter(|_| message.is_segment(line))?, line))
        });
        let own = move |(segment, _): &(Segment<'a>, usize)| {
            segment.id() == b"PRT" || owner.between().contains(&segment.id())
        };
        lines.take_while(own).filter(|(segment, _)| segment.id() == b"PRT")
    }

    /// Reads who takes part in what the segment on a line is; gives where, of an observation.
    pub(super) fn participants(
        &mut self,
        line: usize,
        owner: Owner,
    ) -> Option<(LocationKey, Span)> {
        if !self.participates {
            return None;
        }
        let mut place = None;
        for (segment, line) in self.participations(line, owner) {
            self.participation = self.participation.max(line);
            let read = matches!(owner, Owner::Request { .. } | Owner::Observation);
            let device = read && prt::is_device(segment);
            if !prt::has_people(segment) {
                if !device {
                    self.unmapped(segment, line);
                }
                continue;
            }
            let Scratch { roles, people, .. } = &mut *self.scratch;
            // An observation has one place.
            let read = Read { owner, device, place: place.is_none() };
            place = place.or(prt::people(self.context, (segment, line), read, roles, people));
        }
        place
    }

    /// Whether the group of an OBR has one specimen.
    pub(super) fn has_one_specimen(&self, segment: Segment<'a>, line: usize) -> bool {
        if !self.participates {
            return false;
        }
        let message = self.context.message;
        let rest = (line.saturating_add(1)..).map_while(|line| message.line(line));
        let group = rest.take_while(|s| !matches!(s.id(), b"OBR" | b"PID" | b"PV1"));
        let source = segment.field(15).is_some_and(|field| !field.is_empty());
        if self.by_specimen {
            return source || self.held.is_some();
        }
        match group.filter(|segment| segment.id() == b"SPM").count() {
            0 => source,
            count => count == 1,
        }
    }

    /// The collectors whom PRT names.
    pub(super) fn collectors(&mut self) {
        let Scratch { people, collectors, .. } = &mut *self.scratch;
        collectors.extend(people.iter().filter(|one| one.role == Role::Collector));
    }
}
