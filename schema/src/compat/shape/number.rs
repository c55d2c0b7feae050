//! Numbers that are compared exactly, and the ranges between them.

use std::{cmp::Ordering, fmt};

use serde_json::Number;

/// A JSON number. A float is never one that an integer could represent.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Num {
    Int(i128),
    Float(f64),
}

/// Below this a float without fraction is an exact `i128`.
const EXACT: f64 = 1e30;

#[expect(clippy::cast_possible_truncation, reason = "only called where it is smaller than EXACT")]
fn whole(float: f64) -> i128 {
    float.trunc() as i128
}

impl Num {
    /// `None` for what no float holds.
    pub(crate) fn of(number: &Number) -> Option<Self> {
        if let Some(int) = number.as_i128() {
            return Some(Self::Int(int));
        }
        let float = number.as_f64().filter(|float| float.is_finite())?;
        let is_whole = float.fract() == 0.0 && float.abs() < EXACT;
        Some(if is_whole { Self::Int(whole(float)) } else { Self::Float(float) })
    }

    pub(crate) fn is_integer(self) -> bool {
        match self {
            Self::Int(_) => true,
            Self::Float(float) => float.fract() == 0.0,
        }
    }

    pub(crate) fn cmp(self, other: Self) -> Ordering {
        match (self, other) {
            (Self::Int(a), Self::Int(b)) => a.cmp(&b),
            (Self::Float(a), Self::Float(b)) => a.total_cmp(&b),
            (Self::Float(_), Self::Int(_)) => other.cmp(self).reverse(),
            (Self::Int(_), Self::Float(b)) if b >= EXACT => Ordering::Less,
            (Self::Int(_), Self::Float(b)) if b <= -EXACT => Ordering::Greater,
            (Self::Int(a), Self::Float(b)) => {
                let toward_zero = a.cmp(&whole(b));
                toward_zero.then(if b > 0.0 { Ordering::Less } else { Ordering::Greater })
            }
        }
    }

    /// Whether each multiple of `self` is one of `step`; `None` if floats leave it open.
    pub(crate) fn is_multiple_of(self, step: Self) -> Option<bool> {
        match (self, step) {
            (Self::Int(a), Self::Int(b)) => Some(b != 0 && a % b == 0),
            _ if self == step => Some(true),
            _ => None,
        }
    }
}

impl fmt::Display for Num {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Int(int) => int.fmt(f),
            Self::Float(float) => float.fmt(f),
        }
    }
}

/// One end of a range.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Bound {
    pub(crate) at: Num,
    /// Whether the end itself is left out.
    pub(crate) open: bool,
}

/// The numbers between two ends.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct Range {
    pub(crate) low: Option<Bound>,
    pub(crate) high: Option<Bound>,
}

impl Range {
    pub(crate) fn at_least(&mut self, bound: Bound) {
        if tighter(Some(bound), self.low, Ordering::Greater) {
            self.low = Some(bound);
        }
    }

    pub(crate) fn at_most(&mut self, bound: Bound) {
        if tighter(Some(bound), self.high, Ordering::Less) {
            self.high = Some(bound);
        }
    }

    /// The same integers between closed ends.
    pub(crate) fn of_integers(mut self) -> Self {
        if let Some(Bound { at, open }) = self.low {
            let at = match at {
                Num::Int(int) => Num::Int(int.saturating_add(i128::from(open))),
                Num::Float(float) if float.abs() < EXACT => Num::Int(whole(float.ceil())),
                Num::Float(_) => at,
            };
            self.low = Some(Bound { at, open: false });
        }
        if let Some(Bound { at, open }) = self.high {
            let at = match at {
                Num::Int(int) => Num::Int(int.saturating_sub(i128::from(open))),
                Num::Float(float) if float.abs() < EXACT => Num::Int(whole(float.floor())),
                Num::Float(_) => at,
            };
            self.high = Some(Bound { at, open: false });
        }
        self
    }

    pub(crate) fn is_empty(&self) -> bool {
        let (Some(low), Some(high)) = (self.low, self.high) else { return false };
        match low.at.cmp(high.at) {
            Ordering::Less => false,
            Ordering::Equal => low.open || high.open,
            Ordering::Greater => true,
        }
    }

    pub(crate) fn contains(&self, num: Num) -> bool {
        let point = Bound { at: num, open: false };
        !Self { low: Some(self.low.map_or(point, |low| max(low, point))), high: Some(point) }
            .is_empty()
            && !Self { low: Some(point), high: self.high }.is_empty()
    }

    pub(crate) fn is_disjoint(&self, other: &Self) -> bool {
        let mut both = *self;
        other.low.into_iter().for_each(|low| both.at_least(low));
        other.high.into_iter().for_each(|high| both.at_most(high));
        both.is_empty()
    }
}

fn max(a: Bound, b: Bound) -> Bound {
    if tighter(Some(a), Some(b), Ordering::Greater) { a } else { b }
}

/// Whether one end allows less than the other; `inward` is how a tighter end compares.
pub(crate) fn tighter(one: Option<Bound>, other: Option<Bound>, inward: Ordering) -> bool {
    match (one, other) {
        (None, _) => false,
        (Some(_), None) => true,
        (Some(one), Some(other)) => match one.at.cmp(other.at) {
            Ordering::Equal => one.open && !other.open,
            order => order == inward,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn num(text: &str) -> Num {
        Num::of(&text.parse().expect("a number")).expect("a finite one")
    }

    #[test]
    fn numbers_are_compared_exactly() {
        assert_eq!(num("1.0"), num("1"));
        assert_eq!(num("1e3"), Num::Int(1000));
        for (small, large) in [
            ("-1.5", "-1"),
            ("-1", "-0.5"),
            ("1", "1.5"),
            ("18446744073709551615", "1e40"),
            ("-1e40", "-9223372036854775808"),
            ("9007199254740993", "9007199254740994"),
        ] {
            assert_eq!(num(small).cmp(num(large)), Ordering::Less, "{small} {large}");
            assert_eq!(num(large).cmp(num(small)), Ordering::Greater, "{small} {large}");
        }
    }

    #[test]
    fn ranges_know_what_is_in_them() {
        let range = |low: &str, high: &str| Range {
            low: Some(Bound { at: num(low), open: false }),
            high: Some(Bound { at: num(high), open: true }),
        };
        assert!(range("0", "10").contains(num("0")) && range("0", "10").contains(num("9.5")));
        assert!(!range("0", "10").contains(num("10")) && !range("0", "10").contains(num("-1")));
        assert!(!Range { low: range("3", "9").low, high: None }.contains(num("2")));
        assert!(range("3", "3").is_empty() && range("0.2", "1").of_integers().is_empty());
        assert!(range("0", "3").is_disjoint(&range("3", "5")));
        assert!(!range("0", "3").is_disjoint(&range("2", "5")));
    }
}
