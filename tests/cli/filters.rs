//! The filters, which every verb that reads events has.

use super::run::{Ran, fixture, lines, number, tracemill};

fn http() -> String {
    fixture("http.nettrace")
}

fn events(args: &[&str]) -> Ran {
    let file = http();
    tracemill(
        &[&["events", "-f", "jsonl", "-F", "provider,event,id,level,fields", &file], args].concat(),
    )
}

#[test]
fn conditions_take_what_their_fields_say() {
    let all = lines(&events(&[]).ok());
    let count =
        |fits: &dyn Fn(&serde_json::Value) -> bool| all.iter().filter(|event| fits(event)).count();
    let field = |event: &serde_json::Value, name: &str| event["fields"][name].clone();
    for (condition, expected) in [
        ("statusCode >= 400", count(&|event| field(event, "statusCode").as_i64() >= Some(400))),
        (
            "RequestStop.statusCode >= 400",
            count(&|event| {
                event["event"] == "RequestStop" && field(event, "statusCode").as_i64() >= Some(400)
            }),
        ),
        (
            "System.Net.Http.RequestStart.pathAndQuery contains \"/item\" && port != 1",
            count(&|event| {
                let path = field(event, "pathAndQuery");
                path.as_str().is_some_and(|path| path.contains("/item"))
            }),
        ),
        ("!(@id == 1)", count(&|event| event["id"] != 1)),
        ("exists scheme", count(&|event| !field(event, "scheme").is_null())),
    ] {
        assert!(expected > 0 && expected < all.len(), "{condition}");
        let taken = lines(&events(&["--where", condition]).ok());
        assert_eq!(taken.len(), expected, "{condition}");
    }
    let both = events(&["--where", "exists scheme", "--where", "versionMajor == 1", "-n", "2"]);
    assert_eq!(lines(&both.ok()).len(), 2, "all of them have to hold");
}

#[test]
fn levels_and_keywords() {
    for name in ["activities.nettrace", "v6-all-types.nettrace", "v6-all-features.nettrace"] {
        let file = fixture(name);
        let read = |args: &[&str]| {
            let columns = ["events", "-q", "-f", "jsonl", "-F", "level,keywords", &file];
            lines(&tracemill(&[&columns, args].concat()).ok())
        };
        let all = read(&[]);
        let up_to = |level: u64| {
            let is_known = |event: &&serde_json::Value| event["level"].is_u64();
            all.iter().filter(is_known).filter(|e| e["level"].as_u64() <= Some(level)).count()
        };
        for (level, number) in
            [("0", 0), ("error", 2), ("3", 3), ("Informational", 4), ("info", 4), ("verbose", 5)]
        {
            assert_eq!(read(&["--level", level]).len(), up_to(number), "{name}: {level}");
        }
        let bits = |event: &serde_json::Value| {
            number(&event["keywords"]).map_or(0, |bits| u64::try_from(bits).unwrap())
        };
        let any = |mask: u64| all.iter().filter(|event| bits(event) & mask != 0).count();
        for (args, mask) in [
            (&["--keyword", "2"][..], 2),
            (&["--keyword", "0x10", "--keyword", "0x10000000000"], 0x100_0000_0010),
            (&["--keyword", "9223372036854775808"], 1 << 63),
        ] {
            assert_eq!(read(args).len(), any(mask), "{name}: {args:?}");
        }
        assert!(all.iter().any(|event| bits(event) & 0x8000_0100_0000_0012 != 0), "{name}");
    }
}

#[test]
fn stats_and_info_are_of_what_is_taken() {
    let condition = "statusCode >= 400";
    let taken = lines(&events(&["--where", condition]).ok()).len() as i128;
    let whole = tracemill(&["stats", "--json", &http()]).json();
    assert!(whole["events_taken"].is_null());
    let stats = tracemill(&["stats", "--json", "--where", condition, &http()]).json();
    assert_eq!(stats["events"], whole["events"], "of the file");
    assert_eq!(number(&stats["events_taken"]), Some(taken));
    for by in ["provider", "event", "thread"] {
        let rows = stats["by"][by].as_array().unwrap();
        let sum: i128 = rows.iter().filter_map(|row| number(&row["events"])).sum();
        assert_eq!(sum, taken, "{by}");
    }
    let text = tracemill(&["stats", "--where", condition, &http()]).ok();
    assert!(text.contains(&format!(" {taken} of 327 events, ")), "{text}");

    let info = tracemill(&["info", "--json", "--where", condition, &http()]).json();
    assert_eq!((number(&info["events"]), number(&info["events_taken"])), (Some(327), Some(taken)));
    assert_eq!(info["event_classes"].as_i64(), Some(2));
    let text = tracemill(&["info", "--where", condition, &http()]).ok();
    assert!(text.contains(&format!("{taken} of these events")), "{text}");

    // Nothing is taken: nothing is counted, and nothing breaks.
    let none = tracemill(&["stats", "--json", "--pid", "1", &http()]).json();
    assert_eq!((number(&none["events_taken"]), none["duration_ns"].is_null()), (Some(0), true));
    let none = tracemill(&["info", "--pid", "1", &http()]);
    assert!(none.err.ends_with(": none of the 327 events passes the filters\n"), "{}", none.err);
    let none = none.out;
    assert!(none.contains("0 of these events") && !none.contains("first event"), "{none}");
}

