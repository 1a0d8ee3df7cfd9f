use super::*;

fn read(bytes: &[u8], header: &mut Header) -> Result<u8, Failure> {
    Rest(bytes).compressed::<false>(header, bytes.len()).map(|(flags, _)| flags)
}

#[test]
fn absent_fields_keep_their_value_and_the_sequence_goes_on() {
    let mut header = Header { metadata_id: 3, sequence: 7, thread: 9, ..Header::default() };
    assert_eq!(read(&[0x00, 0x05], &mut header), Ok(0));
    assert_eq!((header.metadata_id, header.sequence, header.thread), (3, 8, 9));
    assert_eq!(header.ticks, 5);
    header.metadata_id = 0;
    assert_eq!(read(&[0x40, 0x01], &mut header), Ok(0x40));
    assert_eq!(
        (header.sequence, header.sorted),
        (8, Detail::SORTED),
        "a metadata record has no number"
    );
}

#[test]
fn time_may_go_back() {
    let mut header = Header { ticks: 100, metadata_id: 1, ..Header::default() };
    let back = [0x00, 0xf6, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01];
    assert_eq!(read(&back, &mut header), Ok(0));
    assert_eq!(header.ticks, 90);
}

#[test]
fn short_and_overlong_are_told_apart() {
    let mut header = Header::default();
    assert_eq!(read(&[], &mut header), Err(Failure::Short));
    assert_eq!(read(&[0x00, 0x80], &mut header), Err(Failure::Short));
    assert_eq!(read(&[0x00; 1], &mut header), Err(Failure::Short));
    let overlong = [[0x00; 1].as_slice(), &[0xff; 10]].concat();
    assert_eq!(read(&overlong, &mut header), Err(Failure::Overlong));
    let overlong = [0x01, 0x80, 0x80, 0x80, 0x80, 0x80, 0x00];
    assert_eq!(read(&overlong, &mut header), Err(Failure::Overlong));
    let masked = [0x01, 0xff, 0xff, 0xff, 0xff, 0x7f, 0x00];
    assert_eq!(read(&masked, &mut header), Ok(0x01));
    assert_eq!(header.metadata_id, u32::MAX);
}
