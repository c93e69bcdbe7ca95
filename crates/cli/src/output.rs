//! Where documents go.

use std::{
    collections::HashSet,
    fs::{self, File, OpenOptions},
    io::{self, BufWriter, StdoutLock, Write},
    path::{Path, PathBuf},
};

use crate::{Failure, input::Input};

/// A file that is written whole or not at all: under another name, until it is finished.
pub(crate) struct Whole {
    file: BufWriter<File>,
    target: PathBuf,
    /// `None` where the target is no regular file (a pipe, a device) and is written as it is.
    temporary: Option<PathBuf>,
}

impl Whole {
    pub(crate) fn create(target: &Path) -> io::Result<Self> {
        // A link stays one: what it points to is replaced.
        let target = fs::canonicalize(target).unwrap_or_else(|_| target.into());
        let old = fs::metadata(&target).ok();
        if old.as_ref().is_some_and(|old| !old.is_file()) {
            let file = BufWriter::new(OpenOptions::new().write(true).open(&target)?);
            return Ok(Self { file, target, temporary: None });
        }
        for attempt in 0_u32.. {
            let name = format!(".iomt-{}-{attempt}.tmp", std::process::id());
            let temporary = target.with_file_name(name);
            match OpenOptions::new().write(true).create_new(true).open(&temporary) {
                Ok(file) => {
                    if let Some(old) = old {
                        file.set_permissions(old.permissions())?;
                    }
                    let file = BufWriter::new(file);
                    return Ok(Self { file, target, temporary: Some(temporary) });
                }
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(error),
            }
        }
        Err(io::ErrorKind::AlreadyExists.into())
    }

    pub(crate) fn line(&mut self, text: &str) -> io::Result<()> {
        self.file.write_all(text.as_bytes())?;
        self.file.write_all(b"\n")
    }

    pub(crate) fn text(&mut self, text: &str) -> io::Result<()> {
        self.file.write_all(text.as_bytes())
    }

    pub(crate) fn finish(mut self) -> io::Result<()> {
        self.file.flush()?;
        if let Some(temporary) = &self.temporary {
            fs::rename(temporary, &self.target)?;
            self.temporary = None;
        }
        Ok(())
    }

    pub(crate) fn name(&self) -> String {
        self.target.display().to_string()
    }
}

impl Drop for Whole {
    fn drop(&mut self) {
        if let Some(temporary) = &self.temporary {
            // It was not finished. There is nobody to tell that it stays.
            let _ = fs::remove_file(temporary);
        }
    }
}

/// Where the documents of the inputs go.
pub(crate) enum Destination {
    Stdout(BufWriter<StdoutLock<'static>>),
    File(Option<Whole>),
    /// A file for each input, in their order.
    Files(std::vec::IntoIter<PathBuf>, Option<Whole>),
}

impl Destination {
    /// `-o` names a directory where one stands there, where it ends with a separator, or where a
    /// directory is read and it has no extension.
    pub(crate) fn open(
        output: Option<&Path>,
        arguments: &[PathBuf],
        inputs: &[Input],
        extension: &str,
    ) -> Result<Self, Failure> {
        let Some(output) = output.filter(|output| output.as_os_str() != "-") else {
            return Ok(Self::Stdout(BufWriter::new(io::stdout().lock())));
        };
        let ends = output.as_os_str().as_encoded_bytes().last();
        let mirrors = output.is_dir()
            || ends.is_some_and(|end| std::path::is_separator(char::from(*end)))
            || output.extension().is_none() && arguments.iter().any(|input| input.is_dir());
        if !mirrors {
            refuse_inputs(inputs, [output])?;
            let whole = Whole::create(output).map_err(|error| write(output, error))?;
            return Ok(Self::File(Some(whole)));
        }
        let mirror = |input: &Input| output.join(&input.below).with_extension(extension);
        let files: Vec<PathBuf> = inputs.iter().map(mirror).collect();
        refuse_inputs(inputs, files.iter().map(PathBuf::as_path))?;
        let mut seen = HashSet::new();
        if let Some(twice) = files.iter().find(|file| !seen.insert(*file)) {
            return Err(Failure::Usage(format!("two inputs would be {}", twice.display())));
        }
        Ok(Self::Files(files.into_iter(), None))
    }

    /// An input begins.
    pub(crate) fn begin(&mut self) -> Result<(), Failure> {
        let Self::Files(files, whole) = self else { return Ok(()) };
        if let Some(file) = files.next() {
            let create = || {
                fs::create_dir_all(file.parent().unwrap_or(Path::new("")))?;
                Whole::create(&file)
            };
            *whole = Some(create().map_err(|error| write(&file, error))?);
        }
        Ok(())
    }

    pub(crate) fn document(&mut self, text: &str) -> Result<(), Failure> {
        match self {
            Self::Stdout(out) => {
                let line = out.write_all(text.as_bytes()).and_then(|()| out.write_all(b"\n"));
                line.map_err(Failure::stdout)
            }
            Self::File(whole) | Self::Files(_, whole) => match whole {
                Some(whole) => {
                    whole.line(text).map_err(|error| Failure::Write(whole.name(), error))
                }
                None => Ok(()),
            },
        }
    }

    /// What is for standard output goes out now.
    pub(crate) fn flush(&mut self) -> Result<(), Failure> {
        match self {
            Self::Stdout(out) => out.flush().map_err(Failure::stdout),
            Self::File(_) | Self::Files(..) => Ok(()),
        }
    }

    /// An input ends; `known` is whether it was read.
    pub(crate) fn end(&mut self, known: bool) -> Result<(), Failure> {
        match self {
            Self::Stdout(out) => out.flush().map_err(Failure::stdout),
            Self::File(_) => Ok(()),
            Self::Files(_, whole) => finish(whole.take().filter(|_| known)),
        }
    }

    /// All inputs have ended.
    pub(crate) fn finish(self) -> Result<(), Failure> {
        match self {
            Self::File(whole) => finish(whole),
            Self::Stdout(_) | Self::Files(..) => Ok(()),
        }
    }
}

pub(crate) fn finish(whole: Option<Whole>) -> Result<(), Failure> {
    let Some(whole) = whole else { return Ok(()) };
    let name = whole.name();
    whole.finish().map_err(|error| Failure::Write(name, error))
}

pub(crate) fn write(path: &Path, error: io::Error) -> Failure {
    Failure::Write(path.display().to_string(), error)
}

/// No input is overwritten.
fn refuse_inputs<'a>(
    inputs: &[Input],
    outputs: impl IntoIterator<Item = &'a Path>,
) -> Result<(), Failure> {
    let real: HashSet<PathBuf> = inputs.iter().filter_map(Input::real).collect();
    for output in outputs {
        if fs::canonicalize(output).is_ok_and(|output| real.contains(&output)) {
            let text = format!("{} is an input and would be overwritten", output.display());
            return Err(Failure::Usage(text));
        }
    }
    Ok(())
}
