//! The answer of a bind-code endpoint. No error repeats it, since the code may be in it.

use std::{
    fmt,
    time::{Duration, SystemTime},
};

use serde_json::Value;

use crate::error::{Error, kinds};

/// A code for one connection. The `Debug` form doesn't show it.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct BindCode {
    /// The code, for the URL's query.
    pub code: String,
    /// When it expires, if the endpoint's answer contains that.
    pub expire_time: Option<SystemTime>,
}

impl fmt::Debug for BindCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BindCode").field("expire_time", &self.expire_time).finish_non_exhaustive()
    }
}

/// The error of [`get_socket_bind_code`](super::get_socket_bind_code). Its text contains no code, no header and no query.
pub type BindCodeError = Error<BindCodeErrorKind>;

kinds! {
    /// Why no bind code could be fetched.
    BindCodeErrorKind {
        /// The endpoint's URL, a header of the request or the TLS settings are invalid.
        Endpoint => "the bind-code endpoint can't be asked",
        /// The endpoint answered with HTTP status 401 or 403: it rejected the credentials.
        Unauthorized => "the bind-code endpoint rejected the credentials",
        /// The endpoint answered with another status than 2xx.
        Status => "the bind-code endpoint answered with an error",
        /// The endpoint could not be reached, or the connection to it broke.
        Network => "the bind-code endpoint could not be reached",
        /// The endpoint didn't answer in time.
        Timeout => "the bind-code endpoint did not answer in time",
        /// There is no tokio runtime with I/O and time enabled.
        Runtime => "no tokio runtime to run on",
        /// The answer isn't `{"code":"…","expireTime":…}`.
        Answer => "the bind-code endpoint's answer holds no code",
    }
}

pub(super) fn no_code(message: &str) -> BindCodeError {
    Error::new(BindCodeErrorKind::Answer).context(message)
}

/// Finds the code.
pub(super) fn read(body: &[u8], pointer: &str) -> Result<BindCode, BindCodeError> {
    let answer: Value = serde_json::from_slice(body).map_err(|_| no_code("it is not JSON"))?;
    let place = answer
        .pointer(pointer)
        .ok_or_else(|| no_code(&format!("there is nothing at the pointer {pointer:?}")))?;
    let code = match place {
        Value::String(_) => place,
        _ => place.get("code").unwrap_or(&Value::Null),
    };
    let Value::String(code) = code else {
        return Err(no_code(
            "there is no string `code`; if the answer wraps it, say where with `pointer`, such as \
             \"/data\"",
        ));
    };
    if code.is_empty() {
        return Err(no_code("the code is empty"));
    }
    let expire_time = match place.get("expireTime") {
        None | Some(Value::Null) => None,
        Some(value) => Some(time(value).ok_or_else(|| {
            no_code("`expireTime` is neither milliseconds nor seconds since 1970 nor RFC 3339")
        })?),
    };
    Ok(BindCode { code: code.clone(), expire_time })
}

/// Milliseconds or seconds since 1970, as a number or a string, or RFC 3339.
fn time(value: &Value) -> Option<SystemTime> {
    let number = match value {
        Value::String(text) => {
            if let Ok(time) = text.parse::<jiff::Timestamp>() {
                let millis = u64::try_from(time.as_millisecond()).ok()?;
                return SystemTime::UNIX_EPOCH.checked_add(Duration::from_millis(millis));
            }
            text.trim().parse().ok()?
        }
        value => value.as_f64()?,
    };
    // As seconds this would be in the year 5138, as milliseconds in 1973.
    let seconds = if number.abs() >= 1e11 { number / 1_000.0 } else { number };
    SystemTime::UNIX_EPOCH.checked_add(Duration::try_from_secs_f64(seconds).ok()?)
}
