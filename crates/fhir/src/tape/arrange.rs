//! What was written in any order, in canonical order.

use super::{Mark, Node, Tape, index};
use crate::{Version, table::Order};

impl Tape {
    /// Sorts what stands directly in the element that `mark` opened, which is still open, as
    /// `version` has it; what repeats stays in its order. Ids of nodes in it change.
    pub(crate) fn arrange(&mut self, mark: Mark, version: Version) {
        let Some(parent) = self.node(mark.node()) else { return };
        let order = parent.element().ty().order(version);
        let first = index(mark.node).saturating_add(1);
        let inside = self.nodes.get_mut(first..).unwrap_or_default();
        if !is_sorted(inside, order) {
            sort(inside, order);
        }
    }
}

fn children(mut nodes: &[Node]) -> impl Iterator<Item = &[Node]> {
    core::iter::from_fn(move || {
        let size = nodes.first()?.size();
        let (child, rest) = nodes.split_at_checked(size.max(1)).unwrap_or((nodes, &[]));
        nodes = rest;
        Some(child)
    })
}

fn place(child: &[Node], order: Order) -> u8 {
    child.first().map_or(0, |node| order.place(node.element().row()))
}

fn is_sorted(nodes: &[Node], order: Order) -> bool {
    children(nodes).map(|child| place(child, order)).is_sorted()
}

#[cold]
fn sort(nodes: &mut [Node], order: Order) {
    let mut all: Vec<&[Node]> = children(nodes).collect();
    all.sort_by_key(|child| place(child, order));
    let sorted = all.concat();
    nodes.copy_from_slice(&sorted);
}
