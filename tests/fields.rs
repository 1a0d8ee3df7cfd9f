//! Every payload field of every capture against what an independent decoder read.

#![allow(clippy::indexing_slicing, clippy::cast_possible_truncation, reason = "tests")]

use std::collections::BTreeMap;
use std::path::Path;

use bytes::Bytes;
use serde_json::Value as Json;
use tracemill::nettrace::Nettrace;
use tracemill::{Config, Parser};
use tracemill_test_support::{corpus, forms};
use tracemill_testkit::Fnv;

/// What is summed over the events of a kind.
#[derive(Debug, Default, PartialEq, Eq)]
struct Kind {
    count: u64,
    values_sum: u64,
    bytes_left: u64,
    ill_formed: u64,
    described: bool,
    first: String,
}

#[test]
fn every_field_of_the_corpus_is_read_as_its_truth_says() {
    let Some(corpus) = corpus::shared("every_field_of_the_corpus_is_read_as_its_truth_says") else {
        return;
    };
    let (mut kinds, mut wrong) = (0, Vec::new());
    for (path, truth) in corpus::eventpipe(&corpus) {
        let Some(fields) = fields_of(&truth).filter(|fields| fields.exists()) else {
            continue;
        };
        let text = std::fs::read(&fields).unwrap();
        let truth: Json = serde_json::from_slice(&text).unwrap();
        let capture = corpus::read(&path, None);
        let found = read(Bytes::from(capture.bytes));
        for row in truth["kinds"].as_array().unwrap() {
            kinds += 1;
            if let Err(what) = check(row, &found) {
                wrong.push(format!("{}: {what}", capture.name));
            }
        }
    }
    assert!(kinds > 1_100, "only {kinds} kinds");
    assert!(wrong.is_empty(), "{} of {kinds} kinds differ:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn every_field_of_the_fixtures_is_read_as_its_truth_says() {
    let (mut kinds, mut wrong) = (0, Vec::new());
    for capture in corpus::fixtures() {
        let stem = capture.name.split('.').next().unwrap();
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/truth/fields");
        let Ok(text) = std::fs::read(folder.join(stem).with_extension("json")) else {
            continue;
        };
        let truth: Json = serde_json::from_slice(&text).unwrap();
        let found = read(Bytes::from(capture.bytes));
        for row in truth["kinds"].as_array().unwrap() {
            kinds += 1;
            wrong.extend(check(row, &found).err());
        }
    }
    assert!(kinds > 50, "only {kinds} kinds");
    assert!(wrong.is_empty(), "{} of {kinds} kinds differ:\n{}", wrong.len(), wrong.join("\n"));
}

/// Where the field truth of a capture is, if its truth is that of a nettrace file.
fn fields_of(truth: &Path) -> Option<std::path::PathBuf> {
    let name = truth.file_name()?;
    let folder = truth.parent()?;
    Some(if folder.ends_with("dotnet10") {
        folder.parent()?.join("fields/dotnet10").join(name)
    } else {
        folder.join("fields").join(name)
    })
}

fn check(row: &Json, found: &BTreeMap<(String, u32, u32), Kind>) -> Result<(), String> {
    let number = |key: &str| row[key].as_u64().unwrap_or(0);
    let provider = row["provider"].as_str().unwrap().to_owned();
    let key = (provider, number("id") as u32, number("version") as u32);
    let sum = u64::from_str_radix(row["values_sum"].as_str().unwrap(), 16).unwrap();
    let kind = found.get(&key).ok_or(format!("{key:?} not found"))?;
    let expected = [number("count"), sum, number("bytes_left"), number("ill_formed")];
    let got = [kind.count, kind.values_sum, kind.bytes_left, kind.ill_formed];
    if got == expected {
        return Ok(());
    }
    Err(format!(
        "{key:?} ({}): {got:x?} for {expected:x?}\n  found {}\n  truth {}",
        row["layout"], kind.first, row["first"]
    ))
}

fn read(bytes: Bytes) -> BTreeMap<(String, u32, u32), Kind> {
    let config = Config::default();
    let format = Nettrace::new(&config).with_schemas(&tracemill::clr::Clr);
    let mut parser = Parser::new(format, &config);
    parser.push(bytes).unwrap();
    parser.finish();
    let mut kinds: BTreeMap<(String, u32, u32), Kind> = BTreeMap::new();
    let mut lines = String::new();
    // A stream that was cut is read up to there.
    while let Ok(Some(batch)) = parser.next_batch() {
        for event in &batch {
            let class = event.class().expect("every event of the corpus is described");
            let key = (class.provider().to_owned(), class.event_id, class.version);
            let kind = kinds.entry(key).or_default();
            kind.count += 1;
            lines.clear();
            let left = if let Some(mut values) = event.fields() {
                kind.described = true;
                kind.ill_formed += u64::from(!forms::lines(&mut values, &mut lines));
                values.rest().len()
            } else {
                event.payload().len()
            };
            kind.bytes_left += left as u64;
            let mut hash = Fnv::new();
            hash.bytes(lines.as_bytes());
            kind.values_sum = kind.values_sum.wrapping_add(hash.finish());
            if kind.count == 1 {
                kind.first.clone_from(&lines);
            }
        }
    }
    kinds
}
