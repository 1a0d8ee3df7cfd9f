//! A socket between a runtime and who asks it, that keeps what the runtime sends.

use std::io::{Read, Write};
use std::net::Shutdown;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::thread;

use crate::strict::Folder;

/// What a runtime sent, by connection.
type Kept = Arc<Mutex<Vec<Vec<u8>>>>;

pub struct Proxy {
    pub path: PathBuf,
    kept: Kept,
    _folder: Folder,
}

impl Proxy {
    /// Stands before the socket at `target`, until the test is over.
    pub fn new(target: &Path) -> Self {
        let folder = Folder::new();
        let path = folder.join("proxy");
        let listener = UnixListener::bind(&path).unwrap();
        let (kept, target) = (Kept::default(), target.to_owned());
        let keeping = Arc::clone(&kept);
        thread::spawn(move || {
            for client in listener.incoming() {
                // The process may be gone: then so is the connection.
                if let Ok(server) = UnixStream::connect(&target) {
                    join(client.unwrap(), server, &keeping);
                }
            }
        });
        Self { path, kept, _folder: folder }
    }

    /// The longest that came on one connection, without the answer that precedes it.
    pub fn stream(&self) -> Vec<u8> {
        let kept = self.kept.lock().unwrap();
        let longest = kept.iter().max_by_key(|bytes| bytes.len()).unwrap();
        // Header and id of the session.
        longest[28..].to_vec()
    }
}

fn join(client: UnixStream, server: UnixStream, kept: &Kept) {
    let place = {
        let mut kept = kept.lock().unwrap();
        kept.push(Vec::new());
        kept.len() - 1
    };
    let (from, to) = (client.try_clone().unwrap(), server.try_clone().unwrap());
    let kept = Arc::clone(kept);
    thread::spawn(move || {
        copy(server, &client, |bytes| kept.lock().unwrap()[place].extend_from_slice(bytes));
        let _ = client.shutdown(Shutdown::Both);
    });
    thread::spawn(move || {
        copy(from, &to, |_| {});
        let _ = to.shutdown(Shutdown::Write);
    });
}

fn copy(mut from: UnixStream, mut to: &UnixStream, mut keep: impl FnMut(&[u8])) {
    let mut bytes = vec![0; 64 << 10];
    while let Ok(len @ 1..) = from.read(&mut bytes) {
        // Kept first: what was passed on has been kept.
        keep(&bytes[..len]);
        if to.write_all(&bytes[..len]).is_err() {
            return;
        }
    }
}
