#![allow(clippy::indexing_slicing, reason = "tests")]

use std::os::unix::fs::symlink;
use std::os::unix::net::UnixListener;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::*;

/// A system in a folder: `proc`, `tmp`, and what else a test makes.
struct System {
    root: PathBuf,
    uid: u32,
}

impl System {
    fn new() -> Self {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let name =
            format!("tm-proc-{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        let root = std::env::temp_dir().join(name);
        let _ = fs::remove_dir_all(&root);
        fs::create_dir_all(root.join("proc/self")).unwrap();
        fs::create_dir_all(root.join("tmp")).unwrap();
        let uid = fs::metadata(&root).unwrap().uid();
        Self { root, uid }
    }

    /// A process; `inner` is the folder that it sees as the root, and its id there.
    fn process(&self, pid: u32, started: u64, environ: &str, inner: Option<(&str, u32)>) {
        let folder = self.root.join("proc").join(pid.to_string());
        fs::create_dir_all(&folder).unwrap();
        let stat = format!(
            "{pid} (some app) S 1 1 1 0 -1 4194560 1 0 0 0 2 3 0 0 20 0 7 0 {started} 1 2 3\n"
        );
        fs::write(folder.join("stat"), stat).unwrap();
        let (root, inner_pid) = inner.unwrap_or(("", pid));
        let pids = if inner_pid == pid { format!("{pid}") } else { format!("{pid}\t{inner_pid}") };
        let status = format!("Name:\tx\nUid:\t0\t{0}\t0\t0\nNSpid:\t{pids}\n", self.uid);
        fs::write(folder.join("status"), status).unwrap();
        fs::write(folder.join("environ"), environ).unwrap();
        fs::write(folder.join("cmdline"), format!("/bin/app\0--n\0{pid}\0")).unwrap();
        let root = self.root.join(root);
        fs::create_dir_all(root.join("tmp")).unwrap();
        symlink(root, folder.join("root")).unwrap();
    }

    fn socket(&self, folder: &str, pid: u32, started: u64) -> PathBuf {
        let folder = self.root.join(folder);
        fs::create_dir_all(&folder).unwrap();
        let path = folder.join(format!("dotnet-diagnostic-{pid}-{started}-socket"));
        drop(UnixListener::bind(&path).unwrap());
        path
    }

    fn places(&self) -> Places {
        Places::below(self.root.clone(), self.uid)
    }

    fn pids(&self) -> Vec<(u32, u32)> {
        let listing = self.places().list().unwrap();
        listing.processes.iter().map(|process| (process.pid, process.inner_pid)).collect()
    }
}

impl Drop for System {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.root);
    }
}

#[test]
fn a_process_and_its_socket() {
    let system = System::new();
    system.process(12, 900, "A=1\0", None);
    system.process(13, 901, "A=1\0", None);
    let socket = system.socket("tmp", 12, 900);
    let listing = system.places().list().unwrap();
    let found = &listing.processes[0];
    assert_eq!((found.pid, found.inner_pid, found.started), (12, 12, 900));
    assert_eq!((found.name.as_str(), &found.socket), ("some app", &socket));
    assert_eq!(found.command_line, ["/bin/app", "--n", "12"]);
    assert_eq!((listing.processes.len(), listing.unusable.len()), (1, 0));
    assert_eq!(system.places().find(12).as_ref(), Ok(found));
    assert_eq!(system.places().find(13), Err(Error::NoSocket { pid: 13 }));
    assert_eq!(system.places().find(14), Err(Error::NoProcess { pid: 14 }));
}

#[test]
fn sockets_of_nobody() {
    let system = System::new();
    system.process(12, 900, "", None);
    let reused = system.socket("tmp", 12, 800);
    let dead = system.socket("tmp", 77, 700);
    let file = system.root.join("tmp/dotnet-diagnostic-12-900-socket");
    fs::write(&file, "").unwrap();
    for other in ["dotnet-diagnostic-x-1-socket", "dotnet-diagnostic-12-socket", "clr-debug-12-1"] {
        fs::write(system.root.join("tmp").join(other), "").unwrap();
    }
    let listing = system.places().list().unwrap();
    assert_eq!(listing.processes, []);
    let seen: Vec<_> =
        listing.unusable.iter().map(|unusable| (&unusable.socket, unusable.reason)).collect();
    let expected = [(&reused, Reason::Reused), (&file, Reason::NotASocket), (&dead, Reason::Dead)];
    assert_eq!(seen, expected);
    assert_eq!(system.places().find(12), Err(Error::NoSocket { pid: 12 }));
}

