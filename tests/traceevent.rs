//! Every capture against what `TraceEvent`, the reader of `PerfView` and dotnet-trace, makes of it:
//! counts, payloads, times, threads, fields, titles and order. Where it differs, the tables in
//! `traceevent/` say how and why; an entry that is not met is an error.

#![allow(clippy::indexing_slicing, clippy::cast_possible_truncation, reason = "tests")]
#![allow(clippy::cast_precision_loss, clippy::cast_sign_loss, reason = "as TraceEvent has it")]

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Debug;
use std::path::Path;

use tracemill_test_support::corpus;

#[path = "traceevent/fields.rs"]
mod fields;
#[path = "traceevent/golden.rs"]
mod golden;
#[path = "traceevent/known.rs"]
mod known;
#[path = "traceevent/made.rs"]
mod made;
#[path = "traceevent/order.rs"]
mod order;
#[path = "traceevent/ours.rs"]
mod ours;
#[path = "traceevent/sample.rs"]
mod sample;
#[path = "traceevent/templates.rs"]
mod templates;

use golden::{Golden, Kind, Sample};
use order::{Found, Hashed};
use ours::{Capture, Event};

#[test]
fn every_capture_is_read_as_traceevent_reads_it() {
    let Some(corpus) = corpus::shared("every_capture_is_read_as_traceevent_reads_it") else {
        return;
    };
    let mut test = Test::default();
    for (path, _) in corpus::eventpipe(&corpus) {
        test.name = name(&path);
        match golden::read(&corpus::traceevent(&path)) {
            Some(golden) => test.capture(&golden, ours::read(corpus::read(&path, None).bytes)),
            None => test.note(known::not_read(&test.name)),
        }
    }
    let Test { kinds, wrong, noted, templates, .. } = test;
    assert!(wrong.is_empty(), "{} in {kinds} kinds:\n{}", wrong.len(), wrong.join("\n"));
    assert!(kinds > 1_200, "only {kinds} kinds");
    let all = known::all();
    let new: Vec<_> = noted.difference(&all).collect();
    let gone: Vec<_> = all.difference(&noted).collect();
    assert!(new.is_empty() && gone.is_empty(), "not known: {new:#?}\nnot met: {gone:#?}");
    let gone = fields::not_met(&templates);
    assert!(gone.is_empty(), "not met: {gone:#?}");
}

/// The name of a capture; with its folder where names come twice.
fn name(path: &Path) -> String {
    let name = path.file_name().unwrap().to_string_lossy();
    match path.parent().and_then(Path::file_name).and_then(|folder| folder.to_str()) {
        Some(folder @ ("dotnet10" | "netperf")) => format!("{folder}/{name}"),
        _ => name.into_owned(),
    }
}

#[derive(Default)]
struct Test {
    /// The capture that is compared.
    name: String,
    kinds: u64,
    wrong: Vec<String>,
    /// The differences met, in the words of [`known`].
    noted: BTreeSet<String>,
    templates: fields::Met,
}

impl Test {
    fn note(&mut self, what: String) {
        self.noted.insert(what);
    }

    fn same<T: Copy + PartialEq + Debug>(&mut self, what: &str, theirs: T, ours: T) {
        if theirs != ours {
            self.wrong.push(format!("{}: {what}: {ours:?}, there {theirs:?}", self.name));
        }
    }

    fn capture(&mut self, golden: &Golden, mut ours: Capture) {
        let delivered = ours.events.len() as u64;
        self.same("ends as it should", golden.error.is_none(), ours.complete);
        if golden.events != delivered {
            self.note(known::cut(&self.name, golden.events, delivered));
            // What was delivered before the error is the beginning, in the order of time.
            ours.events.truncate(golden.events as usize);
        }
        if golden.events_lost != ours.stats.lost {
            self.note(known::loss(&self.name, golden.events_lost, ours.stats.lost));
        }
        self.same("undecodable, out of order", (0, 0), (golden.undecodable, golden.time_decreases));
        let mut kinds: BTreeMap<_, Vec<&Event>> = BTreeMap::new();
        let mut hashed = Vec::new();
        for event in &ours.events {
            let id = self.id_there(event);
            hashed.push(hashed_header(event, id));
            let key = (event.class.provider(), id, event.version);
            kinds.entry(key).or_default().push(event);
        }
        let found = order::find(&hashed, &golden.order_hash);
        self.order("order", found);
        self.same("kinds", golden.kinds.len(), kinds.len());
        for kind in &golden.kinds {
            let events = kinds.get(&(&kind.provider, kind.id, kind.version));
            self.kind(kind, events.map_or(&[], |events| events), &ours);
        }
    }

