//! Rows that definitions read at run time add. They stay for the life of the process, so that their
//! ids mean the same wherever a tape goes.

use super::{ELEMENTS, Element, NO_TYPE, NOTHING, TYPES, Type};
use std::sync::{Mutex, OnceLock, PoisonError};

/// How often rows may be added.
const SETS: usize = 32;

static ADDED: [OnceLock<Rows>; SETS] = [const { OnceLock::new() }; SETS];
static ADDING: Mutex<()> = Mutex::new(());

/// Rows whose ids begin with `first`.
#[derive(Debug)]
pub(crate) struct Rows {
    pub(crate) first: First,
    pub(crate) elements: Vec<Element>,
    pub(crate) types: Vec<Type>,
}

/// The first ids that are free.
#[derive(Clone, Copy, Debug)]
pub(crate) struct First {
    pub(crate) element: u16,
    pub(crate) ty: u16,
}

/// Adds the rows that `make` makes for the ids that are free. `None` if it makes none, or where no
/// ids are left for them.
pub(crate) fn add(make: impl FnOnce(First) -> Option<Rows>) -> Option<&'static Rows> {
    let _one = ADDING.lock().unwrap_or_else(PoisonError::into_inner);
    let slot = ADDED.iter().find(|slot| slot.get().is_none())?;
    let (mut elements, mut types) = (ELEMENTS.len(), TYPES.len());
    for rows in sets() {
        elements = elements.saturating_add(rows.elements.len());
        types = types.saturating_add(rows.types.len());
    }
    let first = First { element: u16::try_from(elements).ok()?, ty: u16::try_from(types).ok()? };
    let rows = make(first)?;
    u16::try_from(elements.saturating_add(rows.elements.len())).ok()?;
    u16::try_from(types.saturating_add(rows.types.len())).ok()?;
    Some(slot.get_or_init(|| rows))
}

fn sets() -> impl Iterator<Item = &'static Rows> {
    ADDED.iter().map_while(OnceLock::get)
}

#[cold]
pub(super) fn element(id: u16) -> &'static Element {
    let own =
        |rows: &'static Rows| rows.elements.get(usize::from(id.checked_sub(rows.first.element)?));
    sets().find_map(own).unwrap_or(const { &NOTHING })
}

#[cold]
pub(super) fn ty(id: u16) -> &'static Type {
    let own = |rows: &'static Rows| rows.types.get(usize::from(id.checked_sub(rows.first.ty)?));
    sets().find_map(own).unwrap_or(&NO_TYPE)
}
