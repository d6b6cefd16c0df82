//! libFuzzer over `gather_properties`' target `client`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| gather_properties::target("client").expect("a target")(data));
