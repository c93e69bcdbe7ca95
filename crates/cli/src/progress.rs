//! How far it is, for people who watch.

use std::io::{self, IsTerminal};

use indicatif::{ProgressBar, ProgressStyle};

use crate::input::Input;

/// From this size on, one file is worth watching.
const LARGE: u64 = 8 << 20;

/// A bar over the bytes of several files, or the documents of a large one.
pub(crate) struct Progress {
    bar: Option<ProgressBar>,
    several: bool,
}

impl Progress {
    pub(crate) const NONE: Self = Self { bar: None, several: false };

    /// Shows nothing where nobody watches, or where it is over at once.
    pub(crate) fn of(inputs: &[Input]) -> Self {
        if !io::stderr().is_terminal() {
            return Self::NONE;
        }
        let several = inputs.len() > 1;
        let size = inputs.iter().fold(0_u64, |sum, input| sum.saturating_add(input.size()));
        if !several && size <= LARGE {
            return Self::NONE;
        }
        let (bar, template) = if several {
            (ProgressBar::new(size), "{bar:40} {bytes}/{total_bytes} {eta}")
        } else {
            (ProgressBar::new_spinner(), "{spinner} {human_pos} documents")
        };
        let style = ProgressStyle::with_template(template);
        let bar = style.map_or_else(|_| bar.clone(), |style| bar.clone().with_style(style));
        Self { bar: Some(bar), several }
    }

    pub(crate) fn document(&self) {
        if let (Some(bar), false) = (&self.bar, self.several) {
            bar.inc(1);
        }
    }

    pub(crate) fn file(&self, input: &Input) {
        if let (Some(bar), true) = (&self.bar, self.several) {
            bar.inc(input.size());
        }
    }

    /// Runs what writes to the terminal.
    pub(crate) fn aside(&self, write: impl FnOnce()) {
        match &self.bar {
            Some(bar) => bar.suspend(write),
            None => write(),
        }
    }

    pub(crate) fn finish(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}
