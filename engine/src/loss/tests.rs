use super::*;

fn numbers(thread: u64, first: u32, last: u32) -> Span {
    let kind = SpanKind::Numbers;
    Span { thread, first_ticks: first.into(), last_ticks: last.into(), first, last, kind }
}

fn stands(thread: u64, last: u32) -> Span {
    Span { kind: SpanKind::Stands, ..numbers(thread, last, last) }
}

#[test]
fn gaps_count_from_number_one() {
    let mut loss = Loss::new(8);
    loss.fold(&[numbers(7, 3, 5), numbers(8, 1, 1), numbers(7, 9, 9), stands(8, 4)]);
    assert_eq!(loss.total().lost, 2 + 3 + 3);
    let seven = loss.threads().find(|(thread, _)| *thread == 7).unwrap().1;
    assert_eq!((seven.events, seven.lost, seven.gaps), (4, 5, 2));
    assert_eq!((seven.gap_from, seven.gap_to), (0, 9));
    let gap = |thread, lost, from_ticks, to_ticks| Gap {
        thread,
        lost,
        after_damage: false,
        from_ticks,
        to_ticks,
    };
    assert_eq!(loss.gaps(), [gap(7, 2, 0, 3), gap(7, 3, 5, 9), gap(8, 3, 1, 4)]);
    assert_eq!(loss.windows().iter().map(|window| window.lost).sum::<u64>(), 8);
    loss.fold(&[numbers(7, 10, 10)]);
    assert_eq!(loss.gaps(), []);
}

#[test]
fn numbers_wrap_and_may_go_back() {
    let mut loss = Loss::new(8);
    loss.fold(&[stands(1, u32::MAX - 1), numbers(1, u32::MAX, 2)]);
    assert_eq!(loss.total(), ThreadLoss { events: 4, ..ThreadLoss::default() });
    loss.fold(&[numbers(1, 2, 2)]);
    assert_eq!((loss.total().anomalies, loss.total().lost), (1, 0));
}

#[test]
fn recycled_ids_and_cleared_epochs_lose_nothing() {
    let mut loss = Loss::new(8);
    let restart = Span { kind: SpanKind::Restart, ..numbers(1, 1, 3) };
    loss.fold(&[numbers(1, 1, 90), restart, SpanKind::Cleared.mark(0), numbers(1, 1, 1)]);
    assert_eq!((loss.total().lost, loss.recycled()), (0, 1));
}

#[test]
fn what_the_writer_says_is_counted_as_it_is() {
    let mut loss = Loss::new(8);
    loss.fold(&[Span::lost(3, 7, 50), Span::lost(3, 5 << 32, 90), Span::lost(4, 0, 91)]);
    assert_eq!((loss.total().lost, loss.total().gaps), (7 + (5 << 32), 2));
    let gaps: Vec<_> = loss.gaps().iter().map(|gap| (gap.from_ticks, gap.to_ticks)).collect();
    assert_eq!(gaps, [(0, 50), (50, 90)]);
}

#[test]
fn what_is_told_without_a_time_is_in_no_window() {
    let mut loss = Loss::new(8);
    loss.fold(&[Span::lost(3, 7, 0), Span::lost(3, 2, 1 << 40), Span::lost(3, 1, 0)]);
    let told = |loss: ThreadLoss| (loss.lost, loss.lost_untimed, loss.gaps, loss.timed_gaps);
    assert_eq!(told(loss.total()), (10, 8, 3, 1));
    let times = |loss: ThreadLoss| (loss.gap_from, loss.gap_first, loss.gap_to);
    assert_eq!(times(loss.total()), (0, 1 << 40, 1 << 40));
    let windows: Vec<_> =
        loss.windows().iter().map(|window| (window.from_ticks, window.lost)).collect();
    assert_eq!(windows, [(1 << 40, 2)]);
}

#[test]
fn pauses_are_counted_and_lose_no_number_of_events() {
    let mut loss = Loss::new(8);
    let (begin, end) = (Span::paused(3, 50, 50, true), Span::paused(3, 50, 90, false));
    loss.fold(&[begin, end, Span::paused(4, 60, 60, true)]);
    assert_eq!((loss.total().pauses, loss.total().paused_ticks), (2, 40));
    assert_eq!((loss.total().lost, loss.gaps().len()), (0, 0));
    let four = loss.threads().find(|(thread, _)| *thread == 4).unwrap().1;
    assert_eq!((four.pauses, four.paused_ticks), (1, 0));
}

#[test]
fn damage_is_named_as_a_cause_until_the_next_sequence_point() {
    let mut loss = Loss::new(8);
    let settled = SpanKind::Settled.mark(0);
    loss.fold(&[numbers(1, 1, 1), SpanKind::Damaged.mark(0), numbers(1, 5, 5), settled]);
    loss.fold(&[numbers(1, 7, 7)]);
    assert_eq!((loss.total().lost, loss.total().lost_after_damage), (4, 3));
}

#[test]
fn a_full_table_forgets_and_does_not_invent_loss() {
    let mut loss = Loss::new(16);
    for thread in 0..1000 {
        loss.fold(&[numbers(thread, 1, 5)]);
    }
    loss.fold(&[numbers(0, 6, 6)]);
    assert!(loss.len() <= 16 && loss.forgotten() >= 984);
    assert_eq!((loss.total().lost, loss.total().events), (0, 5001));
}
