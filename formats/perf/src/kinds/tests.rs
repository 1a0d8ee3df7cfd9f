use super::*;

#[test]
fn each_type_is_at_its_place() {
    for (at, kind) in KINDS.iter().enumerate() {
        assert_eq!(place(kind.number), at, "{}", kind.name);
        let layout = kind.layout();
        for field in layout.fields() {
            assert!(layout.type_at(field.type_index).is_some(), "{}", kind.name);
        }
    }
    assert_eq!([place(0), place(23), place(63), place(87), place(u32::MAX)], [KINDS.len(); 5]);
}
