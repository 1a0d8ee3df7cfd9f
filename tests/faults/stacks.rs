//! Stacks and the sequence points that clear them.

use tracemill::Config;
use tracemill_testkit::{Dialect, Event, v4, v6};

use crate::read::{Counts, Read, damage, limit, read, read_with};
use crate::write::{Block, Stream, event, point_v4, point_v6, stack_rows};

fn with_stack(number: u32, stack_id: u32) -> Event {
    Event { stack_id, ..event(number) }
}

fn of_both(v4: impl Fn(v4::Writer), v6: impl Fn(v6::Writer)) {
    v4(v4::Writer::begin());
    v6(v6::Writer::begin());
}

fn stacks_of(read: &Read) -> Vec<Option<&[u8]>> {
    read.events.iter().map(|seen| seen.stack.as_deref()).collect()
}

#[test]
fn a_stack_defined_again_is_one_fault_a_block_and_the_new_one_holds() {
    fn of<S: Stream>(mut stream: S) {
        stream.stacks(1, &[vec![1; 8], vec![2; 8]]);
        stream.events(&[with_stack(1, 1), with_stack(2, 2)]);
        // The first row is new; 2 and 1 are not.
        let offset = stream.stacks(0xffff_fff0, &[vec![3; 8]]);
        let again = stream.stacks(1, &[vec![4; 8], vec![5; 8], vec![6; 8]]) + 8;
        stream.events(&[with_stack(3, 1), with_stack(4, 2), with_stack(5, 3)]);
        let third = stream.stacks(3, &[vec![7; 8]]) + 8;
        let read = read(stream.end());
        assert!(offset < again);
        read.has(&[damage(again, "stack id"), damage(third, "stack id")], Counts::default());
        read.delivers(1..=5).is_complete();
        let stacks = [1, 2, 4, 5, 6].map(|byte| vec![byte; 8]);
        let expected: Vec<_> = stacks.iter().map(|stack| Some(stack.as_slice())).collect();
        assert_eq!(stacks_of(&read), expected);
    }
    of_both(of, of);
}

#[test]
fn stacks_begin_anew_after_a_sequence_point() {
    fn of<S: Stream>(mut stream: S) {
        stream.stacks(1, &[vec![1; 8], vec![2; 8]]);
        stream.events(&[with_stack(1, 1)]);
        stream.point(&[(1, 1)]);
        stream.stacks(1, &[vec![3; 8]]);
        stream.events(&[with_stack(2, 1), with_stack(3, 2)]);
        let read = read(stream.end());
        let counts = Counts { unresolved_stacks: 1, sequence_points: 1, ..Counts::default() };
        read.has(&[], counts).delivers(1..=3).is_complete();
        assert_eq!(stacks_of(&read), [Some(&[1; 8][..]), Some(&[3; 8]), None]);
    }
    of_both(of, of);
}

#[test]
fn an_event_of_an_unknown_stack_has_none_and_is_counted() {
    fn of<S: Stream>(mut stream: S) {
        stream.stacks(1, &[vec![]]);
        let ids = [0, 1, 9, 9, u32::MAX, 0];
        let events: Vec<_> = (1..).zip(ids).map(|(number, id)| with_stack(number, id)).collect();
        stream.events(&events);
        let stream = stream.end();
        for batch_events in [1, 256] {
            let mut config = Config::default();
            config.batch_events = batch_events;
            let read = read_with(stream.clone(), &config);
            let counts = Counts { unresolved_stacks: 3, ..Counts::default() };
            read.has(&[], counts).delivers(1..=6).is_complete();
            // The empty stack is one.
            assert_eq!(stacks_of(&read), [None, Some(&[][..]), None, None, None, None]);
        }
    }
    of_both(of, of);
}

