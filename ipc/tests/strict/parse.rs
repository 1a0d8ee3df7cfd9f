//! Messages read as strictly as a runtime would have to, if it were careful.

use std::io::Read;
use std::os::unix::net::UnixStream;

/// A message, read to its last byte.
#[derive(Clone, Debug, PartialEq)]
pub enum Command {
    Collect(Collect),
    Stop(u64),
    Info(u8),
    Resume,
    Environment,
    SetVariable(String, String),
}

/// A message that starts a session.
#[derive(Clone, Debug, PartialEq)]
pub struct Collect {
    pub version: u8,
    pub buffer_mb: u32,
    pub format: u32,
    pub rundown: Option<u64>,
    pub stacks: Option<bool>,
    pub providers: Vec<Provider>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Provider {
    pub keywords: u64,
    pub level: u32,
    pub name: String,
    pub arguments: String,
    pub filter: Option<(bool, Vec<u32>)>,
}

/// What becomes of a message that is not right.
#[derive(Clone, Debug, PartialEq)]
pub enum Wrong {
    /// Cut off, not known, or refused: the runtime answers with this.
    Answer(u32),
    /// It would end the process.
    Kills(String),
}

/// Command set, command id and payload.
pub type Message = (u8, u8, Vec<u8>);

pub const BAD_ENCODING: u32 = 0x8013_1384;
pub const UNKNOWN_COMMAND: u32 = 0x8013_1385;
pub const UNKNOWN_MAGIC: u32 = 0x8013_1386;

/// Reads one message. `None` if nothing came.
pub fn read(stream: &mut UnixStream) -> Option<Result<Message, Wrong>> {
    let mut header = [0; 20];
    match stream.read(&mut header[..1]) {
        Ok(1) => {}
        _ => return None,
    }
    if stream.read_exact(&mut header[1..]).is_err() {
        return Some(Err(Wrong::Answer(BAD_ENCODING)));
    }
    if &header[..14] != b"DOTNET_IPC_V1\0" {
        return Some(Err(Wrong::Answer(UNKNOWN_MAGIC)));
    }
    let size = usize::from(u16::from_le_bytes([header[14], header[15]]));
    if size < 20 || header[18..] != [0, 0] {
        return Some(Err(Wrong::Answer(BAD_ENCODING)));
    }
    let mut payload = vec![0; size - 20];
    if stream.read_exact(&mut payload).is_err() {
        return Some(Err(Wrong::Answer(BAD_ENCODING)));
    }
    Some(Ok((header[16], header[17], payload)))
}

/// What a payload of this command says. `newest` is the newest collect command that is known.
pub fn parse(set: u8, id: u8, payload: &[u8], newest: u8) -> Result<Command, Wrong> {
    let mut left = Left(payload);
    let command = match (set, id) {
        (2, 1) => left.u64().map(Command::Stop),
        (2, 2..=6) if id - 1 <= newest => left.collect(id - 1).map(Command::Collect),
        (4, 0) => Some(Command::Info(1)),
        (4, 1) => Some(Command::Resume),
        (4, 2) => Some(Command::Environment),
        (4, 3) => left.string().zip(left.string()).map(|(n, v)| Command::SetVariable(n, v)),
        (4, 4) => Some(Command::Info(2)),
        (4, 8) => Some(Command::Info(3)),
        _ => return Err(Wrong::Answer(UNKNOWN_COMMAND)),
    };
    let command = command.ok_or_else(|| Wrong::Kills(format!("{set:02x}{id:02x} is too short")))?;
    if !left.0.is_empty() {
        return Err(Wrong::Kills(format!("{set:02x}{id:02x} is too long")));
    }
    match &command {
        Command::Collect(collect) if !collect.is_right() => Err(Wrong::Answer(BAD_ENCODING)),
        _ => Ok(command),
    }
}

impl Collect {
    fn is_right(&self) -> bool {
        let providers = &self.providers;
        let is_good = |p: &Provider| p.level <= 5 && !p.name.trim().is_empty();
        self.buffer_mb > 0
            && self.format <= 1
            && (1..=1000).contains(&providers.len())
            && providers.iter().all(is_good)
    }
}

struct Left<'a>(&'a [u8]);

impl Left<'_> {
    fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (taken, left) = self.0.split_first_chunk::<N>()?;
        self.0 = left;
        Some(*taken)
    }

    fn flag(&mut self) -> Option<bool> {
        match self.array()? {
            [0] => Some(false),
            [1] => Some(true),
            _ => None,
        }
    }

    fn u32(&mut self) -> Option<u32> {
        self.array().map(u32::from_le_bytes)
    }

    fn u64(&mut self) -> Option<u64> {
        self.array().map(u64::from_le_bytes)
    }

    /// Its last unit, and no other, is a NUL.
    fn string(&mut self) -> Option<String> {
        let count = self.u32()?;
        let units: Option<Vec<u16>> =
            (0..count).map(|_| self.array().map(u16::from_le_bytes)).collect();
        match units?.split_last() {
            None => Some(String::new()),
            Some((0, text)) if !text.contains(&0) => String::from_utf16(text).ok(),
            _ => None,
        }
    }

    fn collect(&mut self, version: u8) -> Option<Collect> {
        if version >= 5 && self.u32()? != 0 {
            return None;
        }
        let (buffer_mb, format) = (self.u32()?, self.u32()?);
        let rundown = match version {
            1 => None,
            2 | 3 => Some(u64::from(self.flag()?)),
            _ => Some(self.u64()?),
        };
        let stacks = if version >= 3 { Some(self.flag()?) } else { None };
        let count = self.u32()?;
        let providers = (0..count).map(|_| self.provider(version)).collect::<Option<_>>()?;
        Some(Collect { version, buffer_mb, format, rundown, stacks, providers })
    }

    fn provider(&mut self, version: u8) -> Option<Provider> {
        let (keywords, level) = (self.u64()?, self.u32()?);
        let (name, arguments) = (self.string()?, self.string()?);
        let filter = if version >= 5 {
            let only = self.flag()?;
            let count = self.u32()?;
            Some((only, (0..count).map(|_| self.u32()).collect::<Option<_>>()?))
        } else {
            None
        };
        Some(Provider { keywords, level, name, arguments, filter })
    }
}
