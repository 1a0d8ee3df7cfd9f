//! Runtimes that dial in: many, for ever, and some that are none.

#![cfg(unix)]
#![allow(clippy::indexing_slicing, clippy::cast_possible_truncation, reason = "tests")]

use std::collections::BTreeSet;
use std::io::{Read, Write};
use std::os::unix::fs::{FileTypeExt, PermissionsExt};
use std::os::unix::net::{UnixListener, UnixStream};
use std::time::Duration;

use tracemill_ipc::{
    Error, Port, PortLimits, PortStats, Provider, SessionConfig, Step, Stop, Timeouts,
};

mod strict;

use strict::{Command, Folder, Runtime, Traits, advertise};

const LONG: Duration = Duration::from_secs(20);

fn port(folder: &Folder) -> Port {
    Port::listen(folder.join("port"), Timeouts::all(LONG)).unwrap()
}

fn config() -> SessionConfig {
    SessionConfig::new(vec![Provider::new("Demo", 1, 5)])
}

/// Waits until the port holds what it should. The port looks twice a second.
fn wait_for(port: &Port, is_right: impl Fn(PortStats) -> bool) {
    for _ in 0..2000 {
        if is_right(port.stats()) {
            return;
        }
        std::thread::park_timeout(Duration::from_millis(10));
    }
    panic!("{:?}", port.stats());
}

fn holds(runtimes: usize, waiting: usize) -> impl Fn(PortStats) -> bool {
    move |stats| (stats.runtimes, stats.waiting) == (runtimes, waiting)
}

#[test]
fn a_suspended_start() {
    let folder = Folder::new();
    let port = port(&folder);
    let fake = Runtime::dial(port.path(), 9, Traits { rundown: 1 << 20, ..Traits::default() });
    let runtime = port.accept_new(LONG).unwrap();
    assert_eq!((runtime.cookie().0, runtime.pid()), ([9; 16], 9));
    let session = runtime.start(&config()).unwrap();
    runtime.resume().unwrap();
    assert_eq!(runtime.process_info().unwrap().pid, 4321);
    fake.write(session.id(), b"events");
    let (mut reader, stopper) = session.split();
    let reading = std::thread::spawn(move || {
        let mut bytes = Vec::new();
        reader.read_to_end(&mut bytes).unwrap();
        bytes.len()
    });
    assert_eq!(stopper.stop(), Ok(Stop::Sent));
    assert_eq!(reading.join().unwrap(), 6 + (1 << 20));
    fake.notes(|notes| {
        let served: Vec<_> = notes.commands.iter().map(|(_, id)| *id).collect();
        assert_eq!(served, [6, 1, 8, 1]);
    });
}

#[test]
fn an_older_runtime_dials_for_each_attempt() {
    let folder = Folder::new();
    let port = port(&folder);
    let fake = Runtime::dial(port.path(), 1, Traits { collect: 2, ..Traits::default() });
    let session = port.accept_new(LONG).unwrap().start(&config()).unwrap();
    assert_eq!(session.command(), tracemill_ipc::Collect::V2);
    fake.notes(|notes| assert_eq!(notes.commands.len(), 4));
}

#[test]
fn fifty_processes_at_one_port() {
    let folder = Folder::new();
    let port = port(&folder);
    let fakes: Vec<_> =
        (1..=50).map(|n| Runtime::dial(port.path(), n, Traits::default())).collect();
    let mut seen = BTreeSet::new();
    let mut sessions = Vec::new();
    for _ in &fakes {
        let runtime = port.accept_new(LONG).unwrap();
        assert!(seen.insert(runtime.pid()));
        let session = runtime.start(&config()).unwrap();
        runtime.resume().unwrap();
        sessions.push((runtime, session));
    }
    assert_eq!(
        port.accept_new(Duration::from_millis(1)).unwrap_err(),
        Error::Timeout(Step::Dial),
        "all have been given out"
    );
    for (runtime, session) in &mut sessions {
        let fake = &fakes[runtime.pid() as usize - 1];
        fake.write(session.id(), &[runtime.pid() as u8]);
        let mut byte = [0];
        session.read_exact(&mut byte).unwrap();
        assert_eq!(u64::from(byte[0]), runtime.pid());
    }
    for fake in &fakes {
        fake.notes(|notes| assert!(notes.served.contains(&Command::Resume)));
    }
}

#[test]
fn processes_that_come_and_go() {
    let folder = Folder::new();
    let mut limits = PortLimits::default();
    limits.runtimes = 8;
    let port = Port::listen_with(folder.join("port"), Timeouts::all(LONG), limits).unwrap();
    for round in 0..50u8 {
        let streams: Vec<_> = (0..20)
            .map(|n| {
                let mut stream = UnixStream::connect(port.path()).unwrap();
                stream.write_all(&advertise(round.wrapping_mul(20).wrapping_add(n))).unwrap();
                stream
            })
            .collect();
        // Some are taken and dropped, most never looked at.
        if round % 4 == 0 {
            drop(port.accept_new(LONG).unwrap());
        }
        assert!(port.stats().runtimes <= 8 && port.stats().waiting <= 8 * 4);
        drop(streams);
    }
    wait_for(&port, |stats| stats.waiting == 0);
}

