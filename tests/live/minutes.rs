//! `counters` in every form and `logs` for minutes, against what the programs say at their end.

use std::fs;
use std::process::{Child, Stdio};

use serde_json::Value;

use crate::child::{Program, runtime, wait_for};
use crate::run::{Ran, command, interrupt, lines};
use crate::strict::Folder;

/// A verb at a program, printing to a file.
fn start(program: &Program, file: &std::path::Path, arguments: &[&str]) -> Child {
    let pid = program.pid().to_string();
    let mut command = command(arguments);
    command.args(["-p", &pid, "--duration", "1h"]).env("TMPDIR", &program.temp.0);
    command.stdin(Stdio::null()).stdout(fs::File::create(file).unwrap()).spawn().unwrap()
}

/// Interrupts it. Nothing is said but what is let through.
fn end(child: Child, may_say: &str) {
    interrupt(&child);
    let ran = Ran::from(child.wait_with_output().unwrap());
    let is_right = ran.err.lines().all(|line| !may_say.is_empty() && line.contains(may_say));
    assert!(ran.code == 0 && is_right, "{}", ran.err);
}

fn truth(program: &Program) -> Value {
    let line = program.wait_line_for("\"phase\":\"done\"", std::time::Duration::from_secs(3600));
    serde_json::from_str(&line).unwrap()
}

/// Values of a counter, in the order in which they came: of JSON lines, CSV and JSON.
struct Forms {
    files: [std::path::PathBuf; 3],
    children: Vec<Child>,
}

impl Forms {
    fn start(program: &Program, folder: &Folder, counters: &str) -> Self {
        let forms = ["jsonl", "csv", "json"];
        let files = forms.map(|form| folder.join(&format!("{counters}.{form}")));
        let one = |(form, file): (&str, &std::path::PathBuf)| {
            start(program, file, &["counters", "--counters", counters, "--format", form])
        };
        let children = forms.into_iter().zip(&files).map(one).collect();
        Self { files, children }
    }

    /// Waits until what was written last holds this.
    fn wait_for(&self, is_enough: impl Fn(&[Value]) -> bool) {
        wait_for("all of it", || {
            let text = fs::read_to_string(&self.files[0]).unwrap();
            let whole = text.rfind('\n').map_or("", |end| &text[..end]);
            is_enough(&lines(whole))
        });
    }

    fn end(self, may_say: &str) -> [Vec<(String, f64)>; 3] {
        self.children.into_iter().for_each(|child| end(child, may_say));
        let text = self.files.map(|file| fs::read_to_string(file).unwrap());
        let of_lines = lines(&text[0]);
        let of_lines = of_lines.iter().map(|value| {
            let delta = value.get("delta").filter(|delta| delta.is_number());
            let number = delta.or(value.get("value")).and_then(Value::as_f64);
            (value["display_name"].as_str().unwrap().to_owned(), number.unwrap_or(f64::NAN))
        });
        let of_csv = text[1].lines().skip(1).map(|line| {
            let (rest, number) = line.rsplit_once(',').unwrap();
            let name = rest.split(',').nth(2).unwrap();
            (bare(name), number.parse().unwrap())
        });
        let json: Value = serde_json::from_str(&text[2]).unwrap();
        let of_json = json["Events"].as_array().unwrap().iter();
        let of_json = of_json
            .map(|event| (bare(event["name"].as_str().unwrap()), event["value"].as_f64().unwrap()));
        [of_lines.collect(), of_csv.collect(), of_json.collect()]
    }
}

/// A name without its unit and tags.
fn bare(name: &str) -> String {
    name.split([' ', '[']).next().unwrap().to_owned()
}

fn of<'a>(values: &'a [(String, f64)], name: &'a str) -> Vec<f64> {
    let of = values.iter().filter(|(one, _)| one.split(' ').next() == Some(name));
    of.map(|(_, value)| *value).collect()
}

fn is_near(one: f64, other: f64) -> bool {
    (one - other).abs() <= 1e-9 * one.abs().max(1.0)
}

