//! Typed views against the engine's reader, which reads the same layouts field by field.

#![allow(clippy::indexing_slicing, clippy::cast_possible_truncation, reason = "tests")]

mod corpus;
mod flat;
mod synthetic;

use tracemill_clr as clr;
use tracemill_engine::{EventView, Value};

/// What is done with the views of all providers.
macro_rules! providers {
    ($($name:literal $module:ident;)*) => {
        /// The names of all.
        const PROVIDERS: &[&str] = &[$($name),*];

        /// A payload as its view reads it: its event, its fields by `visit`, and what is behind them.
        fn read<'a>(
            provider: &str,
            (id, version): (u32, u32),
            (payload, pointer_size): (&'a [u8], u8),
            visit: &mut dyn FnMut(&'static str, Value<'a>),
        ) -> Option<(&'static clr::EventSchema, &'a [u8])> {
            match provider {
                $($name => {
                    let event = clr::$module::Event::read(id, version, payload, pointer_size)?;
                    event.for_each_field(visit);
                    assert_eq!(event.is_exact(), u32::from(event.schema().version) == version);
                    Some((event.schema(), event.rest()))
                })*
                "Microsoft-DotNETCore-EventPipe" => {
                    let event = clr::event_pipe::Event::read(id, version, payload, pointer_size)?;
                    event.for_each_field(visit);
                    Some((event.schema(), event.rest()))
                }
                _ => panic!("no views of {provider}"),
            }
        }

        /// The same for an event of whatever provider.
        fn of<'a>(
            event: EventView<'a>,
            visit: &mut dyn FnMut(&'static str, Value<'a>),
        ) -> Option<(&'static clr::EventSchema, &'a [u8])> {
            $(if let Some(event) = clr::$module::Event::of(event) {
                event.for_each_field(visit);
                return Some((event.schema(), event.rest()));
            })*
            if let Some(event) = clr::event_pipe::Event::of(event) {
                event.for_each_field(visit);
                return Some((event.schema(), event.rest()));
            }
            None
        }
    };
}

providers! {
    "Microsoft-DotNETCore-SampleProfiler" sample_profiler;
    "Microsoft-Windows-DotNETRuntime" runtime;
    "Microsoft-Windows-DotNETRuntimePrivate" runtime_private;
    "Microsoft-Windows-DotNETRuntimeRundown" runtime_rundown;
    "Microsoft-Windows-DotNETRuntimeStress" runtime_stress;
    "System.Buffers.ArrayPoolEventSource" system_buffers_array_pool;
    "System.Diagnostics.Eventing.FrameworkEventSource" system_diagnostics_eventing_framework;
    "System.Runtime" system_runtime;
    "System.Threading.Tasks.TplEventSource" system_threading_tasks_tpl;
    "Universal.System" universal_system;
}

#[test]
fn every_provider_has_views() {
    let names: Vec<_> = clr::providers().iter().map(|provider| provider.name).collect();
    assert_eq!(names, PROVIDERS);
}
