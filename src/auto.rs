//! The format of a stream, by its magic.

use std::sync::Arc;

use bytes::Bytes;
use tracemill_engine::{
    Config, Decode, Detection, DynFormat, Erase, Error, Faults, Finish, Format, FrameKind, Framed,
    Position, RunView, Sink, State, ToldLoss,
};
use tracemill_nettrace::Nettrace;
use tracemill_perf::Perf;

/// A stream whose format is recognised by its first bytes.
///
/// ```
/// use tracemill::{Auto, Config, ErrorKind, Parser};
///
/// let config = Config::default();
/// let mut parser = Parser::new(Auto::new(&config), &config);
/// parser.push(bytes::Bytes::from_static(b"PK\x03\x04 this is a zip file")).unwrap();
/// assert_eq!(parser.next_batch().unwrap_err().kind(), ErrorKind::Unsupported);
/// ```
pub struct Auto {
    config: Config,
    undecided: Arc<Undecided>,
    known: Option<DynFormat>,
    index: Option<(u64, Bytes)>,
    parts: Vec<u64>,
}

impl Auto {
    /// The formats that are recognised, by name.
    pub const FORMATS: &[&str] = &["netperf V1, V2, V3", "nettrace V4, V5, V6", "perf.data"];

    /// Starts at the head of a stream, within the limits of `config`.
    pub fn new(config: &Config) -> Self {
        let undecided = Arc::new(Undecided(State::new(&config.fitted())));
        Self { config: *config, undecided, known: None, index: None, parts: Vec::new() }
    }

    /// Where in a file that begins with `head` there is an index behind all else that is better
    /// known beforehand. [`HEAD_LEN`](Self::HEAD_LEN) bytes are enough.
    pub fn index_at(head: &[u8]) -> Option<u64> {
        Perf::index_at(head)
    }

    /// Bytes of a head that tell where an index is.
    pub const HEAD_LEN: usize = 104;

    /// Takes in beforehand what a file holds from [`index_at`](Self::index_at) on, so that events
    /// have their names and fields from the first on.
    #[must_use]
    pub fn with_index(mut self, offset: u64, bytes: Bytes) -> Self {
        self.index = Some((offset, bytes));
        self
    }

    /// Takes in beforehand what `whole`, all bytes of a file, has as its index, if it has one. Without,
    /// events of a perf.data that is a file have neither names nor fields until its end is read.
    #[must_use]
    pub fn with_index_of(self, whole: &Bytes) -> Self {
        let place = Self::index_at(whole).and_then(|at| Some((at, usize::try_from(at).ok()?)));
        match place.filter(|(_, from)| *from <= whole.len()) {
            Some((at, from)) => self.with_index(at, whole.slice(from..)),
            None => self,
        }
    }
}

impl Auto {
    /// Name of the file in a folder that is a recording in several, and of the others behind it, by
    /// number.
    pub fn part_name(number: usize) -> String {
        number.checked_sub(1).map_or_else(|| "data".to_owned(), |part| format!("data.{part}"))
    }

    /// Reads a recording of several files, of which those behind the first have so many bytes: the
    /// stream is one behind the other.
    #[must_use]
    pub fn with_parts(mut self, bytes: impl IntoIterator<Item = u64>) -> Self {
        self.parts = bytes.into_iter().collect();
        self
    }
}

impl Format for Auto {
    type Decoder = dyn Decode;

    #[inline]
    fn frame(
        &mut self,
        input: &[u8],
        offset: u64,
        run_open: bool,
        faults: &mut Faults,
    ) -> Result<Framed, Error> {
        if let Some(format) = &mut self.known {
            return format.frame(input, offset, run_open, faults);
        }
        match (tracemill_nettrace::detect(input), tracemill_perf::detect(input)) {
            (Detection::Yes, _) => {
                let format = Nettrace::new(&self.config).with_schemas(&tracemill_clr::Clr);
                self.known = Some(Box::new(Erase(format)));
            }
            (_, Detection::Yes) => {
                let mut format = Perf::new(&self.config).with_parts(self.parts.drain(..));
                if let Some((offset, bytes)) = self.index.take() {
                    format = format.with_index(offset, bytes);
                }
                self.known = Some(Box::new(Erase(format)));
            }
            (Detection::No, Detection::No) => {
                let first = input.first().map_or(0, |byte| u32::from(*byte));
                return Err(Error::unsupported(offset, "the format of this stream", first));
            }
            _ => return Ok(Framed::NeedMore(1)),
        }
        self.frame(input, offset, run_open, faults)
    }

    fn finish(&mut self, rest: &[u8], offset: u64) -> Finish {
        if let Some(format) = &mut self.known {
            format.finish(rest, offset)
        } else {
            let error = Error::truncated(offset, "inside of its header", 0);
            Finish { cut: None, error: Some(error) }
        }
    }

    fn decoder(&self) -> Arc<dyn Decode> {
        match &self.known {
            Some(format) => format.decoder(),
            None => Arc::clone(&self.undecided) as Arc<dyn Decode>,
        }
    }

    fn state(&self) -> &State {
        self.known.as_ref().map_or(&self.undecided.0, |format| format.state())
    }

    fn frame_kinds(&self) -> &[FrameKind] {
        self.known.as_ref().map_or(&[], |format| format.frame_kinds())
    }

    fn open(&mut self, input: &[u8], offset: u64) -> Option<(u32, usize)> {
        self.known.as_mut()?.open(input, offset)
    }

    fn opened(&mut self, position: &Position) {
        if let Some(format) = &mut self.known {
            format.opened(position);
        }
    }

    fn told_loss(&self) -> Option<ToldLoss> {
        self.known.as_ref()?.told_loss()
    }
}

/// Stands for the decoder until the format is known; there is nothing to decode yet.
struct Undecided(State);

impl Decode for Undecided {
    fn state(&self) -> &State {
        &self.0
    }

    fn as_any(&self) -> &(dyn std::any::Any + Send + Sync) {
        self
    }

    fn decode<'a>(&'a self, run: RunView<'a>, position: &mut Position, _: &mut Sink<'a>) {
        position.at = run.bytes.len();
    }
}
