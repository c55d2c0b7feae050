//! Durations in a config file: milliseconds.

use std::time::Duration;

use serde::{Deserialize, Deserializer};

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
