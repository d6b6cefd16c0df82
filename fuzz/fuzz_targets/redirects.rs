//! libFuzzer over `gather_properties`' target `redirects`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| gather_properties::target("redirects").expect("a target")(data));