#[test]
fn stacks_before_one_that_does_not_fit_hold() {
    fn of<S: Stream>() {
        let whole = stack_rows(1, &[vec![1; 8], vec![2; 8], vec![3; 8]]);
        let second = 8 + 12;
        for len in second + 1..second + 12 {
            let mut stream = S::begin();
            let offset = stream.put(Block::Stacks, &whole[..len]);
            stream.events(&[with_stack(1, 1), with_stack(2, 2)]);
            let read = read(stream.end());
            let place = read.faults[0].offset();
            assert!((offset + second as u64..=offset + len as u64).contains(&place));
            let counts = Counts { unresolved_stacks: 1, faults: 1, ..Counts::default() };
            assert_eq!(read.counts, counts);
            read.delivers(1..=2).is_complete();
            assert_eq!(stacks_of(&read), [Some(&[1; 8][..]), None]);
        }
        for len in 0..8 {
            let mut stream = S::begin();
            let offset = stream.put(Block::Stacks, &whole[..len]);
            stream.numbers(1..=2);
            let read = read(stream.end());
            read.has(&[damage(offset, "stack block")], Counts::default()).delivers(1..=2);
        }
    }
    of::<v4::Writer>();
    of::<v6::Writer>();
}

#[test]
fn a_negative_stack_size_does_not_fit() {
    fn of<S: Stream>() {
        let mut content = stack_rows(1, &[vec![1; 8], vec![2; 8]]);
        content[20..24].copy_from_slice(&(-1i32).to_le_bytes());
        let mut stream = S::begin();
        let offset = stream.put(Block::Stacks, &content) + 24;
        stream.events(&[with_stack(1, 1)]);
        let read = read(stream.end());
        read.has(&[damage(offset, "stack")], Counts::default()).delivers(1..=1).is_complete();
        assert_eq!(stacks_of(&read), [Some(&[1; 8][..])]);
    }
    of::<v4::Writer>();
    of::<v6::Writer>();
}

#[test]
fn stacks_beyond_the_limit_are_not_kept_with_one_fault_a_block() {
    fn of<S: Stream>(mut stream: S) {
        let mut config = Config::default();
        config.max_stack_bytes = 8 << 10;
        let offset = stream.stacks(1, &[vec![1; 8], vec![2; 7_000], vec![3; 7_000], vec![4; 8]]);
        let events: Vec<_> = (1..=4).map(|number| with_stack(number, number)).collect();
        stream.events(&events);
        let read = read_with(stream.end(), &config);
        let counts = Counts { unresolved_stacks: 2, ..Counts::default() };
        read.has(&[limit(offset + 8 + 12, "max_stack_bytes")], counts).delivers(1..=4);
        read.is_complete();
    }
    of_both(of, of);
}

#[test]
fn an_ill_formed_sequence_point_clears_what_it_clears() {
    fn of<S: Stream>() {
        let whole = match S::DIALECT {
            Dialect::V4 => point_v4(&[(1, 2), (2, 0)]),
            Dialect::V6 => point_v6(0, &[(1, 2), (2, 0)]),
        };
        for len in 0..whole.len() {
            let mut stream = S::begin();
            stream.stacks(1, &[vec![1; 8], vec![2; 8]]);
            stream.events(&[with_stack(1, 1), with_stack(2, 2)]);
            let offset = stream.put(Block::SequencePoint, &whole[..len]);
            stream.stacks(1, &[vec![3; 8]]);
            stream.events(&[with_stack(3, 1), with_stack(4, 2)]);
            let read = read(stream.end());
            assert_eq!((read.faults.len(), read.error), (1, None), "{len} bytes: {read:?}");
            let place = read.faults[0].offset();
            assert!((offset..=offset + len as u64).contains(&place), "{len} bytes: {place}");
            read.delivers(1..=4);
            assert_eq!((read.counts.unresolved_stacks, read.counts.lost), (1, 0), "{len} bytes");
            let stacks = [Some(&[1; 8][..]), Some(&[2; 8]), Some(&[3; 8]), None];
            assert_eq!(stacks_of(&read), stacks);
        }
    }
    of::<v4::Writer>();
    of::<v6::Writer>();
}
