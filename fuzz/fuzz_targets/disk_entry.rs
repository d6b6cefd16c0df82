//! libFuzzer over `gather_properties`' target `disk_entry`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| gather_properties::target("disk_entry").expect("a target")(data));
