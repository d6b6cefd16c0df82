//! libFuzzer over `gather_properties`' target `html`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| gather_properties::target("html").expect("a target")(data));
