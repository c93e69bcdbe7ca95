//! HL7 v2 §4.5.3: OBR, observation request; here the header of a report.

use iomt_core::model::{Report, ReportKey, Role, StatusCode, StatusTable, SubjectKey};

use crate::Segment;
use crate::context::Context;
use crate::scratch::Scratch;
use crate::types::{cwe, dtm, ei, xcn};

/// Reads a report, its performers into `scratch`. Notes, specimens and visit are up to the group.
pub(crate) fn read<'a: 'b, 'b>(
    context: &mut Context<'a, '_>,
    segment: Segment<'a>,
    line: usize,
    key: ReportKey,
    subject: Option<SubjectKey>,
    scratch: &mut Scratch<'a>,
) -> Report<'b> {
    context.enter("OBR", line);
    context.check(segment);
    scratch.performers.clear();
    let performers = &mut scratch.performers;
    let mut report: Report<'a> = Report::new(key, subject);
    let (mut start, mut end) = (None, None);
    for (number, field) in segment.numbered() {
        context.at(number);
        match number {
            2 => report.placer = ei::field(context, field),
            3 => report.filler = ei::field(context, field),
            4 => cwe::field(context, field, &mut report.code),
            7 => start = dtm::field(context, field),
            8 => end = dtm::field(context, field),
            16 => performers
                .extend(field.valued().filter_map(|r| xcn::person(context, Role::Orderer, r))),
            22 => report.issued = dtm::field(context, field),
            24 => report.category = context.code(field),
            25 => {
                let code = context.code(field);
                report.status = StatusCode::new(StatusTable::Hl70123, code);
            }
            // NDL: the person, then when and where, which is not mapped.
            32 => performers.extend(field.valued().filter_map(|repetition| {
                let mut parts = repetition.components();
                let person = parts.next()?;
                parts.for_each(|part| context.unmapped(part.part()));
                xcn::nested(context, Role::Interpreter, person)
            })),
            _ => context.rest(field),
        }
    }
    context.at(8);
    report.effective = dtm::effective(context, start, end);
    report.span = segment.span();
    report
}