/// `TRACEMILL_MINUTES=3 cargo test --test live -- --ignored counters_and_logs_for_minutes`
#[test]
#[ignore = "takes 3 minutes"]
fn counters_and_logs_for_minutes() {
    let Some(run) = runtime("counters_and_logs_for_minutes") else { return };
    let minutes = std::env::var("TRACEMILL_MINUTES").map_or(3.0, |text| text.parse().unwrap());
    let seconds = 60.0 * minutes;
    let folder = Folder::new();
    let metrics = Program::ready(run, &format!("metrics --wait 1 --seconds {seconds} --series 5"));
    let counters = Program::ready(run, &format!("counters --seconds {seconds}"));
    let logs = format!("logs --wait 1 --count {:.0} --pause-ms 10", seconds * 80.0);
    let logs = Program::ready(run, &logs);
    let of_counters = Forms::start(&counters, &folder, "Demo-Counters");
    let of_metrics = Forms::start(&metrics, &folder, "TraceGen.Shop");
    let (text, json) = (folder.join("text"), folder.join("json"));
    let text_logs = start(&logs, &text, &["logs"]);
    let json_logs = start(&logs, &json, &["logs", "-f", "jsonl"]);

    let done = truth(&metrics);
    let total = done["orders"].as_f64().unwrap();
    // Up to the interval in which it was done, and through the next.
    of_metrics.wait_for(|values| {
        let mut sum = 0.0;
        let polls = values.iter().filter(|value| {
            sum += value["delta"].as_f64().filter(|_| value["name"] == "orders").unwrap_or(0.0);
            value["name"] == "queue.length" && is_near(sum, total)
        });
        polls.count() >= 2
    });
    for values in of_metrics.end("maxHistograms") {
        let sum = |name: &str| of(&values, name).iter().sum::<f64>();
        assert!(is_near(sum("orders"), total), "{} of {total}", sum("orders"));
        let revenue = done["revenue"].as_f64().unwrap();
        assert!(is_near(sum("revenue"), revenue), "{} of {revenue}", sum("revenue"));
    }

    let done = truth(&counters);
    let all = of_counters.end("");
    let written = done["metrics_written"].as_f64().unwrap();
    for values in &all {
        // All but the last interval, which nobody publishes.
        let requests = of(values, "Requests").iter().sum::<f64>();
        let sent = of(values, "Bytes").iter().sum::<f64>();
        assert!(requests <= written && requests > written * (1.0 - 3.0 / seconds), "{requests}");
        assert!((sent / 1500.0 - requests).abs() <= written * 2.0 / seconds, "{sent} {requests}");
        // One session may have begun with an interval before the others.
        for name in ["Queue", "Requests", "Request", "Bytes"] {
            let (this, first) = (of(values, name), of(&all[0], name));
            let shorter = this.len().min(first.len());
            assert!(shorter + 1 >= this.len().max(first.len()) && shorter > 0, "{name}");
            let end = |list: &[f64]| list[list.len() - shorter..].to_vec();
            let start = |list: &[f64]| list[..shorter].to_vec();
            let is_it = |one: &[f64], other: &[f64]| {
                one.iter().zip(other).all(|(one, other)| is_near(*one, *other))
            };
            assert!(
                is_it(&end(&this), &end(&first)) || is_it(&start(&this), &start(&first)),
                "{name}"
            );
        }
    }

    let done = truth(&logs);
    let count = done["messages"].as_u64().unwrap();
    let has_all =
        |file| fs::read_to_string(file).unwrap().contains(&format!("Order {} ", count - 1));
    wait_for("the last message", || has_all(&text) && has_all(&json));
    end(text_logs, "");
    end(json_logs, "");
    let messages = lines(&fs::read_to_string(json).unwrap());
    let order = |text: &str| text.split(' ').nth(1).unwrap().parse::<u64>().unwrap();
    let orders = messages.iter().map(|message| order(message["message"].as_str().unwrap()));
    assert!(orders.eq(0..count), "each once, and in order");
    let exceptions = messages.iter().filter(|message| message["exception"].is_object()).count();
    assert_eq!(done["exceptions"], exceptions);
    let text = fs::read_to_string(text).unwrap();
    let printed = text.lines().filter_map(|line| line.split_once("] Order "));
    let printed = printed.map(|(_, rest)| rest.split(' ').next().unwrap().parse::<u64>().unwrap());
    assert!(printed.eq(0..count), "each once, and in order");
    let exceptions = text.lines().filter(|line| line.starts_with("    System.Invalid")).count();
    assert_eq!(done["exceptions"], exceptions);
}
