//! Files, directories and standard input.

use std::{
    collections::HashSet,
    ffi::OsStr,
    fs::{self, File},
    io::{self, Read},
    path::{Path, PathBuf},
};

/// A file to read, or standard input.
pub(crate) struct Input {
    path: PathBuf,
    /// How people know it: the path, `-` for standard input.
    pub(crate) name: String,
    /// Where it stands below the directory that was named; else its name alone.
    pub(crate) below: PathBuf,
}

/// The bytes of an input.
pub(crate) struct Bytes {
    from: Box<dyn Read>,
    /// How many more offsets can count.
    left: u64,
}

impl Bytes {
    /// Whether there are more than offsets can count. They are not read.
    pub(crate) fn exceed(&mut self) -> io::Result<bool> {
        Ok(self.left == 0 && self.from.read(&mut [0])? > 0)
    }
}

impl Read for Bytes {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let most = usize::try_from(self.left).unwrap_or(usize::MAX).min(buffer.len());
        let len = self.from.read(buffer.get_mut(..most).unwrap_or_default())?;
        self.left = self.left.saturating_sub(u64::try_from(len).unwrap_or(0));
        Ok(len)
    }
}

/// Offsets have 32 bits.
const MOST: u64 = 0xFFFF_FFFF;

impl Input {
    fn new(path: PathBuf, below: PathBuf) -> Self {
        let name = path.display().to_string();
        Self { path, name, below }
    }

    fn is_stdin(&self) -> bool {
        self.path.as_os_str() == "-"
    }

    /// The path of a file that is there, without links.
    pub(crate) fn real(&self) -> Option<PathBuf> {
        fs::canonicalize(&self.path).ok().filter(|_| !self.is_stdin())
    }

    /// Its size, as far as it is known.
    pub(crate) fn size(&self) -> u64 {
        if self.is_stdin() { 0 } else { fs::metadata(&self.path).map_or(0, |data| data.len()) }
    }

    /// Whether it has more bytes than offsets can count, as far as that is known.
    pub(crate) fn is_too_long(&self) -> bool {
        self.size() > MOST
    }

    /// Its bytes as they come, as many as offsets can count.
    pub(crate) fn open(&self) -> io::Result<Bytes> {
        let from: Box<dyn Read> = match self.is_stdin() {
            true => Box::new(io::stdin().lock()),
            false => Box::new(File::open(&self.path)?),
        };
        Ok(Bytes { from, left: MOST })
    }

    /// All its bytes; `None` where they are more than offsets can count.
    pub(crate) fn read(&self) -> io::Result<Option<Vec<u8>>> {
        if self.is_too_long() {
            return Ok(None);
        }
        let mut bytes = Vec::new();
        if self.is_stdin() {
            io::stdin().lock().take(MOST.saturating_add(1)).read_to_end(&mut bytes)?;
        } else {
            // `read_to_end` takes the size of a file from its metadata.
            let mut file = File::open(&self.path)?;
            bytes.try_reserve_exact(usize::try_from(self.size()).unwrap_or(0))?;
            Read::by_ref(&mut file).take(MOST.saturating_add(1)).read_to_end(&mut bytes)?;
        }
        Ok(u64::try_from(bytes.len()).is_ok_and(|len| len <= MOST).then_some(bytes))
    }
}

/// The inputs that the arguments name: of a directory all files below it, by name. Files and
/// directories whose names begin with a dot are left out. No argument is standard input.
pub(crate) fn expand(arguments: &[PathBuf]) -> Vec<Input> {
    let mut inputs = Vec::new();
    for argument in arguments {
        if argument.is_dir() {
            walk(argument, Path::new(""), &mut HashSet::new(), &mut inputs);
        } else if argument.as_os_str() == "-" {
            inputs.push(Input::new(argument.clone(), "stdin".into()));
        } else {
            let below = argument.file_name().unwrap_or(OsStr::new("file")).into();
            inputs.push(Input::new(argument.clone(), below));
        }
    }
    if arguments.is_empty() {
        inputs.push(Input::new("-".into(), "stdin".into()));
    }
    inputs
}

/// What is no file and no directory, such as a pipe, is left out: reading it might never end.
fn walk(directory: &Path, below: &Path, seen: &mut HashSet<PathBuf>, inputs: &mut Vec<Input>) {
    let real = fs::canonicalize(directory).unwrap_or_else(|_| directory.into());
    if !seen.insert(real) {
        return;
    }
    let entries = fs::read_dir(directory).and_then(Iterator::collect::<io::Result<Vec<_>>>);
    let Ok(mut entries) = entries else {
        // Reading it says what is wrong.
        return inputs.push(Input::new(directory.into(), below.into()));
    };
    entries.sort_by_key(fs::DirEntry::file_name);
    for entry in entries {
        let (name, path) = (entry.file_name(), entry.path());
        if name.as_encoded_bytes().starts_with(b".") {
            continue;
        }
        let below = below.join(name);
        match fs::metadata(&path) {
            Ok(data) if data.is_dir() => walk(&path, &below, seen, inputs),
            Ok(data) if !data.is_file() => {}
            _ => inputs.push(Input::new(path, below)),
        }
    }
}
