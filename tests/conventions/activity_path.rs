//! Activity ids of real traces: all of them are paths, and lead where another reader says.

use std::collections::BTreeSet;

use serde_json::Value as Json;
use tracemill::EventView;
use tracemill::conventions::activity_path::ActivityPath;
use tracemill::conventions::self_describing::{Edge, activity};
use tracemill::nettrace::Event;
use tracemill_test_support::corpus;

use crate::{read, read_fixture};

#[derive(Debug, Default)]
struct Paths {
    found: BTreeSet<String>,
    /// Starts whose related activity is their parent.
    nested: u64,
    other: u64,
    deepest: usize,
}

impl Paths {
    fn add(&mut self, event: EventView<'_>) {
        let Some(detail) = Event::of(event) else { return };
        let Some(id) = detail.activity_id().filter(|id| *id != [0; 16]) else { return };
        let process = event.state().trace.process_id.map(|id| id as u32);
        let Some(path) = ActivityPath::of(&id, process) else {
            self.other += 1;
            return;
        };
        assert_eq!(ActivityPath::of(&id, None), Some(path));
        assert_eq!(path.process_id(), process);
        self.deepest = self.deepest.max(path.steps().count());
        self.found.insert(path.to_string());
        let related = detail.related_activity_id().filter(|id| *id != [0; 16]);
        let starts = activity(event.class().unwrap()).is_some_and(|(edge, _)| edge == Edge::Start);
        let parent = related.filter(|_| starts).and_then(|id| ActivityPath::of(&id, process));
        if let Some(parent) = parent {
            assert!(parent.contains(&path), "{path} in {parent}");
            assert_eq!(parent.steps().count() + 1, path.steps().count());
            self.nested += 1;
        }
    }
}

#[test]
fn activities_of_a_program_are_paths() {
    let mut paths = Paths::default();
    read_fixture("activities", |event| paths.add(event));
    // An order and a query in it, 60 times: //1/17/ to //1/76/, and their first child.
    assert_eq!((paths.other, paths.nested), (0, 60));
    assert_eq!(paths.deepest, 3);
    assert_eq!(paths.found.len(), 120);
}

#[test]
fn activities_of_requests_are_paths() {
    let mut paths = Paths::default();
    read_fixture("http", |event| paths.add(event));
    assert_eq!(paths.other, 0);
    assert!(paths.found.len() > 40 && paths.nested > 40, "{paths:?}");
}

#[test]
fn paths_are_those_that_another_reader_finds() {
    for (name, expected) in [("dotnet10/all-providers", 3), ("dotnet31/all-providers", 6)] {
        let mut paths = Paths::default();
        if read("activity paths", name, |event| paths.add(event)).is_none() {
            return;
        }
        let folded = corpus::shared("activity paths").unwrap().join("nettrace/dotnet-trace");
        let text = std::fs::read(folded.join(format!("{name}.folded.json"))).unwrap();
        let folded: Json = serde_json::from_slice(&text).unwrap();
        let frames = folded["frames"].as_array().unwrap().iter().filter_map(Json::as_str);
        // As in `Activity Job(/#19279/1/35/)`.
        let theirs: BTreeSet<_> = frames
            .filter_map(|frame| frame.strip_prefix("Activity Job(")?.split(')').next())
            .collect();
        assert_eq!(theirs.len(), expected, "{theirs:?}");
        for path in theirs {
            assert!(paths.found.contains(path), "{path} is not in {paths:?}");
        }
    }
}
