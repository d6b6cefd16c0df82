//! libFuzzer over `gather_properties`' target `charset`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| gather_properties::target("charset").expect("a target")(data));
