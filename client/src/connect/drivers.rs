//! The drivers that a tokio runtime must have enabled, and the error if they are missing.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    time::Duration,
};

use crate::error::{ConnectError, ConnectErrorKind, Error};

/// Whether the current runtime has timers. The only way to find out is to use one, which panics if there
/// are none.
pub(crate) fn have_time() -> bool {
    let timer = || drop(tokio::time::sleep(Duration::ZERO));
    catch_unwind(AssertUnwindSafe(timer)).is_ok()
}

/// The error for a runtime without `what`.
pub(crate) fn missing(what: &str) -> ConnectError {
    Error::new(ConnectErrorKind::Runtime).context(format!(
        "the tokio runtime has no {what}: enable I/O and time, with `#[tokio::main]` or with \
         `enable_all()` on `tokio::runtime::Builder`"
    ))
}