#[test]
fn what_is_dead_is_dropped() {
    let folder = Folder::new();
    let port = port(&folder);
    let mut stream = UnixStream::connect(port.path()).unwrap();
    stream.write_all(&advertise(1)).unwrap();
    wait_for(&port, holds(1, 1));
    drop(stream);
    wait_for(&port, holds(0, 0));
    // Even before it is noticed, a dead connection is not used.
    let mut first = UnixStream::connect(port.path()).unwrap();
    first.write_all(&advertise(2)).unwrap();
    let runtime = port.accept_new(LONG).unwrap();
    drop(first);
    let _fake = Runtime::dial(port.path(), 2, Traits::default());
    assert_eq!(runtime.process_info().unwrap().pid, 4321);
}

#[test]
fn who_is_no_runtime_is_dropped() {
    let folder = Folder::new();
    let limits = PortLimits::default();
    let path = folder.join("port");
    let port = Port::listen_with(&path, Timeouts::all(LONG), limits).unwrap();
    let mut seed = 88_172_645_463_325_252u64;
    for _ in 0..200 {
        let mut stream = UnixStream::connect(&path).unwrap();
        let bytes: Vec<u8> = (0..40)
            .map(|_| {
                seed ^= seed << 13;
                seed ^= seed >> 7;
                seed ^= seed << 17;
                seed as u8
            })
            .collect();
        // It may be closed halfway.
        let _ = stream.write_all(&bytes[..(seed % 41) as usize]);
    }
    // Said in pieces.
    let mut slow = UnixStream::connect(&path).unwrap();
    for part in advertise(3).chunks(5) {
        slow.write_all(part).unwrap();
    }
    assert_eq!(port.accept_new(LONG).unwrap().pid(), 3);
    wait_for(&port, holds(1, 1));
    // One that says nothing is in nobody's way.
    let _silent = UnixStream::connect(&path).unwrap();
    let mut other = UnixStream::connect(&path).unwrap();
    other.write_all(&advertise(4)).unwrap();
    assert_eq!(port.accept_new(LONG).unwrap().pid(), 4);
}

#[test]
fn who_says_nothing_is_closed() {
    let folder = Folder::new();
    let mut limits = PortLimits::default();
    limits.advertise = Duration::from_millis(1);
    let port = Port::listen_with(folder.join("port"), Timeouts::default(), limits).unwrap();
    let mut silent = UnixStream::connect(port.path()).unwrap();
    assert_eq!(silent.read(&mut [0]).unwrap(), 0);
}

#[test]
fn a_runtime_that_does_not_come_again() {
    let folder = Folder::new();
    let timeouts = Timeouts::all(Duration::from_millis(50));
    let port = Port::listen(folder.join("port"), timeouts).unwrap();
    let mut stream = UnixStream::connect(port.path()).unwrap();
    stream.write_all(&advertise(1)).unwrap();
    let runtime = port.accept_new(LONG).unwrap();
    assert_eq!(runtime.process_info(), Err(Error::Timeout(Step::Reply)));
    assert_eq!(runtime.process_info(), Err(Error::Timeout(Step::Dial)));
    drop(port);
    assert_eq!(runtime.process_info(), Err(Error::Closed(Step::Dial)));
}

#[test]
fn the_socket_file() {
    let folder = Folder::new();
    let path = folder.join("port");
    let port = Port::listen(&path, Timeouts::default()).unwrap();
    let meta = std::fs::symlink_metadata(&path).unwrap();
    assert!(meta.file_type().is_socket());
    assert_eq!(meta.permissions().mode() & 0o777, 0o600);
    assert_eq!(Port::listen(&path, Timeouts::default()).unwrap_err(), Error::InUse);
    drop(port);
    assert!(!path.exists());

    // Left behind.
    drop(UnixListener::bind(&path).unwrap());
    let port = Port::listen(&path, Timeouts::default()).unwrap();
    // Replaced by somebody: theirs is not removed.
    std::fs::remove_file(&path).unwrap();
    std::fs::write(&path, "theirs").unwrap();
    drop(port);
    assert_eq!(std::fs::read(&path).unwrap(), b"theirs");
    assert_eq!(Port::listen(&path, Timeouts::default()).unwrap_err(), Error::InUse);

    let long = folder.join(&"p".repeat(200));
    assert_eq!(Port::listen(long, Timeouts::default()).unwrap_err(), Error::PathTooLong);
    let nowhere = folder.join("no/port");
    assert_eq!(Port::listen(nowhere, Timeouts::default()).unwrap_err(), Error::NotFound);
}
