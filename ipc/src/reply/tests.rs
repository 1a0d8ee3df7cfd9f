#![allow(clippy::indexing_slicing, clippy::cast_possible_truncation, reason = "tests")]

use super::*;

fn head(size: u16, set: u8, id: u8) -> [u8; HEADER] {
    let mut bytes = *b"DOTNET_IPC_V1\0......";
    bytes[14..16].copy_from_slice(&size.to_le_bytes());
    bytes[16..].copy_from_slice(&[set, id, 0, 0]);
    bytes
}

fn text(text: &str) -> Vec<u8> {
    let units: Vec<u16> = text.encode_utf16().chain([0]).collect();
    let bytes = units.iter().flat_map(|unit| unit.to_le_bytes());
    (units.len() as u32).to_le_bytes().into_iter().chain(bytes).collect()
}

/// Numbers that look random, the same each time.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn bytes(&mut self, most: u64) -> Vec<u8> {
        (0..self.next() % most).map(|_| self.next() as u8).collect()
    }
}

#[test]
fn kinds_of_answers() {
    let good = Head::parse(&head(28, 0xFF, 0)).unwrap();
    assert_eq!((good.is_ok, good.len), (true, 8));
    assert_eq!(Head::parse(&head(65535, 0xFF, 0)).unwrap().len, 65515);
    let bad = Head::parse(&head(24, 0xFF, 0xFF)).unwrap();
    let code = |code: u32| bad.outcome(code.to_le_bytes().to_vec()).unwrap_err();
    assert_eq!(code(0x8013_1385), Error::UnknownCommand);
    assert_eq!(code(0x8013_1384), Error::Runtime(Hresult::BAD_ENCODING));
    assert!(matches!(bad.outcome(vec![1, 2, 3]), Err(Error::Reply(_))));
    for (size, set, id) in [(19, 0xFF, 0), (0, 0xFF, 0), (28, 0xFF, 1), (28, 2, 2)] {
        assert!(matches!(Head::parse(&head(size, set, id)), Err(Error::Reply(_))));
    }
    let mut other = head(28, 0xFF, 0);
    other[12] = b'2';
    assert!(matches!(Head::parse(&other), Err(Error::Reply(_))));
}

#[test]
fn who_a_process_is() {
    let cookie = [0x33, 0x22, 0x11, 0, 0x55, 0x44, 0x77, 0x66, 8, 9, 10, 11, 12, 13, 14, 15];
    let pid = 77u64.to_le_bytes();
    let v1 = [&pid[..], &cookie, &text("app --x"), &text("Linux"), &text("x64")].concat();
    let info = ProcessInfo::parse(InfoVersion::V1, &v1).unwrap();
    assert_eq!((info.pid, info.command_line.as_str()), (77, "app --x"));
    assert_eq!((info.os.as_str(), info.arch.as_str()), ("Linux", "x64"));
    assert_eq!(info.cookie.to_string(), "00112233-4455-6677-0809-0a0b0c0d0e0f");
    assert_eq!((&info.entry_assembly, &info.rid), (&None, &None));

    let v2 = [&v1[..], &text("app"), &text("10.0.1")].concat();
    let info = ProcessInfo::parse(InfoVersion::V2, &v2).unwrap();
    assert_eq!(info.entry_assembly.as_deref(), Some("app"));
    let v3 = [&[1, 0, 0, 0], &v2[..], &text("linux-x64"), b"more"].concat();
    let info = ProcessInfo::parse(InfoVersion::V3, &v3).unwrap();
    assert_eq!(info.clr_version.as_deref(), Some("10.0.1"));
    assert_eq!(info.rid.as_deref(), Some("linux-x64"));
    for len in 0..v3.len() - 4 {
        assert!(ProcessInfo::parse(InfoVersion::V3, &v3[..len]).is_err(), "{len} bytes");
    }
}

#[test]
fn an_environment() {
    let whole = [&[3, 0, 0, 0], &text("A=1=2")[..], &text("B="), &text("C")].concat();
    let pairs = environment(&whole).unwrap();
    let expected = [("A", "1=2"), ("B", ""), ("C", "")];
    assert_eq!(pairs, expected.map(|(name, value)| (name.to_owned(), value.to_owned())));
    for len in 0..whole.len() {
        assert!(environment(&whole[..len]).is_err(), "{len} bytes");
    }
    // Announced, but not there.
    assert!(environment(&[0xFF; 4]).is_err());
    assert!(environment(&[1, 0, 0, 0, 0xFF, 0xFF, 0xFF, 0xFF, 0, 0]).is_err());
    assert!(environment(&[1, 0, 0, 0, 0xFF, 0xFF, 0xFF, 0x7F, 0, 0]).is_err());

    assert_eq!(environment_head(&[9, 0, 0, 0, 0, 0]), Ok((9, &[][..])));
    assert_eq!(environment_head(&[9, 0, 0, 0, 0, 0, 5, 6]), Ok((7, &[5, 6][..])));
    assert!(environment_head(&[1, 0, 0, 0, 0, 0, 5, 6]).is_err());
    assert!(environment_head(&[0, 0, 0, 2, 0, 0]).is_err(), "32 MiB");
    assert!(environment_head(&[0, 0, 0, 0, 0]).is_err());
}

#[test]
fn results() {
    assert_eq!(session(&[1, 2, 0, 0, 0, 0, 0, 0]), Ok(0x201));
    assert!(session(&[0; 7]).is_err() && session(&[0; 9]).is_err());
    assert_eq!((done(&[]), done(&[0; 4])), (Ok(()), Ok(())));
    assert_eq!(done(&[0x57, 0, 7, 0x80]), Err(Error::Runtime(Hresult(0x8007_0057))));
    assert!(done(&[0; 3]).is_err());
}

#[test]
fn whoever_dials_in() {
    let mut bytes = *b"ADVR_V1\0................\x39\x30\0\0\0\0\0\0\0\0";
    assert_eq!(advertise(&bytes), Ok((Cookie([b'.'; 16]), 12345)));
    bytes[6] = b'2';
    assert!(advertise(&bytes).is_err());
}

#[test]
fn no_bytes_are_too_much() {
    let mut random = Random(0x9E37_79B9_7F4A_7C15);
    for _ in 0..50_000 {
        let mut bytes = random.bytes(96);
        // Small numbers get further than random ones.
        for byte in &mut bytes {
            *byte = if random.next().is_multiple_of(3) { *byte } else { *byte % 3 };
        }
        for version in [InfoVersion::V1, InfoVersion::V2, InfoVersion::V3] {
            let _ = ProcessInfo::parse(version, &bytes);
        }
        let _ = (environment(&bytes), environment_head(&bytes), session(&bytes), done(&bytes));
        if let Some(head) = bytes.first_chunk() {
            let _ = Head::parse(head).map(|head| head.outcome(bytes.clone()));
        }
        let _ = bytes.first_chunk().map(advertise);
    }
}
