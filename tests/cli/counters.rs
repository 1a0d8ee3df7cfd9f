//! `tracemill counters` on recordings: values against what their programs counted, and outputs against
//! independent readers of CSV and JSON.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde_json::Value;
use tracemill_test_support::corpus;

use super::run::{Ran, TempFile, command, feed, fixture, lines, tracemill};

/// A recording of the corpus, and what its program said at its end.
pub fn recording(test: &str, name: &str) -> Option<(String, Value)> {
    let path = corpus::shared(test)?.join("nettrace").join(format!("{name}.nettrace"));
    let made: Value = serde_json::from_slice(&std::fs::read(path.with_extension("json")).unwrap())
        .expect("made by the recorder");
    Some((path.to_str().unwrap().to_owned(), made["app"]["final"].clone()))
}

/// Runs with local time as UTC.
fn utc(args: &[&str]) -> Ran {
    let mut command = command(args);
    command.env("TZ", "UTC");
    Ran::from(command.output().unwrap())
}

fn of<'a>(values: &'a [Value], name: &str) -> Vec<&'a Value> {
    values.iter().filter(|value| value["name"] == name).collect()
}

fn sum(values: &[&Value], key: &str) -> f64 {
    values.iter().filter_map(|value| value[key].as_f64()).sum()
}

fn is_near(one: f64, other: f64) -> bool {
    (one - other).abs() <= 1e-9 * one.abs().max(1.0)
}

/// What the program of the metrics says, and what was read.
pub fn check_metrics(values: &[Value], app: &Value) {
    let orders = of(values, "orders");
    let total = app["orders"].as_f64().unwrap();
    assert!(is_near(sum(&orders, "delta"), total), "{total}");
    let mut last = BTreeMap::new();
    for order in &orders {
        assert_eq!(order["tags"].as_object().unwrap().len(), 2);
        last.insert(order["tags"].to_string(), order["value"].as_f64().unwrap());
    }
    assert_eq!(last.len() as u64, app["series"].as_u64().unwrap());
    assert!(is_near(last.values().sum(), total));
    let revenue = of(values, "revenue");
    let last = revenue.last().unwrap()["value"].as_f64().unwrap();
    assert!(is_near(last, app["revenue"].as_f64().unwrap()), "{last}");
    let open = of(values, "carts.open").pop().unwrap()["value"].as_f64().unwrap();
    assert!(is_near(open, app["carts_open"].as_f64().unwrap()), "{open}");
    // Each order is a measurement of the histogram.
    assert!(is_near(sum(&of(values, "checkout.duration"), "count"), total));
}

#[test]
fn metrics_sum_up_to_what_was_counted() {
    let Some((path, app)) = recording("counters", "dotnet10/metrics") else { return };
    let values = lines(&tracemill(&["counters", &path]).ok());
    check_metrics(&values, &app);
    assert_eq!(values.len(), 5 * 14);
    let read = of(&values, "bytes.read");
    assert_eq!((&read[0]["delta"], &read[0]["value"]), (&Value::Null, &1000.0.into()));
    let first = &of(&values, "checkout.duration")[0];
    assert_eq!(
        first["quantiles"],
        serde_json::json!({"0.5": 3.628_906_25, "0.95": 53.4375, "0.99": 112.0})
    );
    for value in &values {
        assert_eq!(value["schema_version"], 1);
        assert_eq!(value["meter_tags"], serde_json::json!({"region": "eu-1"}));
    }
}

