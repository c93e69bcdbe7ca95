//! Resources that come again message after message, but for identities, times and numbers of things:
//! what their tapes say beside [what is free](crate::tape::Node::is_free) is the key of a template.

use super::templates::{Template, Templates};
use crate::json;
use crate::table::el;
use crate::tape::{NodeId, Tape};

/// How long the text of an identity is.
const IDENTITY: usize = 36;

/// What a text is.
const SENT: u8 = 0;
const FREE: u8 = 1;
const FIXED: u8 = 2;

/// Resources as they were found valid.
#[derive(Debug, Default)]
pub(super) struct Shapes(Templates<NodeId>);

impl Shapes {
    /// The template of what is on a tape, if there was a resource like it; its holes are nodes.
    pub(super) fn find(&mut self, tape: &Tape) -> Option<&Template<NodeId>> {
        self.0.key.clear();
        if tape.is_incomplete() {
            return None;
        }
        write_key(tape, &mut self.0.key);
        self.0.get()
    }

    /// Keeps the resource that was looked for last and is valid, at most `limit` to twice `limit`.
    pub(super) fn keep(&mut self, tape: &Tape, limit: usize) {
        let Some(root) = tape.root() else { return };
        let free = (0..).map(NodeId::at).zip(tape.nodes()).filter(|(_, node)| node.is_free());
        let holes = free.map(|(id, node)| (id, tape.value(node)));
        self.0.keep(holes, limit, |out| json::write(tape, root, out));
    }
}

/// Writes all that a tape says but for what is free: of that, only what it refers to by its identity. A
/// text of the program is told by where it is.
fn write_key(tape: &Tape, key: &mut Vec<u8>) {
    for node in tape.nodes() {
        let text = tape.value(node);
        let (kind, text) = match node.fixed() {
            _ if node.is_free() => {
                let kind = text.len().saturating_sub(IDENTITY);
                let reference = node.element() == el::REFERENCE_REFERENCE;
                (FREE, text.get(..kind).filter(|_| reference).unwrap_or_default())
            }
            Some(text) => (FIXED, text),
            None => (SENT, text),
        };
        let [a, b] = node.element().to_bytes();
        let [c, d, e, f] = u32::try_from(text.len()).unwrap_or(u32::MAX).to_le_bytes();
        key.extend_from_slice(&[a, b, c, d, e, f, node.level(), kind]);
        if kind == FIXED {
            key.extend_from_slice(&text.as_ptr().addr().to_le_bytes());
        } else {
            key.extend_from_slice(text.as_bytes());
        }
    }
}
