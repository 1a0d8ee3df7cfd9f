use super::*;
use crate::block::Dialect;
use crate::mix::Content;

fn small(dialect: Dialect) -> Mix {
    Mix {
        dialect,
        stacks: 20,
        events_per_block: 50,
        events_per_run: 1..30,
        blocks_per_sequence_point: 4,
        drop_percent: 10,
        ..Mix::default()
    }
}

/// Runs the generator and looks at each event as it goes into its block.
fn events(mix: &Mix, count: usize) -> Vec<Event> {
    let mut generator = mix.generator();
    let mut out = Vec::new();
    while out.len() < count {
        if generator.runs.is_empty() {
            generator.plan_flush();
        }
        generator.next_event();
        out.push(generator.event.clone());
    }
    out
}

#[test]
fn pieces_are_the_whole_stream() {
    for dialect in [Dialect::V4, Dialect::V6] {
        let mix = small(dialect);
        let (whole, truth) = mix.bytes(600_000);
        let mut generator = mix.generator();
        let mut pieces = Vec::new();
        while pieces.len() < 600_000 {
            pieces.extend(generator.next().expect("an endless stream"));
        }
        pieces.extend(generator.finish());
        assert_eq!(generator.next(), None);
        assert!(generator.finish().is_empty());
        assert!(pieces == whole);
        assert_eq!(*generator.truth(), truth);
        assert!(truth.sequence_points > 2);
        let sum: u64 = truth.lost_per_thread.iter().map(|(_, lost)| lost).sum();
        assert_eq!(truth.lost, sum);
        let permille = truth.lost * 1_000 / (truth.lost + truth.events);
        assert!((95..115).contains(&permille), "{permille} of 1000");
    }
}

#[test]
fn other_seeds_give_other_streams() {
    let mix = small(Dialect::V4);
    let other = Mix { seed: 2, ..mix.clone() };
    assert!(mix.bytes(10_000) == mix.bytes(10_000));
    assert_ne!(mix.bytes(10_000).1.fnv1a64, other.bytes(10_000).1.fnv1a64);
}

#[test]
fn truth_of_nothing() {
    let mut generator = Mix::default().generator();
    assert_eq!(generator.truth().fnv1a64, Fnv::new().finish());
    let bytes = generator.finish();
    assert!(bytes.starts_with(b"Nettrace") && bytes.ends_with(&[6, 1]));
}

#[test]
fn the_runtimes_promises_hold() {
    for dialect in [Dialect::V4, Dialect::V6] {
        let events = events(&small(dialect), 5_000);
        let mut newest = std::collections::HashMap::new();
        let mut floor = 0;
        for (place, event) in events.iter().enumerate() {
            // Events of one capture thread are in order.
            let last = newest.insert(event.capture_thread, (event.ticks, event.sequence));
            if let Some((ticks, sequence)) = last {
                assert!(ticks <= event.ticks && sequence < event.sequence);
            }
            // Nothing after a sorted event is older than it.
            assert!(event.ticks >= floor);
            if event.sorted {
                floor = event.ticks;
            } else {
                // The capture thread changes only at a sorted event.
                assert_eq!(event.capture_thread, events[place - 1].capture_thread);
            }
        }
        assert_eq!(newest.len(), 12);
    }
}

#[test]
fn a_default_stream_is_like_a_real_one() {
    let mut generator = Mix::default().generator();
    let beginning = generator.next().map_or(0, |piece| piece.len());
    let blocks: Vec<_> = generator.by_ref().take(30).map(|p| p.len()).collect();
    let truth = generator.truth();
    assert!(beginning < 20_000);
    assert_eq!(truth.events, 30 * 2_200);
    let payload = truth.payload_bytes as f64 / truth.events as f64;
    assert!((37.0..40.0).contains(&payload), "{payload}");
    // The first one has the stacks too.
    let header = blocks[1..].iter().sum::<usize>() as f64 / (29.0 * 2_200.0) - payload;
    assert!((5.5..8.5).contains(&header), "{header}");
    assert!(blocks[1..].iter().all(|len| (90_000..110_000).contains(len)));
}

#[test]
fn odd_shapes_work() {
    let mix = Mix {
        payload: 0..0,
        capture_threads: 0,
        classes: 0,
        stacks: 0,
        events_per_block: 0,
        events_per_run: 0..0,
        blocks_per_sequence_point: 0,
        drop_percent: 100,
        compressed: false,
        ..Mix::default()
    };
    for dialect in [Dialect::V4, Dialect::V6] {
        let (bytes, truth) = Mix { dialect, ..mix.clone() }.bytes(2_000);
        assert!(bytes.len() >= 2_000);
        assert_eq!(truth.payload_bytes, 0);
        assert!(truth.events > 0 && truth.lost > 0);
        assert_eq!(truth.sequence_points, truth.events);
    }
    let large = Mix { payload: 60_000..65_000, dialect: Dialect::V6, ..Mix::default() };
    let mut generator = large.generator();
    let longest = generator.by_ref().take(5).map(|piece| piece.len()).max();
    assert!(longest < Some(1_400_000), "{longest:?}");
}

#[test]
fn content_is_as_large_as_it_says() {
    for (content, classes, bytes) in [(Content::Logs, 5, 320..340), (Content::Metrics, 6, 140..160)]
    {
        let mut generator = Mix { content, ..small(Dialect::V4) }.generator();
        generator.by_ref().take(200).for_each(drop);
        assert_eq!(generator.classes.len(), classes);
        let truth = generator.truth();
        let mean = truth.payload_bytes / truth.events;
        assert!(bytes.contains(&mean), "{content:?}: {mean}");
        let fields = truth.fields / truth.events;
        assert!((8..11).contains(&fields), "{content:?}: {fields}");
    }
}

#[test]
fn many_classes_and_stacks_are_in_more_than_one_block() {
    let mix = Mix { classes: 2_500, stacks: 2_500, ..Mix::default() };
    let (bytes, _) = mix.bytes(1_000_000);
    let blocks = |name: &str| bytes.windows(name.len()).filter(|at| *at == name.as_bytes()).count();
    assert_eq!((blocks("MetadataBlock"), blocks("StackBlock")), (3, 3));
}