#[test]
fn event_counters_sum_up_to_what_was_written() {
    for (name, intervals, runtime) in [("dotnet10/counters", 3, 27), ("dotnet31/counters", 11, 19)]
    {
        let Some((path, app)) = recording("counters", name) else { return };
        let values = lines(&tracemill(&["counters", &path]).ok());
        let latency = of(&values, "request-latency");
        assert_eq!(latency.len(), intervals);
        assert_eq!(
            latency[0]["tags"],
            serde_json::json!({"endpoint": "/api/items", "zone": "eu-1"})
        );
        let written = app["metrics_written"].as_f64().unwrap();
        let count = sum(&latency, "count");
        assert!(count <= written && count > written / 2.0, "{count} of {written}");
        // A write while counters are read, one after the other, is in one and not in the next.
        let slack = f64::from(u32::try_from(intervals).unwrap());
        let requests = sum(&of(&values, "requests"), "value");
        assert!((requests - count).abs() <= slack, "{requests} and {count}");
        let bytes = sum(&of(&values, "bytes"), "value");
        assert!((bytes / 1500.0 - count).abs() <= slack && bytes % 1500.0 == 0.0, "{bytes}");
        let own: std::collections::BTreeSet<_> = values
            .iter()
            .filter(|value| value["provider"] == "System.Runtime")
            .map(|value| value["name"].to_string())
            .collect();
        assert_eq!(own.len(), runtime, "{own:?}");
        // One that is named comes alone.
        let list = "Demo-Counters[requests],System.Runtime[nothing]";
        let named = lines(&tracemill(&["counters", "--counters", list, &path]).ok());
        assert_eq!(named.len(), intervals);
        assert!(is_near(sum(&of(&named, "requests"), "value"), requests));
        // Asked for each second, and not each other.
        let run = |seconds| tracemill(&["counters", "--refresh-interval", seconds, &path]);
        assert_eq!(lines(&run("1").ok()).len(), values.len());
        let other = run("2");
        assert_eq!((other.out.as_str(), other.code), ("", 0));
        assert!(other.err.contains("--refresh-interval 1 shows them"), "{}", other.err);
    }
}

#[test]
fn csv_and_json_have_the_rows_of_dotnet_counters() {
    let name = fixture("metrics.nettrace");
    let text = utc(&["counters", "--format", "csv", &name]).ok();
    let header = "Timestamp,Provider,Counter Name,Counter Type,Mean/Increment\n";
    assert!(text.starts_with(header), "{text}");
    assert!(!text.contains('"'), "nothing to quote");
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let rows: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
    let first = [
        "11/23/2026 09:13:04",
        "TraceGen.Shop",
        "checkout.duration (ms)[region=eu-1;shop=s0;Percentile=50]",
        "Metric",
        "3.62890625",
    ];
    assert_eq!(rows[0], first[..]);
    let orders: f64 = rows
        .iter()
        .filter(|row| row[2].starts_with("orders ({order} / 1 sec)[region=eu-1;paid="))
        .inspect(|row| assert_eq!(&row[3], "Rate"))
        .map(|row| row[4].parse::<f64>().unwrap())
        .sum();
    assert!(is_near(orders, 775.0), "{orders}");

    let json = utc(&["counters", "--format", "json", &name]).json();
    assert_eq!(json["TargetProcess"], name.as_str());
    assert_eq!(json["StartTime"], "2026-11-23T09:13:02.9680000+00:00");
    let events = json["Events"].as_array().unwrap();
    assert_eq!(events.len(), rows.len());
    for (event, row) in events.iter().zip(&rows) {
        assert_eq!((&event["provider"], &event["counterType"]), (&row[1].into(), &row[3].into()));
        assert!(row[2].starts_with(event["name"].as_str().unwrap()), "{event} {row:?}");
        // The reader of JSON is off by a last digit.
        assert!(is_near(event["value"].as_f64().unwrap(), row[4].parse().unwrap()), "{event}");
        assert_eq!(
            (&event["meterTags"], &event["instrumentTags"]),
            (&"region=eu-1".into(), &"".into())
        );
    }
    assert_eq!(events[0]["tags"], "shop=s0,Percentile=50");
    assert_eq!(events[0]["timestamp"], "2026-11-23T09:13:04.0027190+00:00");
}

