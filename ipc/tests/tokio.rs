//! The same for async programs.

#![cfg(all(unix, feature = "tokio"))]
#![allow(clippy::indexing_slicing, reason = "tests")]

use std::sync::{Arc, Barrier};
use std::time::Duration;

use tokio::io::AsyncReadExt;
use tracemill_ipc::tokio::{Client, Session};
use tracemill_ipc::{Error, Port, Provider, SessionConfig, Step, Stop, Timeouts};

mod strict;

use strict::{Canned, Command, Folder, Runtime, Traits, ok};

fn run<T>(task: impl Future<Output = T>) -> T {
    let mut runtime = tokio::runtime::Builder::new_multi_thread();
    runtime.worker_threads(2).enable_all().build().unwrap().block_on(task)
}

fn config() -> SessionConfig {
    SessionConfig::new(vec![Provider::new("Demo", 1, 5)])
}

async fn client(runtime: &Runtime) -> Client {
    Client::connect(runtime.path.as_path(), Timeouts::default()).await.unwrap()
}

async fn start(runtime: &Runtime) -> Session {
    client(runtime).await.start(&config()).await.unwrap()
}

#[test]
fn commands() {
    run(async {
        let runtime = Runtime::new(Traits { collect: 2, info: 1, ..Traits::default() });
        let client = client(&runtime).await;
        assert_eq!(client.process_info().await.unwrap().pid, 4321);
        assert_eq!(client.environment().await.unwrap().len(), 2);
        client.set_environment_variable("A", Some("b")).await.unwrap();
        client.resume().await.unwrap();
        let mut bare = config();
        bare.stacks = false;
        assert!(matches!(client.start(&bare).await, Err(Error::NeedsCommand { .. })));
        let session = client.start(&config()).await.unwrap();
        assert_eq!(session.command(), tracemill_ipc::Collect::V2);
    });
}

#[test]
fn read_and_stopped_by_two_tasks() {
    run(async {
        let runtime = Runtime::new(Traits { rundown: 4 << 20, ..Traits::default() });
        let session = start(&runtime).await;
        runtime.write(session.id(), b"events");
        let (mut reader, stopper) = session.split();
        let reading = tokio::spawn(async move {
            let mut bytes = Vec::new();
            reader.read_to_end(&mut bytes).await.unwrap();
            (bytes.len(), reader.is_ended())
        });
        assert_eq!(stopper.stop().await, Ok(Stop::Sent));
        assert_eq!(reading.await.unwrap(), (6 + (4 << 20), true));
    });
}

#[test]
fn an_id_that_is_used_again_is_safe() {
    run(async {
        let runtime = Runtime::new(Traits::default());
        let session = start(&runtime).await;
        runtime.write(session.id(), b"not read yet");
        let (mut reader, stopper) = session.split();
        runtime.end(stopper.id());
        let other = start(&runtime).await;
        assert_eq!(other.id(), stopper.id(), "used again");
        assert_eq!(stopper.stop().await, Ok(Stop::Ended));
        let mut text = String::new();
        reader.read_to_string(&mut text).await.unwrap();
        assert_eq!(text, "not read yet");
        client(&runtime).await.process_info().await.unwrap();
        assert!(runtime.notes(|notes| notes.stops.is_empty()));

        let (reader, stopper) = other.split();
        drop(reader);
        assert_eq!(stopper.stop().await, Ok(Stop::Ended));
    });
}

#[test]
fn a_reader_dropped_while_stopping_is_replaced() {
    let gone = Arc::new(Barrier::new(2));
    let wait = Arc::clone(&gone);
    let (arrived, arrives) = std::sync::mpsc::channel();
    let before = move |command: &Command| {
        if matches!(command, Command::Stop(_)) {
            arrived.send(()).unwrap();
            wait.wait();
        }
    };
    run(async move {
        let before: strict::Before = Arc::new(before);
        let traits = Traits { rundown: 4 << 20, before: Some(before), ..Traits::default() };
        let runtime = Runtime::new(traits);
        let (reader, stopper) = start(&runtime).await.split();
        let id = stopper.id();
        let stopping = tokio::spawn(stopper.stop());
        tokio::task::spawn_blocking(move || arrives.recv().unwrap()).await.unwrap();
        drop(reader);
        assert_eq!(runtime.sessions(), [id]);
        gone.wait();
        assert_eq!(stopping.await.unwrap(), Ok(Stop::Sent));
        assert_eq!(runtime.notes(|notes| notes.cut), 0, "all was read");
    });
}

#[test]
fn nothing_hangs() {
    run(async {
        let short = Timeouts::all(Duration::from_millis(50));
        let whole = ok(&7u64.to_le_bytes());
        let server = Canned::new(vec![(whole[..25].to_vec(), false), (whole, false)]);
        let client = Client::connect(server.path(), short).await.unwrap();
        assert_eq!(client.start(&config()).await.unwrap_err(), Error::Timeout(Step::Reply));
        // Nobody reads, so the rundown does not get through.
        let runtime = Runtime::new(Traits { rundown: 4 << 20, ..Traits::default() });
        let client = Client::connect(runtime.path.as_path(), short).await.unwrap();
        let (mut reader, stopper) = client.start(&config()).await.unwrap().split();
        assert_eq!(stopper.stop().await, Err(Error::Timeout(Step::Stop)));
        let mut bytes = Vec::new();
        reader.read_to_end(&mut bytes).await.unwrap();
        assert_eq!(bytes.len(), 4 << 20);
    });
}

#[test]
fn at_a_port() {
    run(async {
        let folder = Folder::new();
        let port = Port::listen(folder.join("port"), Timeouts::default()).unwrap();
        let fake = Runtime::dial(port.path(), 1, Traits::default());
        let runtime = port.accept_new(Duration::from_secs(20)).unwrap();
        let client = Client::from(runtime.client().clone());
        let mut session = client.start(&config()).await.unwrap();
        client.resume().await.unwrap();
        fake.write(session.id(), b"Nettrace");
        let mut magic = [0; 8];
        session.read_exact(&mut magic).await.unwrap();
        let (mut reader, stopper) = session.split();
        let reading = tokio::spawn(async move { reader.read(&mut [0]).await.unwrap() });
        assert_eq!(stopper.stop().await, Ok(Stop::Sent));
        assert_eq!(reading.await.unwrap(), 0);
    });
}
