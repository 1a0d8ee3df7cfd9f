#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| tracemill_test_support::fuzz::perf_cut(bytes));
