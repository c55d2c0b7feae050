//! The answer of a bind-code endpoint. No error repeats it, since the code may be in it.

use std::time::{Duration, SystemTime};

use serde_json::Value;

use super::{BindCode, BindCodeError, BindCodeErrorKind};
use crate::error::Error;

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
