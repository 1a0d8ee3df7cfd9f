//! `events` in order of time: over pipes that stay open, within bounds, and with loss.

use tracemill_testkit::{Event, Field, Metadata, Put, Rng, Thread, TraceHeader, Type, v4, v6};

use super::run::{TempFile, feed, fixture, lines, number, tracemill};
pub use pipe::Pipe;

#[path = "order/pipe.rs"]
mod pipe;

const PLACES: &str = "ticks,tid,place";

#[test]
fn what_waits_is_printed_after_a_silence_though_the_pipe_stays_open() {
    for form in ["text", "jsonl", "csv"] {
        for is_v6 in [false, true] {
            let mut pipe = Pipe::new(&["events", "-f", form, "-F", PLACES, "-"]);
            let mut stream = Stream::new(is_v6);
            pipe.send(&stream.burst(&[(1, 100), (1, 300), (2, 200)]));
            if form == "csv" {
                assert_eq!(pipe.line(), PLACES);
            }
            // None has said that nothing older will come.
            let shown = |ticks: u64, tid: u64, place: &str| match form {
                "text" => format!("{ticks:>18} {tid:>7} {place}"),
                "csv" => format!("{ticks},{tid},{place}"),
                _ => format!(
                    r#"{{"schema_version":1,"ticks":{ticks},"tid":{tid},"place":"{place}"}}"#
                ),
            };
            for (ticks, tid) in [(100, 1), (200, 2), (300, 1)] {
                assert_eq!(pipe.line(), shown(ticks, tid, "early"), "{is_v6}");
            }
            // What is older than that comes at once, and what is not waits again.
            pipe.send(&stream.burst(&[(1, 400), (2, 250)]));
            assert_eq!(pipe.line(), shown(250, 2, "late"), "{is_v6}");
            assert_eq!(pipe.line(), shown(400, 1, "early"), "{is_v6}");
            pipe.send(stream.end());
            let (code, rest, err) = pipe.close();
            assert_eq!((code, rest.as_str()), (0, ""));
            let messages: Vec<String> = match form {
                "jsonl" => lines(&err).iter().map(|line| line["message"].to_string()).collect(),
                _ => err.lines().map(str::to_owned).collect(),
            };
            assert_eq!(messages.len(), 2, "{err}");
            assert!(messages[0].contains("4 events were delivered before it was certain"), "{err}");
            assert!(messages[1].contains("1 event is older than one before it"), "{err}");
        }
    }
}

#[test]
fn in_order_of_the_file_nothing_waits() {
    let mut pipe = Pipe::new(&["events", "--order", "file", "-F", "ticks,place", "-"]);
    let mut stream = Stream::new(false);
    pipe.send(&stream.burst(&[(1, 100), (1, 300), (2, 200)]));
    for ticks in [100, 300, 200] {
        assert_eq!(pipe.line(), format!("{ticks:>18}"));
    }
    pipe.send(stream.end());
    assert_eq!(pipe.close(), (0, String::new(), String::new()));
}

#[test]
fn n_ends_though_the_pipe_stays_open() {
    let mut pipe = Pipe::new(&["events", "-n", "2", "-F", "ticks", "-"]);
    let mut stream = Stream::new(false);
    pipe.send(&stream.burst(&[(1, 100), (1, 300), (2, 200)]));
    assert_eq!([pipe.line(), pipe.line()], ["100", "200"].map(|ticks| format!("{ticks:>18}")));
    let code = pipe.wait();
    assert_eq!(code, 0);
}

