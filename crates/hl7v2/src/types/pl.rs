//! HL7 v2 chapter 2A, PL, person location, and DLD, where somebody is discharged to.

use iomt_core::model::{Location, LocationKey, Text};

use crate::Repetition;
use crate::context::Context;
use crate::types::{cwe, ei, hd};

/// Reads a place; nothing where nothing says which.
pub(crate) fn place<'a>(
    context: &mut Context<'a, '_>,
    repetition: Repetition<'a>,
) -> Option<Location<'a>> {
    let mut place = Location::new(context.next_location());
    for (number, component) in (1_u32..).zip(repetition.components()) {
        let parts = component.subcomponents().map(|s| s.part());
        let slot = match number {
            1 => &mut place.point_of_care,
            2 => &mut place.room,
            3 => &mut place.bed,
            4 => &mut place.facility,
            7 => &mut place.building,
            8 => &mut place.floor,
            9 => {
                place.description = context.text(component.part());
                continue;
            }
            10 => {
                place.identifier = ei::identifier(context, parts);
                continue;
            }
            11 => &mut place.authority,
            _ => {
                context.unmapped(component.part());
                continue;
            }
        };
        *slot = hd::authority(context, parts);
    }
    place.span = repetition.span();
    let Location { point_of_care, room, bed, facility, building, floor, .. } = &place;
    let levels = [point_of_care, room, bed, facility, building, floor];
    let said = levels.iter().any(|level| !level.is_none())
        || place.identifier.is_some()
        || place.description.is_some();
    if !said {
        // Who gives out numbers, without one.
        context.unmapped(repetition.part());
    }
    said.then_some(place)
}

/// Reads and declares a place, of which `status` is the bed's.
pub(crate) fn declare<'a>(
    context: &mut Context<'a, '_>,
    repetition: Repetition<'a>,
    status: Option<Text<'a>>,
) -> Option<LocationKey> {
    let Some(mut place) = place(context, repetition) else {
        status.iter().for_each(|status| context.lost(status.span()));
        return None;
    };
    if place.room.is_none() && place.bed.is_none() {
        // The status of no bed.
        if let Some(status) = status {
            context.lost(status.span());
        }
    } else {
        place.status = status;
    }
    context.sink.location(&place);
    Some(place.key)
}

/// Reads and declares what kind of place somebody is discharged to; when is not mapped.
pub(crate) fn discharge<'a>(
    context: &mut Context<'a, '_>,
    repetition: Repetition<'a>,
) -> Option<LocationKey> {
    let mut components = repetition.components();
    let first = components.next()?;
    components.for_each(|component| context.unmapped(component.part()));
    let mut place: Location<'a> = Location::new(context.next_location());
    cwe::nested(context, first, &mut place.class);
    place.span = repetition.span();
    if place.class.is_empty() {
        return None;
    }
    context.sink.location(&place);
    Some(place.key)
}
