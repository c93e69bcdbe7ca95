use crate::support::{Mode, Result};
use std::path::Path;

pub fn import(_shared: &Path) -> Result {
    Ok(())
}

pub fn codegen(_mode: Mode) -> Result {
    Ok(())
}
