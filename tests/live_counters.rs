//! `counters` and `logs` of a real runtime, against what its program says it did.
#![cfg(all(feature = "cli", target_os = "linux", target_arch = "x86_64"))]
#![allow(clippy::indexing_slicing, clippy::float_cmp, clippy::missing_panics_doc, reason = "tests")]
#![allow(dead_code, reason = "what is shared with other tests is not all used here")]

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::OnceLock;

use serde_json::Value;
use tracemill_test_support::corpus;

#[path = "cli/run.rs"]
mod run;

/// Ends a session that a test has lost, so that it fails instead of waiting.
const AT_MOST: [&str; 2] = ["--duration", "40s"];

/// What starts the runtime; `None` where it is not at hand.
fn kit(test: &str) -> Option<&'static Path> {
    static KIT: OnceLock<PathBuf> = OnceLock::new();
    let shared = corpus::shared(test)?;
    Some(KIT.get_or_init(|| {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("dotnet10");
        let setup = shared.join("../tools/dotnet10/setup.sh");
        let done = Command::new("sh").arg(setup).arg(&folder).output().unwrap();
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
        folder.join("run")
    }))
}

/// A program that runs, and what it prints: JSON lines.
struct Running {
    child: Child,
    lines: std::io::Lines<BufReader<ChildStdout>>,
}

impl Running {
    fn start(mut command: Command) -> Self {
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        Self { child, lines }
    }

    /// A scenario of the test program, once it is ready.
    fn scenario(kit: &Path, args: &[&str]) -> Self {
        let mut command = Command::new(kit);
        command.arg("tracegen").args(args);
        let mut running = Self::start(command);
        assert_eq!(running.next().expect("a line")["ready"], true);
        running
    }

    /// `tracemill` at that program.
    fn watch(&self, args: &[&str]) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_tracemill"));
        command.args(args).args(["-p", &self.pid()]).args(AT_MOST).stderr(Stdio::piped());
        Self::start(command)
    }

    fn pid(&self) -> String {
        self.child.id().to_string()
    }

    fn next(&mut self) -> Option<Value> {
        let line = self.lines.next()?.unwrap();
        Some(serde_json::from_str(&line).expect(&line))
    }

    /// What the program says at its end.
    fn done(&mut self) -> Value {
        loop {
            let line = self.next().expect("it says that it is done");
            if line["phase"] == "done" {
                return line;
            }
        }
    }

    /// The rest of what it prints, where it ends well.
    fn rest(mut self) -> (Vec<String>, String) {
        let lines = self.lines.map(Result::unwrap).collect();
        let mut said = String::new();
        if let Some(mut stderr) = self.child.stderr.take() {
            std::io::Read::read_to_string(&mut stderr, &mut said).unwrap();
        }
        let status = self.child.wait().unwrap();
        assert!(status.success(), "{status}: {said}");
        (lines, said)
    }
}

fn is_near(one: f64, other: f64) -> bool {
    (one - other).abs() <= 1e-9 * one.abs().max(1.0)
}

/// All orders, as the last values of their series tell.
fn orders(values: &[Value]) -> f64 {
    let orders = values.iter().filter(|value| value["name"] == "orders");
    let last: BTreeMap<_, _> =
        orders.map(|value| (value["tags"].to_string(), value["value"].as_f64())).collect();
    last.values().flatten().sum()
}

#[test]
fn event_counters_of_a_running_process() {
    let Some(kit) = kit("live counters") else { return };
    let mut program = Running::scenario(kit, &["counters", "--seconds", "5"]);
    let list = ["counters", "--counters", "Demo-Counters,EventCounters\\System.Runtime"];
    let watch = program.watch(&[&list[..], &["--format", "jsonl"]].concat());
    let path = std::env::temp_dir().join(format!("tracemill-live-{}.json", std::process::id()));
    let file = ["--format", "json", "-y", "-o", path.to_str().unwrap()];
    let other = program.watch(&[&list[..], &file].concat());
    // The runtime has instruments of the same name, and these win.
    let both = program.watch(&["counters", "--format", "jsonl"]);
    let done = program.done();
    // All end as the process does.
    let (pid, (lines, said)) = (program.child.id(), watch.rest());
    assert_eq!(said, "");
    let values: Vec<Value> = lines.iter().map(|line| serde_json::from_str(line).unwrap()).collect();
    let sum = |name: &str, key: &str| -> f64 {
        let of = values.iter().filter(|value| value["name"] == name);
        of.map(|value| value[key].as_f64().unwrap()).sum()
    };
    let intervals = values.iter().filter(|value| value["name"] == "queue-depth").count();
    assert!(intervals >= 2, "{intervals}");
    let (written, count) =
        (done["metrics_written"].as_f64().unwrap(), sum("request-latency", "count"));
    assert!(count > 0.0 && count <= written, "{count} of {written}");
    // What is written between the reading of one counter and of the next is in one of them alone,
    // and on a busy machine that may be much; but a whole interval is more.
    let (requests, sent) = (sum("requests", "value"), sum("bytes", "value") / 1500.0);
    for other in [requests, sent] {
        assert!((other - count).abs() <= written / 10.0, "{count} {requests} {sent}");
    }
    assert_eq!(sent.fract(), 0.0);
    let own = values.iter().filter(|value| value["provider"] == "System.Runtime");
    assert!(own.clone().count() > 20 * (intervals - 1), "{intervals}");
    assert!(own.clone().all(|value| value["kind"] == "mean" || value["kind"] == "sum"));
    assert!(values.iter().all(|value| value["process"] == pid));

    let (lines, said) = both.rest();
    assert!(lines.len() > 20 && said.is_empty(), "{said}");
    for line in &lines {
        let value: Value = serde_json::from_str(line).unwrap();
        assert_eq!(value["provider"], "System.Runtime");
        assert!(value["kind"] != "mean" && value["kind"] != "sum", "{line}");
    }

    assert_eq!(other.rest().0, [""; 0]);
    let json: Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
    std::fs::remove_file(&path).unwrap();
    let events = json["Events"].as_array().unwrap();
    assert!(events.iter().any(|event| event["name"] == "Requests (Count / 1 sec)"));
    assert_ne!(json["TargetProcess"], "");
}

