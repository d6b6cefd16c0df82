//! libFuzzer over `gather_properties`' target `decoding`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| gather_properties::target("decoding").expect("a target")(data));
