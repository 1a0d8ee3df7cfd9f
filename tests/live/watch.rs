//! A session of our own: its stream is read on a thread, and kept.

use std::io::Read;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::thread::{JoinHandle, spawn};
use std::time::Instant;

use tracemill::ipc::{Client, Collect, EventFilter, Rundown, SessionConfig, Stop, Stopper};

use crate::child::{LONG, wait_for};
use crate::trace::Trace;

pub struct Watch {
    kept: Arc<Kept>,
    reading: JoinHandle<()>,
    stopper: Stopper,
    pub command: Collect,
}

#[derive(Default)]
struct Kept {
    bytes: Mutex<Vec<u8>>,
    more: Condvar,
    /// Until this is true nothing is read.
    is_open: Mutex<bool>,
    opened: Condvar,
    is_left: AtomicBool,
}

/// A session by this command that asks for `providers`, and for as much as the command can carry.
pub fn by(command: Collect, providers: &str) -> SessionConfig {
    let mut config = config(providers);
    config.newest = command;
    config.rundown = match command {
        Collect::V1 => Rundown::Default,
        Collect::V4 => Rundown::Keywords(0x20),
        _ => Rundown::None,
    };
    config.stacks = command < Collect::V3;
    if command == Collect::V5 {
        config.providers[0].filter = EventFilter::Except(vec![60_000]);
    }
    config
}

/// A session of these, with spaces between, without rundown.
pub fn config(providers: &str) -> SessionConfig {
    let mut config =
        SessionConfig::new(providers.split(' ').map(|text| text.parse().unwrap()).collect());
    config.rundown = Rundown::None;
    config
}

impl Watch {
    pub fn start(client: &Client, config: &SessionConfig) -> Self {
        let watch = Self::start_shut(client, config);
        watch.open();
        watch
    }

    /// One that reads nothing before it is opened.
    pub fn start_shut(client: &Client, config: &SessionConfig) -> Self {
        let session = client.start(config).unwrap();
        let command = session.command();
        let (mut reader, stopper) = session.split();
        let kept = Arc::<Kept>::default();
        let keeping = Arc::clone(&kept);
        let reading = spawn(move || {
            let is_open = keeping.is_open.lock().unwrap();
            drop(keeping.opened.wait_while(is_open, |is_open| !*is_open).unwrap());
            let mut bytes = vec![0; 256 << 10];
            while let len @ 1.. = reader.read(&mut bytes).unwrap() {
                if keeping.is_left.load(Ordering::Relaxed) {
                    return;
                }
                keeping.bytes.lock().unwrap().extend_from_slice(&bytes[..len]);
                keeping.more.notify_all();
            }
        });
        Self { kept, reading, stopper, command }
    }

    pub fn open(&self) {
        *self.kept.is_open.lock().unwrap() = true;
        self.kept.opened.notify_all();
    }

    /// How many bytes have come.
    pub fn len(&self) -> usize {
        self.kept.bytes.lock().unwrap().len()
    }

    /// Waits until so many bytes have come.
    pub fn wait_len(&self, len: usize) {
        let began = Instant::now();
        let bytes = self.kept.bytes.lock().unwrap();
        let (bytes, _) =
            self.kept.more.wait_timeout_while(bytes, LONG, |bytes| bytes.len() < len).unwrap();
        assert!(bytes.len() >= len, "{} of {len} bytes in {:?}", bytes.len(), began.elapsed());
    }

    /// What has come.
    pub fn so_far(&self) -> Trace {
        Trace::read(&self.kept.bytes.lock().unwrap())
    }

    /// Waits until what has come so far is like this.
    pub fn wait_until(&self, is_enough: impl Fn(&Trace) -> bool) {
        let began = Instant::now();
        let mut len = 0;
        loop {
            let bytes = self.kept.bytes.lock().unwrap().clone();
            if is_enough(&Trace::read(&bytes)) {
                return;
            }
            assert!(began.elapsed() < LONG && bytes.len() >= len, "nothing like it came");
            len = bytes.len() + 1;
            self.wait_len(len);
        }
    }

    /// Stops it. What came.
    pub fn stop(self) -> Vec<u8> {
        assert_eq!(self.stopper.stop(), Ok(Stop::Sent));
        self.reading.join().unwrap();
        Arc::into_inner(self.kept).unwrap().bytes.into_inner().unwrap()
    }

    /// Closes its stream, when the next bytes have come, and leaves it at that.
    pub fn leave(self) {
        self.kept.is_left.store(true, Ordering::Relaxed);
        self.reading.join().unwrap();
    }

    /// Waits for its end by itself. What came.
    pub fn end(self) -> Vec<u8> {
        wait_for("its end", || self.reading.is_finished());
        self.reading.join().unwrap();
        assert_eq!(self.stopper.stop(), Ok(Stop::Ended));
        Arc::into_inner(self.kept).unwrap().bytes.into_inner().unwrap()
    }
}