#[test]
fn instruments_of_a_running_process() {
    let Some(kit) = kit("live metrics") else { return };
    let mut program = Running::scenario(kit, &["metrics", "--wait", "1", "--seconds", "3"]);
    let args = ["counters", "--counters", "TraceGen.Shop", "--format", "jsonl"];
    let mut watch = program.watch(&args);
    // Another one shares the session, and a third may not, since it asks for other limits.
    let mut values = vec![watch.next().expect("a value")];
    let other = program.watch(&args);
    let third = program.watch(&[&args[..], &["--maxTimeSeries", "5"]].concat());
    let done = program.done();
    // Up to the interval in which it was done, and through the next.
    let (mut polls, total) = (0, done["orders"].as_f64().unwrap());
    while polls < 2 {
        let value = watch.next().expect("a value");
        if value["name"] == "queue.length" && is_near(orders(&values), total) {
            polls += 1;
        }
        values.push(value);
    }
    for one in [&watch, &other, &third] {
        run::interrupt(&one.child);
    }
    let (lines, said) = watch.rest();
    assert_eq!(said, "");
    values.extend(lines.iter().map(|line| serde_json::from_str(line).unwrap()));
    let sum = |name: &str, key: &str| -> f64 {
        let of = values.iter().filter(|value| value["name"] == name);
        of.filter_map(|value| value[key].as_f64()).sum()
    };
    assert!(is_near(sum("orders", "delta"), total));
    assert!(is_near(sum("checkout.duration", "count"), total));
    assert!(is_near(sum("revenue", "delta"), done["revenue"].as_f64().unwrap()));
    assert!(is_near(sum("carts.open", "delta"), done["carts_open"].as_f64().unwrap()));
    // Totals are the same for who came later.
    let (lines, said) = other.rest();
    assert_eq!(said, "");
    let values: Vec<Value> = lines.iter().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert!(is_near(orders(&values), total));
    let (_, said) = third.rest();
    assert!(said.contains("--maxTimeSeries 1000 and not 5"), "{said}");
    program.rest();
}

#[test]
fn logs_of_a_running_process() {
    let Some(kit) = kit("live logs") else { return };
    let scenario = ["logs", "--wait", "1", "--count", "300"];
    let order = |message: &Value| -> u64 {
        let text = message["message"].as_str().unwrap();
        text.split(' ').nth(1).unwrap().parse().unwrap()
    };

    let program = Running::scenario(kit, &scenario);
    // It stops when it has seen as many: all of them, in order.
    let watch = program.watch(&["logs", "-f", "jsonl", "--count", "300"]);
    let (lines, said) = watch.rest();
    assert_eq!(said, "");
    let messages: Vec<Value> =
        lines.iter().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert!(messages.iter().map(order).eq(0..300));
    let exceptions = messages.iter().filter(|message| message["exception"].is_object()).count();
    assert!(messages.iter().all(|message| message["arguments"]["Customer"] == "Zoë"));
    let (said, _) = program.rest();
    let done: Value = serde_json::from_str(&said[0]).unwrap();
    assert_eq!(done["messages"], 300);
    assert_eq!(done["exceptions"], exceptions);

    // The process is asked for no more than is wanted.
    let program = Running::scenario(kit, &scenario);
    let level = ["logs", "--level", "Shop.*:warning,critical", "--no-exceptions", "--count", "150"];
    let (lines, said) = program.watch(&level).rest();
    assert_eq!(said, "");
    let lines: Vec<&String> = lines.iter().filter(|line| line.contains(" Order ")).collect();
    assert_eq!(lines.len(), 150);
    let expected = (0..300).filter(|order| order % 6 >= 3);
    for (line, order) in lines.iter().zip(expected) {
        assert!(line.contains(&format!("] Order {order} for Zoë costs")), "{line}");
    }
    program.rest();
}
