//! In which order events are delivered, and how an event came to its place.

/// The order in which a [`Parser`](crate::Parser) delivers events.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Order {
    /// As they stand in the stream, without delay.
    #[default]
    File,
    /// By time, across threads; events of the same time as they stand in the stream. An event waits
    /// until none can come that is older: until the stream says so, or until
    /// [`Config::max_held`](crate::Config::max_held) is reached, or until
    /// [`Parser::flush`](crate::Parser::flush) is called.
    Time,
}

/// How an event came to its place among those delivered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Place {
    /// It is where it belongs.
    #[default]
    InOrder,
    /// It was delivered before it was certain that none older would come: because of
    /// [`Config::max_held`](crate::Config::max_held), or because of a flush.
    Early,
    /// It is older than one that was delivered before it, and not one without a time (ticks 0).
    Late,
}

impl Place {
    pub(crate) const COUNT: usize = 3;
}
