#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| yaoshi_fuzz::pairs::run(data));
