//! libFuzzer over `gather_properties`' target `addresses`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| gather_properties::target("addresses").expect("a target")(data));
