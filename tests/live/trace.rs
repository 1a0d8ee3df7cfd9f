//! What a stream holds, summed up.

use std::collections::BTreeMap;

use bytes::Bytes;
use tracemill::nettrace::Nettrace;
use tracemill::{Config, Parser, Stats, ThreadLoss};
use tracemill_test_support::row::Row;

#[derive(Default)]
pub struct Trace {
    /// Events by provider, and then by name.
    pub by_provider: BTreeMap<String, u64>,
    pub by_name: BTreeMap<String, u64>,
    /// Numbers that the program gave, `n` or `seq`, by thread and in order.
    pub numbers: BTreeMap<u64, Vec<u64>>,
    /// The field `thread`, by thread.
    pub index: BTreeMap<u64, u64>,
    pub stats: Stats,
    pub loss: BTreeMap<u64, ThreadLoss>,
    /// Whether it ended as it should.
    pub is_complete: bool,
}

impl Trace {
    /// Reads all events that are whole.
    pub fn read(bytes: &[u8]) -> Self {
        let config = Config::default();
        let format = Nettrace::new(&config).with_schemas(&tracemill::clr::Clr);
        let mut parser = Parser::new(format, &config);
        parser.push(Bytes::copy_from_slice(bytes)).unwrap();
        parser.finish();
        let mut trace = Self::default();
        trace.is_complete = loop {
            let batch = match parser.next_batch() {
                Ok(Some(batch)) => batch,
                Ok(None) => break true,
                Err(_) => break false,
            };
            for view in &batch {
                let class = view.class().expect("all events are described");
                *count(&mut trace.by_provider, class.provider()) += 1;
                *count(&mut trace.by_name, class.display_name()) += 1;
                let row = Row::new(view.fields());
                let thread = view.thread_key();
                // Of this one the runtime tells neither thread nor number rightly.
                if class.display_name() == "JobStop" {
                    continue;
                }
                if let Some(number) = row.get("n").or_else(|| row.get("seq")) {
                    trace.numbers.entry(thread).or_default().push(number.as_u64().unwrap());
                }
                if row.get("thread").is_some() && class.provider() == "Demo-Busy" {
                    trace.index.entry(thread).or_insert_with(|| row.number("thread"));
                }
            }
        };
        trace.stats = parser.stats();
        trace.loss = parser.loss().threads().collect();
        assert_eq!(trace.stats.anomalies, 0, "numbers of the runtime go on");
        trace
    }

    pub fn of(&self, provider: &str) -> u64 {
        self.by_provider.get(provider).copied().unwrap_or(0)
    }

    pub fn named(&self, name: &str) -> u64 {
        self.by_name.get(name).copied().unwrap_or(0)
    }

    /// Fails unless each thread's numbers go up by one, from wherever the session began.
    pub fn assert_consecutive(&self, what: &str) {
        for numbers in self.numbers.values() {
            let gap = numbers.windows(2).find(|pair| pair[1] != pair[0] + 1);
            assert_eq!(gap, None, "{what}: a gap, or twice");
        }
    }

    /// Fails if a thread's numbers do not rise, or go beyond what it emitted.
    pub fn assert_complete_numbers(&self, emitted: &[u64]) {
        for (key, index) in &self.index {
            let last = emitted[usize::try_from(*index).unwrap()];
            let numbers = &self.numbers[key];
            assert!(numbers.windows(2).all(|pair| pair[0] < pair[1]), "in order, and once");
            assert!(*numbers.last().unwrap() <= last);
        }
    }
}

fn count<'a>(counts: &'a mut BTreeMap<String, u64>, key: &str) -> &'a mut u64 {
    if !counts.contains_key(key) {
        counts.insert(key.to_owned(), 0);
    }
    counts.get_mut(key).unwrap()
}
