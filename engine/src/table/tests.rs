use super::*;

#[test]
fn a_clone_keeps_what_it_saw() {
    let mut table = Table::default();
    for id in [1, 63, 64, 5_000, DENSE + 7] {
        assert_eq!(table.insert(id, id * 2), None);
    }
    let seen = table.clone();
    assert_eq!(table.insert(64, 1), Some(128));
    assert_eq!(table.remove(1), Some(2));
    assert_eq!(table.remove(2), None);
    table.clear();
    assert_eq!((table.len(), seen.len()), (0, 5));
    assert_eq!((seen.get(64), seen.get(DENSE + 7)), (Some(&128), Some(&((DENSE + 7) * 2))));
    assert_eq!(seen.iter().count(), 5);
    assert!(seen.contains(1) && seen.solid().all(|id| seen.get(id).is_some()));
    assert_eq!((table.get(64), table.get(DENSE + 7)), (None, None));
}

#[test]
fn what_a_change_copies_is_counted_once() {
    let mut table = Table::default();
    let page = size_of::<Page<u64>>() as u64;
    for id in 0..64u64 {
        table.insert(id, id);
    }
    assert!((page..page + 64).contains(&table.copied()), "one page, however often");
    table.begin_change();
    let before = table.copied();
    let _clone = table.clone();
    table.insert(3, 3);
    assert!((page..page + 64).contains(&(table.copied() - before)));
    table.begin_change();
    table.insert(DENSE + 5, 5);
    let before = table.copied();
    table.begin_change();
    table.remove(DENSE + 5);
    assert!(table.copied() > before);
}

#[test]
fn pages_are_used_again() {
    let mut table = Table::default();
    for id in 0..1000u64 {
        table.insert(id, id);
    }
    let reserved = table.reserved();
    for _ in 0..10 {
        table.clear();
        for id in 0..1000u64 {
            assert_eq!(table.insert(id, id), None);
        }
    }
    assert_eq!(table.reserved(), reserved);
}
