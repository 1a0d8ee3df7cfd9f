use super::*;

#[test]
fn places_follow_the_order_of_the_kernel() {
    let shape = Shape::of(bit::IDENTIFIER | bit::IP | bit::TID | bit::TIME | bit::CPU, true);
    assert_eq!(shape.sample_id().get(), Some(0));
    assert_eq!(
        [shape.ip, shape.tid, shape.time, shape.cpu].map(|place| place.get().unwrap()),
        [8, 16, 24, 32]
    );
    assert_eq!((shape.fixed, shape.trailer, shape.addr.get()), (40, 32, None));
    let ends = [shape.end_id, shape.end_cpu, shape.end_time, shape.end_tid];
    assert_eq!(ends.map(|place| place.before(100)), [92, 84, 76, 68].map(Some));
    assert_eq!(Shape::of(bit::TIME, false).trailer, 0);
}
