//! What the runtime says of a program: collections, exceptions, methods, samples.

use std::collections::BTreeMap;

use super::Topic;
use super::capture::{End, Facts, Seen};

const CLR: &str = "Microsoft-Windows-DotNETRuntime";

/// Collections by generation.
#[derive(Default)]
pub struct Collections {
    by_depth: [u64; 3],
    finalized: u64,
}

impl Topic for Collections {
    fn add(&mut self, event: &Seen<'_>) {
        match (event.provider, event.id) {
            (CLR, 1) => {
                let depth = usize::try_from(event.row.number("Depth")).unwrap();
                self.by_depth[depth] += 1;
            }
            (CLR, 13) => self.finalized += event.row.number("Count"),
            _ => {}
        }
    }

    fn check(&self, facts: &Facts, _: &End) -> Option<&'static str> {
        let program = facts.numbers("collections").or_else(|| facts.numbers("gc"))?;
        if !facts.asked_for(CLR, 1) {
            return None;
        }
        // The program counts for each generation the collections of it and of older ones.
        let [young, middle, old] = self.by_depth;
        let mut found = vec![young + middle + old, middle + old, old];
        if facts.asked_for(CLR, 0x80_0000) {
            // A session that asks for a heap dump collects once itself.
            for count in &mut found {
                *count -= 1;
            }
        }
        facts.same("collections", found, program);
        if let Some(finalized) = facts.number("finalized") {
            // Objects of the runtime's own are finalized, too.
            assert!(self.finalized >= finalized, "{}: {} finalized", facts.name, self.finalized);
        }
        Some("collections")
    }
}

/// Exceptions, and methods made at run time.
#[derive(Default)]
pub struct Code {
    thrown: u64,
    jitted: u64,
}

impl Topic for Code {
    fn add(&mut self, event: &Seen<'_>) {
        if event.provider != CLR {
            return;
        }
        match event.id {
            80 => self.thrown += 1,
            143 => {
                let name = event.row.text("MethodName");
                self.jitted += u64::from(name.starts_with("dyn_") || name.starts_with("churn_"));
            }
            _ => {}
        }
    }

    fn check(&self, facts: &Facts, _: &End) -> Option<&'static str> {
        let noise = &facts.program["noise"];
        let churn = facts.number("exceptions").zip(facts.number("steps"));
        let noise = noise["exceptions"].as_u64().zip(noise["jitted"].as_u64());
        let (thrown, jitted) = noise.or(churn)?;
        if !facts.asked_for(CLR, 0x8000) || facts.killed {
            return None;
        }
        facts.same("exceptions", self.thrown, thrown);
        if !facts.asked_for(CLR, 0x10) || self.jitted == 0 && jitted > 0 {
            return Some("exceptions");
        }
        facts.same("methods", self.jitted, jitted);
        Some("exceptions and methods")
    }
}

/// Samples of managed code by thread.
#[derive(Default)]
pub struct Samples {
    managed: BTreeMap<u64, u64>,
}

impl Topic for Samples {
    fn add(&mut self, event: &Seen<'_>) {
        if event.name == "ThreadSample" && event.row.number("Type") == 2 {
            *self.managed.entry(event.thread).or_default() += 1;
        }
    }

    fn check(&self, facts: &Facts, _: &End) -> Option<&'static str> {
        let threads = facts.number("threads")?;
        let most = self.managed.values().max().copied().unwrap_or(0);
        let busy = self.managed.values().filter(|count| **count > most / 2).count();
        facts.same("threads that burn", busy as u64, threads);
        Some("samples")
    }
}
