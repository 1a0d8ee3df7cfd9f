//! `tracemill` with a pipe to it that stays open.

use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, ChildStdin, ChildStdout};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use crate::run::command;

/// A run that is ended after a minute, so that nothing hangs.
pub struct Pipe {
    child: Arc<Mutex<Child>>,
    stdin: Option<ChildStdin>,
    stdout: BufReader<ChildStdout>,
    /// Gone when the test is over.
    _done: Sender<()>,
}

impl Pipe {
    pub fn new(args: &[&str]) -> Self {
        let mut child = command(args).spawn().unwrap();
        let (stdin, stdout) = (child.stdin.take(), child.stdout.take().unwrap());
        let child = Arc::new(Mutex::new(child));
        let (done, is_done) = channel::<()>();
        let watched = Arc::clone(&child);
        std::thread::spawn(move || {
            let waited = is_done.recv_timeout(Duration::from_secs(60));
            if waited == Err(RecvTimeoutError::Timeout) {
                let _ = watched.lock().unwrap().kill();
            }
        });
        Self { child, stdin, stdout: BufReader::new(stdout), _done: done }
    }

    pub fn send(&mut self, bytes: &[u8]) {
        self.stdin.as_mut().unwrap().write_all(bytes).unwrap();
    }

    /// The next line, without its end.
    pub fn line(&mut self) -> String {
        let mut line = String::new();
        self.stdout.read_line(&mut line).unwrap();
        assert!(line.ends_with('\n'), "nothing came for a minute");
        line.trim_end().to_owned()
    }

    /// Asks it to stop, as Ctrl-C does.
    #[cfg(unix)]
    pub fn interrupt(&self) {
        crate::run::interrupt(&self.child.lock().unwrap());
    }

    /// Its id.
    #[cfg(unix)]
    pub fn id(&self) -> u32 {
        self.child.lock().unwrap().id()
    }

    /// Whether it has ended.
    #[cfg(unix)]
    pub fn has_ended(&self) -> bool {
        self.child.lock().unwrap().try_wait().unwrap().is_some()
    }

    /// Waits for its end while the pipe is open: exit code, what was not read yet, and standard error.
    pub fn end(&mut self) -> (i32, String, String) {
        let (mut out, mut err) = (String::new(), String::new());
        self.stdout.read_to_string(&mut out).unwrap();
        let mut child = self.child.lock().unwrap();
        child.stderr.take().unwrap().read_to_string(&mut err).unwrap();
        (child.wait().unwrap().code().expect("it ends within a minute"), out, err)
    }

    /// Waits for its end while the pipe is open.
    pub fn wait(&mut self) -> i32 {
        self.stdout.read_to_end(&mut Vec::new()).unwrap();
        self.child.lock().unwrap().wait().unwrap().code().expect("it ends within a minute")
    }

    /// Closes the pipe: exit code, what was not read yet, and standard error.
    pub fn close(mut self) -> (i32, String, String) {
        self.stdin = None;
        self.end()
    }
}
