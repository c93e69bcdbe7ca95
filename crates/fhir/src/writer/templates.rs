//! What was rendered before, but for holes: of the resources that are alike, the first one is built,
//! checked and rendered; of the others only the holes are filled.
//!
//! A key holds all that such resources have in common, and what fills a hole always has one form, so
//! that the rules that held for the first hold for all. `Limits::templates` bounds the memory; 0 turns
//! it off, and a test proves that the output is the same.

use std::hash::BuildHasher;

use foldhash::quality::RandomState;

use super::remembered::Remembered;
use crate::json::Buffer;

/// Templates by their keys.
#[derive(Debug)]
pub(super) struct Templates<H> {
    known: Remembered<Box<[u8]>, Template<H>>,
    /// Hashes of keys that were seen once: what comes a second time is worth a template.
    once: Remembered<u64, ()>,
    hasher: RandomState,
    /// The key at work; empty where there is none.
    pub(super) key: Vec<u8>,
    recorder: Recorder<H>,
}

/// A rendered text, and its holes: what fills each, and where it stands.
#[derive(Debug)]
pub(super) struct Template<H> {
    text: Box<str>,
    holes: Box<[(H, usize)]>,
}

impl<H> Default for Templates<H> {
    fn default() -> Self {
        Self {
            known: Remembered::default(),
            once: Remembered::default(),
            hasher: RandomState::default(),
            key: Vec::new(),
            recorder: Recorder::default(),
        }
    }
}

impl<H: Copy> Templates<H> {
    /// The template of the key at work.
    pub(super) fn get(&self) -> Option<&Template<H>> {
        self.known.get(&*self.key)
    }

    /// Remembers under the key at work, if there is one, what `render` renders, if it comes again. It
    /// is to fill each of `holes` with the text that is given for it, as it stands there.
    pub(super) fn keep<'t>(
        &mut self,
        holes: impl Iterator<Item = (H, &'t str)>,
        limit: usize,
        render: impl FnOnce(&mut Recorder<H>),
    ) {
        if limit == 0 || self.key.is_empty() {
            return;
        }
        let hash = self.hasher.hash_one(&self.key);
        if self.once.get(&hash).is_none() {
            return self.once.insert(hash, (), limit);
        }
        self.recorder.start(holes);
        render(&mut self.recorder);
        let template = self.recorder.finish();
        self.known.insert(self.key.as_slice().into(), template, limit);
    }
}

impl<H: Copy> Template<H> {
    /// Writes it; `fill` writes what fills a hole.
    pub(super) fn write(&self, out: &mut String, mut fill: impl FnMut(H, &mut String)) {
        let (mut rest, mut at) = (&*self.text, 0);
        for (hole, end) in &self.holes {
            let (piece, after) = rest.split_at_checked(end.wrapping_sub(at)).unwrap_or((rest, ""));
            out.push_str(piece);
            fill(*hole, out);
            (rest, at) = (after, *end);
        }
        out.push_str(rest);
    }
}

/// Renders, and sees where the texts of the holes go by.
#[derive(Debug)]
pub(super) struct Recorder<H> {
    text: String,
    /// Address and length of the text of each hole.
    wanted: Vec<(usize, usize, H)>,
    /// The holes that were seen, and where the text before each ends.
    found: Vec<(H, usize)>,
}

impl<H> Default for Recorder<H> {
    fn default() -> Self {
        Self { text: String::new(), wanted: Vec::new(), found: Vec::new() }
    }
}

impl<H: Copy> Recorder<H> {
    fn start<'t>(&mut self, holes: impl Iterator<Item = (H, &'t str)>) {
        self.text.clear();
        self.found.clear();
        self.wanted.clear();
        self.wanted.extend(holes.map(|(hole, text)| (text.as_ptr().addr(), text.len(), hole)));
    }

    fn finish(&self) -> Template<H> {
        Template { text: self.text.as_str().into(), holes: self.found.as_slice().into() }
    }
}

impl<H: Copy> Buffer for Recorder<H> {
    fn put(&mut self, text: &str) {
        let at = (text.as_ptr().addr(), text.len());
        let hole = self.wanted.iter().find(|(start, len, _)| (*start, *len) == at);
        match hole {
            Some((_, _, hole)) => self.found.push((*hole, self.text.len())),
            None => self.text.push_str(text),
        }
    }
}
