use super::Map;

#[test]
fn a_value_has_its_name() {
    let map = Map { is_bits: false, names: &[(0, "Small"), (1, "Large"), (3, "Both")] };
    assert_eq!((map.name(1), map.name(2)), (Some("Large"), None));
    assert!(map.names(3).eq(["Both"]) && map.names(2).next().is_none());
    assert_eq!([map.names(0).to_string(), map.names(2).to_string()], ["Small", "2"]);
}

#[test]
fn a_set_of_bits_has_many() {
    let names = &[(0, "None"), (1, "A"), (4, "C"), (5, "AC"), (1 << 63, "Top")];
    let map = Map { is_bits: true, names };
    assert!(map.names(1 | 1 << 63).eq(["A", "Top"]), "no name whose bits are partly there");
    assert!(map.names(5).eq(["A", "C", "AC"]) && map.names(0).eq(["None"]));
    assert_eq!(map.names(4 | 0x30).to_string(), "C|0x30");
    assert_eq!([map.names(2).to_string(), map.names(0).to_string()], ["0x2", "None"]);
    let unnamed = Map { is_bits: true, names: &[] };
    assert_eq!(unnamed.names(0).to_string(), "0x0");
}
