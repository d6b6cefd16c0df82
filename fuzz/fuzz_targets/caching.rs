//! libFuzzer over `gather_properties`' target `caching`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| gather_properties::target("caching").expect("a target")(data));
