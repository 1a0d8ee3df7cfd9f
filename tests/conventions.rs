//! Counters, metrics, logs and spans against what the programs that wrote them counted.

#![allow(clippy::indexing_slicing, clippy::cast_possible_truncation, reason = "tests")]
#![allow(clippy::cast_precision_loss, clippy::float_cmp, reason = "small whole numbers")]

#[path = "conventions/activity_path.rs"]
mod activity_path;
#[path = "conventions/counters.rs"]
mod counters;
#[path = "conventions/damage.rs"]
mod damage;
#[path = "conventions/etl.rs"]
mod etl;
#[path = "conventions/logging.rs"]
mod logging;
#[cfg(feature = "manifests")]
#[path = "conventions/manifest.rs"]
mod manifest;
#[path = "conventions/metrics.rs"]
mod metrics;
#[path = "conventions/spans.rs"]
mod spans;
#[path = "conventions/trace_logging.rs"]
mod trace_logging;

use std::path::Path;

use bytes::Bytes;
use serde_json::Value as Json;
use tracemill::{Auto, Config, EventView, Parser};
use tracemill_test_support::corpus;

/// Hands every event of a capture of the corpus to `read`, and gives what its program said at its
/// end; `None` without a corpus.
fn read(test: &str, name: &str, read: impl FnMut(EventView<'_>)) -> Option<Json> {
    let folder = corpus::shared(test)?.join("nettrace");
    let capture = corpus::read(&folder.join(format!("{name}.nettrace")), None);
    each(&capture.bytes, read);
    let text = std::fs::read(folder.join(format!("{name}.json"))).unwrap();
    let made: Json = serde_json::from_slice(&text).unwrap();
    Some(made["app"]["final"].clone())
}

/// Hands every event of a fixture to `read`.
fn read_fixture(name: &str, read: impl FnMut(EventView<'_>)) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures");
    each(&corpus::read(&folder.join(format!("{name}.nettrace")), None).bytes, read);
}

fn each(bytes: &[u8], mut read: impl FnMut(EventView<'_>)) {
    let config = Config::default();
    let mut parser = Parser::new(Auto::new(&config), &config);
    parser.push(Bytes::copy_from_slice(bytes)).unwrap();
    parser.finish();
    while let Some(batch) = parser.next_batch().unwrap() {
        batch.iter().for_each(&mut read);
    }
}
