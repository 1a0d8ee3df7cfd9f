//! Recordings of two CPUs, small and the same on every machine: call chains, tracepoints, and the
//! latter compressed.

use bytes::Bytes;
use tracemill_testkit::Rng;

use crate::rows::Sums;
use crate::writer::{Attr, Writer, file, tracing};

/// A recording, and what is in it.
pub struct Made {
    pub name: &'static str,
    pub bytes: Bytes,
    pub sums: Sums,
}

/// All of them.
pub fn all() -> Vec<Made> {
    vec![chains(), tracepoints(false), tracepoints(true)]
}

const ROUNDS: u64 = 20;
/// Samples of a CPU in a round.
const SAMPLES: u64 = 200;

const IDENTIFIER: u64 = 1 << 16;
/// Instruction pointer, thread, time, CPU, period.
const FIXED: u64 = 1 | 1 << 1 | 1 << 2 | 1 << 7 | 1 << 8;

fn chains() -> Made {
    let attribute = Attr {
        kind: 1,
        sample_type: IDENTIFIER | FIXED | 1 << 5,
        ids: &[10, 11],
        name: "cpu-clock",
        ..Attr::default()
    };
    let mut rng = Rng::new(1);
    let (records, sums) = rounds(|sums, body| {
        let entries: Vec<u64> = (0..rng.below(24)).map(|_| rng.next_u64()).collect();
        body.u64s(&[entries.len() as u64]).u64s(&entries);
        sums.add_chain(entries.into_iter());
    });
    let bytes = file(false, &[attribute], &records, &tracing(false, "none", &[]));
    Made { name: "chains", bytes: bytes.into(), sums }
}

const FORMAT: &str = "name: thing\nID: 42\nformat:\n\
    \tfield:unsigned short common_type;\toffset:0;\tsize:2;\tsigned:0;\n\
    \tfield:int common_pid;\toffset:4;\tsize:4;\tsigned:1;\n\n\
    \tfield:u64 value;\toffset:8;\tsize:8;\tsigned:0;\n\n\
    print fmt: \"%lu\", REC->value\n";

fn tracepoints(is_compressed: bool) -> Made {
    let attribute = Attr {
        kind: 2,
        config: 42,
        sample_type: IDENTIFIER | FIXED | 1 << 10,
        ids: &[10, 11],
        name: "my:thing",
        ..Attr::default()
    };
    let mut rng = Rng::new(2);
    let (mut records, sums) = rounds(|sums, body| {
        let (pid, value) = (rng.next_u64() as u32, rng.next_u64());
        body.u32s(&[20]).u16s(&[42, 0]).u32s(&[pid]).u64s(&[value]).u32s(&[0]);
        sums.add_raw(20, 42, pid);
    });
    if is_compressed {
        records = compressed(&records);
    }
    let bytes = file(false, &[attribute], &records, &tracing(false, "my", &[FORMAT]));
    let name = if is_compressed { "compressed" } else { "tracepoints" };
    Made { name, bytes: bytes.into(), sums }
}

/// Rounds of samples of two CPUs, one after the other, each in order of time; what the samples end with
/// is written and counted by `rest`.
fn rounds(mut rest: impl FnMut(&mut Sums, &mut Writer)) -> (Vec<u8>, Sums) {
    let mut out = Writer::new(false);
    let mut sums = Sums::default();
    let mut times = Vec::new();
    for round in 0..ROUNDS {
        for cpu in 0..2 {
            for sample in 0..SAMPLES {
                let time = 1_000_000 + 10 * (round * SAMPLES + sample) + 3 * cpu;
                let (ip, tid) = (0x1000 * sample + round, 7 + sample as u32 % 3);
                times.push(time);
                out.record(9, 1, |body| {
                    body.u64s(&[10 + cpu, ip]).u32s(&[7, tid]).u64s(&[time]);
                    body.u32s(&[cpu as u32, 0]).u64s(&[1]);
                    sums.add(ip, time, 7, tid, cpu as u32);
                    rest(&mut sums, body);
                });
            }
        }
        out.record(68, 0, |_| {});
    }
    times.sort_unstable();
    sums.order = times.into_iter().fold(0, Sums::in_order);
    (out.out, sums)
}

/// The same records in compressed ones, cut anywhere. What ends a round stands between them.
fn compressed(records: &[u8]) -> Vec<u8> {
    use std::io::Write as _;
    let mut out = Writer::new(false);
    let mut encoder = zstd::stream::write::Encoder::new(Vec::new(), 1).expect("an encoder");
    for round in records.chunks(records.len() / ROUNDS as usize) {
        let (samples, end) = round.split_at(round.len() - 8);
        for piece in samples.chunks(5_001) {
            encoder.write_all(piece).expect("memory");
            encoder.flush().expect("memory");
            let piece = std::mem::take(encoder.get_mut());
            out.record(81, 0, |body| {
                body.bytes(&piece);
            });
        }
        out.bytes(end);
    }
    out.out
}
