//! libFuzzer over `gather_properties`' target `fields`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| gather_properties::target("fields").expect("a target")(data));
