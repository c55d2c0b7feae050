//! How long to wait before an attempt: a pure function of its number.

use std::time::Duration;

use crate::settings::Backoff;

/// The delay before an attempt, counted from 1. `random` is in `[0, 1)`.
pub(crate) fn delay(backoff: Backoff, interval: Duration, attempt: u32, random: f64) -> Duration {
    match backoff {
        Backoff::Fixed => interval.mul_f64(0.8 + 0.4 * random),
        Backoff::Exponential { max } => {
            let doublings = attempt.saturating_sub(1).min(31);
            let full = interval.saturating_mul(1 << doublings).min(max);
            full.mul_f64(0.5 + 0.5 * random)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn fixed_stays_within_a_fifth() {
        let delay = |random| delay(Backoff::Fixed, 5 * SECOND, 7, random);
        assert_eq!(delay(0.0), 4 * SECOND);
        assert_eq!(delay(0.5), 5 * SECOND);
        assert!(delay(0.999_999) < 6 * SECOND);
    }

    #[test]
    fn exponential_doubles_up_to_its_maximum() {
        let backoff = Backoff::Exponential { max: 60 * SECOND };
        let longest = |attempt| delay(backoff, 5 * SECOND, attempt, 1.0).as_secs();
        assert_eq!([1, 2, 3, 4, 5, 6].map(longest), [5, 10, 20, 40, 60, 60]);
        assert_eq!(delay(backoff, 5 * SECOND, 1, 0.0), SECOND.mul_f64(2.5));
        assert_eq!(longest(u32::MAX), 60);
    }
}
