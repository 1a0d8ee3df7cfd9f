//! Random conditions on random streams: as the naive reading says. And what is no condition.

use tracemill::{Filter, FilterSpec};
use tracemill_testkit::{Rng, mutate};

use super::condition::Condition;
use super::model::{self, Sample, pick};
use super::naive;
use super::{taken, visit};

/// What the filter is asked for beside conditions.
fn rest(rng: &mut Rng, spec: &mut FilterSpec) -> Box<dyn Fn(&Sample) -> bool> {
    match rng.index(8) {
        0 => {
            let provider = pick(rng, model::PROVIDERS);
            spec.providers = vec![provider.to_uppercase()];
            Box::new(move |sample| sample.class.provider == provider)
        }
        1 => {
            spec.events = vec!["a*".into(), "#2".into()];
            Box::new(|sample| {
                sample.class.name.to_lowercase().starts_with('a') || sample.class.event_id == 2
            })
        }
        2 => {
            let level = rng.range(model::LEVELS);
            spec.level = Some(level as u8);
            Box::new(move |sample| naive::level(sample) <= level)
        }
        3 => {
            let mask = rng.below(16);
            spec.keywords = Some(mask);
            Box::new(move |sample| naive::keywords(sample) & mask != 0)
        }
        4 => {
            spec.threads = vec![100, 101];
            Box::new(|sample| matches!(sample.thread.thread_id, Some(100 | 101)))
        }
        5 => {
            spec.processes = vec![11];
            Box::new(|sample| sample.thread.process_id == Some(11))
        }
        _ => Box::new(|_| true),
    }
}

#[test]
fn a_filter_takes_what_the_naive_reading_takes() {
    let (mut events, mut fitting, mut mixed) = (0, 0, 0);
    for seed in 0..4_000 {
        let mut rng = Rng::new(seed);
        let (stream, samples) = model::stream(&mut rng);
        let batch_events = 1 + rng.index(8);
        for _ in 0..3 {
            let condition = Condition::random(&mut rng, 3);
            let mut spec = FilterSpec::default();
            spec.conditions = vec![condition.text(&mut rng)];
            let fits = rest(&mut rng, &mut spec);
            let mut filter = Filter::new(&spec).unwrap_or_else(|error| panic!("{error}"));
            let found = taken(&stream, batch_events, &mut filter);
            let expected: Vec<bool> =
                samples.iter().map(|sample| condition.holds(sample) && fits(sample)).collect();
            assert_eq!(found, expected, "seed {seed}: {spec:?}");
            // A second time, when all has been decided.
            assert_eq!(taken(&stream, batch_events, &mut filter), expected, "seed {seed}, again");
            let count = expected.iter().filter(|fits| **fits).count();
            (events, fitting) = (events + expected.len(), fitting + count);
            mixed += usize::from(count > 0 && count < expected.len());
        }
    }
    assert!(events > 50_000 && fitting > events / 20 && mixed > 500, "{events} {fitting} {mixed}");
}

#[test]
fn what_is_said_to_hold_never_does_not_hold() {
    let (mut said, mut taken_all) = (0, 0);
    for seed in 0..4_000 {
        let mut rng = Rng::new(seed);
        let (stream, samples) = model::stream(&mut rng);
        let condition = Condition::random(&mut rng, 0);
        let mut spec = FilterSpec::default();
        spec.conditions = vec![condition.text(&mut rng)];
        let mut filter = Filter::new(&spec).unwrap();
        taken(&stream, 256, &mut filter);
        let holds = samples.iter().filter(|sample| condition.holds(sample)).count();
        let is_said = filter.mismatches().next().is_some();
        assert!(holds == 0 || !is_said, "seed {seed}: {spec:?}");
        (said, taken_all) = (said + usize::from(is_said), taken_all + holds);
    }
    assert!(said > 200 && taken_all > 1000, "{said} {taken_all}");
}

#[test]
fn no_text_makes_it_panic() {
    const PIECES: &[&str] = &[
        "A",
        "Event.Field",
        "@level",
        "@",
        "==",
        "!=",
        "<",
        "<=",
        "&",
        "&&",
        "||",
        "|",
        "!",
        "(",
        ")",
        ",",
        "in",
        "in (",
        "contains",
        "matches",
        "exists",
        "\"x\"",
        "\"",
        "'",
        "`",
        "\\",
        "\\u{",
        "}",
        "0x",
        "1.5",
        "-",
        "-1",
        "1e5",
        "1e999",
        ".",
        " ",
        "\n",
        "ä",
        "\u{1F600}",
        "true",
        "18446744073709551615",
    ];
    let mut rng = Rng::new(5);
    let (mut right, mut wrong) = (0, 0);
    for _ in 0..60_000 {
        let text = if rng.chance(1, 3) {
            let mut bytes = vec![0; rng.index(40)];
            rng.fill(&mut bytes);
            String::from_utf8_lossy(&bytes).into_owned()
        } else {
            (0..rng.index(12)).map(|_| pick(&mut rng, PIECES)).collect::<Vec<_>>().join(" ")
        };
        let mut spec = FilterSpec::default();
        spec.conditions = vec![text.clone()];
        match Filter::new(&spec) {
            Ok(_) => right += 1,
            Err(error) => {
                wrong += 1;
                assert!(text.is_char_boundary(error.at()) && !error.what().is_empty(), "{error}");
                assert_eq!(error.to_string().lines().count(), 1, "{error}");
            }
        }
    }
    assert!(right > 10 && wrong > 10_000, "{right} {wrong}");
}

#[test]
fn no_stream_makes_it_panic() {
    for seed in 0..2_000 {
        let mut rng = Rng::new(seed);
        let (stream, _) = model::stream(&mut rng);
        let damaged = mutate(&stream, &mut rng);
        let mut spec = FilterSpec::default();
        spec.conditions = vec![Condition::random(&mut rng, 4).text(&mut rng)];
        spec.level = Some(3);
        let mut filter = Filter::new(&spec).unwrap();
        let mut alone = filter.clone();
        let all = taken(&damaged, 256, &mut filter);
        // What is taken depends on the event alone, not on what was seen before.
        let mut at = 0;
        visit(&damaged, 3, |event| {
            assert_eq!(alone.clone().takes(event), all[at], "seed {seed}");
            if at % 3 == 0 {
                assert_eq!(alone.takes(event), all[at], "seed {seed}");
            }
            at += 1;
        });
        assert_eq!(at, all.len());
    }
}
