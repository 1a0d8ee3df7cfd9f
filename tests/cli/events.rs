//! `tracemill events`: columns, forms and filters.

use std::io::{BufRead, BufReader, Write};

use super::run::{bytes, command, feed, fixture, lines, tracemill};

fn http() -> String {
    fixture("http.nettrace")
}

#[test]
fn text_is_one_line_an_event() {
    let out = tracemill(&["events", &http()]).ok();
    assert_eq!(out.lines().count(), 327);
    let first: Vec<&str> = out.lines().next().unwrap().split_whitespace().collect();
    let (header, fields) = first.split_at(6);
    assert_eq!(header, ["0.314274446", "19218", "19218", "System.Net.Http", "RequestStart", "62"]);
    assert_eq!(fields[..3], ["scheme=\"http\"", "host=\"127.0.0.1\"", "port=44485"]);
    let utc = tracemill(&["events", "--utc", "-n", "1", &http()]).ok();
    assert!(utc.starts_with("2026-11-23T09:13:19.500274446Z"), "{utc}");
}

#[test]
fn fields_are_objects_in_json_lines() {
    let name = fixture("v6-all-types.nettrace");
    let json = tracemill(&["events", "-f", "jsonl", "-F", "event,fields", &name]).ok();
    let events = lines(&json);
    let scalars = &events[0]["fields"];
    assert_eq!(events[0]["event"], "Scalars");
    assert_eq!((&scalars["b32"], &scalars["i8"]), (&true.into(), &(-5).into()));
    assert_eq!(scalars["i64"], "-9000000000000000000", "beyond 2^53: a string");
    assert_eq!((&scalars["f32"], &scalars["text"]), (&1.5.into(), &"h\u{e9}llo".into()));
    let arrays = &events[1]["fields"];
    assert_eq!(arrays["u16s"], serde_json::json!([1, 2, 65535]));
    assert_eq!(arrays["pairs"][1], serde_json::json!({"Key": "", "Value": -2}));
    assert_eq!(arrays["bytes"], "007fff");
}

#[test]
fn events_of_the_runtime_have_names_and_fields() {
    let name = fixture("busy-netperf3.nettrace.xz");
    let mut unpacked = Vec::new();
    let packed = std::fs::File::open(name).unwrap();
    std::io::copy(&mut liblzma::read::XzDecoder::new(packed), &mut unpacked).unwrap();
    let out = feed(
        &["events", "-F", "event,fields", "--event", "moduledcend", "-n", "1", "-"],
        &unpacked,
    );
    assert!(out.out.starts_with("ModuleDCEnd "), "{}", out.out);
    assert!(out.out.contains("ModuleILPath=\""), "{}", out.out);
}

#[test]
fn json_lines_parse_and_agree_with_text() {
    let columns = "ts,ticks,pid,tid,thread,capture,provider,event,id,version,level,keywords,\
                   opcode,processor,stack,activity,related,seq,bytes,payload";
    for name in ["http.nettrace", "v6-all-types.nettrace", "activities.nettrace"] {
        let json = tracemill(&["events", "-f", "jsonl", "-F", columns, &fixture(name)]).ok();
        let info = tracemill(&["info", "--json", &fixture(name)]).json();
        let events = lines(&json);
        assert_eq!(Some(events.len() as u64), info["events"].as_u64());
        let bytes: u64 = events.iter().map(|event| event["bytes"].as_u64().unwrap()).sum();
        assert_eq!(Some(bytes), info["payload_bytes"].as_u64());
        let frames: u64 = events.iter().filter_map(|event| event["stack"].as_u64()).sum();
        assert_eq!(Some(frames), info["stack_frames"].as_u64());
        for event in &events {
            let hex = event["payload"].as_str().unwrap();
            assert_eq!(hex.len() as u64, 2 * event["bytes"].as_u64().unwrap());
            assert_eq!(event.as_object().unwrap().len(), 1 + columns.split(',').count());
            assert_eq!(event["schema_version"], 1);
        }
    }
}

#[test]
fn csv_parses_and_agrees_with_json() {
    let file = fixture("v6-all-features.nettrace");
    let columns = "ts,provider,event,id,level,keywords,activity,stack,payload";
    let out = tracemill(&["events", "-q", "-f", "csv", "-F", columns, &file]).ok();
    let json = tracemill(&["events", "-q", "-f", "jsonl", "-F", columns, &file]).ok();
    let mut reader = csv::Reader::from_reader(out.as_bytes());
    let header: Vec<&str> = columns.split(',').collect();
    assert_eq!(reader.headers().unwrap(), header);
    let rows: Vec<csv::StringRecord> = reader.records().map(|row| row.unwrap()).collect();
    let events = lines(&json);
    assert_eq!(rows.len(), events.len());
    for (row, event) in rows.iter().zip(&events) {
        assert_eq!(row[2], *event["event"].as_str().unwrap_or_default());
        assert_eq!(row[6], *event["activity"].as_str().unwrap_or_default());
        assert_eq!(row[8], *event["payload"].as_str().unwrap());
    }
}

