//! The program that counts: threads that number their events from 1, and know by the number which
//! event it is.

use std::collections::BTreeMap;

use super::Topic;
use super::capture::{End, Facts, Seen};

/// Its events that carry both a thread and a number; those of 10 carry a number alone.
const NUMBERED: [u32; 6] = [1, 2, 3, 5, 9, 10];

/// What is killed while a slow reader lags behind delivers what it has, which is less than the
/// program said long before.
const LAGGING: [&str; 1] = ["dotnet31/killed-9-midblock"];

/// Sums over the events of `Demo-Busy` and `Demo-SelfDesc`.
#[derive(Default)]
pub struct Busy {
    by_id: BTreeMap<u32, u64>,
    described: u64,
    threads: BTreeMap<u64, Thread>,
}

/// A thread of the program.
#[derive(Default)]
struct Thread {
    /// Which of them.
    index: Option<u64>,
    /// Numbers that the program gave, with the event's id and the runtime's number.
    numbers: Vec<(u64, u32, u32)>,
}

impl Topic for Busy {
    fn add(&mut self, event: &Seen<'_>) {
        match event.provider {
            "Demo-Busy" => {}
            "Demo-SelfDesc" => return self.described += 1,
            _ => return,
        }
        *self.by_id.entry(event.id).or_default() += 1;
        if !NUMBERED.contains(&event.id) {
            return;
        }
        let thread = self.threads.entry(event.thread).or_default();
        thread.numbers.push((event.row.number("seq"), event.id, event.number));
        if event.row.get("thread").is_some() {
            let index = event.row.number("thread");
            assert_eq!(*thread.index.get_or_insert(index), index, "one thread of the program");
        }
    }

    fn check(&self, facts: &Facts, end: &End) -> Option<&'static str> {
        let emitted = facts.program["emitted"]["Demo-Busy"].as_object()?;
        if !facts.asked_for("Demo-Busy", u64::MAX) {
            facts.same("events that nobody asked for", self.by_id.len(), 0);
            return None;
        }
        let per_thread = facts.numbers("seq_per_thread")?;
        let emitted =
            emitted.iter().map(|(id, count)| (id.parse().unwrap(), count.as_u64().unwrap()));
        let emitted: BTreeMap<u32, u64> = emitted.filter(|(_, count)| *count > 0).collect();
        self.check_order(facts, &per_thread, end);
        if facts.killed {
            self.check_killed(facts, &emitted, &per_thread);
            return Some("busy until killed");
        }
        facts.same("complete", end.complete, true);
        if end.stats.lost > 0 {
            self.check_lost(facts, &emitted, &per_thread, end);
            return Some("busy and lost");
        }
        facts.same("events by id", &self.by_id, &emitted);
        let asked = facts.asked_for("Demo-SelfDesc", u64::MAX);
        let described = facts.program["emitted"]["Demo-SelfDesc"].as_u64().unwrap();
        facts.same("self-describing events", self.described, if asked { described } else { 0 });
        for (index, count) in per_thread.iter().enumerate() {
            let found: Vec<u64> =
                self.thread(index).numbers.iter().map(|number| number.0).collect();
            let all = (1..=*count).filter(|number| NUMBERED.contains(&id_of(*number, &facts.mode)));
            facts.same("numbers of a thread", found, all.collect());
        }
        Some("busy")
    }
}

impl Busy {
    fn thread(&self, index: usize) -> &Thread {
        let found = self.threads.values().find(|thread| thread.index == Some(index as u64));
        found.unwrap_or_else(|| panic!("no events of thread {index}"))
    }

    /// Numbers rise, nothing comes twice, and each event is what its number says.
    fn check_order(&self, facts: &Facts, per_thread: &[u64], end: &End) {
        facts.same("threads", self.threads.len(), per_thread.len());
        for thread in self.threads.values() {
            assert!(
                thread.numbers.windows(2).all(|pair| pair[0].0 < pair[1].0),
                "{}: numbers that do not rise",
                facts.name
            );
            for (number, id, _) in &thread.numbers {
                facts.same("id by number", *id, id_of(*number, &facts.mode));
            }
        }
        facts.same("numbers that went back", end.stats.anomalies, 0);
    }

    /// What was lost is what is not there, thread by thread.
    fn check_lost(
        &self,
        facts: &Facts,
        emitted: &BTreeMap<u32, u64>,
        per_thread: &[u64],
        end: &End,
    ) {
        facts.same("kinds, since loss has none", emitted.len(), 1);
        let delivered: u64 = self.by_id.values().sum();
        let all: u64 = emitted.values().sum();
        facts.same("delivered and lost", delivered + end.stats.lost, all);
        for (key, thread) in &self.threads {
            let program = per_thread[usize::try_from(thread.index.unwrap()).unwrap()];
            let loss = end.threads[key];
            facts.same("delivered of a thread", loss.events, thread.numbers.len() as u64);
            facts.same("delivered and lost of a thread", loss.events + loss.lost, program);
            // The runtime counts from 1 as the program does, and counts what it drops.
            for (number, _, runtime) in &thread.numbers {
                facts.same("number by the runtime", u64::from(*runtime), *number);
            }
        }
    }

    /// All that the program is known to have emitted is there, without a gap.
    fn check_killed(&self, facts: &Facts, emitted: &BTreeMap<u32, u64>, per_thread: &[u64]) {
        for (index, count) in per_thread.iter().enumerate() {
            let numbers = &self.thread(index).numbers;
            let last = numbers.last().map_or(0, |number| number.0);
            let all = (1..=last).filter(|number| NUMBERED.contains(&id_of(*number, &facts.mode)));
            facts.same("numbers up to the last", numbers.len(), all.count());
            if !LAGGING.contains(&&*facts.name) {
                assert!(last >= *count, "{}: {last}, after {count} were emitted", facts.name);
            }
        }
        if LAGGING.contains(&&*facts.name) {
            return;
        }
        for (id, count) in emitted {
            let found = self.by_id.get(id).copied().unwrap_or(0);
            assert!(found >= *count, "{}: {found} of {count} of id {id}", facts.name);
        }
    }
}

/// Which event a thread of the program emits as its `number`th.
fn id_of(number: u64, mode: &str) -> u32 {
    const RARE: [u32; 10] = [3, 4, 5, 5, 7, 6, 6, 8, 9, 10];
    let rare = |at: u64| RARE[usize::try_from(at % 10).unwrap()];
    match (mode, number % 1_000) {
        ("fast", _) | ("" | "mix", ..600) => 1,
        ("string", _) | ("" | "mix", ..990) => 2,
        ("" | "mix" | "types", of) => rare(of),
        (other, _) => panic!("mode {other}"),
    }
}
