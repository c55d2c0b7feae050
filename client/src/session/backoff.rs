//! How long to wait before an attempt: a pure function of its number.

use std::time::Duration;

use serde::Deserialize;

/// How the delay before an attempt grows. See [`Builder::backoff`](crate::Builder::backoff).
///
/// Both forms are random within bounds, so that clients don't all reconnect at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub enum Backoff {
    /// The delay is always `reconnect_interval`, ±20 % at random.
    #[default]
    Fixed,
    /// The delay doubles with each attempt: d is `reconnect_interval` at first and `max` at most. The
    /// actual delay is random between d / 2 and d.
    // Users write this as a literal: another way to grow will be another variant, not another field.
    Exponential {
        /// The longest delay.
        #[serde(deserialize_with = "crate::settings::millis")]
        max: Duration,
    },
}

impl Backoff {
    /// A delay that doubles with each attempt, up to `max`: [`Backoff::Exponential`].
    ///
    /// ```
    /// use std::time::Duration;
    /// use wirebond_client::{Backoff, Client};
    ///
    /// // 1 s, 2 s, 4 s and so on, 30 s at most; each at random between half and all of it.
    /// let client = Client::builder("ws://127.0.0.1:9001/ws")
    ///     .reconnect_interval(Duration::from_secs(1))
    ///     .backoff(Backoff::exponential(Duration::from_secs(30)))
    ///     .build()?;
    /// # Ok::<(), wirebond_client::BuildError>(())
    /// ```
    pub const fn exponential(max: Duration) -> Self {
        Self::Exponential { max }
    }

    /// The delay before an attempt, counted from 1. `random` is in `[0, 1)`.
    pub(crate) fn delay(self, interval: Duration, attempt: u32, random: f64) -> Duration {
        match self {
            Self::Fixed => interval.mul_f64(0.8 + 0.4 * random),
            Self::Exponential { max } => {
                let doublings = attempt.saturating_sub(1).min(31);
                let full = interval.saturating_mul(1 << doublings).min(max);
                full.mul_f64(0.5 + 0.5 * random)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn fixed_stays_within_a_fifth() {
        let delay = |random| Backoff::Fixed.delay(5 * SECOND, 7, random);
        assert_eq!(delay(0.0), 4 * SECOND);
        assert_eq!(delay(0.5), 5 * SECOND);
        assert!(delay(0.999_999) < 6 * SECOND);
    }

    #[test]
    fn exponential_doubles_up_to_its_maximum() {
        let backoff = Backoff::Exponential { max: 60 * SECOND };
        let longest = |attempt| backoff.delay(5 * SECOND, attempt, 1.0).as_secs();
        assert_eq!([1, 2, 3, 4, 5, 6].map(longest), [5, 10, 20, 40, 60, 60]);
        assert_eq!(backoff.delay(5 * SECOND, 1, 0.0), SECOND.mul_f64(2.5));
        assert_eq!(longest(u32::MAX), 60);
    }
}
