//! Events of `Microsoft-DotNETCore-SampleProfiler`.

crate::typed::events! {
    crate::typed::Table::of(&crate::built_in::SAMPLE_PROFILER);
    0 ThreadSampleV0 ThreadSample "`ThreadSample`, number 0, version 0.";
}
