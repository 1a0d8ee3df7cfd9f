//! Every scenario of the test program, from its first event on, against what it says it did.
//!
//! A session is written down as captures are, so that it is held to the same things.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};
use tracemill::ipc::{Port, SessionConfig, Timeouts};

use crate::child::{LONG, Program, runtime};
use crate::strict::Folder;
use crate::trace::Trace;
use crate::watch::{Watch, config};

#[path = "../ground_truth/busy.rs"]
mod busy;
#[path = "../ground_truth/capture.rs"]
mod capture;
#[path = "../ground_truth/libraries.rs"]
mod libraries;
#[path = "../ground_truth/runtime.rs"]
mod runtime_events;

use capture::{End, Facts, Seen};

/// Something that a program and its trace both tell.
trait Topic {
    fn add(&mut self, event: &Seen<'_>);
    fn check(&self, facts: &Facts, end: &End) -> Option<&'static str>;
}

const TPL: &str = "System.Threading.Tasks.TplEventSource:80:5";
const CLR: &str = "Microsoft-Windows-DotNETRuntime:14C14FCCBD:5";
const SAMPLER: &str = "Microsoft-DotNETCore-SampleProfiler:F00000000000:4";
const METRICS: &str = "System.Diagnostics.Metrics:3:4:SessionId=s1;Metrics=TraceGen.Shop;\
                       RefreshInterval=1;MaxTimeSeries=1000;MaxHistograms=20";
const SPANS: &str = "Microsoft-Diagnostics-DiagnosticSource:3:5:FilterAndPayloadSpecs=[AS]\
                     TraceGen.Orders\nTraceGen.Db/Command:Sql;Rows";

/// A scenario, the providers asked for, and what is held to what the program says.
type Row = (&'static str, &'static [&'static str], &'static str);

/// Sources of its own, and the runtime's.
const SOURCES: [Row; 6] = [
    (
        "busy --wait 1 --count 6000 --threads 2 --noise 1 --mode mix",
        &["Demo-Busy", "Demo-SelfDesc", TPL],
        "busy",
    ),
    (
        "busy --wait 1 --count 600 --threads 1 --noise 0 --mode types",
        &["Demo-Busy", "Demo-SelfDesc"],
        "busy",
    ),
    ("busy --wait 1 --count 20000 --threads 3 --noise 0 --mode fast", &["Demo-Busy"], "busy"),
    (
        "busy --wait 1 --seconds 1 --rate 2000 --threads 2 --noise 1",
        &[CLR, SAMPLER, TPL, "Demo-Busy", "Demo-SelfDesc"],
        "busy, collections, exceptions and methods",
    ),
    (
        "churn --wait 1 --seconds 1 --rate 100",
        &["TraceGen-Churn", "TraceGen-Churn-Dynamic", CLR],
        "exceptions and methods, steps, names",
    ),
    ("gc --rounds 8", &["Microsoft-Windows-DotNETRuntime:8000001:5"], "collections"),
];

/// Those of libraries, and samples.
const LIBRARIES: [Row; 6] = [
    ("stacks --seconds 1 --threads 2", &[SAMPLER], "samples"),
    ("logs --wait 1 --count 300", &["Microsoft-Extensions-Logging:E:5"], "messages"),
    ("metrics --wait 1 --seconds 2", &[METRICS], "metrics"),
    ("activities --wait 1 --count 60", &[SPANS, TPL], "activities"),
    ("http --count 40", &["System.Net.Http", TPL], "requests"),
    ("crash --wait 1 --count 2000 --how exit3", &["TraceGen-Churn"], "steps"),
];

#[test]
fn event_sources_are_what_they_say() {
    hold_all("event_sources_are_what_they_say", &SOURCES);
}

#[test]
fn libraries_are_what_they_say() {
    hold_all("libraries_are_what_they_say", &LIBRARIES);
}

fn hold_all(test: &str, table: &[Row]) {
    let Some(run) = runtime(test) else { return };
    for (scenario, providers, expected) in table {
        assert_eq!(hold(run, scenario, providers), *expected, "{scenario}");
    }
}

/// Runs a scenario, and says what it was held to.
fn hold(run: &Path, scenario: &str, providers: &[&str]) -> String {
    let folder = Folder::new();
    let port = Port::listen(folder.join("port"), Timeouts::default()).unwrap();
    let program = Program::start(run, scenario, port.path().to_str());
    let runtime = port.accept_new(LONG).unwrap();
    let config = session(providers);
    let watch = Watch::start(runtime.client(), &config);
    runtime.client().resume().unwrap();
    let done = program.wait_line("\"phase\":\"done\"");
    let bytes = finish(scenario, watch);

    let asked = config.providers.iter();
    let asked: Vec<_> =
        asked.map(|one| json!([one.name, format!("{:#x}", one.keywords)])).collect();
    let done: Value = serde_json::from_str(&done).unwrap();
    let words: Vec<_> = scenario.split(' ').collect();
    let facts = json!({
        "session": { "providers": asked },
        "app": { "cmd": words, "final": done },
    });
    let path = folder.join("live.nettrace");
    fs::write(&path, &bytes).unwrap();
    fs::write(path.with_extension("json"), facts.to_string()).unwrap();
    let mut topics: [Box<dyn Topic>; 5] = [
        Box::<busy::Busy>::default(),
        Box::<runtime_events::Collections>::default(),
        Box::<runtime_events::Code>::default(),
        Box::<runtime_events::Samples>::default(),
        Box::<libraries::Libraries>::default(),
    ];
    let facts = Facts::read(&path).unwrap();
    let end = capture::read(&path, |event| topics.iter_mut().for_each(|topic| topic.add(event)));
    assert!(end.complete && end.stats.lost == 0, "{scenario}");
    let mut held: Vec<_> =
        topics.iter().filter_map(|topic| topic.check(&facts, &end)).map(str::to_owned).collect();
    held.extend(names(&Trace::read(&bytes), &done));
    held.join(", ")
}

fn session(providers: &[&str]) -> SessionConfig {
    let mut all = config("none");
    all.providers = providers.iter().map(|one| one.parse().unwrap()).collect();
    all
}

/// What came, once all has: some programs stay until their session is gone.
fn finish(scenario: &str, watch: Watch) -> Vec<u8> {
    if scenario.starts_with("metrics") {
        // Up to the interval in which it was done, and through the next.
        let so_far = watch.so_far().named("CollectionStop");
        watch.wait_until(|trace| trace.named("CollectionStop") >= so_far + 2);
    }
    let stays = scenario.contains("--wait 1") && !scenario.starts_with("crash");
    if stays { watch.stop() } else { watch.end() }
}

/// Ever new methods and names of events.
fn names(trace: &Trace, done: &Value) -> Option<String> {
    let (steps, names) = (done["steps"].as_u64()?, done["event_names"].as_u64()?);
    assert_eq!(trace.named("Step"), steps);
    let dynamic = trace.by_name.iter().filter(|(name, _)| {
        name.strip_prefix("Name").is_some_and(|number| number.parse::<u64>().is_ok())
    });
    assert_eq!(
        (dynamic.clone().count() as u64, dynamic.map(|(_, count)| count).sum()),
        (names, names)
    );
    Some("names".to_owned())
}
