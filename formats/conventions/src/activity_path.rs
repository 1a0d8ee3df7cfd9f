//! Activity ids that are paths: `//1/2/3/`, the third in the second in the first.
//!
//! While the activities of TPL are tracked (`System.Threading.Tasks.TplEventSource`, keyword 0x80),
//! each event that starts something gets an activity id that names its way from the root. The last 4
//! bytes of such a GUID are the sum of the 4-byte numbers before it and of a constant, with the bits
//! of the process id flipped. The first 12 hold the numbers of the way, by halves of bytes, the high
//! one first:
//!
//! | half | meaning |
//! |---|---|
//! | 0 | the end |
//! | 1 to A | the number itself |
//! | B | what follows is a number that tells nothing of nesting: there was no room for the path |
//! | C to F | the number is in the next 1 to 4 whole bytes, little-endian; the half in between, if there is one, comes above them |
//!
//! ```
//! use tracemill_conventions::activity_path::ActivityPath;
//!
//! let id = [0x11, 0x11, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x73, 0xf6, 0x9d, 0x59];
//! let path = ActivityPath::of(&id, None).unwrap();
//! assert_eq!(path.to_string(), "/#23757/1/1/1/1/");
//! assert_eq!(path.steps().count(), 4);
//! ```

use std::fmt;

/// The id of an activity that is a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ActivityPath {
    way: [u8; 12],
    process_id: u32,
}

/// A number of a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Step {
    /// Which of those in its parent it is, from 1 on. The first step of a path is the application
    /// domain, 1 in .NET.
    pub number: u32,
    /// Whether steps before it are left out, since there was no room for them.
    pub is_overflow: bool,
}

impl ActivityPath {
    /// The path that a GUID (as on the wire) is, if it is one.
    ///
    /// With the process known, a GUID that is none passes for one once in 2^31 times; without, once
    /// in 4096, and ids of processes from 2^20 on are not recognised.
    pub fn of(guid: &[u8; 16], process_id: Option<u32>) -> Option<Self> {
        let (way, sum) = (guid.first_chunk::<12>()?, guid.last_chunk::<4>()?);
        let words = way.chunks_exact(4).map(|word| word.try_into().map_or(0, u32::from_le_bytes));
        let expected = words.fold(MAGIC, u32::wrapping_add);
        let found = expected ^ u32::from_le_bytes(*sum);
        let is_path = match process_id {
            // .NET Framework left the process out.
            Some(id) => found == id || found == 0,
            None => found < 1 << 20,
        };
        let path = Self { way: *way, process_id: found };
        (is_path && path.steps().next().is_some()).then_some(path)
    }

    /// The process it is of; `None` for a path of .NET Framework before 4.6.2.
    pub fn process_id(&self) -> Option<u32> {
        (self.process_id != 0).then_some(self.process_id)
    }

    /// Its steps, from the root on.
    pub fn steps(&self) -> Steps {
        Steps { way: self.way, at: 0 }
    }

    /// Whether `inner` is this activity or in it, as far as the paths tell.
    pub fn contains(&self, inner: &Self) -> bool {
        let mut steps = inner.steps();
        self.process_id == inner.process_id && self.steps().all(|step| steps.next() == Some(step))
    }
}

const MAGIC: u32 = 0x599d_99ad;

impl fmt::Display for ActivityPath {
    /// As the tools of .NET write it: `/#PROCESS/1/2/`, or `//1/2/` without a process; `$` instead of
    /// `/` stands before a number of those that overflow.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.process_id() {
            Some(id) => write!(f, "/#{id}")?,
            None => f.write_str("/")?,
        }
        for step in self.steps() {
            let separator = if step.is_overflow { '$' } else { '/' };
            write!(f, "{separator}{}", step.number)?;
        }
        f.write_str("/")
    }
}

/// The steps of a path, from the root on. Ends early at what is ill-formed.
#[derive(Clone, Debug)]
pub struct Steps {
    way: [u8; 12],
    /// In halves of bytes.
    at: usize,
}

impl Steps {
    fn half(&self, at: usize) -> Option<u8> {
        let byte = self.way.get(at / 2)?;
        Some(if at.is_multiple_of(2) { byte >> 4 } else { byte & 0xf })
    }
}

impl Iterator for Steps {
    type Item = Step;

    fn next(&mut self) -> Option<Step> {
        let (mut at, mut code) = (self.at, self.half(self.at)?);
        let is_overflow = code == 0xb;
        if is_overflow {
            (at, code) = (at + 1, self.half(at + 1)?);
        }
        if let (1..=0xa, false) = (code, is_overflow) {
            self.at += 1;
            return Some(Step { number: code.into(), is_overflow });
        }
        let len = usize::from(code.checked_sub(0xb).filter(|len| *len > 0)?);
        let above = if at.is_multiple_of(2) { u32::from(self.half(at + 1)?) } else { 0 };
        let start = at / 2 + 1;
        let bytes = self.way.get(start..start + len)?;
        let number = bytes.iter().rev().fold(above, |high, byte| high << 8 | u32::from(*byte));
        self.at = (start + len) * 2;
        // A number whose upper half stands in between has two bytes after it all the same, of which
        // the second is 0 and does not end the path.
        if above != 0 && self.way.get(start + len) == Some(&0) {
            self.at += 2;
        }
        Some(Step { number, is_overflow })
    }
}

#[cfg(test)]
mod tests;
