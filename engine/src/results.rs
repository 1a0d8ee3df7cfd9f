//! What workers made of the batches of a window, put in the order of the stream.

use std::collections::VecDeque;

/// What was made of each batch of a window, in the order of the stream: an iterator that hands it
/// out. It belongs to the caller and keeps its memory from window to window, so that in the long
/// run nothing is allocated.
#[derive(Debug)]
pub struct Results<R> {
    /// By worker; what is made on the calling thread comes first.
    parts: Vec<Part<R>>,
    /// Whose turn it is, and for how many.
    turns: VecDeque<(usize, usize)>,
}

/// What one worker made: in cache lines of its own, since it is written to for each batch.
#[derive(Debug)]
#[repr(align(128))]
pub(crate) struct Part<R> {
    pub made: VecDeque<R>,
}

impl<R> Results<R> {
    /// None so far.
    pub fn new() -> Self {
        Self { parts: Vec::new(), turns: VecDeque::new() }
    }

    /// Forgets what was not taken, and gives each of `workers` its part.
    pub(crate) fn begin(&mut self, workers: usize) -> &mut [Part<R>] {
        self.turns.clear();
        self.parts.iter_mut().for_each(|part| part.made.clear());
        if self.parts.len() <= workers {
            self.parts.resize_with(workers + 1, || Part { made: VecDeque::new() });
        }
        self.parts.get_mut(1..=workers).unwrap_or_default()
    }

    /// The next `count` are of a worker.
    pub(crate) fn then_of(&mut self, worker: usize, count: usize) {
        self.turns.push_back((worker + 1, count));
    }

    /// The next one, made on the calling thread.
    pub(crate) fn push(&mut self, result: R) {
        if let Some(own) = self.parts.first_mut() {
            own.made.push_back(result);
            self.turns.push_back((0, 1));
        }
    }
}

impl<R> Default for Results<R> {
    fn default() -> Self {
        Self::new()
    }
}

impl<R> Iterator for Results<R> {
    type Item = R;

    #[inline]
    fn next(&mut self) -> Option<R> {
        loop {
            let (part, left) = self.turns.front_mut()?;
            if *left > 0 {
                *left -= 1;
                return self.parts.get_mut(*part)?.made.pop_front();
            }
            self.turns.pop_front();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Results;

    #[test]
    fn what_workers_made_comes_in_order_of_their_turns() {
        let mut results = Results::new();
        for _ in 0..2 {
            let [first, second] = results.begin(2) else { panic!("two parts") };
            first.made.extend(['a', 'c']);
            second.made.extend(['b', 'e', 'f']);
            results.then_of(0, 1);
            results.then_of(1, 1);
            results.then_of(0, 1);
            results.push('d');
            results.then_of(1, 2);
            assert_eq!(results.by_ref().take(5).collect::<String>(), "abcde", "one is left over");
        }
        assert_eq!(results.collect::<String>(), "f");
    }
}