#[test]
fn time_order_is_file_order_sorted() {
    for name in ["activities", "http", "logs-filtered", "v6-onecollect-cpu", "v6-all-features"] {
        let file = fixture(&format!("{name}.nettrace"));
        let read = |order: &str| {
            let columns = "ticks,provider,event,tid,seq,place,payload";
            let args = ["events", "-q", "-f", "jsonl", "-F", columns, "--order", order, &file];
            let out = tracemill(&args).out;
            lines(&out).into_iter().map(|line| (number(&line["ticks"]).unwrap(), line)).collect()
        };
        let (mut by_file, by_time): (Vec<_>, Vec<_>) = (read("file"), read("time"));
        assert!(by_file.iter().all(|(_, line)| line["place"] == ""), "{name}");
        // Stable: events of the same time as they stand in the file.
        by_file.sort_by_key(|(ticks, _)| *ticks);
        assert_eq!(by_file, by_time, "{name}");
    }
}

#[test]
fn max_held_bounds_what_waits_and_the_rest_is_counted() {
    let mut stream = Stream::new(false);
    let (mut rng, mut bytes) = (Rng::new(1), Vec::new());
    for block in 0..40 {
        let event = |_| (1 + rng.below(3), 1_000 * block + 1 + rng.below(9_000));
        bytes.extend(stream.burst(&(0..500).map(event).collect::<Vec<_>>()));
    }
    bytes.extend(stream.end());
    let file = TempFile::new("held", &bytes);
    let read = |args: &[&str]| {
        let all = ["events", "-f", "jsonl", "-F", PLACES, file.path()];
        let ran = tracemill(&[&all, args].concat());
        assert_eq!(ran.code, 0);
        let events = lines(&ran.out);
        assert_eq!(events.len(), 40 * 500);
        let count = |place: &str| events.iter().filter(|event| event["place"] == place).count();
        let told = |what: &str| {
            let message = lines(&ran.err).into_iter().find(|line| {
                line["kind"] == "remark" && line["message"].as_str().unwrap().contains(what)
            });
            let Some(message) = message else { return 0 };
            let text = message["message"].as_str().unwrap().replace(',', "");
            text.split(' ').next().unwrap().parse().unwrap()
        };
        let counted = [count("early"), count("late")];
        assert_eq!(counted, [told("before it was certain"), told("older than one before")]);
        let ticks: Vec<u64> = events.iter().map(|event| event["ticks"].as_u64().unwrap()).collect();
        (counted, ticks.is_sorted())
    };
    assert_eq!(read(&[]), ([0, 0], true), "all of it fits");
    let ([early, late], is_sorted) = read(&["--max-held", "64K"]);
    assert!(early > 1_000 && late > 1_000 && !is_sorted, "{early} {late}");
    let ([_, fewer], _) = read(&["--max-held", "512k"]);
    assert!(fewer < late, "{fewer} {late}");
    assert_eq!(read(&["--max-held", "64K", "--order", "file"]), ([0, 0], false));
    for wrong in ["5X", "", "K", "-1", "99999999999999999999G"] {
        let arg = format!("--max-held={wrong}");
        assert_eq!(tracemill(&["events", &arg, file.path()]).code, 2, "{wrong}");
    }
}

