//! Whatever a server answers to the opening handshake is an answer or an error.
#![no_main]

use libfuzzer_sys::fuzz_target;
use wirebond_client::runtime::fuzzing;

fuzz_target!(|received: &[u8]| {
    fuzzing::handshake(received);
    if let Ok(value) = std::str::from_utf8(received) {
        fuzzing::retry_after(value);
    }
});
