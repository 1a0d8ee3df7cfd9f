//! What a filter takes: against a naive reading of random conditions on random events, where ids are
//! defined anew, on damaged input, and on real traces.

#![allow(clippy::indexing_slicing, clippy::cast_possible_truncation, reason = "tests")]
#![allow(clippy::missing_panics_doc, clippy::cast_sign_loss, reason = "tests")]

#[path = "filters/classes.rs"]
mod classes;
#[path = "filters/condition.rs"]
mod condition;
#[path = "filters/conditions.rs"]
mod conditions;
#[path = "filters/corpus.rs"]
mod corpus;
#[path = "filters/model.rs"]
mod model;
#[path = "filters/naive.rs"]
mod naive;
#[path = "filters/random.rs"]
mod random;

use bytes::Bytes;
use tracemill::{Auto, Config, EventView, Filter, FilterSpec, Parser};

/// A filter of one condition.
pub fn filter(condition: &str) -> Filter {
    let mut spec = FilterSpec::default();
    spec.conditions = vec![condition.to_owned()];
    Filter::new(&spec).unwrap_or_else(|error| panic!("{error}"))
}

/// Visits every event of a stream, in batches of at most so many.
pub fn visit(stream: &[u8], batch_events: usize, mut each: impl FnMut(EventView<'_>)) {
    let mut config = Config::default();
    config.batch_events = batch_events;
    let mut parser = Parser::new(Auto::new(&config), &config);
    parser.push(Bytes::copy_from_slice(stream)).unwrap();
    parser.finish();
    while let Ok(Some(batch)) = parser.next_batch() {
        batch.iter().for_each(&mut each);
    }
}

/// Of each event of a stream, whether it is taken.
pub fn taken(stream: &[u8], batch_events: usize, filter: &mut Filter) -> Vec<bool> {
    let mut taken = Vec::new();
    visit(stream, batch_events, |event| taken.push(filter.takes(event)));
    taken
}
