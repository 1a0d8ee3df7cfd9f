//! Captures that perfview keeps with what it expects of them (`*.baseline.txt`): of each kind of
//! event how many, and when and on which thread the first is.

#![allow(clippy::indexing_slicing, reason = "tests")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use bytes::Bytes;
use tracemill::nettrace::Nettrace;
use tracemill::{Config, EventClass, Parser};
use tracemill_test_support::corpus;
use tracemill_test_support::titles::title;

/// Titles that are others there; the reason. More than one of ours may be one of theirs.
const TITLES: [(&str, &str, &str); 8] = [
    ("Microsoft-Windows-DotNETRuntime/GC/IncreaseMemoryPressure", "GC", NO_TEMPLATE),
    ("Microsoft-Windows-DotNETRuntime/GC/DecreaseMemoryPressure", "GC", NO_TEMPLATE),
    ("Microsoft-Windows-DotNETRuntime/GC/Mark", "GC/MarkWithType", OWN),
    ("Microsoft-Windows-DotNETRuntime/Method/Load", "Method/R2RGetEntryPoint", OWN),
    (
        "Microsoft-Windows-DotNETRuntimeRundown/ExecutionCheckpointDCEnd",
        "ExecutionCheckpointRundown/ExecutionCheckpointDCEnd",
        OWN,
    ),
    ("System.Threading.Tasks.TplEventSource/TaskStarted", "TaskExecute/Start", TASK),
    ("System.Threading.Tasks.TplEventSource/TaskCompleted", "TaskExecute/Stop", TASK),
    ("System.Threading.Tasks.TplEventSource/TaskWaitEnd", "TaskWait/Stop", TASK),
];
const NO_TEMPLATE: &str = "the task alone, since the opcode has no name there";
const OWN: &str = "its names of tasks and opcodes are not those of the manifest";
const TASK: &str = "the stream gives no opcode, and the task has another name";

/// What is not expected, though it is there; the reason.
const DROPPED: [(&str, &str); 3] = [
    ("Microsoft-Windows-DotNETRuntime/Method/ILToNativeMap", BOOKS),
    ("Microsoft-Windows-DotNETRuntimeRundown/Method/DCEndILToNativeMap", BOOKS),
    ("Microsoft-Windows-DotNETRuntimeRundown/Method/DCStopVerbose", BOOKS),
];
const BOOKS: &str = "where code is: goes into tables of methods, and is no event any more";

/// Events of one title.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Row {
    count: u64,
    /// When the first is, in milliseconds with four decimals.
    first_ms: String,
    /// Its process, 0 if it is not known.
    process_id: u64,
    thread_id: u64,
}

#[test]
fn captures_hold_what_perfview_expects_of_them() {
    let Some(corpus) = corpus::shared("captures_hold_what_perfview_expects_of_them") else {
        return;
    };
    let (mut wrong, mut rows, mut met) = (Vec::new(), 0, BTreeSet::new());
    for (path, _) in corpus::eventpipe(&corpus) {
        let Some(expected) = baseline(&path) else {
            continue;
        };
        rows += expected.len();
        let name = path.file_name().unwrap().to_string_lossy();
        let found = read(Bytes::from(corpus::read(&path, None).bytes), &mut met);
        for title in expected.keys().chain(found.keys()).collect::<BTreeSet<_>>() {
            let (theirs, ours) = (expected.get(title), found.get(title));
            if theirs != ours {
                wrong.push(format!("{name}: {title}: {ours:?}, expected {theirs:?}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert_eq!(rows, 94, "titles in all baselines");
    let known = TITLES.iter().map(|(ours, _, why)| (ours, why));
    let known = known.chain(DROPPED.iter().map(|(ours, why)| (ours, why)));
    let gone: Vec<_> = known.filter(|(ours, _)| !met.contains(**ours)).collect();
    assert!(gone.is_empty(), "not met: {gone:#?}");
}

/// What is expected of a capture, by provider and title.
fn baseline(capture: &Path) -> Option<BTreeMap<String, Row>> {
    let capture = capture.to_string_lossy();
    let path = format!("{}.baseline.txt", capture.strip_suffix(".xz").unwrap_or(&capture));
    let text = std::fs::read_to_string(path).ok()?;
    let lines = text.trim_start_matches('\u{feff}').lines().filter(|line| !line.is_empty());
    Some(lines.map(row).collect())
}

fn row(line: &str) -> (String, Row) {
    let (head, event) = line.split_once(", <Event ").unwrap();
    let (title, count) = head.rsplit_once(", ").unwrap();
    let attribute = |name: &str| {
        let (_, from) = event.split_once(&format!("{name}=")).unwrap();
        let (value, _) = from.trim_start().trim_start_matches('"').split_once('"').unwrap();
        value.trim().replace(',', "")
    };
    let row = Row {
        count: count.parse().unwrap(),
        first_ms: attribute("MSec"),
        process_id: attribute("PID").parse().unwrap(),
        thread_id: attribute("TID").parse().unwrap(),
    };
    (title.to_owned(), row)
}

/// The same, as we find it and they call it.
fn read(bytes: Bytes, met: &mut BTreeSet<&'static str>) -> BTreeMap<String, Row> {
    let config = Config::default();
    let format = Nettrace::new(&config).with_schemas(&tracemill::clr::Clr);
    let mut parser = Parser::new(format, &config);
    parser.push(bytes).unwrap();
    parser.finish();
    let mut rows: BTreeMap<String, (u64, Row)> = BTreeMap::new();
    while let Some(batch) = parser.next_batch().expect("whole captures") {
        for event in &batch {
            let Some(title) = title_there(event.class().unwrap(), met) else {
                continue;
            };
            let (ticks, row) = rows.entry(title).or_insert_with(|| (u64::MAX, Row::default()));
            row.count += 1;
            if event.ticks() < *ticks {
                let thread = event.thread().unwrap();
                *ticks = event.ticks();
                row.first_ms = ms(event.ns().unwrap());
                row.process_id = thread.process_id.unwrap_or(0);
                row.thread_id = thread.id.unwrap();
            }
        }
    }
    rows.into_iter().map(|(title, (_, row))| (title, row)).collect()
}

/// What events of a class are called there; `None` if they are dropped.
fn title_there(class: &EventClass, met: &mut BTreeSet<&'static str>) -> Option<String> {
    let (provider, title) = (class.provider(), title(class, class.opcode));
    let ours = format!("{provider}/{title}");
    if let Some((dropped, _)) = DROPPED.iter().find(|(dropped, _)| *dropped == ours) {
        met.insert(dropped);
        return None;
    }
    let Some((known, theirs, _)) = TITLES.iter().find(|(known, ..)| *known == ours) else {
        return Some(ours);
    };
    met.insert(known);
    Some(format!("{provider}/{theirs}"))
}

/// Milliseconds with four decimals.
fn ms(ns: i64) -> String {
    let tenths = (ns + 50) / 100;
    format!("{}.{:04}", tenths / 10_000, tenths % 10_000)
}
