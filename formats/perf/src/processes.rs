//! What is mapped where, and what threads are called: from the records of a recording, in the order
//! in which they are read.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use tracemill_engine::EventView;

use crate::callchain::{Callchain, Context, Frame};
use crate::kinds::kind;
use crate::mappings::{Mapping, Mappings};
use crate::record::Record;
use crate::sample::Sample;
use crate::wire::{text, u16_at, u32_at, u64_at};

/// Processes of a recording, with what they have mapped and the names of their threads.
///
/// Show it the events in order, best by time; then ask it about addresses at the same time. Bounded:
/// at most so many mappings and names; the oldest process is forgotten first. A recording may tell at
/// its end what was mapped before its beginning (`--tail-synthesize`, `--overwrite`): such a one is
/// read twice, first for its mappings.
///
/// ```
/// # use tracemill_engine::{Config, Parser};
/// # use tracemill_perf::{Perf, Processes};
/// # let config = Config::default();
/// # let mut parser = Parser::new(Perf::new(&config), &config);
/// let mut processes = Processes::new(100_000);
/// while let Some(batch) = parser.next_batch()? {
///     for event in &batch {
///         processes.take(event);
///         for (address, place) in processes.frames(event) {
///             match place {
///                 Some((mapping, offset)) => println!("{}+{offset:#x}", mapping.name()),
///                 None => println!("{address:#x}"),
///             }
///         }
///     }
/// }
/// # Ok::<(), tracemill_engine::Error>(())
/// ```
#[derive(Debug)]
pub struct Processes {
    known: HashMap<i32, Process>,
    /// In order of appearance, oldest first.
    order: VecDeque<i32>,
    /// Mappings and names in all.
    entries: usize,
    max: usize,
    forgotten: u64,
}

#[derive(Debug, Default)]
struct Process {
    mappings: Mappings,
    /// Those of the program before, which called for the one that is now.
    before: Mappings,
    names: HashMap<i32, Arc<[u8]>>,
}

/// The process that stands for the kernel.
const KERNEL: i32 = -1;
/// Flag of a `KSYMBOL`.
const IS_UNREGISTERED: u16 = 1;

impl Processes {
    /// At most `max` mappings and names of threads, of all processes together. Each takes some 200
    /// bytes and its name.
    pub fn new(max: usize) -> Self {
        Self {
            known: HashMap::new(),
            order: VecDeque::new(),
            entries: 0,
            max: max.max(1),
            forgotten: 0,
        }
    }

    /// Takes in what an event says about processes; most say nothing. O(log mappings), and O(mappings
    /// of a process) where one is forked.
    pub fn take(&mut self, view: EventView<'_>) {
        let Some(record) = Record::of(view) else {
            return;
        };
        if matches!(
            record.kind(),
            kind::MMAP | kind::MMAP2 | kind::COMM | kind::FORK | kind::EXIT | kind::KSYMBOL
        ) {
            // What does not fit in its record says nothing.
            let _ = self.record(record, view.payload());
        }
    }

    /// The mapping that holds `address` of a process, and how far from the start of its file.
    /// `context`: where the address is; `None` where that is not known.
    pub fn resolve(
        &self,
        pid: i32,
        address: u64,
        context: Option<Context>,
    ) -> Option<(&Mapping, u64)> {
        let pids = match context {
            Some(Context::Hypervisor) => return None,
            Some(Context::Kernel) => [Some(KERNEL), None],
            Some(_) => [Some(pid), None],
            None => [Some(pid), Some(KERNEL)],
        };
        pids.into_iter()
            .flatten()
            .find_map(|pid| self.place(pid, address, |process| &process.mappings))
    }

    fn place(
        &self,
        pid: i32,
        address: u64,
        of: impl FnOnce(&Process) -> &Mappings,
    ) -> Option<(&Mapping, u64)> {
        let mapping = of(self.known.get(&pid)?).at(address)?;
        Some((mapping, (address - mapping.start).wrapping_add(mapping.file_offset)))
    }

