//! The names of fields against those that an independent reader found in real traces.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, MapAccess, Visitor};
use tracemill_clr::Described;
use tracemill_test_support::corpus::shared;

#[derive(Deserialize)]
struct Truth {
    kinds: Vec<Kind>,
}

#[derive(Deserialize)]
struct Kind {
    provider: String,
    id: u32,
    version: u32,
    layout: String,
    /// Events whose payload ends inside of a field: they show fewer.
    #[serde(default)]
    ill_formed: u64,
    first: Keys,
}

/// The keys of an object, in order.
struct Keys(Vec<String>);

impl<'de> Deserialize<'de> for Keys {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct InOrder;
        impl<'de> Visitor<'de> for InOrder {
            type Value = Keys;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Keys, A::Error> {
                let mut keys = Vec::new();
                while let Some((key, IgnoredAny)) = map.next_entry()? {
                    keys.push(key);
                }
                Ok(Keys(keys))
            }
        }
        from.deserialize_map(InOrder)
    }
}

/// The files below a folder that end in `.json`.
fn truths(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).expect("a folder of truths") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            found.extend(truths(&path));
        } else if path.extension().is_some_and(|extension| extension == "json") {
            found.push(path);
        }
    }
    found
}

#[test]
fn fields_have_the_names_that_a_reader_found() {
    let Some(corpus) = shared("fields_have_the_names_that_a_reader_found") else { return };
    let mut kinds = BTreeMap::new();
    for path in truths(&corpus.join("nettrace/truth/fields")) {
        let text = fs::read_to_string(&path).expect("a truth");
        let truth: Truth = serde_json::from_str(&text)
            .unwrap_or_else(|failure| panic!("{}: {failure}", path.display()));
        for kind in truth.kinds {
            // What the stream says of Universal.System is wrong, but its names are right.
            if kind.layout == "stream" && kind.provider != "Universal.System" {
                continue;
            }
            assert_eq!(kind.ill_formed, 0, "{}: {} {}", path.display(), kind.provider, kind.id);
            kinds.insert((kind.provider, kind.id, kind.version, kind.first.0), path.clone());
        }
    }
    let mut seen = BTreeSet::new();
    for ((provider, id, version, names), path) in &kinds {
        let at = format!("{provider} {id} version {version}, {}", path.display());
        let event = tracemill_clr::event(provider, *id, *version).unwrap_or_else(|| {
            panic!("no schema: {at}");
        });
        let found: Vec<_> = event.layout.fields().iter().map(|field| &*field.name).collect();
        assert_eq!(found, *names, "{at}");
        seen.insert((provider, id, version));
    }
    // As many as the corpus had when this was written: if it shrinks, the test does too.
    assert!(seen.len() >= 120, "{} kinds", seen.len());
}

#[derive(Deserialize)]
struct Shown {
    kinds: Vec<ShownKind>,
}

#[derive(Deserialize)]
struct ShownKind {
    provider: String,
    id: u32,
    version: u32,
    event: String,
}

/// Where the manifest's words are others than `TraceEvent`'s: event, its words, ours.
const OTHER_TITLES: &[(u32, &str, &str)] = &[
    (10, "GC/SettingsRundown", "GCSettingsRundown"),
    (72, "Method/MethodDetails", "Method/Details"),
    (146, "Method/MemoryAllocatedForJitCode", "MethodJitMemoryAllocatedForCode"),
    (150, "Method/ILToNativeMapDCStop", "Method/DCEndILToNativeMap"),
    (159, "Method/R2RGetEntryPoint", "Method/Load"),
    (160, "Method/R2RGetEntryPointStart", "R2RGetEntryPoint/Start"),
    (195, "GC/DestroyGCHandle", "GC/DestoryGCHandle"),
    (200, "EventID(200)", "GC/IncreaseMemoryPressure"),
    (201, "EventID(201)", "GC/DecreaseMemoryPressure"),
    (202, "GC/MarkWithType", "GC/Mark"),
    (209, "GC/FitBucketInfo", "GCFitBucketInfo"),
    (283, "TieredCompilation/BackgroundJitStart", "TieredCompilation/Start"),
    (284, "TieredCompilation/BackgroundJitStop", "TieredCompilation/Stop"),
    (292, "AssemblyLoader/ResolutionAttempted", "ResolutionAttempted"),
    (296, "AssemblyLoader/KnownPathProbed", "KnownPathProbed"),
    (298, "JitInstrumentationDataVerbose/InstrumentationData", "JitInstrumentationDataVerbose"),
    (300, "ExecutionCheckpointRundown/ExecutionCheckpointDCEnd", "ExecutionCheckpointDCEnd"),
    (303, "AllocationSampling", "AllocationSampled"),
];

#[test]
fn titles_are_those_that_traceevent_shows() {
    let Some(corpus) = shared("titles_are_those_that_traceevent_shows") else { return };
    let mut seen = BTreeSet::new();
    let mut others = BTreeSet::new();
    for path in truths(&corpus.join("nettrace/traceevent")) {
        if path.to_string_lossy().ends_with(".stacks.json") {
            continue;
        }
        let text = fs::read_to_string(&path).expect("a truth");
        let shown: Shown = serde_json::from_str(&text)
            .unwrap_or_else(|failure| panic!("{}: {failure}", path.display()));
        for ShownKind { provider, id, version, event: theirs } in shown.kinds {
            let known = tracemill_clr::provider(&provider);
            let known = known.filter(|known| known.described != Described::Well);
            let Some(event) = known.and_then(|known| known.event(id, version)) else { continue };
            if event.title != theirs {
                let other = (id, theirs.as_str(), event.title);
                let known = OTHER_TITLES.iter().find(|known| **known == other);
                others.insert(known.unwrap_or_else(|| panic!("{provider} {other:?}")));
            }
            seen.insert((provider, id, version));
        }
    }
    assert_eq!(others.len(), OTHER_TITLES.len(), "only {others:?}");
    assert!(seen.len() >= 118, "{} kinds", seen.len());
}
