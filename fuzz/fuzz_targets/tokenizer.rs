//! libFuzzer over `gather_properties`' target `tokenizer`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| gather_properties::target("tokenizer").expect("a target")(data));
