//! Recordings as others read them: byte for byte what the runtime sent, and the same events in
//! `TraceEvent` and dotnet-trace.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::Value;
use tracemill::ipc::Places;

use crate::child::{Program, runtime};
use crate::collect::{collect, end};
use crate::proxy::Proxy;
use crate::run::{Ran, command, interrupt, tracemill};
use crate::strict::Folder;

/// Events by provider, id and version.
type Counts = BTreeMap<(String, u64, u64), u64>;

const CLR: &str = "Microsoft-Windows-DotNETRuntime";

/// Scenarios, with what the recording asks for.
const TABLE: [(&str, &[&str]); 4] = [
    (
        "busy --wait 1 --count 5000 --threads 2 --noise 1 --mode mix",
        &["Demo-Busy:ff:5,Demo-SelfDesc::5,Microsoft-Windows-DotNETRuntime:14C14FCCBD:5,\
           Microsoft-DotNETCore-SampleProfiler:F00000000000:4"],
    ),
    (
        "churn --wait 1 --seconds 1 --rate 100",
        &["TraceGen-Churn::5,TraceGen-Churn-Dynamic::5,Microsoft-Windows-DotNETRuntime:8018:5"],
    ),
    ("logs --wait 1 --count 300", &["Microsoft-Extensions-Logging:E:5", "--rundown", "false"]),
    (
        "busy --wait 1 --count 20000 --threads 2 --noise 0 --mode fast",
        &["Demo-Busy:ff:5", "--no-stacks"],
    ),
];

/// Runs a tool of the kit.
fn tool(run: &Path, arguments: &[&str], temp: &Folder) -> Ran {
    let mut command = Command::new(run);
    command.args(arguments).stdin(Stdio::null()).current_dir(&temp.0).env("TMPDIR", &temp.0);
    command.output().unwrap().into()
}

/// What `TraceEvent` counts.
fn by_traceevent(run: &Path, file: &Path, folder: &Folder) -> (Counts, Value) {
    let file = file.to_str().unwrap();
    let ran = tool(run, &["traceevent", "golden", file, "golden.json"], folder);
    assert_eq!(ran.code, 0, "{}{}", ran.out, ran.err);
    let golden: Value =
        serde_json::from_slice(&fs::read(folder.join("golden.json")).unwrap()).unwrap();
    assert!(golden["error"].is_null(), "{}", golden["error"]);
    let mut counts = Counts::new();
    for kind in golden["kinds"].as_array().unwrap() {
        let number = |key: &str| kind[key].as_u64().unwrap();
        // It makes up an id for this one.
        let id = if number("id") == 65_524 { 39 } else { number("id") };
        let key = (kind["provider"].as_str().unwrap().to_owned(), id, number("version"));
        *counts.entry(key).or_default() += number("count");
    }
    (counts, golden)
}

/// What we count.
fn by_stats(file: &Path) -> (Counts, Value) {
    let ran = tracemill(&["stats", "--json", "--by", "event", file.to_str().unwrap()]);
    assert_eq!((ran.code, ran.err.as_str()), (0, ""));
    let stats = ran.json();
    let mut counts = Counts::new();
    for row in stats["by"]["event"].as_array().unwrap() {
        let number = |key: &str| row[key].as_u64().unwrap();
        let key = (row["provider"].as_str().unwrap().to_owned(), number("id"), number("version"));
        *counts.entry(key).or_default() += number("events");
    }
    (counts, stats)
}

/// Records through a proxy; the file, and what passed the proxy.
fn record(run: &Path, folder: &Folder, scenario: &str, asked: &[&str]) -> (Value, Vec<u8>) {
    let program = Program::ready(run, scenario);
    let places = Places::of_system().folders([program.temp.0.clone()]);
    let proxy = Proxy::new(&places.find(program.pid()).unwrap().socket);
    let port = format!("{},connect", proxy.path.display());
    let mut command = command(&["collect", "-o", "x", "--dport", &port, "--providers"]);
    let child = command.args(asked).stdin(Stdio::null()).current_dir(&folder.0).spawn().unwrap();
    let done = program.wait_line("\"phase\":\"done\"");
    interrupt(&child);
    let ran = end(child);
    assert!(ran.code == 0 && ran.err.contains(": stopped: "), "{}", ran.err);
    (serde_json::from_str(&done).unwrap(), proxy.stream())
}

#[test]
fn recordings_are_what_was_sent_and_what_others_read() {
    let test = "recordings_are_what_was_sent_and_what_others_read";
    let Some(run) = runtime(test) else { return };
    for (scenario, asked) in TABLE {
        let folder = Folder::new();
        let (done, sent) = record(run, &folder, scenario, asked);
        let file = folder.join("x");
        assert!(fs::read(&file).unwrap() == sent, "{scenario}: not what was sent");

        let (ours, stats) = by_stats(&file);
        let (theirs, golden) = by_traceevent(run, &file, &folder);
        assert_eq!(ours, theirs, "{scenario}");
        assert_eq!((&golden["events_lost"], &stats["lost"]), (&0.into(), &0.into()), "{scenario}");
        if let Some(total) = done["emitted"]["Demo-Busy.total"].as_u64() {
            let busy = ours.iter().filter(|((provider, ..), _)| provider == "Demo-Busy");
            assert_eq!(busy.map(|(_, count)| count).sum::<u64>(), total, "{scenario}");
        }
        let name = file.to_str().unwrap();
        let info = tracemill(&["info", "--json", name]);
        assert_eq!((info.code, &info.json()["events"]), (0, &stats["events"]), "{scenario}");
        let events = tracemill(&["events", "-f", "csv", "-F", "provider", name]);
        let lines = events.ok().lines().count() as u64 - 1;
        assert_eq!(Some(lines), stats["events"].as_u64(), "{scenario}");
        for (format, made) in [("Speedscope", "y.speedscope.json"), ("Chromium", "y.chromium.json")]
        {
            let ran = tool(
                run,
                &["dotnet-trace", "convert", "x", "--format", format, "-o", "y"],
                &folder,
            );
            assert_eq!(ran.code, 0, "{scenario}: {}{}", ran.out, ran.err);
            let made = fs::read(folder.join(made)).unwrap();
            assert!(serde_json::from_slice::<Value>(&made).is_ok(), "{scenario}");
        }
    }
}

/// Each part alone, too.
#[test]
fn parts_are_what_others_read() {
    let Some(run) = runtime("parts_are_what_others_read") else { return };
    let scenario = "busy --wait 1 --count 10000 --threads 2 --mode string --payload 2000";
    let program = Program::ready(run, scenario);
    let folder = Folder::new();
    let asked = format!("Demo-Busy:ff:5,{CLR}:1:4");
    let child = collect(&program, &folder, &["--providers", &asked, "--rotate-size", "1M"]);
    let done = program.wait_line("\"phase\":\"done\"");
    interrupt(&child);
    assert_eq!(end(child).code, 0);
    let done: Value = serde_json::from_str(&done).unwrap();
    let parts: Vec<_> =
        fs::read_dir(&folder.0).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert!(parts.len() > 1, "{parts:?}");
    let mut sum = 0;
    for part in &parts {
        let ours = by_stats(part).0;
        let (theirs, golden) = by_traceevent(run, part, &Folder::new());
        assert_eq!(ours, theirs, "{}", part.display());
        assert_eq!(golden["events_lost"], 0, "{}", part.display());
        sum += ours.get(&("Demo-Busy".to_owned(), 2, 0)).copied().unwrap_or(0);
    }
    assert_eq!(Some(sum), done["emitted"]["Demo-Busy.total"].as_u64());
}