#[test]
fn loss_is_told_on_stderr_and_by_the_exit_code() {
    let mut stream = Stream::new(false);
    let mut bytes = stream.burst(&[(1, 100), (2, 1_000_000_100)]);
    stream.lose(1, 7);
    bytes.extend(stream.burst(&[(1, 2_000_000_000), (1, 2_500_000_000)]));
    stream.lose(2, 4);
    stream.lose(1, 1_000);
    bytes.extend(stream.burst(&[(2, 9_000_000_000), (1, 9_500_000_000)]));
    bytes.extend(stream.end());
    for order in ["time", "file"] {
        for (flag, code) in [("--fail-on-loss", 5), ("--utc", 0)] {
            let ran = feed(&["events", "--order", order, flag, "-"], &bytes);
            assert_eq!((ran.code, ran.out.lines().count()), (code, 6));
            let expected = "tracemill: standard input: 1,011 events were lost when the trace was made, \
                 by 2 threads, between 0.000000100 s and 9.500000000 s\n";
            assert_eq!(ran.err, expected);
        }
    }
    let quiet = feed(&["events", "-q", "--fail-on-loss", "-"], &bytes);
    assert_eq!((quiet.code, quiet.err.as_str()), (5, ""));
    let json = feed(&["events", "-f", "jsonl", "--fail-on-loss", "-"], &bytes);
    assert_eq!(lines(&json.err)[0]["kind"], "remark");
    // What is cut is damaged, whatever else it is.
    let cut = &bytes[..bytes.len() - 1];
    assert_eq!(feed(&["events", "--fail-on-loss", "-"], cut).code, 4);

    let stats = feed(&["stats", "--json", "-"], &bytes).json();
    let windows = stats["loss_windows"].as_array().unwrap();
    let lost: i64 = windows.iter().map(|window| window["lost"].as_i64().unwrap()).sum();
    let gaps: i64 = windows.iter().map(|window| window["gaps"].as_i64().unwrap()).sum();
    assert_eq!((lost, gaps, stats["lost"].as_i64()), (1_011, 3, Some(1_011)));
    for (ns, lost) in [(2_000_000_000, 7), (9_000_000_000, 4), (9_500_000_000, 1_000)] {
        let has = |window: &&serde_json::Value| {
            (window["from_ns"].as_i64()..=window["to_ns"].as_i64()).contains(&Some(ns))
        };
        assert_eq!(windows.iter().find(has).unwrap()["lost"], lost, "{ns}");
    }
    let text = feed(&["stats", "-"], &bytes).ok();
    let (head, windows) = text.split_once("noticed from").expect("a table of windows");
    assert!(head.contains("lost: 1,011 events"), "{text}");
    assert_eq!(windows.lines().count(), 1 + 3, "{text}");
}

/// A stream of threads whose events do not say that nothing older will come.
struct Stream {
    writer: Writer,
    /// Of each thread, its last sequence number.
    sequences: [u32; 4],
}

enum Writer {
    V4(v4::Writer),
    V6(v6::Writer),
}

impl Stream {
    fn new(is_v6: bool) -> Self {
        let header = TraceHeader { sync_ticks: 0, ..TraceHeader::default() };
        let fields = vec![Field::new("n", Type::UInt64)];
        let class = Metadata { name: "Tick".into(), fields, ..Metadata::new(1, "P", 1) };
        let writer = if is_v6 {
            let mut writer = v6::Writer::new(&header);
            let thread = |index| Thread { index, thread_id: Some(index), ..Thread::default() };
            writer.thread_block(&(1..4).map(thread).collect::<Vec<_>>());
            writer.metadata_block(&[class]);
            Writer::V6(writer)
        } else {
            let mut writer = v4::Writer::new(&header);
            writer.metadata_block(&[class]);
            Writer::V4(writer)
        };
        Self { writer, sequences: [0; 4] }
    }

    /// A block of events, each a thread and its ticks.
    fn burst(&mut self, events: &[(u64, u64)]) -> Vec<u8> {
        let mut block = Vec::new();
        for (thread, ticks) in events {
            let sequence = &mut self.sequences[usize::try_from(*thread).unwrap()];
            *sequence += 1;
            let mut payload = Vec::new();
            payload.put_u64(*ticks);
            block.push(Event {
                sequence: *sequence,
                capture_thread: *thread,
                thread: *thread,
                ticks: *ticks,
                sorted: false,
                payload,
                ..Event::default()
            });
        }
        match &mut self.writer {
            Writer::V4(writer) => {
                writer.event_block(&block);
                writer.take()
            }
            Writer::V6(writer) => {
                writer.event_block(&block);
                writer.take()
            }
        }
    }

    /// So many events of a thread are never written.
    fn lose(&mut self, thread: usize, count: u32) {
        self.sequences[thread] += count;
    }

    fn end(&self) -> &'static [u8] {
        match self.writer {
            Writer::V4(_) => &[1],
            Writer::V6(_) => &[0; 4],
        }
    }
}
