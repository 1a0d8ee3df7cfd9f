//! What is ready becomes a batch: views in an arena that borrow from pages.

use std::ops::Range;

use bumpalo::collections::Vec as ArenaVec;

use super::Merge;
use super::ready::{PARTS, Part};
use crate::arena::Arena;
use crate::batch::{Batch, Context, Counts};
use crate::format::Decode;
use crate::order::Place;
use crate::record::Record;
use crate::view::EventView;

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
        self.ready.hand_out(max_events.min(fits).max(1))
    }

    /// A batch of what was handed out.
    pub(crate) fn lend<'a>(&'a self, range: Range<usize>, arena: &'a mut Arena) -> Batch<'a> {
        arena.reset();
        let arena: &'a Arena = arena;
        let room = "what is handed out fits half of an arena";
        let mut views: ArenaVec<'a, EventView<'a>> = ArenaVec::new_in(arena.bump());
        views.try_reserve_exact(range.len()).expect(room);
        let mut counts = Counts::default();
        // Groups that follow each other are of the same pages, most of them.
        let mut recent: [Option<(Part, Place, &'a Context<'a>)>; PARTS] = [None; PARTS];
        for (parts, entries) in self.ready.groups(range) {
            let mut contexts: [Option<&'a Context<'a>>; PARTS * Place::COUNT] =
                [None; PARTS * Place::COUNT];
            let mut records: [&'a [Record]; PARTS] = [&[]; PARTS];
            for (records, part) in records.iter_mut().zip(parts) {
                *records = self.records(*part);
            }
            for entry in entries {
                let context = contexts.get_mut(entry.place_and_part());
                let context = context.expect("a part of its group");
                let context = *context.get_or_insert_with(|| {
                    let part = *parts.get(entry.part()).expect("a part of its group");
                    let known = recent.get_mut(part.page as usize % PARTS);
                    let known = known.expect("one for each remainder");
                    if let Some((other, place, context)) = known
                        && (other.page, other.piece, *place)
                            == (part.page, part.piece, entry.place())
                    {
                        return *context;
                    }
                    let made = arena.alloc(self.context(part, entry.place())).expect(room);
                    known.insert((part, entry.place(), made)).2
                });
                let record = records.get(entry.part()).and_then(|part| part.get(entry.offset()));
                let record = record.expect("a page is kept until it is out");
                views.push(EventView::new(context, record));
            }
            let count = |place| entries.iter().filter(|entry| entry.place() == place).count();
            counts.early += count(Place::Early) as u64;
            counts.late += count(Place::Late) as u64;
        }
        Batch::merged(views.into_bump_slice(), counts)
    }

    fn records(&self, part: Part) -> &[Record] {
        let page = self.pages.get(part.page as usize);
        page.and_then(|page| page.records.get(part.first as usize..)).unwrap_or_default()
    }

    #[cold]
    fn context(&self, part: Part, place: Place) -> Context<'_> {
        let page = self.pages.get(part.page as usize).expect("a page is kept until it is out");
        let (run, origins) = page.run(part.piece);
        Context::of(page.decoder(), run, place, origins)
    }
}
