use super::*;

/// Pages of times, each in order; and what is released of them.
fn released(pages: &[Vec<u64>], limits: &[u64]) -> Vec<(u64, u32, u32)> {
    let mut segments = Segments::default();
    for (number, times) in pages.iter().enumerate() {
        let end = u32::try_from(times.len()).unwrap();
        let ticks = *times.first().unwrap();
        let number = u64::try_from(number).unwrap();
        let page = u32::try_from(number).unwrap();
        let segment = Segment { ticks, number, page, next: 0, end, slot: 0 };
        segments.push(segment, *times.last().unwrap());
    }
    let mut out = Vec::new();
    for limit in limits {
        while segments.has_until(*limit) {
            segments.release_first(*limit, |segment, until| {
                let page = pages.get(segment.page as usize).unwrap();
                let mut at = segment.next;
                let ticks = |at: u32| page.get(at as usize).copied();
                while at < segment.end && ticks(at).is_some_and(|ticks| ticks <= until) {
                    out.push((ticks(at).unwrap(), segment.page, at));
                    at += 1;
                }
                assert!(at > segment.next, "at least one");
                (at - segment.next, if at < segment.end { ticks(at) } else { None })
            });
        }
        assert!(!segments.has_until(*limit));
    }
    assert_eq!(segments.bytes(), 0);
    out
}

#[test]
fn what_leaves_is_a_stable_sort() {
    for (count, modulus) in [(1, 10), (3, 4), (16, 50), (40, 7), (500, 1000)] {
        let mut state = 1u64;
        let mut number = |modulus: u64| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            (state >> 33) % modulus
        };
        let pages: Vec<Vec<u64>> = (0..count)
            .map(|_| {
                let mut page: Vec<u64> = (0..=number(20)).map(|_| number(modulus)).collect();
                page.sort_unstable();
                page
            })
            .collect();
        let mut expected = Vec::new();
        for (page, times) in (0..).zip(&pages) {
            expected.extend((0..).zip(times).map(|(at, ticks)| (*ticks, page, at)));
        }
        expected.sort_unstable();
        assert_eq!(released(&pages, &[u64::MAX]), expected);
        assert_eq!(released(&pages, &[0, modulus / 3, modulus / 2, u64::MAX]), expected);
    }
}

#[test]
fn segments_that_go_on_where_one_ended_wait_behind_it() {
    let mut segments = Segments::default();
    // Two writers, one behind the other, of 40 pages each that are in order.
    for number in 0..80u32 {
        let ticks = u64::from(number % 40) * 100 + u64::from(number / 40);
        let segment =
            Segment { ticks, number: number.into(), page: number, next: 0, end: 50, slot: 0 };
        segments.push(segment, ticks + 98);
    }
    assert_eq!((segments.few.len(), segments.many.len()), (2, 0));
    let mut out = Vec::new();
    while segments.has_until(u64::MAX) {
        segments.release_first(u64::MAX, |segment, until| {
            // The times of a page are two apart.
            let count = ((until.min(segment.ticks + 98) - segment.ticks) / 2 + 1).min(50);
            let count = u32::try_from(count).unwrap().min(segment.end - segment.next);
            out.extend((0..u64::from(count)).map(|at| segment.ticks + 2 * at));
            let is_left = segment.next + count < segment.end;
            (count, is_left.then_some(segment.ticks + 2 * u64::from(count)))
        });
    }
    assert_eq!(out.len(), 80 * 50);
    assert!(out.is_sorted());
    assert_eq!(segments.bytes(), 0);
}
