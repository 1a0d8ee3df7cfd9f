//! Streams and their ends, against a strict runtime that uses ids again.

#![cfg(unix)]
#![allow(clippy::indexing_slicing, reason = "tests")]

use std::io::{ErrorKind, Read};
use std::sync::{Arc, Barrier, mpsc};
use std::time::Duration;

use tracemill_ipc::{Client, Error, Provider, Session, SessionConfig, Step, Stop, Timeouts};

mod strict;

use strict::{Command, Runtime, Traits};

fn start(runtime: &Runtime) -> Session {
    start_with(runtime, Timeouts::default())
}

fn start_with(runtime: &Runtime, timeouts: Timeouts) -> Session {
    let client = Client::connect(runtime.path.as_path(), timeouts).unwrap();
    client.start(&SessionConfig::new(vec![Provider::new("Demo", 1, 5)])).unwrap()
}

fn stops(runtime: &Runtime) -> Vec<(u64, bool)> {
    runtime.notes(|notes| notes.stops.clone())
}

/// Waits until the runtime has served all that was sent before.
fn settle(runtime: &Runtime) {
    Client::connect(runtime.path.as_path(), Timeouts::default()).unwrap().process_info().unwrap();
}

#[test]
fn stopped_while_another_thread_reads() {
    // More than a socket holds.
    let runtime = Runtime::new(Traits { rundown: 4 << 20, ..Traits::default() });
    let session = start(&runtime);
    runtime.write(session.id(), b"events");
    let (mut reader, stopper) = session.split();
    let reading = std::thread::spawn(move || {
        let mut bytes = Vec::new();
        reader.read_to_end(&mut bytes).unwrap();
        (bytes, reader)
    });
    assert_eq!(stopper.stop(), Ok(Stop::Sent));
    let (bytes, reader) = reading.join().unwrap();
    assert_eq!(bytes.len(), 6 + (4 << 20));
    assert!(reader.is_ended() && bytes.starts_with(b"eventsrrr"));
}

#[test]
fn stopped_and_read_on_one_thread() {
    let runtime = Runtime::new(Traits { rundown: 1 << 20, ..Traits::default() });
    let mut session = start(&runtime);
    assert_eq!(session.stop(), Ok(Stop::Sent));
    assert_eq!(session.stop(), Ok(Stop::Sent));
    let mut bytes = Vec::new();
    session.read_to_end(&mut bytes).unwrap();
    assert_eq!(bytes.len(), 1 << 20);
    assert_eq!(session.stop(), Ok(Stop::Sent));
    settle(&runtime);
    assert_eq!(stops(&runtime).len(), 1, "one message for three calls");
}

#[test]
fn silence_is_not_the_end() {
    let runtime = Runtime::new(Traits::default());
    let mut session = start(&runtime);
    session.set_read_timeout(Some(Duration::from_millis(5))).unwrap();
    let mut bytes = [0; 16];
    for _ in 0..3 {
        assert_eq!(session.read(&mut bytes).unwrap_err().kind(), ErrorKind::TimedOut);
    }
    runtime.write(session.id(), b"late");
    assert_eq!(session.read(&mut bytes).unwrap(), 4);
    runtime.end(session.id());
    assert_eq!(session.read(&mut bytes).unwrap(), 0);
    assert_eq!(session.read(&mut bytes).unwrap(), 0);
}

#[test]
fn an_id_that_is_used_again_is_safe() {
    let runtime = Runtime::new(Traits::default());
    let (mut reader, stopper) = start(&runtime).split();
    runtime.end(stopper.id());
    let other = start(&runtime);
    assert_eq!(other.id(), stopper.id(), "used again");
    let mut bytes = Vec::new();
    reader.read_to_end(&mut bytes).unwrap();
    assert_eq!(stopper.stop(), Ok(Stop::Ended));
    settle(&runtime);
    assert_eq!(stops(&runtime), []);
    assert_eq!(runtime.sessions(), [other.id()]);
}

#[test]
fn the_end_counts_before_it_is_read() {
    let runtime = Runtime::new(Traits::default());
    let session = start(&runtime);
    runtime.write(session.id(), b"not read yet");
    let (mut reader, stopper) = session.split();
    runtime.end(stopper.id());
    let other = start(&runtime);
    assert_eq!(other.id(), stopper.id(), "used again");
    assert_eq!(stopper.stop(), Ok(Stop::Ended));
    settle(&runtime);
    assert_eq!(stops(&runtime), []);
    let mut text = String::new();
    reader.read_to_string(&mut text).unwrap();
    assert_eq!(text, "not read yet");
}

