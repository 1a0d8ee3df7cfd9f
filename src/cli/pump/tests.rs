//! What waits is delivered however the input ends.

use std::io::{Error, Read};

use tracemill_testkit::{Event, Metadata, TraceHeader, v4};

use super::*;

struct Count(u64);

impl Visitor for Count {
    fn batch(&mut self, batch: &Batch<'_>) -> io::Result<ControlFlow<()>> {
        self.0 += batch.len() as u64;
        Ok(ControlFlow::Continue(()))
    }
}

#[test]
fn what_waits_is_delivered_though_the_input_breaks_off() {
    struct Breaks;
    impl Read for Breaks {
        fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
            Err(Error::other("gone"))
        }
    }
    let mut writer = v4::Writer::new(&TraceHeader::default());
    writer.metadata_block(&[Metadata::new(1, "P", 1)]);
    writer.event_block(&[Event { sorted: false, ticks: 1, ..Event::default() }]);
    let reader = io::Cursor::new(writer.into_bytes()).chain(Breaks);
    let input = Input::read("x".to_owned(), reader, None).unwrap();
    let mut config = Config::default();
    config.order = Order::Time;
    let (mut count, mut console) = (Count(0), Console::plain(false));
    let pass = pump_input(input, false, &config, &mut console, &mut count).unwrap();
    assert_eq!((count.0, pass.end), (1, End::Unreadable("gone".to_owned())));
    assert_eq!(pass.outcome.code(), 1);
}
