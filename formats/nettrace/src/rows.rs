//! Blocks of rows that become state: stacks, threads, label lists (specification section 5).

use tracemill_engine::{Added, Cursor, Fault, Faults, Sequences, State, Thread};

use crate::labels::label;
use crate::wire::StackBlock;

/// Pushes a fault at the first call only: one fault a block.
struct Once(bool);

impl Once {
    fn push(&mut self, faults: &mut Faults, fault: impl FnOnce() -> Fault) {
        if !self.0 {
            self.0 = true;
            faults.push(fault());
        }
    }
}

/// Takes in a stack block of V4 to V6.
pub(crate) fn stacks(stacks: &mut Sequences, mut cursor: Cursor<'_>, faults: &mut Faults) {
    let result = (|| {
        let start = cursor.offset();
        let head = *cursor.view::<StackBlock>("stack block: too short")?;
        let (first, mut rows) = (u64::from(head.first_id.get()), 0u64);
        let (mut again, mut full) = (Once(false), Once(false));
        // The number of rows is a hint: as its readers do, we go on to the end of the block.
        while !cursor.is_empty() {
            let offset = cursor.offset();
            let what = "stack: runs past the end of the block";
            let len = cursor.u32(what)?;
            let bytes = cursor.take(len as usize, what)?;
            match stacks.insert(first + rows, bytes) {
                Added::New => {}
                Added::Replaced => {
                    let what = "stack id: defined before and not cleared by a sequence point";
                    again.push(faults, || Fault::damage(offset, what));
                }
                Added::Refused => full.push(faults, || Fault::limit(offset, "max_stack_bytes")),
            }
            rows += 1;
        }
        if rows != u64::from(head.count.get()) {
            return Err(Fault::damage(start, "stack block: count is not the number of stacks"));
        }
        Ok(())
    })();
    if let Err(fault) = result {
        faults.push(fault);
    }
}

/// Takes in a thread block of V6.
pub(crate) fn threads(state: &mut State, mut cursor: Cursor<'_>, faults: &mut Faults) {
    let (mut again, mut full) = (Once(false), Once(false));
    let process_id = state.trace.process_id;
    while !cursor.is_empty() {
        let offset = cursor.offset();
        let row = cursor
            .u16("thread: runs past the end of the block")
            .and_then(|size| cursor.split(size.into(), "thread: runs past the end of the block"));
        let mut row = match row {
            Ok(row) => row,
            Err(fault) => return faults.push(fault),
        };
        let index = match row.varu64("thread index: runs past the end of its row") {
            Ok(index) => index,
            Err(fault) => {
                faults.push(fault);
                continue;
            }
        };
        let mut thread = Thread { process_id, ..Thread::default() };
        if let Err(fault) = thread_info(&mut row, &mut thread) {
            // What was whole before it holds.
            faults.push(fault);
        }
        match state.threads.insert(index, thread) {
            Some(false) => {}
            Some(true) => {
                again.push(faults, || Fault::damage(offset, "thread index: defined again"));
            }
            None => full.push(faults, || Fault::limit(offset, "max_threads")),
        }
    }
}

fn thread_info<'a>(row: &mut Cursor<'a>, thread: &mut Thread<'a>) -> Result<(), Fault> {
    let what = "thread: runs past the end of its row";
    while !row.is_empty() {
        let offset = row.offset();
        match row.u8(what)? {
            1 => thread.name = text(row)?,
            2 => thread.process_id = Some(row.varu64(what)?),
            3 => thread.id = Some(row.varu64(what)?),
            4 => {
                text(row)?;
                text(row)?;
            }
            _ => return Err(Fault::damage(offset, "thread: unknown kind of info")),
        }
    }
    Ok(())
}

/// Takes in a label list block of V6.
pub(crate) fn label_lists(lists: &mut Sequences, mut cursor: Cursor<'_>, faults: &mut Faults) {
    let result = (|| {
        let start = cursor.offset();
        let what = "label list block: too short";
        let (first, count) = (cursor.u32(what)?, cursor.u32(what)?);
        let (mut again, mut full, mut rows) = (Once(false), Once(false), 0u64);
        while !cursor.is_empty() {
            let (offset, bytes) = (cursor.offset(), cursor.rest());
            while !label(&mut cursor)?.1 {}
            let list = bytes.get(..bytes.len() - cursor.len()).unwrap_or_default();
            match lists.insert(u64::from(first) + rows, list) {
                Added::New => {}
                Added::Replaced => {
                    again.push(faults, || Fault::damage(offset, "label list: defined again"));
                }
                Added::Refused => full.push(faults, || Fault::limit(offset, "max_stack_bytes")),
            }
            rows += 1;
        }
        if rows != u64::from(count) {
            return Err(Fault::damage(start, "label list block: count is not the number of lists"));
        }
        Ok(())
    })();
    if let Err(fault) = result {
        faults.push(fault);
    }
}

/// A string of V6: length in bytes and UTF-8, which may be ill-formed (section 2).
pub(crate) fn text<'a>(cursor: &mut Cursor<'a>) -> Result<&'a [u8], Fault> {
    let what = "string: runs past its end";
    let len = cursor.varu32(what)?;
    cursor.take(len as usize, what)
}
