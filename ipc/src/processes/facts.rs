//! What `/proc` tells of a process.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::Read;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use super::Process;

/// Most bytes of an environment or a command line that are read.
const LONGEST: u64 = 1 << 20;

/// What is needed to know whose socket is whose.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Facts {
    pub pid: u32,
    pub inner_pid: u32,
    pub started: u64,
    pub uid: u32,
    pub is_alive: bool,
    pub name: String,
    /// Its folder for temporary files, as this process can reach it; `None` if it must not see it.
    pub temp: Option<PathBuf>,
    command_line: PathBuf,
}

impl Facts {
    /// `None` if there is no such process, or it ends just now.
    pub(super) fn read(proc: &Path, root: &Path, pid: u32) -> Option<Self> {
        let folder = proc.join(pid.to_string());
        let stat = read(&folder.join("stat"))?;
        let Stat { name, is_alive, started } = stat_of(&stat)?;
        let (uid, inner_pid) = status_of(&read(&folder.join("status"))?)?;
        let temp = read(&folder.join("environ")).and_then(|environ| {
            let temp = temp_of(&environ);
            let temp = temp.strip_prefix("/").ok()?;
            // Under the same name this process may see another folder: containers have a root of their
            // own, services a `/tmp`.
            let (inside, here) = (folder.join("root").join(temp), root.join(temp));
            Some(if same(&inside, &here) { here } else { inside })
        });
        let inner_pid = inner_pid.unwrap_or(pid);
        let command_line = folder.join("cmdline");
        Some(Self { pid, inner_pid, started, uid, is_alive, name, temp, command_line })
    }

    pub(super) fn process(&self, socket: PathBuf) -> Process {
        let Self { pid, inner_pid, started, name, .. } = self.clone();
        let line = read(&self.command_line).unwrap_or_default();
        let line = line.strip_suffix(&[0]).unwrap_or(&line);
        let arguments = line.split(|byte| *byte == 0);
        let command_line =
            arguments.map(|argument| String::from_utf8_lossy(argument).into_owned()).collect();
        Process { pid, inner_pid, started, socket, name, command_line }
    }
}

struct Stat {
    name: String,
    is_alive: bool,
    started: u64,
}

/// Name, state and start time. The name stands in brackets and may hold brackets itself.
fn stat_of(stat: &[u8]) -> Option<Stat> {
    let open = stat.iter().position(|byte| *byte == b'(')?;
    let close = stat.iter().rposition(|byte| *byte == b')')?;
    let name = stat.get(open + 1..close)?;
    let rest = str::from_utf8(stat.get(close + 1..)?).ok()?;
    // The state is the third field, the start time the 22nd.
    let mut fields = rest.split_ascii_whitespace();
    let is_alive = !matches!(fields.next()?, "Z" | "X" | "x");
    let started = fields.nth(18)?.parse().ok()?;
    Some(Stat { name: String::from_utf8_lossy(name).into_owned(), is_alive, started })
}

/// The user it acts as, and its innermost process id.
fn status_of(status: &[u8]) -> Option<(u32, Option<u32>)> {
    let (mut uid, mut inner_pid) = (None, None);
    for line in status.split(|byte| *byte == b'\n') {
        let Ok(line) = str::from_utf8(line) else { continue };
        if let Some(uids) = line.strip_prefix("Uid:") {
            // Real, effective, saved, file system.
            uid = uids.split_ascii_whitespace().nth(1).and_then(|uid| uid.parse().ok());
        } else if let Some(pids) = line.strip_prefix("NSpid:") {
            inner_pid = pids.split_ascii_whitespace().next_back().and_then(|pid| pid.parse().ok());
        }
    }
    Some((uid?, inner_pid))
}

/// The folder for temporary files that an environment names.
fn temp_of(environ: &[u8]) -> PathBuf {
    let mut variables = environ.split(|byte| *byte == 0);
    let temp = variables.find_map(|variable| variable.strip_prefix(b"TMPDIR="));
    let temp = temp.filter(|temp| !temp.is_empty()).unwrap_or(b"/tmp");
    PathBuf::from(OsStr::from_bytes(temp))
}

/// Whether two paths are the same folder, as far as can be seen.
fn same(a: &Path, b: &Path) -> bool {
    let id = |path| fs::metadata(path).map(|meta| (meta.dev(), meta.ino()));
    matches!((id(a), id(b)), (Ok(a), Ok(b)) if a == b)
}

fn read(path: &Path) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(path).ok()?.take(LONGEST).read_to_end(&mut bytes).ok()?;
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_may_hold_anything() {
        let stat = b"12 (a) R 1 (x) S 1 1 1 0 -1 4194560 1 0 0 0 2 3 0 0 20 0 7 0 98765 1 2 3\n";
        let stat = stat_of(stat).unwrap();
        assert_eq!((stat.name.as_str(), stat.started, stat.is_alive), ("a) R 1 (x", 98765, true));
        let zombie = stat_of(b"12 (a) Z 1 1 1 0 -1 0 1 0 0 0 2 3 0 0 20 0 7 0 5 1").unwrap();
        assert!(!zombie.is_alive);
        for cut in [&b""[..], b"12", b"12 (a", b"12 (a)", b"12 )a( S", b"12 (a) S 1 2 3"] {
            assert!(stat_of(cut).is_none());
        }
    }

    #[test]
    fn inner_ids_and_users() {
        let status = b"Name:\tx\nUid:\t1000\t1001\t1002\t1003\nNSpid:\t500\t20\t1\n";
        assert_eq!(status_of(status), Some((1001, Some(1))));
        assert_eq!(status_of(b"Uid:\t7\t7\t7\t7\n"), Some((7, None)));
        assert_eq!(status_of(b"Name:\tx\n"), None);
    }

    #[test]
    fn folders_for_temporary_files() {
        assert_eq!(temp_of(b"A=1\0TMPDIR=/x y\0B=2\0"), Path::new("/x y"));
        assert_eq!(temp_of(b"XTMPDIR=/x\0"), Path::new("/tmp"));
        assert_eq!(temp_of(b"TMPDIR=\0"), Path::new("/tmp"));
    }
}
