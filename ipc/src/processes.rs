//! Which processes can be asked, found by their sockets.
//!
//! A runtime listens at `dotnet-diagnostic-PID-START-socket` in its folder for temporary files. `PID` is
//! its id as it sees it itself, in a container often 1, and `START` is when it was started. A process
//! that is killed leaves its socket behind, and its id goes to another one. So a socket belongs to
//! the process with both that inner id and that start time, looked for among all of `/proc`; what
//! belongs to none is told apart, with the [`Reason`].
//!
//! Where to look is what processes say: `TMPDIR` in their environment, below `/proc/PID/root` if this
//! process sees another folder under that name.

use std::fs;
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::path::{Path, PathBuf};

use crate::error::{Error, Step};

mod facts;

use facts::Facts;

/// A process that can be asked.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Process {
    /// Its id, as this process sees it.
    pub pid: u32,
    /// Its id in its own container: the same if it is in none.
    pub inner_pid: u32,
    /// When it was started, in clock ticks since the system was.
    pub started: u64,
    /// Its socket.
    pub socket: PathBuf,
    /// The name of its executable, at most 15 bytes of it.
    pub name: String,
    /// Its arguments, the executable's path first.
    pub command_line: Vec<String>,
}

/// A socket that nobody can be asked at.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Unusable {
    /// The process id in its name.
    pub pid: u32,
    /// The socket.
    pub socket: PathBuf,
    /// Why.
    pub reason: Reason,
}

/// Why nobody can be asked at a socket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Reason {
    /// Its process has ended without removing it: it was killed.
    Dead,
    /// The same, and another process has its id by now.
    Reused,
    /// It belongs to this user.
    OtherUser(u32),
    /// It is a file of another kind.
    NotASocket,
}

/// What was found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Listing {
    /// Processes that can be asked, by id.
    pub processes: Vec<Process>,
    /// Sockets that nobody can be asked at, by path.
    pub unusable: Vec<Unusable>,
}

/// Where to look for processes.
#[derive(Clone, Debug)]
pub struct Places {
    root: PathBuf,
    /// Folders for temporary files, below the root.
    temp: Vec<PathBuf>,
    uid: u32,
}

impl Places {
    /// This system: its `/proc`, the folder for temporary files of this process, and `/tmp`.
    pub fn of_system() -> Self {
        let own = std::env::var_os("TMPDIR").map(PathBuf::from).filter(|path| path.is_absolute());
        let uid = rustix::process::geteuid().as_raw();
        Self::below(PathBuf::from("/"), uid).folders(own)
    }

    /// The same of a system whose root is this folder, as user `uid`, with `/tmp` alone.
    pub fn below(root: PathBuf, uid: u32) -> Self {
        let temp = vec![root.join("tmp")];
        Self { root, temp, uid }
    }

    /// Looks in these folders as well, and first.
    #[must_use]
    pub fn folders(mut self, folders: impl IntoIterator<Item = PathBuf>) -> Self {
        let more: Vec<_> = folders.into_iter().map(|folder| self.inside(&folder)).collect();
        self.temp.splice(0..0, more);
        self
    }

    /// All processes that can be asked, and all sockets that nobody can be asked at. Reads a few files
    /// of every process of the system.
    ///
    /// # Errors
    /// If there is no `/proc`. What cannot be read in it is passed over.
    pub fn list(&self) -> Result<Listing, Error> {
        let all = self.all_facts()?;
        let mut listing = Listing::default();
        for folder in self.all_folders(&all) {
            for (socket, pid, started) in sockets(&folder.path) {
                let owner = self.owner(&all, &folder, pid, started);
                match self.judge(&socket, pid, owner.as_ref()) {
                    Err(reason) => listing.unusable.push(Unusable { pid, socket, reason }),
                    Ok(facts) => {
                        let socket = self.by_owner(&folder, facts, socket);
                        listing.processes.push(facts.process(socket));
                    }
                }
            }
        }
        // A folder may be found under two names, so that a stable order keeps the plain one.
        listing.processes.sort_by_key(|process| process.pid);
        listing.processes.dedup_by_key(|process| process.pid);
        listing.unusable.sort_by(|a, b| a.socket.cmp(&b.socket));
        Ok(listing)
    }

    /// The process of this id. Reads a few files.
    ///
    /// # Errors
    /// [`Error::NoProcess`], [`Error::OtherUser`] or [`Error::NoSocket`].
    pub fn find(&self, pid: u32) -> Result<Process, Error> {
        let proc = self.root.join("proc");
        if !proc.is_dir() {
            return Err(Error::Platform);
        }
        let facts = Facts::read(&proc, &self.root, pid).filter(|facts| facts.is_alive);
        let facts = facts.ok_or(Error::NoProcess { pid })?;
        let name = format!("dotnet-diagnostic-{}-{}-socket", facts.inner_pid, facts.started);
        let folders = facts.temp.iter().chain(&self.temp);
        let socket = folders.map(|folder| folder.join(&name)).find(|path| path.exists());
        match socket.map(|socket| self.judge(&socket, pid, Some(&facts)).map(|_| socket)) {
            Some(Ok(socket)) => Ok(facts.process(socket)),
            Some(Err(Reason::OtherUser(uid))) => Err(Error::OtherUser { uid }),
            _ if !self.may_ask(facts.uid) => Err(Error::OtherUser { uid: facts.uid }),
            _ => Err(Error::NoSocket { pid }),
        }
    }

