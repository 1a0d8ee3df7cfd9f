//! Captures against what the traced programs said of themselves: what they emitted, and what came.

#![allow(clippy::indexing_slicing, reason = "tests")]

use std::collections::BTreeSet;

use tracemill_test_support::corpus;

#[path = "ground_truth/busy.rs"]
mod busy;
#[path = "ground_truth/capture.rs"]
mod capture;
#[path = "ground_truth/libraries.rs"]
mod libraries;
#[path = "ground_truth/runtime.rs"]
mod runtime;

use capture::{End, Facts, Seen};

/// Something that a program and its trace both tell.
trait Topic {
    /// Takes in an event.
    fn add(&mut self, event: &Seen<'_>);
    /// Compares it with what the program said; `None` if that is nothing, or the session did not
    /// ask for it.
    fn check(&self, facts: &Facts, end: &End) -> Option<&'static str>;
}

/// What is held to what, so that nothing is left out unseen.
const HELD: [(&str, &str); 41] = [
    ("dotnet10/activities", "activities"),
    ("dotnet10/all-providers", "busy, collections, exceptions and methods"),
    ("dotnet10/alloc-sampled", "collections"),
    ("dotnet10/busy-mix", "busy"),
    ("dotnet10/busy-netperf3", "busy"),
    ("dotnet10/busy-nostacks", "busy"),
    ("dotnet10/busy-types", "busy"),
    ("dotnet10/busy-v1", "busy"),
    ("dotnet10/counters", "counters"),
    ("dotnet10/cpu-samples", "samples"),
    ("dotnet10/crash-exception", "steps, and no end"),
    ("dotnet10/crash-exit3", "steps"),
    ("dotnet10/drop-1mb", "busy and lost"),
    ("dotnet10/gc-collect", "collections"),
    ("dotnet10/gc-heapdump", "collections"),
    ("dotnet10/gc-verbose", "collections"),
    ("dotnet10/http", "requests"),
    ("dotnet10/killed-9", "busy until killed"),
    ("dotnet10/killed-SEGV", "busy until killed"),
    ("dotnet10/killed-TERM", "busy until killed"),
    ("dotnet10/logs", "messages"),
    ("dotnet10/logs-filtered", "messages, filtered"),
    ("dotnet10/metrics", "metrics"),
    ("dotnet10/metrics-limits", "metrics, limited"),
    ("dotnet10/runtime-all", "exceptions and methods"),
    ("dotnet10/runtime-verbose", "exceptions and methods"),
    ("dotnet10/startup-env", "busy"),
    ("dotnet31/all-providers", "busy, collections, exceptions and methods"),
    ("dotnet31/busy-custom", "busy"),
    ("dotnet31/busy-v1", "busy, collections, exceptions"),
    ("dotnet31/busy-v2-norundown", "busy"),
    ("dotnet31/counters", "counters"),
    ("dotnet31/drop-1mb", "busy and lost"),
    ("dotnet31/gc-alloc", "collections"),
    ("dotnet31/killed-9-midblock", "busy until killed"),
    ("dotnet31/killed-TERM", "busy until killed, collections"),
    ("dotnet31/logs", "messages of 3.1"),
    ("dotnet31/quiet", "beats"),
    ("dotnet31/runtime-verbose", "collections, exceptions and methods"),
    ("dotnet31/sample-profiler", "collections, exceptions"),
    ("netperf/busy-netperf3", "busy, collections, exceptions"),
];

#[test]
fn captures_hold_what_their_programs_emitted() {
    let Some(corpus) = corpus::shared("captures_hold_what_their_programs_emitted") else {
        return;
    };
    let mut held = BTreeSet::new();
    for (path, _) in corpus::eventpipe(&corpus) {
        let Some(facts) = Facts::read(&path) else {
            continue;
        };
        let mut topics: [Box<dyn Topic>; 5] = [
            Box::<busy::Busy>::default(),
            Box::<runtime::Collections>::default(),
            Box::<runtime::Code>::default(),
            Box::<runtime::Samples>::default(),
            Box::<libraries::Libraries>::default(),
        ];
        let end =
            capture::read(&path, |event| topics.iter_mut().for_each(|topic| topic.add(event)));
        let topics = topics.iter().filter_map(|topic| topic.check(&facts, &end));
        let topics = topics.collect::<Vec<_>>().join(", ");
        held.insert((facts.name, topics));
    }
    println!("{held:#?}");
    let known =
        HELD.iter().map(|(name, topics)| ((*name).to_owned(), (*topics).to_owned())).collect();
    assert_eq!(held, known, "what is held to what");
}