#[test]
fn n_stops_after_so_many() {
    for form in ["text", "jsonl"] {
        let out = tracemill(&["events", "-n", "7", "-f", form, &http()]).ok();
        assert_eq!(out.lines().count(), 7, "{form}");
    }
    assert_eq!(tracemill(&["events", "-n", "0", &http()]).ok(), "");
    // What comes after them does not matter, not even that it is cut.
    let cut = &bytes("http.nettrace")[..25_000];
    assert_eq!(feed(&["events", "-n", "7", "-"], cut).code, 0);
    assert_eq!(feed(&["events", "-"], cut).code, 4);
}

#[test]
fn filters_take_what_fits_all_of_them() {
    let all = tracemill(&["events", &http()]).ok();
    let with = |args: &[&str]| {
        let file = http();
        let args = [&["events", file.as_str()], args].concat();
        tracemill(&args).ok()
    };
    let expect = |fits: &dyn Fn(&[&str]) -> bool| -> String {
        let fits = |line: &&str| fits(&line.split_whitespace().collect::<Vec<_>>());
        all.lines().filter(fits).flat_map(|line| [line, "\n"]).collect()
    };
    let sockets = expect(&|row| row[3] == "System.Net.Sockets");
    assert!(!sockets.is_empty());
    assert_eq!(with(&["--provider", "system.net.SOCKETS"]), sockets);
    assert_eq!(with(&["--provider", "*sockets"]), sockets);
    let starts = expect(&|row| row[4] == "RequestStart" || row[4] == "RequestStop");
    assert_eq!(with(&["--event", "requeststart", "--event", "RequestStop"]), starts);
    let id = tracemill(&["events", "-F", "id", "--event", "RequestStart", "-n", "1", &http()]).ok();
    let by_id = expect(&|row| row[3] == "System.Net.Http" && row[4] == "RequestStart");
    assert_eq!(with(&["--event", id.trim(), "--provider", "System.Net.Http"]), by_id);
    assert_eq!(with(&["--tid", "19227"]), expect(&|row| row[2] == "19227"));
    let either = expect(&|row| row[2] == "19227" || row[2] == "19218");
    assert_eq!(with(&["--tid", "19227", "--tid", "19218"]), either);
    assert_eq!(with(&["--pid", "19218"]), all);
    assert_eq!(with(&["-q", "--pid", "1"]), "");
}

#[test]
fn time_is_from_a_included_to_b_not() {
    let times = tracemill(&["events", "-F", "ts,tid,seq", &http()]).ok();
    let second = |line: &str| line.split_whitespace().next().unwrap().parse::<f64>().unwrap();
    let (from, to) = (0.378_751_694, 0.382_549_699);
    let expected: String = times
        .lines()
        .filter(|line| (from..to).contains(&second(line)))
        .flat_map(|line| [line, "\n"])
        .collect();
    assert!(expected.lines().count() > 3);
    for range in [
        "0.378751694s..0.382549699s",
        "378751694ns..382549699ns",
        "2026-11-23T09:13:19.564751694Z..2026-11-23T10:13:19.568549699+01:00",
    ] {
        let out = tracemill(&["events", "-F", "ts,tid,seq", "--time", range, &http()]).ok();
        assert_eq!(out, expected, "{range}");
    }
    assert_eq!(tracemill(&["events", "-F", "ts,tid,seq", "--time", "..", &http()]).ok(), times);
    // Between two events, and before and behind all of them.
    assert_eq!(tracemill(&["events", "-q", "--time=0.3145s..0.31451s", &http()]).ok(), "");
    for range in ["--time=-5s..0.1s", "--time=1s.."] {
        let ran = tracemill(&["events", range, &http()]);
        let told = "no event is within --time; they are from 0.314274446 s to 0.701412185 s\n";
        assert_eq!((ran.code, ran.out.as_str()), (0, ""), "{range}");
        assert!(ran.err.ends_with(told), "{range}: {}", ran.err);
    }
    for wrong in ["5", "x..", "2s..1s"] {
        assert_eq!(tracemill(&["events", "--time", wrong, &http()]).code, 2, "{wrong}");
    }
}

#[test]
fn a_closed_pipe_is_a_quiet_end() {
    for form in ["text", "jsonl", "csv"] {
        let file = fixture("activities.nettrace");
        let columns = "ts,provider,event,payload,activity,keywords";
        let mut child = command(&["events", "-f", form, "-F", columns, &file]).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let output = child.wait_with_output().unwrap();
        assert!(line.ends_with('\n'), "{form}: {line}");
        assert_eq!(output.status.code(), Some(0), "{form}");
        assert_eq!(String::from_utf8_lossy(&output.stderr), "", "{form}");
    }
}

#[test]
fn events_come_before_the_input_ends() {
    let whole = bytes("http.nettrace");
    let mut child = command(&["events", "-"]).spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(&whole[..25_000]).unwrap();
    let mut out = BufReader::new(child.stdout.take().unwrap());
    let mut line = String::new();
    out.read_line(&mut line).unwrap();
    assert!(line.contains("RequestStart"), "{line}");
    stdin.write_all(&whole[25_000..]).unwrap();
    drop(stdin);
    assert_eq!(out.lines().count(), 326);
    assert_eq!(child.wait().unwrap().code(), Some(0));
}