#[test]
fn event_counters_in_csv_name_their_unit_and_interval() {
    let text = utc(&["counters", "--format", "csv", &fixture("counters.nettrace")]).ok();
    for cell in [
        "Demo-Counters,Request latency (ms)[endpoint:/api/items;zone:eu-1],Metric,",
        "Demo-Counters,Requests (Count / 1 sec),Rate,",
        "Demo-Counters,Queue depth,Metric,36\n",
        "System.Runtime,Working Set (MB),Metric,35.67616\n",
        "System.Runtime,Allocation Rate (B / 1 sec),Rate,",
    ] {
        assert!(text.contains(cell), "{cell}: {text}");
    }
}

#[test]
fn a_run_without_values_is_whole_all_the_same() {
    let name = fixture("http.nettrace");
    let ran = utc(&["counters", "--format", "json", &name]);
    let nothing = "no value of a counter or an instrument is in it";
    let json = ran.json();
    assert!(lines(&ran.err)[0]["message"].as_str().unwrap().starts_with(nothing), "{}", ran.err);
    assert_eq!(json["Events"], serde_json::json!([]));
    assert!(json["StartTime"].as_str().unwrap().starts_with("2026-11-23T09:13:19"), "{json}");
    let csv = utc(&["counters", "--format", "csv", &name]);
    assert_eq!((csv.code, csv.out.lines().count(), csv.err.lines().count()), (0, 1, 1));
    assert!(csv.err.contains(nothing), "{}", csv.err);
    assert_eq!(tracemill(&["counters", "-q", &name]).ok(), "");
    assert_eq!(tracemill(&["counters", "-q", "--format", "table", &name]).ok(), "");
    let named = tracemill(&["counters", "--counters", "Demo,Other[x]", "--format", "csv", &name]);
    assert!(named.err.contains("no value of Demo, Other came"), "{}", named.err);
}

