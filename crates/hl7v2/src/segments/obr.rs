//! HL7 v2 §4.5.3: OBR, observation request; here the header of a report.

use iomt_core::model::{Report, ReportKey, Role, StatusCode, StatusTable, SubjectKey};

use crate::Segment;
use crate::context::Context;
use crate::scratch::Scratch;
use crate::types::{cwe, dtm, ei, ndl, xcn};

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
            16 => context.performers(Role::Orderer, field, xcn::person, performers),
            22 => report.issued = dtm::field(context, field),
            24 => report.category = context.code(field),
            25 => {
                let code = context.code(field);
                report.status = StatusCode::new(StatusTable::Hl70123, code);
            }
            32 => context.performers(Role::Interpreter, field, ndl::declare, performers),
            _ => context.rest(field),
        }
    }
    context.at(8);
    report.effective = dtm::effective(context, start, end);
    report.span = segment.span();
    report
}
