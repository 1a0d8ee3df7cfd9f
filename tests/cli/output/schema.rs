//! `docs/json.md` describes every key that is printed.

use super::readers;
use super::value::Json;
use crate::run::{bytes, feed, fixture, tracemill};

#[test]
fn every_key_is_described() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/json.md");
    let text = std::fs::read_to_string(path).unwrap();
    let names = ["v6-all-features.nettrace", "http.nettrace"].map(fixture);
    let all = "--by=provider,event,thread,process";
    let mut printed = vec![tracemill(&["list-formats", "--json"]).out];
    for args in [
        &["info", "--json"][..],
        &["info", "--json", "--level", "5"],
        &["stats", "--json", "--memory", all, "--level", "5"],
        &["stats", "--json", "--no-mmap", "--memory"],
    ] {
        printed.extend(names.iter().map(|name| tracemill(&[args, &[name]].concat()).out));
    }
    for (verb, flags, name) in [
        ("counters", &["--format", "jsonl"][..], "counters.nettrace"),
        ("counters", &["--format", "jsonl"], "metrics.nettrace"),
        ("logs", &["-f", "jsonl", "--scopes"], "logs-filtered.nettrace"),
    ] {
        printed.push(tracemill(&[&[verb], flags, &[&*fixture(name)]].concat()).ok());
    }
    // Damage, and what is said of it.
    let whole = bytes("http.nettrace");
    for damaged in [&whole[..20_000], &[&whole[..], b"x"].concat()] {
        let ran = feed(&["stats", "--json", "-"], damaged);
        printed.extend([ran.out, ran.err]);
    }
    let (mut keys, mut columns) = (Vec::new(), Vec::new());
    for line in printed.iter().flat_map(|text| readers::serde(text)) {
        collect(&line, &mut keys);
    }
    let help = tracemill(&["events", "--help"]).out;
    let list =
        help.split("Columns, in order").nth(1).unwrap().split("How to print").next().unwrap();
    for line in list.lines() {
        let name = line.trim().strip_prefix("- ").and_then(|line| line.split(':').next());
        columns.extend(name.map(str::to_owned));
    }
    assert!(columns.len() > 20 && keys.len() > 80, "{columns:?} {keys:?}");
    keys.extend(columns);
    keys.sort();
    keys.dedup();
    let missing: Vec<_> = keys.iter().filter(|key| !text.contains(&format!("`{key}`"))).collect();
    assert!(missing.is_empty(), "not in docs/json.md: {missing:?}");
}

/// The keys of an object and of those in it.
fn collect(json: &Json, keys: &mut Vec<String>) {
    match json {
        Json::Object(fields) => {
            for (key, value) in fields {
                keys.push(key.clone());
                // What the stream itself names.
                let named = ["properties", "tags", "quantiles", "arguments"];
                if !named.iter().any(|named| key.ends_with(named)) {
                    collect(value, keys);
                }
            }
        }
        Json::Array(elements) => elements.iter().for_each(|element| collect(element, keys)),
        _ => {}
    }
}

#[test]
fn the_examples_of_the_readme_are_what_is_printed() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/README.md");
    let text = std::fs::read_to_string(path).unwrap();
    let mut lines = text.lines();
    let mut count = 0;
    while let Some(line) = lines.next() {
        let Some(args) = line.strip_prefix("$ tracemill ") else { continue };
        let args: Vec<&str> = args.split(' ').collect();
        // Paths are relative to the project, where tests run.
        let out = tracemill(&args).ok();
        let mut rest = out.trim_end();
        let shown = lines.next().unwrap();
        for part in shown.split('\u{2026}') {
            let at = rest.find(part).unwrap_or_else(|| panic!("{shown}\n{out}"));
            rest = &rest[at + part.len()..];
        }
        assert!(rest.is_empty() || shown.ends_with('\u{2026}'), "{shown}\n{out}");
        assert!(out.starts_with(shown.split('\u{2026}').next().unwrap()), "{shown}\n{out}");
        count += 1;
    }
    assert_eq!(count, 2);
}