#[test]
fn a_wrong_condition_is_one_line_that_says_where() {
    for verb in ["events", "stats", "info"] {
        let ran = tracemill(&[verb, "--where", "statusCode >= && x", &http()]);
        assert_eq!((ran.code, ran.out.as_str()), (2, ""), "{verb}");
        let line = ran.err.lines().next().unwrap();
        assert!(line.starts_with("error: ") && line.contains("--where"), "{line}");
        assert!(line.contains("a number, text in quotes, true or false is expected"), "{line}");
        assert!(line.ends_with("(at byte 14: statusCode >= <HERE>&& x)"), "{line}");
    }
    for wrong in [["--level", "loud"], ["--level", "-1"], ["--keyword", "gc"], ["--where", ""]] {
        assert_eq!(tracemill(&["events", wrong[0], wrong[1], &http()]).code, 2, "{wrong:?}");
    }
}

#[test]
fn a_field_that_no_event_has_is_told() {
    for verb in ["events", "stats", "info"] {
        let ran = tracemill(&[verb, "--where", "statuscode == 1 || Status == 1", &http()]);
        assert_eq!(ran.code, 0, "{verb}");
        assert_eq!(ran.err.lines().count(), 1, "{}", ran.err);
        assert!(ran.err.contains("no event has a field named Status"), "{}", ran.err);
        let quiet = tracemill(&[verb, "-q", "--where", "Status == 1", &http()]);
        assert_eq!((quiet.code, quiet.err.as_str()), (0, ""), "{verb}");
    }
    let stopped = tracemill(&["events", "-n", "1", "--where", "@id > 0 || Status == 1", &http()]);
    assert_eq!((stopped.code, stopped.err.as_str()), (0, ""), "the rest may have it");
}

#[test]
fn filters_that_take_nothing_are_told() {
    for (args, told) in [
        (&["--provider", "schd"][..], "no event is of provider schd; there are "),
        (&["--event", "Tik,9999"], "no event is named Tik or 9999; there are "),
        (&["--event", "sched:sched_switch"], "no event is named sched:sched_switch; there are "),
        (&["--time", "1000s..1001s"], "no event is within --time; they are from "),
        (
            &["--provider", "System.Net.Http", "--event", "ProcessInfo"],
            "no event is named ProcessInfo",
        ),
        (&["--where", "statusCode == 999"], "none of the 327 events passes the filters"),
    ] {
        for verb in ["events", "stats", "info"] {
            let ran = tracemill(&[&[verb], args, &[&http()]].concat());
            assert_eq!((ran.code, ran.err.lines().count()), (0, 1), "{verb} {args:?}: {}", ran.err);
            assert!(ran.err.contains(told), "{verb} {args:?}: {}", ran.err);
            let quiet = tracemill(&[&[verb, "-q"], args, &[&http()]].concat());
            assert_eq!((quiet.code, quiet.err.as_str()), (0, ""));
        }
        let json = tracemill(&[&["events", "-f", "jsonl"], args, &[&http()]].concat());
        let remark = &lines(&json.err)[0];
        assert_eq!((&remark["kind"], json.out.as_str()), (&"remark".into(), ""));
        assert!(remark["message"].as_str().unwrap().contains(told));
    }
    let ran = events(&["--provider", "no-such"]);
    assert!(ran.err.contains("System.Net.Http"), "{}", ran.err);
}

#[test]
fn several_names_may_stand_in_one_list() {
    let names = |args: &[&str]| -> Vec<serde_json::Value> {
        lines(&events(args).ok()).into_iter().map(|event| event["event"].clone()).collect()
    };
    let list = names(&["--event", "RequestStart,RequestStop"]);
    assert!(list.iter().any(|name| name == "RequestStart"));
    assert!(list.iter().any(|name| name == "RequestStop"));
    assert_eq!(list, names(&["--event", "RequestStart", "--event", "RequestStop"]));
    assert_eq!(
        names(&["--provider", "No-Such,system.net.http"]),
        names(&["--provider", "system.net.http"])
    );
}

#[test]
fn what_is_wrong_is_told_with_the_usage_of_the_verb() {
    let file = http();
    for verb in ["info", "stats", "events"] {
        let ran = tracemill(&[verb, "--where", "a >=", &file]);
        let usage = format!("Usage: tracemill {verb} [OPTIONS] <FILE");
        assert!(ran.code == 2 && ran.err.contains(&usage), "{}", ran.err);
    }
    let ran = tracemill(&["monitor", "-p", "1", "--where", "a >="]);
    assert!(ran.code == 2 && ran.err.contains("Usage: tracemill monitor "), "{}", ran.err);
}

#[test]
fn a_comparison_that_can_never_hold_is_told() {
    let told = |condition: &str| {
        let ran = events(&["--where", condition]);
        assert_eq!((ran.code, ran.out.as_str()), (0, ""), "{condition}: {}", ran.err);
        assert_eq!(ran.err.lines().count(), 1, "{condition}: {}", ran.err);
        ran.err
    };
    let number = "statusCode is a number, and no such comparison holds of one";
    assert!(told("statusCode == \"200\"").contains(number));
    assert!(told("statusCode contains \"2\"").contains(number));
    assert!(told("scheme == 5").contains("scheme is text, and no such"));
    assert!(told("@level == \"warning\"").contains("@level is a number, and no such"));
    assert!(told("@provider < 5").contains("@provider is text, and no such"));
    // What holds of none, but could, is nobody's mistake.
    let ran = events(&["--where", "scheme == \"gopher\" || statusCode > 999 || exists noSuch"]);
    assert_eq!((ran.code, ran.out.as_str()), (0, ""));
    assert!(ran.err.lines().count() == 1 && ran.err.contains("no event has a field named noSuch"));
}
