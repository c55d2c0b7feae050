//! Close rules of one's own, before the table of the client's.

use std::{ops::RangeInclusive, time::Duration};

use serde::{Deserialize, Deserializer};

use super::millis::{CENTURY, millis};

/// What the client does after a disconnect.
///
/// The client decides by its close rules, to which [`Builder::close_rules`](crate::Builder::close_rules)
/// adds your own; [`Builder::reconnect_policy`](crate::Builder::reconnect_policy) replaces that decision.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub enum ReconnectDecision {
    /// Try again after the backoff's delay.
    Retry,
    /// Try again after this delay, or the backoff's if that is longer. At most 100 years.
    RetryAfter(#[serde(deserialize_with = "millis")] Duration),
    /// Try again after the backoff's delay, with fresh credentials: providers are called with
    /// [`Attempt::refused`](crate::Attempt::refused) set.
    Refresh,
    /// Stop: the state becomes `Closed` and stays so until `connect()` is called.
    Stop,
}

/// Close codes: one, or a range.
///
/// Made from a `u16` or a range of them: the methods of [`CloseRules`] take either.
///
/// ```
/// use wirebond_client::CloseCodes;
///
/// assert_eq!(CloseCodes::from(4009), CloseCodes::from(4009..=4009));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CloseCodes(RangeInclusive<u16>);

impl From<u16> for CloseCodes {
    fn from(code: u16) -> Self {
        Self(code..=code)
    }
}

impl From<RangeInclusive<u16>> for CloseCodes {
    fn from(codes: RangeInclusive<u16>) -> Self {
        Self(codes)
    }
}

impl<'de> Deserialize<'de> for CloseCodes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged, expecting = "a close code, or the first and the last of a range")]
        enum Codes {
            One(u16),
            Range(u16, u16),
        }
        Ok(match Codes::deserialize(deserializer)? {
            Codes::One(code) => code.into(),
            Codes::Range(first, last) => (first..=last).into(),
        })
    }
}

/// Which close codes of the server have another consequence than the client's own rules say. See
/// [`Builder::close_rules`](crate::Builder::close_rules).
///
/// A rule is about the code of the server's Close frame (RFC 6455, section 7.4); 1005 stands for a frame without
/// a code. A connection that ends without a Close frame has no code: it is retried. Of several rules for a code, the
/// last one counts.
///
/// ```
/// use std::time::Duration;
/// use wirebond_client::{CloseRules, ReconnectDecision};
///
/// let rules = CloseRules::default()
///     .stop(4000..=4099)
///     .retry(4008)
///     .retry_after(4100..=4199, Duration::from_secs(5));
/// assert_eq!(rules.decision(4007), Some(ReconnectDecision::Stop));
/// assert_eq!(rules.decision(4008), Some(ReconnectDecision::Retry));
/// assert_eq!(rules.decision(4200), None);
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(transparent)]
pub struct CloseRules(Vec<CloseRule>);

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct CloseRule {
    codes: CloseCodes,
    then: ReconnectDecision,
}

impl CloseRules {
    /// No rule.
    pub(crate) const NONE: Self = Self(Vec::new());

    /// The client stops after these codes: its state becomes `Closed`.
    ///
    /// ```
    /// use wirebond_client::{CloseRules, ReconnectDecision};
    ///
    /// let rules = CloseRules::default().stop(4004);
    /// assert_eq!(rules.decision(4004), Some(ReconnectDecision::Stop));
    /// ```
    #[must_use]
    pub fn stop(self, codes: impl Into<CloseCodes>) -> Self {
        self.with(codes, ReconnectDecision::Stop)
    }

    /// The client reconnects with fresh credentials after these codes. It stops where nothing gives other
    /// credentials, or the last ones were fresh.
    ///
    /// ```
    /// use wirebond_client::{CloseRules, ReconnectDecision};
    ///
    /// let rules = CloseRules::default().refresh(4009);
    /// assert_eq!(rules.decision(4009), Some(ReconnectDecision::Refresh));
    /// ```
    #[must_use]
    pub fn refresh(self, codes: impl Into<CloseCodes>) -> Self {
        self.with(codes, ReconnectDecision::Refresh)
    }

    /// The client reconnects after these codes, with the backoff's delay.
    ///
    /// ```
    /// use wirebond_client::{CloseRules, ReconnectDecision};
    ///
    /// let rules = CloseRules::default().retry(4500..=4599);
    /// assert_eq!(rules.decision(4500), Some(ReconnectDecision::Retry));
    /// ```
    #[must_use]
    pub fn retry(self, codes: impl Into<CloseCodes>) -> Self {
        self.with(codes, ReconnectDecision::Retry)
    }

    /// The client reconnects after these codes, with this delay or the backoff's if that is longer. The delay is
    /// a century at most.
    ///
    /// ```
    /// use std::time::Duration;
    /// use wirebond_client::{CloseRules, ReconnectDecision};
    ///
    /// let minute = Duration::from_secs(60);
    /// let rules = CloseRules::default().retry_after(4100..=4199, minute);
    /// assert_eq!(rules.decision(4150), Some(ReconnectDecision::RetryAfter(minute)));
    /// ```
    #[must_use]
    pub fn retry_after(self, codes: impl Into<CloseCodes>, delay: Duration) -> Self {
        self.with(codes, ReconnectDecision::RetryAfter(delay))
    }

    fn with(mut self, codes: impl Into<CloseCodes>, then: ReconnectDecision) -> Self {
        self.0.push(CloseRule { codes: codes.into(), then });
        self
    }

    /// Returns what the rules say about a code; `None` where the client's own rules apply.
    ///
    /// ```
    /// assert_eq!(wirebond_client::CloseRules::default().decision(4000), None);
    /// ```
    pub fn decision(&self, code: u16) -> Option<ReconnectDecision> {
        self.0.iter().rev().find(|rule| rule.codes.0.contains(&code)).map(|rule| rule.then)
    }

    /// Returns why a rule can't work, if one can't.
    pub(super) fn fault(&self) -> Option<String> {
        self.0.iter().find_map(|CloseRule { codes: CloseCodes(codes), then }| {
            let (first, last) = (codes.start(), codes.end());
            if codes.is_empty() {
                return Some(format!("close_rules: the range {first}..={last} is empty"));
            }
            if let Some(code) =
                [first, last].into_iter().find(|code| !(1000..=4999).contains(*code))
            {
                return Some(format!(
                    "close_rules: {code} is no close code, which are 1000 to 4999"
                ));
            }
            let is_endless = |delay: Duration| delay > CENTURY;
            matches!(then, ReconnectDecision::RetryAfter(delay) if is_endless(*delay))
                .then(|| format!("close_rules: the delay for {first} is longer than a century"))
        })
    }
}