#[test]
fn a_dropped_reader_is_not_stopped() {
    let runtime = Runtime::new(Traits::default());
    let (reader, stopper) = start(&runtime).split();
    let id = stopper.id();
    drop(reader);
    assert_eq!(stopper.stop(), Ok(Stop::Ended));
    settle(&runtime);
    assert_eq!(stops(&runtime), []);
    // The runtime finds the stream closed when it writes next.
    runtime.end(id);
}

#[test]
fn a_dropped_session_closes_its_stream() {
    let runtime = Runtime::new(Traits::default());
    let (reader, stopper) = start(&runtime).split();
    drop(stopper);
    assert_eq!(runtime.sessions().len(), 1, "who drops the stopper reads on");
    drop(reader);
    settle(&runtime);
    assert_eq!(stops(&runtime), []);
}

#[test]
fn a_reader_dropped_while_stopping_is_replaced() {
    // The stop is served once the reader is gone, and its rundown does not fit in the socket.
    let gone = Arc::new(Barrier::new(2));
    let wait = Arc::clone(&gone);
    let (arrived, arrives) = mpsc::channel();
    let before = move |command: &Command| {
        if matches!(command, Command::Stop(_)) {
            arrived.send(()).unwrap();
            wait.wait();
        }
    };
    let runtime = Runtime::new(Traits {
        rundown: 4 << 20,
        before: Some(Arc::new(before)),
        ..Traits::default()
    });
    let (reader, stopper) = start(&runtime).split();
    let id = stopper.id();
    let stopping = std::thread::spawn(move || stopper.stop());
    arrives.recv().unwrap();
    drop(reader);
    assert_eq!(runtime.sessions(), [id], "the session lives as long as the stop is under way");
    gone.wait();
    assert_eq!(stopping.join().unwrap(), Ok(Stop::Sent));
    assert_eq!(stops(&runtime), [(id, true)]);
    assert_eq!(runtime.notes(|notes| notes.cut), 0, "all was read");
}

#[test]
fn a_stop_that_takes_too_long() {
    // Nobody reads, so the rundown does not get through.
    let runtime = Runtime::new(Traits { rundown: 4 << 20, ..Traits::default() });
    let mut timeouts = Timeouts::default();
    timeouts.stop = Duration::from_millis(50);
    let (mut reader, stopper) = start_with(&runtime, timeouts).split();
    assert_eq!(stopper.stop(), Err(Error::Timeout(Step::Stop)));
    let mut bytes = Vec::new();
    reader.read_to_end(&mut bytes).unwrap();
    assert_eq!(bytes.len(), 4 << 20, "it was only late");
}

#[test]
fn a_stop_that_cannot_be_sent() {
    let runtime = Runtime::new(Traits::default());
    let mut session = start(&runtime);
    // A process that survives a signal has removed its socket.
    let away = runtime.path.with_extension("away");
    std::fs::rename(&runtime.path, &away).unwrap();
    assert_eq!(session.stop(), Err(Error::NotFound));
    runtime.write(session.id(), b"goes on");
    let mut bytes = [0; 7];
    session.read_exact(&mut bytes).unwrap();
    std::fs::rename(&away, &runtime.path).unwrap();
    assert_eq!(session.stop(), Ok(Stop::Sent), "it may be tried again");
    assert_eq!(session.read(&mut bytes).unwrap(), 0);
}

#[test]
fn ends_and_stops_that_race() {
    let runtime = Runtime::new(Traits { rundown: 1000, ..Traits::default() });
    for round in 0..100u32 {
        let session = start(&runtime);
        let id = session.id();
        let (mut reader, stopper) = session.split();
        let both = Barrier::new(2);
        let stop = std::thread::scope(|scope| {
            let stopping = scope.spawn(|| {
                both.wait();
                stopper.stop()
            });
            both.wait();
            if round.is_multiple_of(2) {
                drop(reader);
            } else {
                let mut bytes = Vec::new();
                reader.read_to_end(&mut bytes).unwrap();
            }
            stopping.join().unwrap().unwrap()
        });
        settle(&runtime);
        // Sent once to the session it was meant for, or not at all.
        let seen = runtime.notes(|notes| notes.stops.len());
        if stop == Stop::Ended {
            runtime.end(id);
        }
        let sent = runtime.notes(|notes| notes.stops.iter().filter(|stop| stop.1).count());
        assert_eq!(sent, seen, "round {round}");
        assert_eq!(runtime.sessions(), [], "round {round}");
    }
}