#[test]
fn a_table_an_interval() {
    let name = fixture("counters.nettrace");
    let args =
        ["counters", "--format", "table", "--showDeltas", "--counters", "Demo-Counters", &name];
    let text = tracemill(&args).ok();
    let tables: Vec<&str> = text.split("\n\n").filter(|table| !table.is_empty()).collect();
    assert_eq!(tables.len(), 3, "{text}");
    let depth = |table: &str| {
        let row = table.lines().find(|line| line.contains("Queue depth")).unwrap();
        row.split_whitespace().skip(3).map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(depth(tables[0]), ["36", "-"]);
    assert_eq!(depth(tables[1]), ["36", "0"]);
    assert_eq!(depth(tables[2]), ["22", "-14"]);
    // By name, and no more than are allowed.
    let names: Vec<&str> = tables[0].lines().skip(2).collect();
    assert!(names.is_sorted() && names.len() == 4, "{names:?}");
    let few = tracemill(&["counters", "--format", "table", "--maxTimeSeries", "2", &name]);
    assert_eq!(few.out.split("\n\n").next().unwrap().lines().count(), 2 + 2);
    assert!(few.err.contains("87 values of series beyond --maxTimeSeries"), "{}", few.err);
    // Where nothing was measured, nothing is said to be.
    let metrics =
        tracemill(&["counters", "--format", "table", "--showDeltas", &fixture("metrics.nettrace")])
            .ok();
    let read = metrics.lines().find(|line| line.contains("bytes.read")).unwrap();
    assert!(read.split_whitespace().skip(4).eq(["1,000", "-"]), "{read}");
}

#[test]
fn limits_of_the_session_are_remarks() {
    let Some((path, _)) = recording("counters", "dotnet10/metrics-limits") else { return };
    let ran = tracemill(&["counters", "--format", "csv", &path]);
    assert_eq!((ran.code, ran.err.lines().count()), (0, 2), "{}", ran.err);
    assert!(ran.err.contains("more time series than --maxTimeSeries"), "{}", ran.err);
    assert!(ran.err.contains("more histograms than --maxHistograms"), "{}", ran.err);
    assert_eq!(tracemill(&["counters", "-q", "--format", "csv", &path]).err, "");
}

#[test]
fn a_file_is_there_once_it_is_whole() {
    let folder = std::env::temp_dir().join(format!("tracemill-counters-{}", std::process::id()));
    std::fs::create_dir(&folder).unwrap();
    let path = folder.join("out.csv");
    let (name, out) = (fixture("counters.nettrace"), path.to_str().unwrap());
    let files = || std::fs::read_dir(&folder).unwrap().count();
    assert_eq!(tracemill(&["counters", "-o", out, &name]).ok(), "");
    let first = std::fs::read_to_string(&path).unwrap();
    assert!(first.starts_with("Timestamp,") && first.lines().count() == 1 + 3 * 31, "{first}");
    let again = tracemill(&["counters", "--format", "json", "-o", out, &name]);
    assert_eq!(again.code, 2, "{}", again.err);
    assert!(again.err.contains("-y replaces it"), "{}", again.err);
    assert_eq!(std::fs::read_to_string(&path).unwrap(), first);
    assert_eq!(tracemill(&["counters", "--format", "json", "-y", "-o", out, &name]).ok(), "");
    let json: Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
    assert_eq!(json["Events"].as_array().unwrap().len(), 3 * 31);
    // What cannot be read leaves nothing.
    assert_eq!(tracemill(&["counters", "-y", "-o", out, "/nonexistent"]).code, 1);
    assert_eq!(files(), 1);
    let ran = tracemill(&["counters", "-o", "/nonexistent/x", &name]);
    let expected = "tracemill: /nonexistent/x: the folder it is to be in does not exist\n";
    assert_eq!((ran.code, ran.err.as_str()), (1, expected));
    std::fs::remove_dir_all(&folder).unwrap();
}

#[test]
fn standard_input_truncation_and_time() {
    let bytes = super::run::bytes("counters.nettrace");
    let whole = feed(&["counters", "-"], &bytes).ok();
    assert_eq!(lines(&whole).len(), 3 * 31);
    let first =
        tracemill(&["counters", "--duration", "1500ms", &fixture("counters.nettrace")]).ok();
    assert_eq!(lines(&first).len(), 31);
    assert!(whole.starts_with(&first));
    // What was whole is shown.
    let cut = TempFile::new("cut.nettrace", &bytes[..bytes.len() * 2 / 3]);
    let ran = tracemill(&["counters", "--format", "json", cut.path()]);
    assert_eq!(ran.code, 4);
    assert!(!ran.json()["Events"].as_array().unwrap().is_empty());
}

#[test]
fn what_is_wrong_on_the_command_line_is_told() {
    let name = fixture("counters.nettrace");
    for args in [
        &["counters"][..],
        &["counters", "-p", "1", &name],
        &["counters", "--counters", "A[b", &name],
        &["counters", "--refresh-interval", "0", &name],
        &["counters", "--format", "table", "-o", "x", &name],
        &["counters", "-y", &name],
    ] {
        let ran = tracemill(args);
        assert_eq!((ran.code, ran.out.as_str()), (2, ""), "{args:?}: {}", ran.err);
    }
    // No process has this id.
    let ran = tracemill(&["counters", "--format", "csv", "-p", "4194305"]);
    assert_eq!((ran.code, ran.out.as_str()), (6, ""), "{}", ran.err);
}

#[test]
fn every_capture_can_be_read() {
    let Some(folder) = corpus::shared("counters of every capture") else { return };
    let captures: Vec<PathBuf> =
        corpus::eventpipe(&folder).into_iter().map(|(path, _)| path).collect();
    let is_small =
        |path: &&PathBuf| Path::new(path).metadata().is_ok_and(|file| file.len() < 4 << 20);
    for path in captures
        .iter()
        .filter(|path| path.extension().is_some_and(|end| end == "nettrace"))
        .filter(is_small)
    {
        for verb in ["counters", "logs"] {
            let ran = tracemill(&[verb, path.to_str().unwrap()]);
            assert!(ran.code == 0 || ran.code == 4, "{verb} {}: {}", path.display(), ran.err);
        }
    }
}
