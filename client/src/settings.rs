//! The settings: plain data with defaults, readable from a file, checked before use.

use serde::{Deserialize, Deserializer};

mod close_rules;
mod millis;
mod options;
mod tuning;

pub use close_rules::{CloseCodes, CloseRules, ReconnectDecision};
pub(crate) use millis::CENTURY;
pub use options::{Backoff, HeartbeatKind, Inbox, Overflow, Sessions, Unconfirmed};
pub(crate) use options::{QueueLimits, RateLimit};
pub(crate) use tuning::Tuning;

/// Settings from a config file.
///
/// Names are in camel case and times in milliseconds. Each setting except `url` is optional; an unknown
/// name is an error. [`Builder`](crate::Builder) has a method for each, with its meaning and default.
///
/// ```
/// let settings: wirebond_client::Settings = serde_json::from_str(
///     r#"{ "url": "ws://127.0.0.1:9001/ws", "heartbeatInterval": 60000, "maxReconnectAttempts": 10 }"#,
/// )?;
/// let client = wirebond_client::Client::builder(settings).build()?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Settings(pub(crate) Tuning);

impl<'de> Deserialize<'de> for Settings {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let tuning = Tuning::deserialize(deserializer)?;
        if tuning.url.is_empty() {
            return Err(serde::de::Error::missing_field("url"));
        }
        Ok(Self(tuning))
    }
}

#[cfg(test)]
mod tests;
