//! Any bytes are a frame or an error; and a frame is the bytes that it was made of.
#![no_main]

use libfuzzer_sys::fuzz_target;
use phalanx_core::message::Frame;

fuzz_target!(|bytes: &[u8]| {
    match Frame::decode(bytes) {
        Ok(frame) => assert_eq!(&frame.encode()[..], bytes),
        Err(error) => assert!(!error.to_string().is_empty()),
    }
});