#[test]
fn a_process_that_has_ended_but_was_not_waited_for() {
    let system = System::new();
    system.process(12, 900, "", None);
    let stat = system.root.join("proc/12/stat");
    let text = fs::read_to_string(&stat).unwrap().replace(") S", ") Z");
    fs::write(stat, text).unwrap();
    system.socket("tmp", 12, 900);
    assert_eq!(system.pids(), []);
    assert_eq!(system.places().find(12), Err(Error::NoProcess { pid: 12 }));
}

#[test]
fn folders_of_their_own() {
    let system = System::new();
    system.process(12, 900, "TMPDIR=/var/x\0", None);
    system.process(13, 901, "TMPDIR=/tmp/\0", None);
    let socket = system.socket("var/x", 12, 900);
    system.socket("tmp", 13, 901);
    assert_eq!(system.pids(), [(12, 12), (13, 13)]);
    assert_eq!(system.places().find(12).unwrap().socket, socket);
    // Not to be seen in its environment, but told.
    fs::remove_file(system.root.join("proc/12/environ")).unwrap();
    assert_eq!(system.pids(), [(13, 13)]);
    assert_eq!(system.places().find(12), Err(Error::NoSocket { pid: 12 }));
    let places = system.places().folders([PathBuf::from("/var/x")]);
    assert_eq!(places.list().unwrap().processes.len(), 2);
    assert_eq!(places.find(12).unwrap().socket, socket);
}

#[test]
fn containers() {
    let system = System::new();
    // Two with the same id inside, started in the same tick, and one that shares our folder.
    system.process(500, 900, "", Some(("a", 1)));
    system.process(600, 900, "TMPDIR=/t", Some(("b", 1)));
    system.process(700, 950, "", Some(("", 7)));
    // In the first container there is somebody else.
    system.process(499, 899, "", Some(("a", 2)));
    system.socket("a/tmp", 1, 900);
    system.socket("b/t", 1, 900);
    let shared = system.socket("tmp", 7, 950);
    assert_eq!(system.pids(), [(500, 1), (600, 1), (700, 7)]);
    let listing = system.places().list().unwrap();
    for process in listing.processes {
        assert_eq!(system.places().find(process.pid), Ok(process));
    }
    let socket = system.places().find(500).unwrap().socket;
    let expected = "proc/500/root/tmp/dotnet-diagnostic-1-900-socket";
    assert_eq!(socket, system.root.join(expected));
    let socket = system.places().find(600).unwrap().socket;
    assert_eq!(socket, system.root.join("proc/600/root/t/dotnet-diagnostic-1-900-socket"));
    assert_eq!(system.places().find(700).unwrap().socket, shared);
}

#[test]
fn services_with_a_folder_of_their_own_under_the_same_name() {
    let system = System::new();
    system.process(12, 900, "", None);
    // What the service sees is the system, but for one folder.
    let root = system.root.join("proc/12/root");
    fs::remove_file(&root).unwrap();
    fs::create_dir_all(&root).unwrap();
    symlink(system.root.join("proc"), root.join("proc")).unwrap();
    let socket = system.socket("proc/12/root/tmp", 12, 900);
    assert_eq!(system.pids(), [(12, 12)]);
    assert_eq!(system.places().find(12).unwrap().socket, socket);
}

#[test]
fn other_users() {
    let system = System::new();
    system.process(12, 900, "", None);
    system.process(13, 900, "", None);
    let socket = system.socket("tmp", 12, 900);
    let places = Places::below(system.root.clone(), system.uid + 1);
    let reason = Reason::OtherUser(system.uid);
    let expected = Unusable { pid: 12, socket, reason };
    assert_eq!(places.list().unwrap().unusable, [expected]);
    let other = Err(Error::OtherUser { uid: system.uid });
    assert_eq!((places.find(12), places.find(13)), (other.clone(), other));
    assert!(Places::below(system.root.clone(), 0).find(12).is_ok(), "root may");
}

#[test]
fn no_proc() {
    let system = System::new();
    fs::remove_dir_all(system.root.join("proc")).unwrap();
    assert_eq!(system.places().list(), Err(Error::Platform));
    assert_eq!(system.places().find(1), Err(Error::Platform));
}

#[test]
fn odd_proc_entries_are_passed_over() {
    let system = System::new();
    system.process(12, 900, "", None);
    system.socket("tmp", 12, 900);
    fs::create_dir_all(system.root.join("proc/13")).unwrap();
    fs::create_dir_all(system.root.join("proc/14/stat")).unwrap();
    fs::create_dir_all(system.root.join("proc/15")).unwrap();
    fs::write(system.root.join("proc/15/stat"), [0xFF, b'(', b')', 0xFF]).unwrap();
    fs::create_dir_all(system.root.join("proc/99999999999")).unwrap();
    assert_eq!(system.pids(), [(12, 12)]);
}

#[test]
fn this_system() {
    let places = Places::of_system();
    assert!(places.list().is_ok() || !Path::new("/proc").is_dir());
}