    fn order(&mut self, what: &str, found: Found) {
        match found {
            Found::AsTheyStand => {}
            Found::OtherTies => self.note(known::ties(&self.name, what)),
            Found::TooManyTies => self.note(known::many_ties(&self.name, what)),
            Found::Never => self.wrong.push(format!("{}: {what}", self.name)),
        }
    }

    /// The id that `TraceEvent` gives to an event.
    fn id_there(&mut self, event: &Event) -> u32 {
        let id = event.class.event_id;
        if id == 39 && event.class.provider() == "Microsoft-Windows-DotNETRuntime" {
            self.note(known::rule("dynamic"));
            return 65_524;
        }
        if id > 0xffff {
            self.note(known::rule("id"));
        }
        id & 0xffff
    }

    fn kind(&mut self, kind: &Kind, ours: &[&Event], capture: &Capture) {
        self.kinds += 1;
        let title = format!("{} {} v{}", kind.provider, kind.id, kind.version);
        let bytes: usize = ours.iter().map(|event| event.payload.len()).sum();
        self.same(&title, (kind.count, kind.payload_bytes), (ours.len() as u64, bytes as u64));
        let Some(first) = ours.first() else {
            return;
        };
        if *kind.event != *first.title {
            let id = first.class.event_id;
            self.note(known::title(&kind.provider, id, &kind.event, &first.title));
        }
        for (at, sample) in kind.samples() {
            match ours.get(at) {
                Some(event) => self.sample(&format!("{title}, event {at}"), sample, event, capture),
                None => self.wrong.push(format!("{}: {title}: no event {at}", self.name)),
            }
        }
        if known::FILLER.contains(&&*self.name) {
            self.note(known::filler(&self.name));
            return;
        }
        match fields::compare(kind, ours, &mut self.templates) {
            Ok(found) => self.order(&title, found),
            Err(what) => self.wrong.push(format!("{}: {title}: {what}", self.name)),
        }
    }

    fn sample(&mut self, what: &str, theirs: &Sample, ours: &Event, capture: &Capture) {
        let ms = capture.clock.ns(ours.ticks).unwrap() as f64 / 1e6;
        self.same(what, &theirs.qpc, &ours.ticks.to_string());
        if (theirs.ms - ms).abs() > 1e-6 {
            self.wrong.push(format!("{}: {what}: {ms} ms, there {}", self.name, theirs.ms));
        }
        // 32 bits, signed; -1 for none.
        let id = |id: Option<u64>| id.map_or(-1, |id| i64::from(id as i32));
        let ids = (id(ours.process_id), id(ours.thread_id));
        self.same(what, (theirs.pid, theirs.tid), ids);
        self.same(what, (theirs.level, theirs.bytes), (ours.level, ours.payload.len() as u64));
        self.same(what, &theirs.keywords, &format!("{:x}", ours.keywords));
        self.processor(what, theirs, ours, capture.version);
        self.same(what, &theirs.activity, &ours.activity_id);
        if capture.version < 4 && theirs.related != ours.related_activity_id {
            self.note(known::rule("related"));
        } else {
            self.same(what, &theirs.related, &ours.related_activity_id);
        }
    }

    fn processor(&mut self, what: &str, theirs: &Sample, ours: &Event, version: u32) {
        match ours.processor {
            None => {
                self.note(known::rule("no processor"));
                self.same(what, theirs.cpu, 0);
            }
            Some(_) if version < 6 && ours.capture_thread != ours.thread_key => {
                self.note(known::rule("processor"));
                self.same(what, theirs.cpu, 0);
            }
            Some(processor) => self.same(what, theirs.cpu, processor),
        }
    }
}

/// What `order_hash` takes in of an event.
fn hashed_header(event: &Event, id: u32) -> Hashed {
    let thread_id = i64::from(event.thread_id.unwrap_or(u64::MAX) as i32);
    let mut bytes = event.class.provider().as_bytes().to_vec();
    bytes.extend(id.to_le_bytes());
    bytes.extend(event.version.to_le_bytes());
    bytes.extend(event.ticks.to_le_bytes());
    bytes.extend(thread_id.to_le_bytes());
    bytes.extend((event.payload.len() as u32).to_le_bytes());
    bytes.extend(&event.payload);
    Hashed { ticks: event.ticks, capture_thread: event.capture_thread, bytes }
}