    /// The addresses of an event's call chain, innermost first, with the mapping that each is in and
    /// its place in the file.
    pub fn frames<'a>(
        &'a self,
        view: EventView<'a>,
    ) -> impl Iterator<Item = (u64, Option<(&'a Mapping, u64)>)> + 'a {
        let chain = Callchain::new(view.stack().unwrap_or_default());
        let (pid, mut context) =
            (process_of(view), Record::of(view).and_then(|record| record.context()));
        let is_in_kernel = context == Some(Context::Kernel);
        let mut is_cookie = false;
        chain.frames().filter_map(move |frame| match frame {
            Frame::Context(next) => {
                is_cookie = next == Context::UserDeferred;
                context = Some(next);
                None
            }
            Frame::Address(_) if std::mem::take(&mut is_cookie) => None,
            Frame::Address(address) => {
                let place = self.resolve(pid, address, context);
                // While the kernel replaces a program, its caller is the one before.
                let is_caller = is_in_kernel && context == Some(Context::User);
                let before = || self.place(pid, address, |process| &process.before);
                let place = place.or_else(|| if is_caller { before() } else { None });
                Some((address, place))
            }
        })
    }

    /// The address at which a sample was taken, in the same way; `None` if it has none.
    pub fn ip<'a>(&'a self, view: EventView<'a>) -> Option<(u64, Option<(&'a Mapping, u64)>)> {
        let address = Sample::of(view)?.ip()?;
        Some((
            address,
            self.resolve(
                process_of(view),
                address,
                Record::of(view).and_then(|record| record.context()),
            ),
        ))
    }

    /// The name of a thread, as on the wire.
    pub fn name(&self, pid: i32, tid: i32) -> Option<&[u8]> {
        let names = &self.known.get(&pid)?.names;
        names.get(&tid).or_else(|| names.get(&pid)).map(|name| &**name)
    }

    /// Processes that are known, the kernel included.
    pub fn len(&self) -> usize {
        self.known.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.known.is_empty()
    }

    /// Processes forgotten because there were too many entries.
    pub fn forgotten(&self) -> u64 {
        self.forgotten
    }

    fn record(&mut self, record: Record<'_>, payload: &[u8]) -> Option<()> {
        let body = record.body();
        let id = |at| u32_at(body, at).map(u32::cast_signed);
        match record.kind() {
            kind::COMM => {
                let (pid, tid) = (id(0)?, id(4)?);
                // A program that is executed begins anew.
                if record.misc() >> 13 & 1 != 0 {
                    self.replace_program(pid);
                }
                let name = text(payload.get(8..)?).into();
                let process = self.process(pid);
                let old = process.names.insert(tid, name);
                self.grow(usize::from(old.is_none()));
            }
            kind::FORK => {
                let (pid, parent, tid, parent_tid) = (id(0)?, id(4)?, id(8)?, id(12)?);
                self.fork((pid, tid), (parent, parent_tid));
            }
            // Samples of a process may follow its end by a little: only a thread's name goes.
            kind::EXIT => {
                let (pid, tid) = (id(0)?, id(8)?);
                if pid != tid
                    && let Some(process) = self.known.get_mut(&pid)
                {
                    let removed = process.names.remove(&tid).is_some();
                    self.entries -= usize::from(removed);
                }
            }
            kind::KSYMBOL => self.kernel_symbol(body, payload)?,
            _ => self.map(id(0)?, Mapping::read(record, payload)?),
        }
        Some(())
    }

    /// Code that the kernel takes in or gives up: a program of BPF, a trampoline.
    fn kernel_symbol(&mut self, body: &[u8], payload: &[u8]) -> Option<()> {
        let (start, len) = (u64_at(body, 0)?, u32_at(body, 8)?);
        if u16_at(body, 14)? & IS_UNREGISTERED == 0 {
            self.map(KERNEL, Mapping::new(start, len.into(), text(payload.get(16..)?)));
        } else if let Some(kernel) = self.known.get_mut(&KERNEL) {
            self.entries -= usize::from(kernel.mappings.remove(start));
        }
        Some(())
    }

    fn fork(&mut self, (pid, tid): (i32, i32), (parent, parent_tid): (i32, i32)) {
        let Some(from) = self.known.get(&parent) else {
            return;
        };
        let name = from.names.get(&parent_tid).or_else(|| from.names.get(&parent)).cloned();
        let mappings = (pid != parent).then(|| from.mappings.clone());
        let process = self.process(pid);
        let mut added = 0;
        if let Some(mappings) = mappings {
            added += mappings.len();
            let old = std::mem::replace(&mut process.mappings, mappings);
            let before = std::mem::take(&mut process.before);
            let names = std::mem::take(&mut process.names);
            self.entries -= old.len() + before.len() + names.len();
        }
        if let Some(name) = name {
            added += usize::from(self.process(pid).names.insert(tid, name).is_none());
        }
        self.grow(added);
    }

    /// Maps; what was there before is cut away.
    fn map(&mut self, pid: i32, mapping: Mapping) {
        if mapping.len == 0 {
            return;
        }
        let mappings = &mut self.process(pid).mappings;
        let before = mappings.len();
        mappings.insert(mapping);
        let after = mappings.len();
        self.entries = self.entries + after - before;
        self.grow(0);
    }

    fn replace_program(&mut self, pid: i32) {
        if let Some(process) = self.known.get_mut(&pid) {
            self.entries -= process.before.len();
            process.before = std::mem::take(&mut process.mappings);
        }
    }

    fn process(&mut self, pid: i32) -> &mut Process {
        self.known.entry(pid).or_insert_with(|| {
            self.order.push_back(pid);
            Process::default()
        })
    }

    /// Counts new entries, and forgets the oldest processes until there are no more than there may
    /// be. The newest one and the kernel stay.
    fn grow(&mut self, added: usize) {
        self.entries += added;
        let mut left = self.order.len();
        while (self.entries > self.max || self.known.len() > self.max) && left > 1 {
            left -= 1;
            let Some(pid) = self.order.pop_front() else {
                return;
            };
            if pid == KERNEL {
                self.order.push_back(pid);
                continue;
            }
            if let Some(process) = self.known.remove(&pid) {
                self.entries -= process.mappings.len() + process.before.len() + process.names.len();
                self.forgotten += 1;
            }
        }
    }
}

/// The process that an event is about.
fn process_of(view: EventView<'_>) -> i32 {
    let pid = view.thread().and_then(|thread| thread.process_id);
    pid.and_then(|pid| u32::try_from(pid).ok()).map_or(KERNEL, u32::cast_signed)
}
