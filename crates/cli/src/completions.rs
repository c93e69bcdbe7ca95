//! `iomt completions`.

use std::io::{self, Write};

use clap::CommandFactory;
use clap_complete::Shell;

use crate::{Cli, Ended, Failure, Verdict};

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// The shell
    shell: Shell,
}

pub(crate) fn run(arguments: &Arguments) -> Ended {
    let mut script = Vec::new();
    clap_complete::generate(arguments.shell, &mut Cli::command(), "iomt", &mut script);
    io::stdout().write_all(&script).map_err(Failure::stdout)?;
    Ok(Verdict::Fine)
}
