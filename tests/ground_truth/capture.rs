//! A capture, and what the program that was traced said of itself.

use std::collections::BTreeMap;
use std::path::Path;

use bytes::Bytes;
use serde_json::Value as Json;
use tracemill::nettrace::{Event, Nettrace};
use tracemill::{Config, EventView, Parser, Stats, ThreadLoss};
use tracemill_test_support::corpus;
use tracemill_test_support::row::Row;

/// What a program said.
pub struct Facts {
    /// Folder and name of the capture.
    pub name: String,
    /// Its last words: at the end, or half a second or less before it was killed.
    pub program: Json,
    /// Whether it was killed.
    pub killed: bool,
    /// What it was called with: `--mode`, or else the name of a scenario.
    pub mode: String,
    /// Providers that the session asked for, with keywords; `None` for those of the environment.
    session: Option<Vec<(String, u64)>>,
}

impl Facts {
    /// Reads the file beside a capture; `None` if there is none.
    pub fn read(capture: &Path) -> Option<Self> {
        let text = std::fs::read(capture.with_extension("json")).ok()?;
        let json: Json = serde_json::from_slice(&text).unwrap();
        let (app, folder) = (&json["app"], capture.parent().unwrap().file_name().unwrap());
        let name = Path::new(folder).join(capture.file_stem().unwrap());
        let killed = app["final"].is_null();
        let program = if killed { &app["last_progress"] } else { &app["final"] };
        let words: Vec<&str> = texts(&app["cmd"]).collect();
        let mode = words.iter().position(|word| *word == "--mode");
        let session = json["session"]["providers"].as_array().map(|providers| {
            let keywords = |of: &Json| {
                let hex = of[1].as_str().unwrap().trim_start_matches("0x");
                u64::from_str_radix(hex, 16).unwrap()
            };
            providers.iter().map(|of| (of[0].as_str().unwrap().to_owned(), keywords(of))).collect()
        });
        Some(Self {
            name: name.to_string_lossy().into_owned(),
            program: program.clone(),
            killed,
            mode: mode.map_or("", |at| words[at + 1]).to_owned(),
            session,
        })
    }

    /// Whether the session asked for a provider with one of some keywords.
    pub fn asked_for(&self, provider: &str, keywords: u64) -> bool {
        let Some(session) = &self.session else {
            return provider == "Demo-Busy";
        };
        session.iter().any(|(name, all)| name == provider && all & keywords != 0)
    }

    /// A number that the program said.
    pub fn number(&self, key: &str) -> Option<u64> {
        self.program[key].as_u64()
    }

    /// Numbers that the program said.
    pub fn numbers(&self, key: &str) -> Option<Vec<u64>> {
        let all = self.program[key].as_array()?;
        Some(all.iter().filter_map(Json::as_u64).collect())
    }

    /// Fails with the name of the capture if two things that should be the same are not.
    #[allow(clippy::needless_pass_by_value, reason = "values and references alike")]
    pub fn same<T: PartialEq + std::fmt::Debug>(&self, what: &str, found: T, program: T) {
        assert!(found == program, "{}: {what}: {found:?} for {program:?}", self.name);
    }
}

fn texts(json: &Json) -> impl Iterator<Item = &str> {
    json.as_array().into_iter().flatten().filter_map(Json::as_str)
}

/// An event with the fields of its payload.
pub struct Seen<'a> {
    pub provider: &'a str,
    pub name: &'a str,
    pub id: u32,
    /// The thread that wrote it, up to V5.
    pub thread: u64,
    /// Its number within that thread.
    pub number: u32,
    pub row: Row<'a>,
}

/// How a capture ended.
pub struct End {
    pub stats: Stats,
    /// Loss by the thread that wrote.
    pub threads: BTreeMap<u64, ThreadLoss>,
    pub complete: bool,
}

/// Hands out the events of a capture.
pub fn read(capture: &Path, mut each: impl FnMut(&Seen<'_>)) -> End {
    let config = Config::default();
    let format = Nettrace::new(&config).with_schemas(&tracemill::clr::Clr);
    let mut parser = Parser::new(format, &config);
    parser.push(Bytes::from(corpus::read(capture, None).bytes)).unwrap();
    parser.finish();
    let complete = loop {
        match parser.next_batch() {
            Ok(Some(batch)) => batch.iter().for_each(|view| each(&seen(view))),
            Ok(None) => break true,
            Err(_) => break false,
        }
    };
    End { stats: parser.stats(), threads: parser.loss().threads().collect(), complete }
}

fn seen(view: EventView<'_>) -> Seen<'_> {
    let class = view.class().expect("every event of the corpus is described");
    Seen {
        provider: class.provider(),
        name: class.display_name(),
        id: class.event_id,
        thread: view.thread_key(),
        number: Event::of(view).expect("an EventPipe event").sequence_number(),
        row: Row::new(view.fields()),
    }
}
