//! Where a recording goes, and that nothing is overwritten by it.
//!
//! A file is written as `NAME.part`, beside its place, and gets its name when the stream has ended: what
//! has its name is all that there was. If this program is killed, or the disk is full, the part stays
//! with all that came until then. What is no regular file (a pipe, a device, standard output) is written to as it is.

use std::fs::{self, File};
use std::io::{self, ErrorKind, IsTerminal, Write};
use std::path::{Path, PathBuf};

use crate::cli::input;
use crate::cli::outcome::Outcome;

/// An open place.
#[derive(Debug)]
pub(crate) struct Place {
    /// What it is called in messages.
    pub name: String,
    out: Out,
}

#[derive(Debug)]
enum Out {
    Stdout(io::Stdout),
    Device(File),
    File(File, Part),
}

/// A file that is not whole yet.
#[derive(Debug)]
struct Part {
    written: PathBuf,
    path: PathBuf,
    overwrite: bool,
}

/// Why a place cannot be had.
pub(crate) type Refusal = (Outcome, String);

impl Place {
    /// Standard output, unless that is a terminal.
    ///
    /// # Errors
    /// It is one.
    pub(crate) fn stdout(force: bool) -> Result<Self, Refusal> {
        let stdout = io::stdout();
        if stdout.is_terminal() && !force {
            let message = "a recording is not for a terminal: name a file with -o, or give --force";
            return Err((Outcome::USAGE, message.to_owned()));
        }
        Ok(Self { name: "standard output".to_owned(), out: Out::Stdout(stdout) })
    }

    /// A file of this name. One that is there is not touched before the recording is whole, and then
    /// only if `overwrite`.
    ///
    /// # Errors
    /// There is one, or its folder cannot be written to.
    pub(crate) fn file(path: &Path, overwrite: bool) -> Result<Self, Refusal> {
        let name = path.to_string_lossy().into_owned();
        let io =
            |error: &io::Error| (Outcome::IO, format!("{name}: {}", input::explain_new(error)));
        let used = |message: &str| (Outcome::USAGE, format!("{name}{message}"));
        if let Ok(meta) = fs::metadata(path) {
            if meta.is_dir() {
                return Err(used(": is a directory, not a file"));
            }
            if !meta.is_file() {
                let device = File::options().write(true).open(path).map_err(|error| io(&error))?;
                return Ok(Self { name, out: Out::Device(device) });
            }
        }
        // Not followed: a link that leads nowhere is not to be replaced either.
        if !overwrite && fs::symlink_metadata(path).is_ok() {
            return Err(used(" is there already; give -y to overwrite it"));
        }
        let mut part = path.as_os_str().to_owned();
        part.push(".part");
        let part = PathBuf::from(part);
        let file = match File::create_new(&part) {
            Ok(file) => file,
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {
                let message = ".part is there already: a recording that was cut off, or one that is \
                               not over; move it away";
                return Err(used(message));
            }
            Err(error) => return Err(io(&error)),
        };
        let path = path.to_owned();
        Ok(Self { name, out: Out::File(file, Part { written: part, path, overwrite }) })
    }

    /// What has been written, to be read from its beginning; `None` if that cannot be.
    ///
    /// # Errors
    /// The file cannot be opened.
    pub(crate) fn read_back(&self) -> io::Result<Option<File>> {
        match &self.out {
            Out::File(_, part) => File::open(&part.written).map(Some),
            Out::Stdout(_) | Out::Device(_) => Ok(None),
        }
    }

    /// Where a file is while it is not whole.
    pub(crate) fn part(&self) -> Option<&Path> {
        match &self.out {
            Out::File(_, part) => Some(&part.written),
            Out::Stdout(_) | Out::Device(_) => None,
        }
    }

    /// Nothing more is to come: the file gets its name.
    ///
    /// # Errors
    /// It cannot be written, or another has the name by now.
    pub(crate) fn finish(&mut self) -> io::Result<()> {
        match &mut self.out {
            Out::Stdout(stdout) => stdout.flush(),
            Out::Device(_) => Ok(()),
            Out::File(file, part) => {
                // Some errors come only now; and the name is not to be there before the bytes are.
                file.sync_data()?;
                part.settle()
            }
        }
    }

