//! Connections that wait, by runtime. Bounded in runtimes, connections and time.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use super::{PortLimits, PortStats};
use crate::reply::Cookie;

/// A runtime dials again at least twice a second. One that nobody holds and that was not heard of for
/// so long is forgotten: if it comes again, it is new.
const FORGET: Duration = Duration::from_secs(30);

/// Connections `C` that wait for a command.
#[derive(Debug)]
pub(super) struct Queue<C> {
    runtimes: Vec<Entry<C>>,
    limits: PortLimits,
}

#[derive(Debug)]
struct Entry<C> {
    cookie: Cookie,
    pid: u64,
    waiting: VecDeque<(C, Instant)>,
    is_given_out: bool,
    /// How many hold it.
    held: usize,
    heard: Instant,
}

impl<C> Queue<C> {
    pub(super) fn new(limits: PortLimits) -> Self {
        Self { runtimes: Vec::new(), limits }
    }

    /// Keeps a connection of this runtime; others may be dropped for it, or it may.
    pub(super) fn add(&mut self, cookie: Cookie, pid: u64, connection: C, now: Instant) {
        if self.entry(cookie).is_none() && self.make_room() {
            let (is_given_out, held) = (false, 0);
            let waiting = VecDeque::new();
            self.runtimes.push(Entry { cookie, pid, waiting, is_given_out, held, heard: now });
        }
        let most = self.limits.connections.max(1);
        if let Some(entry) = self.entry(cookie) {
            entry.heard = now;
            entry.waiting.push_back((connection, now));
            if entry.waiting.len() > most {
                entry.waiting.pop_front();
            }
        }
    }

    /// A runtime that was not given out before, with its process id, held from now on.
    pub(super) fn give_out(&mut self) -> Option<(Cookie, u64)> {
        let is_new = |entry: &&mut Entry<C>| !entry.is_given_out && !entry.waiting.is_empty();
        let entry = self.runtimes.iter_mut().find(is_new)?;
        entry.is_given_out = true;
        entry.held += 1;
        Some((entry.cookie, entry.pid))
    }

    /// A connection of this runtime, the one that has waited longest.
    pub(super) fn take(&mut self, cookie: Cookie) -> Option<C> {
        self.entry(cookie)?.waiting.pop_front().map(|(connection, _)| connection)
    }

    /// One holds it no more.
    pub(super) fn let_go(&mut self, cookie: Cookie, now: Instant) {
        if let Some(entry) = self.entry(cookie) {
            entry.heard = entry.heard.max(now);
            entry.held = entry.held.saturating_sub(1);
        }
    }

    /// Drops connections that are dead or have waited too long, and forgets runtimes that are gone.
    pub(super) fn sweep(&mut self, now: Instant, is_dead: impl Fn(&C) -> bool) {
        let idle = self.limits.idle;
        let age = |since: Instant| now.saturating_duration_since(since);
        self.runtimes.retain_mut(|entry| {
            entry.waiting.retain(|(connection, since)| age(*since) < idle && !is_dead(connection));
            let is_remembered = entry.is_given_out && age(entry.heard) < FORGET;
            !entry.waiting.is_empty() || entry.held > 0 || is_remembered
        });
    }

    pub(super) fn clear(&mut self) {
        self.runtimes.clear();
    }

    pub(super) fn stats(&self) -> PortStats {
        let waiting = self.runtimes.iter().map(|entry| entry.waiting.len()).sum();
        PortStats { runtimes: self.runtimes.len(), waiting }
    }

    /// Whether time changes anything here.
    pub(super) fn is_empty(&self) -> bool {
        self.runtimes.is_empty()
    }

    /// Makes room for one more, if need be by forgetting one that nobody holds.
    fn make_room(&mut self) -> bool {
        if self.runtimes.len() < self.limits.runtimes {
            return true;
        }
        let free = self.runtimes.iter().enumerate().filter(|(_, entry)| entry.held == 0);
        let oldest = free.min_by_key(|(_, entry)| entry.heard).map(|(index, _)| index);
        oldest.map(|index| self.runtimes.remove(index)).is_some()
    }

    fn entry(&mut self, cookie: Cookie) -> Option<&mut Entry<C>> {
        self.runtimes.iter_mut().find(|entry| entry.cookie == cookie)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limits() -> PortLimits {
        PortLimits { runtimes: 3, connections: 2, ..PortLimits::default() }
    }

    fn cookie(n: u8) -> Cookie {
        Cookie([n; 16])
    }

    #[test]
    fn each_is_given_out_once() {
        let now = Instant::now();
        let mut queue = Queue::new(limits());
        queue.add(cookie(1), 11, "a", now);
        queue.add(cookie(2), 22, "b", now);
        queue.add(cookie(1), 11, "c", now);
        assert_eq!(queue.give_out(), Some((cookie(1), 11)));
        assert_eq!(queue.give_out(), Some((cookie(2), 22)));
        assert_eq!(queue.give_out(), None);
        assert_eq!([1, 1, 1].map(|n| queue.take(cookie(n))), [Some("a"), Some("c"), None]);
        // Dropped by who held it; it dials again, and is still known.
        queue.let_go(cookie(1), now);
        queue.sweep(now, |_| false);
        queue.add(cookie(1), 11, "d", now);
        assert_eq!(queue.give_out(), None);
    }

    #[test]
    fn the_oldest_go_first() {
        let start = Instant::now();
        let at = |seconds| start + Duration::from_secs(seconds);
        let mut queue = Queue::new(limits());
        for (n, name) in ["a", "b", "c"].into_iter().enumerate() {
            queue.add(cookie(1), 1, name, at(n as u64));
        }
        assert_eq!(queue.stats().waiting, 2);
        assert_eq!(queue.take(cookie(1)), Some("b"));
        for n in 2..=4 {
            queue.add(cookie(n), 0, "x", at(10 + u64::from(n)));
        }
        assert_eq!((queue.stats().runtimes, queue.take(cookie(1))), (3, None));
        // Those that are held stay, and then there is no room for more.
        while queue.give_out().is_some() {}
        queue.add(cookie(9), 0, "x", at(20));
        assert_eq!((queue.stats().runtimes, queue.take(cookie(9))), (3, None));
    }

    #[test]
    fn the_dead_go_and_the_old_too() {
        let start = Instant::now();
        let mut queue = Queue::new(limits());
        queue.add(cookie(1), 1, "dead", start);
        queue.add(cookie(2), 2, "old", start);
        let later = start + Duration::from_secs(60 * 60);
        queue.add(cookie(3), 3, "young", later);
        queue.sweep(later, |connection| *connection == "dead");
        assert_eq!(queue.stats(), PortStats { runtimes: 1, waiting: 1 });
        // One that is held is known for as long as it is.
        assert!(queue.give_out().is_some());
        queue.sweep(later + FORGET * 2, |_| true);
        assert_eq!(queue.stats(), PortStats { runtimes: 1, waiting: 0 });
        queue.let_go(cookie(3), later);
        queue.sweep(later + FORGET / 2, |_| true);
        assert_eq!(queue.stats().runtimes, 1);
        queue.sweep(later + FORGET, |_| true);
        assert!(queue.is_empty());
    }
}
