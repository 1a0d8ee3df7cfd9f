//! A runtime to test against: one thread that serves one connection after the other, as real ones
//! do, reads messages strictly, and notes what would have ended a real process.

#![allow(clippy::indexing_slicing, dead_code, reason = "tests; not all of them use all of it")]

use std::collections::BTreeMap;
use std::io::Write;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

mod parse;

pub use parse::Command;
use parse::{UNKNOWN_COMMAND, Wrong};

/// A folder of its own, removed when dropped.
pub struct Folder(pub PathBuf);

impl Folder {
    pub fn new() -> Self {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("tm-ipc-{}-{count}", std::process::id());
        let path = std::env::temp_dir().join(name);
        let _ = std::fs::remove_dir_all(&path);
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    pub fn join(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// What is called with a command.
pub type Before = Arc<dyn Fn(&Command) + Send + Sync>;

/// What a runtime is like.
#[derive(Clone)]
pub struct Traits {
    /// The newest collect command it knows.
    pub collect: u8,
    /// The newest command for process information; 0 for none of the whole set.
    pub info: u8,
    /// Bytes that a session gets when it is stopped.
    pub rundown: usize,
    /// Called before a command is served, by the thread that serves.
    pub before: Option<Before>,
}

impl Default for Traits {
    fn default() -> Self {
        Self { collect: 5, info: 3, rundown: 0, before: None }
    }
}

/// What has happened.
#[derive(Default)]
pub struct Notes {
    /// Commands that came, known or not: set and id.
    pub commands: Vec<(u8, u8)>,
    /// Those that were understood.
    pub served: Vec<Command>,
    /// Why the process would have ended.
    pub killed: Option<String>,
    /// What was refused, and is a client's mistake.
    pub refused: Vec<u32>,
    /// Ids that were to be stopped, and whether there was such a session.
    pub stops: Vec<(u64, bool)>,
    /// How many streams were closed by their reader before all was written.
    pub cut: usize,
}

#[derive(Default)]
struct Inner {
    notes: Mutex<Notes>,
    sessions: Mutex<BTreeMap<u64, UnixStream>>,
    is_over: AtomicBool,
    /// The connection that waits at a port.
    dialled: Mutex<Option<UnixStream>>,
}

pub struct Runtime {
    pub path: PathBuf,
    inner: Arc<Inner>,
    thread: Option<JoinHandle<()>>,
    _folder: Folder,
}

impl Runtime {
    pub fn new(traits: Traits) -> Self {
        let folder = Folder::new();
        let path = folder.join("socket");
        let listener = UnixListener::bind(&path).unwrap();
        let inner = Arc::new(Inner::default());
        let serving = Arc::clone(&inner);
        let serve = move || {
            for stream in listener.incoming() {
                if serving.is_over.load(Ordering::Acquire) {
                    break;
                }
                serve(&serving, &traits, stream.unwrap());
            }
        };
        let thread = Some(std::thread::spawn(serve));
        Self { path, inner, thread, _folder: folder }
    }

    /// One that dials in at a port, again and again, and gives its cookie and process id.
    pub fn dial(port: &Path, cookie: u8, traits: Traits) -> Self {
        let inner = Arc::new(Inner::default());
        let (serving, path) = (Arc::clone(&inner), port.to_owned());
        let advertise = advertise(cookie);
        let dial = move || {
            while let Ok(mut stream) = UnixStream::connect(&path) {
                *serving.dialled.lock().unwrap() = Some(stream.try_clone().unwrap());
                if serving.is_over.load(Ordering::Acquire) {
                    break;
                }
                // The port may be gone by now.
                if stream.write_all(&advertise).is_ok() {
                    serve(&serving, &traits, stream);
                }
            }
        };
        let thread = Some(std::thread::spawn(dial));
        Self { path: port.to_owned(), inner, thread, _folder: Folder::new() }
    }

    /// Sends bytes in a session.
    pub fn write(&self, id: u64, bytes: &[u8]) {
        self.inner.sessions.lock().unwrap().get(&id).unwrap().write_all(bytes).unwrap();
    }

    /// Ends a session of itself.
    pub fn end(&self, id: u64) {
        self.inner.sessions.lock().unwrap().remove(&id).unwrap();
    }

    /// The sessions that run.
    pub fn sessions(&self) -> Vec<u64> {
        self.inner.sessions.lock().unwrap().keys().copied().collect()
    }

    /// What has happened.
    pub fn notes<T>(&self, look: impl FnOnce(&Notes) -> T) -> T {
        look(&self.inner.notes.lock().unwrap())
    }

    /// Fails if a message came that would have ended a process, or that was refused.
    pub fn assert_well(&self) {
        self.notes(|notes| {
            assert_eq!(notes.killed, None);
            assert_eq!(notes.refused, [0; 0]);
        });
    }
}

impl Drop for Runtime {
    fn drop(&mut self) {
        self.inner.is_over.store(true, Ordering::Release);
        if let Some(stream) = self.inner.dialled.lock().unwrap().take() {
            let _ = stream.shutdown(std::net::Shutdown::Both);
        } else {
            let _ = UnixStream::connect(&self.path);
        }
        let thread = self.thread.take().unwrap().join();
        if !std::thread::panicking() {
            thread.unwrap();
            self.assert_well();
        }
    }
}

fn serve(inner: &Inner, traits: &Traits, mut stream: UnixStream) {
    stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    let Some(message) = parse::read(&mut stream) else { return };
    let command = message.and_then(|(set, id, payload)| {
        inner.notes.lock().unwrap().commands.push((set, id));
        parse::parse(set, id, &payload, traits.collect)
    });
    match command {
        Ok(command) => {
            if let Some(before) = &traits.before {
                before(&command);
            }
            inner.notes.lock().unwrap().served.push(command.clone());
            act(inner, traits, stream, &command);
        }
        Err(Wrong::Answer(code)) => {
            if code != UNKNOWN_COMMAND {
                inner.notes.lock().unwrap().refused.push(code);
            }
            let _ = stream.write_all(&error(code));
        }
        Err(Wrong::Kills(why)) => inner.notes.lock().unwrap().killed = Some(why),
    }
}

fn act(inner: &Inner, traits: &Traits, mut stream: UnixStream, command: &Command) {
    let payload = match command {
        Command::Collect(_) => {
            let mut sessions = inner.sessions.lock().unwrap();
            // Addresses, used again as soon as they are free.
            let id = (0..).map(|n| 0x7f58_2800_1300 + n * 0x100);
            let id = id.into_iter().find(|id| !sessions.contains_key(id)).unwrap();
            let _ = stream.write_all(&ok(&id.to_le_bytes()));
            sessions.insert(id, stream);
            return;
        }
        Command::Stop(id) => {
            let session = inner.sessions.lock().unwrap().remove(id);
            inner.notes.lock().unwrap().stops.push((*id, session.is_some()));
            if let Some(mut session) = session {
                // As long as nobody reads, this takes.
                let written = session.write_all(&vec![b'r'; traits.rundown]);
                inner.notes.lock().unwrap().cut += usize::from(written.is_err());
            }
            id.to_le_bytes().to_vec()
        }
        Command::Info(version) if *version <= traits.info => info(*version),
        Command::Resume | Command::SetVariable(..) if traits.info > 0 => vec![0; 4],
        Command::Environment if traits.info > 0 => {
            let rest = [&2u32.to_le_bytes()[..], &text("A=1"), &text("B=x=y")].concat();
            let size = u32::try_from(rest.len()).unwrap().to_le_bytes();
            let _ = stream.write_all(&ok(&[&size[..], &[0, 0]].concat()));
            let _ = stream.write_all(&rest);
            return;
        }
        _ => {
            let _ = stream.write_all(&error(UNKNOWN_COMMAND));
            return;
        }
    };
    let _ = stream.write_all(&ok(&payload));
}

fn info(version: u8) -> Vec<u8> {
    let mut payload = if version == 3 { vec![1, 0, 0, 0] } else { Vec::new() };
    payload.extend(4321u64.to_le_bytes());
    payload.extend([7; 16]);
    let texts = ["app --flag", "Linux", "x64", "app", "9.8.7", "linux-x64"];
    for part in &texts[..[0, 3, 5, 6][usize::from(version)]] {
        payload.extend(text(part));
    }
    payload
}

pub fn text(text: &str) -> Vec<u8> {
    let units: Vec<u16> = text.encode_utf16().chain([0]).collect();
    let bytes = units.iter().flat_map(|unit| unit.to_le_bytes());
    u32::try_from(units.len()).unwrap().to_le_bytes().into_iter().chain(bytes).collect()
}

/// What a runtime says when it dials in: `cookie` in each byte of its cookie, and as its process id.
pub fn advertise(cookie: u8) -> Vec<u8> {
    [b"ADVR_V1\0", &[cookie; 16][..], &[cookie, 0, 0, 0, 0, 0, 0, 0, 0, 0]].concat()
}

pub fn answer(id: u8, payload: &[u8]) -> Vec<u8> {
    let size = u16::try_from(20 + payload.len()).unwrap().to_le_bytes();
    [b"DOTNET_IPC_V1\0", &size[..], &[0xFF, id, 0, 0], payload].concat()
}

pub fn ok(payload: &[u8]) -> Vec<u8> {
    answer(0, payload)
}

pub fn error(code: u32) -> Vec<u8> {
    answer(0xFF, &code.to_le_bytes())
}

/// A server that gives each connection in turn what it is told to, once a message has come: bytes,
/// and whether the connection is closed then. Those left open are closed when it is dropped.
pub struct Canned {
    pub path: PathBuf,
    thread: Option<JoinHandle<Vec<UnixStream>>>,
    _folder: Folder,
}

impl Canned {
    pub fn new(answers: Vec<(Vec<u8>, bool)>) -> Self {
        let folder = Folder::new();
        let path = folder.join("socket");
        let listener = UnixListener::bind(&path).unwrap();
        let serve = move || {
            let mut open = Vec::new();
            for (answer, closes) in answers {
                let (mut stream, _) = listener.accept().unwrap();
                let _ = parse::read(&mut stream);
                let _ = stream.write_all(&answer);
                if !closes {
                    open.push(stream);
                }
            }
            open
        };
        Self { path, thread: Some(std::thread::spawn(serve)), _folder: folder }
    }

    pub fn path(&self) -> &Path {
        &self.path
    }
}
