//! What is ready becomes a batch: views in an arena that borrow from pages.

use std::ops::Range;

use bumpalo::collections::Vec as ArenaVec;

use super::{Merge, Ready};
use crate::arena::Arena;
use crate::batch::{Batch, Context, Counts};
use crate::format::Decode;
use crate::order::Place;
use crate::view::EventView;

/// Which contexts a batch has made already; kept from batch to batch for its memory.
#[derive(Debug, Default)]
pub(crate) struct Scratch {
    /// For each page and place, the number of the batch and the context's index in it.
    known: Vec<(u64, u32)>,
    batch: u64,
}

impl<D: Decode + ?Sized> Merge<D> {
    /// Takes the next that are ready for a batch of at most `max_events` in an arena of this limit;
    /// `None` if none are.
    pub(crate) fn hand_out(
        &mut self,
        max_events: usize,
        arena_limit: usize,
    ) -> Option<Range<usize>> {
        // Half of the arena, so that all fits however it grows.
        let fits = arena_limit / 2 / (size_of::<EventView<'_>>() + size_of::<Context<'_>>());
        let start = self.handed_out;
        self.handed_out = self.ready.len().min(start + max_events.min(fits).max(1));
        (start < self.handed_out).then_some(start..self.handed_out)
    }

    /// A batch of what was handed out.
    pub(crate) fn lend<'a>(
        &'a self,
        range: Range<usize>,
        arena: &'a mut Arena,
        scratch: &mut Scratch,
    ) -> Batch<'a> {
        arena.reset();
        let arena: &'a Arena = arena;
        scratch.begin_batch(self.pages.len());
        let room = "what is handed out fits half of an arena";
        let mut views: ArenaVec<'a, EventView<'a>> = ArenaVec::new_in(arena.bump());
        views.try_reserve_exact(range.len()).expect(room);
        let mut counts = Counts::default();
        for ready in self.ready.get(range).unwrap_or_default() {
            let page = self.pages.get(ready.page as usize).expect("a page is kept until it is out");
            let known = scratch.known(ready).and_then(|at| views.get(at as usize));
            let context = known.map_or_else(
                || {
                    scratch.remember(ready, views.len());
                    let is_held = page.run_offset.is_none();
                    let context = Context::of(page.decoder(), page.run(), ready.place, is_held);
                    &*arena.alloc(context).expect(room)
                },
                EventView::context,
            );
            counts.early += u64::from(ready.place == Place::Early);
            counts.late += u64::from(ready.place == Place::Late);
            let record = page.records.get(ready.at as usize).expect("places are those of records");
            views.push(EventView::new(context, record));
        }
        Batch::merged(views.into_bump_slice(), counts)
    }
}

impl Scratch {
    fn begin_batch(&mut self, pages: usize) {
        self.batch += 1;
        self.known.resize(pages * Place::COUNT, (0, 0));
    }

    fn known(&self, ready: &Ready) -> Option<u32> {
        let (batch, at) = *self.known.get(place_of(ready))?;
        (batch == self.batch).then_some(at)
    }

    fn remember(&mut self, ready: &Ready, at: usize) {
        if let Some(entry) = self.known.get_mut(place_of(ready)) {
            *entry = (self.batch, u32::try_from(at).unwrap_or(u32::MAX));
        }
    }
}

fn place_of(ready: &Ready) -> usize {
    ready.page as usize * Place::COUNT + ready.place as usize
}