    /// Nothing was recorded.
    pub(crate) fn discard(self) {
        if let Out::File(_, part) = self.out {
            // It is empty; nothing can be done if that fails.
            let _ = fs::remove_file(&part.written);
        }
    }
}

impl Write for Place {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match &mut self.out {
            Out::Stdout(stdout) => stdout.lock().write(bytes),
            Out::Device(file) | Out::File(file, _) => file.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match &mut self.out {
            Out::Stdout(stdout) => stdout.flush(),
            Out::Device(_) | Out::File(..) => Ok(()),
        }
    }
}

impl Part {
    /// Gives the file its name.
    fn settle(&self) -> io::Result<()> {
        if self.overwrite {
            return fs::rename(&self.written, &self.path);
        }
        // Unlike a rename, this does not overwrite.
        match fs::hard_link(&self.written, &self.path) {
            Ok(()) => fs::remove_file(&self.written),
            Err(error) if error.kind() == ErrorKind::AlreadyExists => Err(self.is_taken()),
            // Not all file systems have links.
            Err(_) if fs::symlink_metadata(&self.path).is_ok() => Err(self.is_taken()),
            Err(_) => fs::rename(&self.written, &self.path),
        }
    }

    fn is_taken(&self) -> io::Error {
        let path = self.path.to_string_lossy();
        io::Error::other(format!("another file is called {path} by now"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Folder(PathBuf);

    impl Folder {
        fn new(name: &str) -> Self {
            let name = format!("tracemill-place-{name}-{}", std::process::id());
            let path = std::env::temp_dir().join(name);
            fs::create_dir_all(&path).unwrap();
            Self(path)
        }

        fn names(&self) -> Vec<String> {
            let entries = fs::read_dir(&self.0).unwrap();
            let mut names: Vec<_> =
                entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
            names.sort();
            names
        }
    }

    impl Drop for Folder {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    #[test]
    fn a_file_has_its_name_when_it_is_whole() {
        let folder = Folder::new("whole");
        let path = folder.0.join("a.nettrace");
        let mut place = Place::file(&path, false).unwrap();
        place.write_all(b"one").unwrap();
        assert_eq!(folder.names(), ["a.nettrace.part"]);
        let (outcome, message) = Place::file(&path, true).unwrap_err();
        assert!(outcome.code() == 2 && message.contains(".part is there"), "{message}");
        place.finish().unwrap();
        assert_eq!(
            (folder.names(), fs::read(&path).unwrap()),
            (vec!["a.nettrace".to_owned()], b"one".to_vec())
        );
        let (outcome, message) = Place::file(&path, false).unwrap_err();
        assert!(outcome.code() == 2 && message.contains("-y"), "{message}");
        let mut place = Place::file(&path, true).unwrap();
        place.write_all(b"two").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"one", "not before it is whole");
        place.finish().unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"two");
        Place::file(&path, true).unwrap().discard();
        assert_eq!(folder.names(), ["a.nettrace"]);
    }

    #[test]
    fn a_name_that_is_taken_meanwhile_stays_taken() {
        let folder = Folder::new("taken");
        let path = folder.0.join("a");
        let mut place = Place::file(&path, false).unwrap();
        place.write_all(b"ours").unwrap();
        fs::write(&path, b"theirs").unwrap();
        assert!(place.finish().unwrap_err().to_string().contains("another file"));
        assert_eq!(fs::read(&path).unwrap(), b"theirs");
        assert_eq!(fs::read(folder.0.join("a.part")).unwrap(), b"ours");
    }

    #[test]
    fn what_cannot_be_had_is_told() {
        assert_eq!(Place::file(Path::new("/no/such/folder/x"), false).unwrap_err().0, Outcome::IO);
        assert_eq!(Place::file(&std::env::temp_dir(), true).unwrap_err().0, Outcome::USAGE);
    }
}
