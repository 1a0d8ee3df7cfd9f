//! Parses streams of trace data for ever, in flat memory. This crate knows no format: it finds
//! frames with the help of one, decodes runs of them into arenas, and lends batches of views.
//!
//! ```text
//! chunks (Bytes) -> Framer --Run--> Run::decode_next(&mut Position, &mut Arena) -> Batch -> EventView
//!                   in order, owns the state    pure, on any thread, pauses inside a frame
//! ```
//!
//! - [`Parser`] is the lending loop on one thread, `ParallelParser` (feature `parallel`) the same on
//!   many; [`Framer`] with [`ArenaPool`] is for threads of your own.
//! - [`Format`] and [`Decode`] are what a format implements; [`DynFormat`] is one chosen at run time.
//! - [`Config`] bounds all memory, [`Stats`] shows it at work.

mod arena;
mod batch;
mod chunk;
mod class;
mod class_map;
mod clock;
mod config;
mod cursor;
mod detection;
mod error;
mod format;
mod framer;
mod guid;
mod layout;
mod loss;
mod merge;
mod order;
#[cfg(feature = "parallel")]
mod parallel;
mod parser;
mod payload;
mod prefetch;
mod record;
#[cfg(feature = "parallel")]
mod results;
mod run;
mod schemas;
mod sequences;
mod sink;
mod span;
mod state;
mod stats;
mod store;
mod table;
mod value;
mod values;
mod view;
mod windows;

pub use arena::{Arena, ArenaPool, Lease};
pub use batch::{Batch, Counts};
pub use chunk::{ChunkBuf, ChunkPool};
pub use class::{Classes, Defined, EventClass};
pub use class_map::ClassMap;
pub use clock::{Clock, utc_ns};
pub use config::Config;
pub use cursor::Cursor;
pub use detection::Detection;
pub use error::{Error, ErrorKind, Fault, FaultKind};
pub use format::{
    Decode, DynFormat, Erase, FAULTS_PER_FRAME, Faults, Finish, Format, FrameKind, Framed, ToldLoss,
};
pub use framer::{Framer, Full};
pub use guid::Guid;
pub use layout::{Count, Field, FieldId, Layout, MAX_DEPTH, Map, Names, Type};
pub use loss::{Loss, ThreadLoss};
pub use merge::Keeper;
pub use order::{Order, Place};
#[cfg(feature = "parallel")]
pub use parallel::ParallelParser;
pub use parser::Parser;
pub use prefetch::{prefetch, prefetch_until};
pub use record::{Record, StackRef};
#[cfg(feature = "parallel")]
pub use results::Results;
pub use run::{Position, Run, RunView};
pub use schemas::{Known, Schemas};
pub use sequences::{Added, Sequences};
pub use sink::Sink;
pub use span::{Gap, Span, SpanKind};
pub use state::{State, Thread, Threads, TraceInfo};
pub use stats::{Memory, PoolStats, Stats};
pub use store::{Store, Stored};
pub use table::Table;
pub use value::{Value, utf8, utf16};
pub use values::{Elements, IllFormed, Values};
pub use view::{EventView, Events};
pub use windows::LossWindow;
