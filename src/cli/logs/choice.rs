//! A recording may have each message in several forms, one behind the other on a thread. One of
//! them is printed; which, is known once a thread has logged twice. Until then each form is kept
//! apart.

use tracemill::conventions::logging::Form;

/// Bytes kept until it has to be decided.
const MAX_KEPT: usize = 1 << 20;

/// Which form is printed.
#[derive(Debug)]
pub(super) struct Choice {
    chosen: Option<Form>,
    /// By form: the thread that wrote the first message of it.
    first: [Option<u64>; 3],
    kept: [Vec<u8>; 3],
    /// From the best to the last.
    order: [Form; 3],
}

impl Choice {
    /// Of what is there, the text: with its arguments, if these are wanted.
    pub(super) fn new(arguments: bool) -> Self {
        let order = if arguments {
            [Form::Json, Form::Structured, Form::Formatted]
        } else {
            [Form::Json, Form::Formatted, Form::Structured]
        };
        Self { chosen: None, first: [None; 3], kept: [const { Vec::new() }; 3], order }
    }

    /// This one.
    pub(super) fn of(form: Form) -> Self {
        Self { chosen: Some(form), ..Self::new(true) }
    }

    /// The form, once it is known.
    pub(super) fn chosen(&self) -> Option<Form> {
        self.chosen
    }

    /// A thread has logged. Whether it is decided by that.
    pub(super) fn met(&mut self, form: Form, thread: u64) -> bool {
        if self.chosen.is_some() {
            return false;
        }
        let is_full = self.kept.iter().map(Vec::len).sum::<usize>() > MAX_KEPT;
        let Some(first) = self.first.get_mut(place(form)) else { return false };
        let is_second = *first == Some(thread);
        first.get_or_insert(thread);
        // Nothing comes behind it, and nothing is better.
        let is_decided = form == Form::Json || is_second || is_full;
        if is_decided { self.decide() } else { false }
    }

    /// Decides with what has come. False if nothing has.
    pub(super) fn decide(&mut self) -> bool {
        if self.chosen.is_none() {
            let has = |form: &&Form| self.first.get(place(**form)).is_some_and(Option::is_some);
            self.chosen = self.order.iter().find(has).copied();
        }
        self.chosen.is_some()
    }

    /// What is kept of a form.
    pub(super) fn kept(&mut self, form: Form) -> &mut Vec<u8> {
        let [formatted, structured, json] = &mut self.kept;
        match form {
            Form::Formatted => formatted,
            Form::Structured => structured,
            Form::Json => json,
        }
    }

    /// Takes what was kept of the chosen form, and drops the rest.
    pub(super) fn take(&mut self) -> Vec<u8> {
        let chosen = self.chosen.map(|form| std::mem::take(self.kept(form)));
        self.kept = [const { Vec::new() }; 3];
        chosen.unwrap_or_default()
    }
}

pub(super) fn place(form: Form) -> usize {
    match form {
        Form::Formatted => 0,
        Form::Structured => 1,
        Form::Json => 2,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_best_of_what_a_thread_logs_twice() {
        for (arguments, best) in [(true, Form::Structured), (false, Form::Formatted)] {
            let mut choice = Choice::new(arguments);
            assert!(!choice.met(Form::Formatted, 1) && !choice.met(Form::Structured, 1));
            assert!(!choice.met(Form::Formatted, 2));
            choice.kept(Form::Formatted).push(b'f');
            choice.kept(Form::Structured).push(b's');
            assert!(choice.met(Form::Formatted, 1));
            assert_eq!(choice.chosen(), Some(best));
            assert_eq!(choice.take(), if arguments { b"s" } else { b"f" });
            assert!(choice.take().is_empty());
        }
    }

    #[test]
    fn json_has_all() {
        let mut choice = Choice::new(false);
        assert!(!choice.met(Form::Formatted, 1));
        assert!(choice.met(Form::Json, 1) && !choice.met(Form::Formatted, 1));
        assert_eq!(choice.chosen(), Some(Form::Json));
    }

    #[test]
    fn much_is_not_kept_for_ever() {
        let mut choice = Choice::new(false);
        assert!(!choice.decide());
        choice.kept(Form::Formatted).resize(MAX_KEPT + 1, 0);
        assert!(choice.met(Form::Formatted, 1));
    }
}
