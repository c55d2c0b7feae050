//! A heartbeat's message that the application makes.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
};

use bytes::Bytes;
use wirebond_connection::call::Encoded;

use super::Outbox;
use crate::error::{Error, ErrorKind};

/// Makes the message of a heartbeat: called for each one.
pub(crate) type MakeHeartbeat = Arc<dyn Fn() -> Encoded + Send + Sync>;

impl Outbox {
    /// The heartbeat's message, which has the limits of every message. The error is one to report.
    pub(crate) fn make_heartbeat(&self, make: &MakeHeartbeat) -> Result<Bytes, Error> {
        let made = catch_unwind(AssertUnwindSafe(|| make()));
        // Without the panic's message: it may quote the payload.
        let made = made.map_err(|_| Error::new(ErrorKind::HandlerPanic).about("heartbeat"))?;
        let text = made.map_err(|error| Error::new(ErrorKind::Heartbeat).caused_by(error))?;
        match self.too_large(text.len()) {
            Some(why) => Err(Error::new(ErrorKind::Heartbeat).context(why)),
            None => Ok(text.into()),
        }
    }
}
