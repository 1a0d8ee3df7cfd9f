//! Paths written as .NET writes them are read back.
#![allow(clippy::indexing_slicing, clippy::cast_possible_truncation, reason = "tests")]

use super::*;

/// Writes a path, so far as there is room.
#[derive(Clone, Copy, Default)]
struct Writer {
    way: [u8; 12],
    at: usize,
}

impl Writer {
    fn half(&mut self, value: u8) {
        if self.way[self.at] == 0 {
            self.way[self.at] = value << 4;
        } else {
            self.way[self.at] |= value;
            self.at += 1;
        }
    }

    /// Adds a number; whether there was room.
    fn add(&mut self, number: u32, is_overflow: bool) -> bool {
        if self.at >= 12 || (is_overflow && self.at + 2 >= 12) {
            return false;
        }
        if (1..=10).contains(&number) && !is_overflow {
            self.half(number as u8);
            return true;
        }
        let len = (4 - number.leading_zeros() / 8).max(1) as usize;
        if is_overflow {
            self.half(0xb);
        }
        self.half(0xb + len as u8);
        let mut bytes = number.to_le_bytes();
        if self.at < 12 && self.way[self.at] != 0 {
            if number < 4096 {
                self.way[self.at] = 0xc0 | (number >> 8) as u8;
                bytes = [number as u8, 0, 0, 0];
            }
            self.at += 1;
        }
        for byte in &bytes[..len] {
            if self.at == 12 {
                return false;
            }
            self.way[self.at] = *byte;
            self.at += 1;
        }
        true
    }

    fn guid(&self, process_id: u32) -> [u8; 16] {
        let words =
            self.way.chunks_exact(4).map(|word| u32::from_le_bytes(word.try_into().unwrap()));
        let sum = words.fold(0x599d_99ad, u32::wrapping_add) ^ process_id;
        let mut guid = [0; 16];
        guid[..12].copy_from_slice(&self.way);
        guid[12..].copy_from_slice(&sum.to_le_bytes());
        guid
    }
}

const NUMBERS: [u32; 12] =
    [1, 10, 11, 40, 255, 256, 300, 4_095, 4_096, 65_535, 0x0012_3456, 0x1234_5678];

#[test]
fn numbers_are_read_back_wherever_they_stand() {
    // Behind no, one and two halves.
    for before in [&[][..], &[1], &[1, 2], &[11], &[1, 11]] {
        for number in NUMBERS {
            for after in [None, Some(3), Some(700)] {
                let numbers: Vec<u32> =
                    before.iter().copied().chain([number]).chain(after).collect();
                let mut writer = Writer::default();
                assert!(numbers.iter().all(|number| writer.add(*number, false)), "{numbers:?}");
                let path = ActivityPath::of(&writer.guid(77), Some(77)).unwrap();
                let found: Vec<u32> = path.steps().map(|step| step.number).collect();
                assert_eq!(found, numbers, "{:x?}", writer.way);
                assert!(path.steps().all(|step| !step.is_overflow));
            }
        }
    }
}

#[test]
fn what_overflowed_is_marked() {
    for (before, shown) in [(&[][..], ""), (&[1], "/1"), (&[1, 2], "/1/2")] {
        for number in [1, 40, 300, 70_000] {
            let mut writer = Writer::default();
            assert!(before.iter().all(|number| writer.add(*number, false)));
            assert!(writer.add(number, true));
            let path = ActivityPath::of(&writer.guid(77), Some(77)).unwrap();
            let expected = format!("/#77{shown}${number}/");
            assert_eq!(path.to_string(), expected);
        }
    }
}

#[test]
fn the_process_is_told_and_checked() {
    let mut writer = Writer::default();
    assert!(writer.add(1, false) && writer.add(2, false));
    let [plain, signed] = [0, 23_757].map(|process| writer.guid(process));
    assert_eq!(ActivityPath::of(&plain, Some(9)).unwrap().to_string(), "//1/2/");
    assert_eq!(ActivityPath::of(&plain, None).unwrap().process_id(), None);
    assert_eq!(ActivityPath::of(&signed, Some(23_757)).unwrap().to_string(), "/#23757/1/2/");
    assert_eq!(ActivityPath::of(&signed, Some(23_758)), None);
    assert_eq!(ActivityPath::of(&signed, None).unwrap().process_id(), Some(23_757));
    assert_eq!(ActivityPath::of(&writer.guid(1 << 20), None), None);
}

#[test]
fn an_activity_is_in_those_on_its_path() {
    let mut outer = Writer::default();
    assert!(outer.add(1, false) && outer.add(300, false));
    let mut inner = outer;
    assert!(inner.add(40, false));
    let [outer, inner] =
        [outer, inner].map(|writer| ActivityPath::of(&writer.guid(5), None).unwrap());
    assert!(outer.contains(&inner) && outer.contains(&outer) && !inner.contains(&outer));
}

#[test]
fn other_guids_are_none() {
    assert_eq!(ActivityPath::of(&[0; 16], None), None);
    // The sum of no path at all.
    assert_eq!(ActivityPath::of(&Writer::default().guid(5), None), None);
    let mut writer = Writer::default();
    writer.way[0] = 0xb1;
    assert_eq!(ActivityPath::of(&writer.guid(5), None), None);
    // A number that is cut: the steps before it hold.
    writer.way = [0x11, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
    writer.way[1..].fill(0x1f);
    assert_eq!(ActivityPath::of(&writer.guid(5), None).unwrap().steps().count(), 7);
}
