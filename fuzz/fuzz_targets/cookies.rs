//! libFuzzer over `gather_properties`' target `cookies`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| gather_properties::target("cookies").expect("a target")(data));
