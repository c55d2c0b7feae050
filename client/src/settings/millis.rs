//! Durations: their limit, and milliseconds in a config file.

use std::time::Duration;

use serde::{Deserialize, Deserializer};

/// The longest time that a setting may have.
pub(crate) const CENTURY: Duration = Duration::from_secs(100 * 365 * 24 * 60 * 60);

pub(super) fn millis<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
    u64::deserialize(deserializer).map(Duration::from_millis)
}

pub(super) fn optional_millis<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<Duration>, D::Error> {
    Ok(Option::deserialize(deserializer)?.map(Duration::from_millis))
}

pub(super) fn millis_pair<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<(Duration, Duration), D::Error> {
    let (from, to) = <(u64, u64)>::deserialize(deserializer)?;
    Ok((Duration::from_millis(from), Duration::from_millis(to)))
}