    fn judge<'a>(
        &self,
        socket: &Path,
        pid: u32,
        owner: Option<&'a Facts>,
    ) -> Result<&'a Facts, Reason> {
        match fs::symlink_metadata(socket) {
            Ok(meta) if !meta.file_type().is_socket() => return Err(Reason::NotASocket),
            Ok(meta) if !self.may_ask(meta.uid()) => return Err(Reason::OtherUser(meta.uid())),
            _ => {}
        }
        let proc = self.root.join("proc").join(pid.to_string());
        owner.ok_or(if proc.exists() { Reason::Reused } else { Reason::Dead })
    }

    /// Which process made a socket with these numbers in this folder. Two containers may each have one
    /// with the same: then the one that would look there.
    fn owner(&self, all: &[Facts], folder: &Folder, pid: u32, started: u64) -> Option<Facts> {
        let is_it =
            |facts: &&Facts| facts.is_alive && facts.inner_pid == pid && facts.started == started;
        let mut found: Vec<_> = all.iter().filter(is_it).collect();
        if found.len() > 1 {
            let looks_there = |facts: &&&Facts| {
                facts.temp.as_deref().and_then(Folder::of).is_some_and(|own| own.id == folder.id)
            };
            found = found.iter().filter(looks_there).copied().collect();
        }
        // It may have been started since `all` was read.
        let late = || Facts::read(&self.root.join("proc"), &self.root, pid);
        found.first().copied().cloned().or_else(|| late().filter(|facts| is_it(&facts)))
    }

    /// A socket in a container, by its owner's root: whoever else is in there may end before it.
    fn by_owner(&self, folder: &Folder, owner: &Facts, socket: PathBuf) -> PathBuf {
        if self.temp.contains(&folder.path) {
            return socket;
        }
        let own = owner.temp.as_deref().and_then(Folder::of).filter(|own| own.id == folder.id);
        let own = own.zip(socket.file_name()).map(|(own, name)| own.path.join(name));
        own.unwrap_or(socket)
    }

    fn may_ask(&self, uid: u32) -> bool {
        self.uid == 0 || self.uid == uid
    }

    fn all_facts(&self) -> Result<Vec<Facts>, Error> {
        let proc = self.root.join("proc");
        let entries = fs::read_dir(&proc).map_err(|error| match error.kind() {
            std::io::ErrorKind::NotFound => Error::Platform,
            _ => Error::io(Step::List, &error),
        })?;
        let pids = entries.flatten().filter_map(|entry| entry.file_name().to_str()?.parse().ok());
        Ok(pids.filter_map(|pid| Facts::read(&proc, &self.root, pid)).collect())
    }

    /// Each folder where sockets may be, once.
    fn all_folders(&self, all: &[Facts]) -> Vec<Folder> {
        let mut folders: Vec<Folder> = Vec::new();
        for path in self.temp.iter().chain(all.iter().filter_map(|facts| facts.temp.as_ref())) {
            if let Some(folder) = Folder::of(path)
                && !folders.iter().any(|known| known.id == folder.id)
            {
                folders.push(folder);
            }
        }
        folders
    }

    fn inside(&self, path: &Path) -> PathBuf {
        self.root.join(path.strip_prefix("/").unwrap_or(path))
    }
}

/// A folder, and what it is under any name.
struct Folder {
    path: PathBuf,
    id: (u64, u64),
}

impl Folder {
    fn of(path: &Path) -> Option<Self> {
        let meta = fs::metadata(path).ok().filter(fs::Metadata::is_dir)?;
        Some(Self { path: path.to_owned(), id: (meta.dev(), meta.ino()) })
    }
}

/// The sockets in a folder, with the numbers in their names.
fn sockets(folder: &Path) -> impl Iterator<Item = (PathBuf, u32, u64)> {
    fs::read_dir(folder).into_iter().flatten().flatten().filter_map(|entry| {
        let name = entry.file_name();
        let (pid, started) = numbers(name.to_str()?)?;
        Some((entry.path(), pid, started))
    })
}

/// Process id and start time in the name of a socket.
fn numbers(name: &str) -> Option<(u32, u64)> {
    let numbers = name.strip_prefix("dotnet-diagnostic-")?.strip_suffix("-socket")?;
    let (pid, started) = numbers.split_once('-')?;
    Some((pid.parse().ok()?, started.parse().ok()?))
}

#[cfg(test)]
mod tests;
