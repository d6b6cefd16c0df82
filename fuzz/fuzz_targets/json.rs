//! libFuzzer over `gather_properties`' target `json`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| gather_properties::target("json").expect("a target")(data));
