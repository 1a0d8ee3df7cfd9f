//! How the reading of a file ended, and the damage on the way.

use serde::Serialize;
use tracemill::{Error, ErrorKind, Fault, FaultKind};

use super::json::Int;
use super::outcome::Outcome;

/// How it ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// With the end marker of the format.
    Complete,
    /// Before the end, since no more was wanted.
    Stopped,
    /// Before the end, at a Ctrl-C.
    Interrupted,
    /// Too early: the error, and how many bytes of what was cut are there.
    Truncated(Error, u64),
    /// The stream cannot be followed.
    Failed(Error),
    /// The file cannot be read.
    Unreadable(String),
}

impl End {
    /// A stream of `len` bytes ended with `error`.
    pub(crate) fn of(error: Error, len: u64) -> Self {
        if error.kind() == ErrorKind::Truncated {
            return Self::Truncated(error, len.saturating_sub(error.offset()));
        }
        Self::Failed(error)
    }

    /// Whether nothing can be said about the input.
    pub(crate) fn is_unsupported(&self) -> bool {
        matches!(self, Self::Failed(error) if error.kind() == ErrorKind::Unsupported)
    }

    pub(crate) fn outcome(&self) -> Outcome {
        match self {
            Self::Complete | Self::Stopped | Self::Interrupted => Outcome::default(),
            Self::Failed(_) if self.is_unsupported() => Outcome::UNSUPPORTED,
            Self::Truncated(..) | Self::Failed(_) => Outcome::DAMAGED,
            Self::Unreadable(_) => Outcome::IO,
        }
    }

    /// One line, for people.
    pub(crate) fn describe(&self) -> String {
        match self {
            Self::Complete => "complete".to_owned(),
            Self::Stopped => "not read to its end".to_owned(),
            Self::Interrupted => "interrupted before its end".to_owned(),
            Self::Truncated(error, present) => {
                let (offset, what) = (error.offset(), error.what());
                let bytes = match error.value() {
                    0 if *present == 0 => String::new(),
                    0 => format!(", {present} bytes present"),
                    declared => format!(", {declared} bytes declared, {present} present"),
                };
                format!("truncated at {offset:#x}: the stream ends {what}{bytes}")
            }
            Self::Failed(error) => error.to_string(),
            Self::Unreadable(message) => message.clone(),
        }
    }

    pub(crate) fn record(&self) -> EndRecord<'_> {
        let (state, error) = match self {
            Self::Complete => ("complete", None),
            Self::Stopped => ("stopped", None),
            Self::Interrupted => ("interrupted", None),
            Self::Truncated(error, _) => ("truncated", Some(error)),
            Self::Failed(error) => ("error", Some(error)),
            Self::Unreadable(_) => ("unreadable", None),
        };
        let cut = if let Self::Truncated(error, present) = self {
            (Some(error.value()).filter(|declared| *declared > 0), Some(Int::from(*present)))
        } else {
            (None, None)
        };
        EndRecord {
            state,
            offset: error.map(|error| error.offset().into()),
            what: match self {
                Self::Unreadable(message) => Some(message),
                _ => error.map(Error::what),
            },
            declared: cut.0,
            present: cut.1,
        }
    }
}

/// How it ended, in JSON.
#[derive(Debug, Serialize)]
pub(crate) struct EndRecord<'a> {
    state: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    offset: Option<Int>,
    #[serde(skip_serializing_if = "Option::is_none")]
    what: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    declared: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    present: Option<Int>,
}

/// A fault in JSON.
#[derive(Debug, Serialize)]
pub(crate) struct FaultRecord {
    kind: &'static str,
    offset: Int,
    what: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    bytes: Option<u32>,
}

impl From<&Fault> for FaultRecord {
    fn from(fault: &Fault) -> Self {
        let (kind, bytes) = match fault.kind() {
            FaultKind::Limit => ("limit", None),
            FaultKind::Trailing => ("trailing", Some(fault.value())),
            _ => ("damage", None),
        };
        Self { kind, offset: fault.offset().into(), what: fault.what(), bytes }
    }
}
