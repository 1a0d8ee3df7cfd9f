//! Writes the seeds of the fuzz targets: `cargo run -p tracemill-test-support --example fuzz_seeds
//! -- fuzz/corpus`.

use std::fs;
use std::path::PathBuf;

use tracemill_test_support::fuzz::TARGETS;
use tracemill_test_support::seeds::seeds;

fn main() -> std::io::Result<()> {
    let folder = PathBuf::from(std::env::args_os().nth(1).expect("a folder to write to"));
    for (target, _) in TARGETS {
        let folder = folder.join(target);
        fs::create_dir_all(&folder)?;
        for (number, (name, seed)) in seeds().iter().enumerate() {
            // Eight bytes choose cuts and limits; those of an even number leave the limits alone.
            let head = [0, 0, 0, 0, 0, 0, number.to_le_bytes()[0], 0];
            fs::write(folder.join(name), [&head, &seed[..]].concat())?;
        }
    }
    Ok(())
}
