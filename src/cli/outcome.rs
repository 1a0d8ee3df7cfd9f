//! What went wrong, as an exit code.

use std::ops::BitOrAssign;

/// Exit code of a second Ctrl-C.
pub(crate) const INTERRUPTED: i32 = 130;

/// What went wrong with any of the files so far, and the exit code of a command that was started.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Outcome(u8, u8);

impl Outcome {
    /// Something could not be read or written.
    pub const IO: Self = Self(1, 0);
    /// Not a format, or not a version of it, that is known.
    pub const UNSUPPORTED: Self = Self(2, 0);
    /// Damaged or truncated.
    pub const DAMAGED: Self = Self(4, 0);
    /// Events were lost, and that was not to be.
    pub const LOSS: Self = Self(8, 0);
    /// A process or a session could not be had.
    pub const TARGET: Self = Self(16, 0);
    /// What was asked for cannot be done as things are; nothing was.
    pub const USAGE: Self = Self(32, 0);

    /// A command that was started here ended with this exit code.
    pub(crate) fn of_child(code: u8) -> Self {
        Self(0, code)
    }

    /// The exit code: the first of 1, 2, 6, 3, 4, 5 that holds, else that of a command.
    pub(crate) fn code(self) -> u8 {
        let ranked = [
            (Self::IO, 1),
            (Self::USAGE, 2),
            (Self::TARGET, 6),
            (Self::UNSUPPORTED, 3),
            (Self::DAMAGED, 4),
            (Self::LOSS, 5),
        ];
        ranked.iter().find(|(outcome, _)| self.has(*outcome)).map_or(self.1, |(_, code)| *code)
    }

    /// Whether all of `other` holds.
    pub(crate) fn has(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }
}

impl BitOrAssign for Outcome {
    fn bitor_assign(&mut self, other: Self) {
        self.0 |= other.0;
        self.1 = self.1.max(other.1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_that_holds_is_the_exit_code() {
        let mut outcome = Outcome::default();
        assert_eq!(outcome.code(), 0);
        for (next, code) in [
            (Outcome::LOSS, 5),
            (Outcome::DAMAGED, 4),
            (Outcome::UNSUPPORTED, 3),
            (Outcome::LOSS, 3),
            (Outcome::TARGET, 6),
            (Outcome::USAGE, 2),
            (Outcome::IO, 1),
        ] {
            outcome |= next;
            assert_eq!(outcome.code(), code);
        }
    }
}
