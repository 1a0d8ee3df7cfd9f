use tracemill::{Auto, Config, Parser};
use tracemill_testkit::Mix;

use super::*;

/// Events and loss of a file that is whole and sound.
fn counts(path: &Path) -> (u64, u64) {
    let config = Config::default();
    let mut parser = Parser::new(Auto::new(&config), &config);
    parser.push(fs::read(path).unwrap().into()).unwrap();
    parser.finish();
    while let Some(batch) = parser.next_batch().unwrap() {
        assert_eq!(batch.faults().len(), 0, "{}", path.display());
    }
    let stats = parser.stats();
    assert_eq!((stats.undescribed, stats.unresolved_stacks, stats.anomalies), (0, 0, 0));
    (stats.events, stats.lost)
}

#[test]
fn parts_can_be_read_alone_and_are_all_of_it() {
    let folder = std::env::temp_dir().join(format!("tracemill-rotate-{}", std::process::id()));
    fs::create_dir_all(&folder).unwrap();
    let path = folder.join("x.nettrace");
    let mix = Mix { blocks_per_sequence_point: 5, drop_percent: 3, ..Mix::default() };
    let (stream, truth) = mix.bytes(6 << 20);
    for keep in [None, Some(3)] {
        let limits = Limits { bytes: Some(1 << 20), time: None, keep, kept: 1 << 20 };
        let place = Place::file(&numbered(&path, 1), true).unwrap();
        let mut rotation = Rotation::new(limits, &path, true, place);
        stream.chunks(10_007).for_each(|chunk| rotation.write(chunk).unwrap());
        rotation.finish().unwrap();
        let last = rotation.number;
        assert!((4..=6).contains(&last), "{last}");
        let numbers: Vec<u64> = (1..=last).filter(|n| numbered(&path, *n).exists()).collect();
        match keep {
            None => {
                assert_eq!(numbers.len() as u64, last);
                let all = numbers.iter().map(|number| counts(&numbered(&path, *number)));
                let sum = all.fold((0, 0), |sum, one| (sum.0 + one.0, sum.1 + one.1));
                assert_eq!(sum, (truth.events, truth.lost));
            }
            Some(keep) => assert_eq!(numbers, (last + 1 - keep as u64..=last).collect::<Vec<_>>()),
        }
        for number in numbers {
            fs::remove_file(numbered(&path, number)).unwrap();
        }
    }
    fs::remove_dir(&folder).unwrap();
}

#[test]
fn another_stream_begins_with_a_part_of_its_own() {
    let folder = std::env::temp_dir().join(format!("tracemill-renew-{}", std::process::id()));
    fs::create_dir_all(&folder).unwrap();
    let path = folder.join("x");
    let mix = Mix { blocks_per_sequence_point: 5, ..Mix::default() };
    let (stream, truth) = mix.bytes(2 << 20);
    // Definitions that are more than are kept: no parts but those of the streams.
    for (kept, parts) in [(1 << 20, 2..9), (10, 2..3)] {
        let limits = Limits { bytes: Some(1 << 20), time: None, keep: None, kept };
        let place = Place::file(&numbered(&path, 1), true).unwrap();
        let mut rotation = Rotation::new(limits, &path, true, place);
        stream.chunks(10_007).for_each(|chunk| rotation.write(chunk).unwrap());
        rotation.finish().unwrap();
        rotation.renew().unwrap();
        stream.chunks(20_011).for_each(|chunk| rotation.write(chunk).unwrap());
        rotation.finish().unwrap();
        assert!(parts.contains(&rotation.number), "{} {parts:?}", rotation.number);
        assert_eq!(rotation.is_stuck(), kept == 10);
        let all = (1..=rotation.number).map(|number| counts(&numbered(&path, number)));
        let sum = all.fold((0, 0), |sum, one| (sum.0 + one.0, sum.1 + one.1));
        assert_eq!(sum, (2 * truth.events, 2 * truth.lost));
        (1..=rotation.number).for_each(|at| fs::remove_file(numbered(&path, at)).unwrap());
    }
    fs::remove_dir(&folder).unwrap();
}

#[test]
fn names() {
    let name = |path: &str| numbered(Path::new(path), 12).to_str().unwrap().to_owned();
    assert_eq!(name("a/x.y.nettrace"), "a/x.y.0012.nettrace");
    assert_eq!(name("x"), "x.0012");
}
