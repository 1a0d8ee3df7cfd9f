//! Asks .NET processes for their events, over the diagnostics protocol that their runtime speaks.
//!
//! A [`Client`] starts a [`Session`], whose stream is a nettrace; parsing it is another crate's work.
//! [`Places`] finds processes;
//! at a [`Port`], they come by themselves.
//!
//! ```no_run
//! use std::io::Read;
//! use tracemill_ipc::{Client, Provider, SessionConfig, Timeouts};
//!
//! let client = Client::connect(4711, Timeouts::default())?;
//! let gc = Provider::new("Microsoft-Windows-DotNETRuntime", 1, 4);
//! let (mut reader, stopper) = client.start(&SessionConfig::new(vec![gc]))?.split();
//! let reading = std::thread::spawn(move || {
//!     let (mut bytes, mut total) = ([0; 65536], 0);
//!     // 0 is the end: the session was stopped, or the process is gone.
//!     while let Ok(len @ 1..) = reader.read(&mut bytes) {
//!         total += len;
//!     }
//!     total
//! });
//! std::thread::sleep(std::time::Duration::from_secs(10));
//! // The reader goes on meanwhile: what the runtime still has comes before it answers.
//! stopper.stop()?;
//! println!("{} bytes", reading.join().expect("no panic"));
//! # Ok::<(), tracemill_ipc::Error>(())
//! ```
//!
//! # What holds
//!
//! - **The watched process is safe.** A runtime can be brought down by a message that is not what it
//!   should be. Messages are made in one place, from typed fields, whole, and with nothing left to
//!   guess; whether a command is known is found out by a whole message, never by an empty one.
//! - **Other people's sessions are safe.** Ids of sessions are used again. A session is stopped once at
//!   most, and not after its end ([`Stopper`]).
//! - **Nothing hangs.** Every step has its time ([`Timeouts`]). A runtime serves one connection after
//!   the other, and may be busy with somebody else's.
//! - **Answers are not trusted.** No bytes from a socket make this panic, or allocate what they merely
//!   announce.
//!
//! # Async
//!
//! With the feature `tokio`, module `tokio` has the same for async programs.
//!
//! # Where it runs
//!
//! Where there are Unix sockets. Processes are found on Linux, by `/proc`; elsewhere, by the path of
//! their socket. On other systems all compiles, and nothing connects ([`Error::Platform`]).

#![cfg_attr(not(unix), allow(dead_code, reason = "nothing connects there"))]

mod client;
mod config;
mod deadline;
mod error;
mod message;
#[cfg(unix)]
mod port;
#[cfg(unix)]
mod processes;
mod reply;
mod session;
mod state;
mod stop;
#[cfg(all(unix, feature = "tokio"))]
pub mod tokio;
mod transport;
mod way;
mod wire;

pub use client::{Client, Target};
pub use config::{Collect, Container, EventFilter, Provider, Rundown, SessionConfig};
pub use deadline::Timeouts;
pub use error::{Error, Hresult, Step};
pub use message::InfoVersion;
#[cfg(unix)]
pub use port::{Port, PortLimits, PortStats, Runtime};
#[cfg(unix)]
pub use processes::{Listing, Places, Process, Reason, Unusable};
pub use reply::{Cookie, ProcessInfo};
pub use session::{Reader, Session};
pub use stop::{Stop, Stopper};
