//! Numbers within bounds.

use fastrand::Rng;
use serde_json::{Number, Value};
use wirebond_core::wire::form;

use super::view::View;

/// 2026-01-01 in milliseconds since the Unix epoch: when messages were sent, as far as examples go.
const NEW_YEAR: i128 = 1_767_225_600_000;
/// What JSON's reader takes for an integer.
const WIDEST: (i128, i128) = (i64::MIN as i128, u64::MAX as i128);
/// How many steps past its one bound a number is looked for.
const USUAL: i128 = 100;

pub(super) fn integer(
    view: &View<'_>,
    key: &str,
    rng: &mut Rng,
    is_first: bool,
) -> Result<Value, String> {
    let bound = |keyword: &str, toward: i128| {
        view.all(keyword).iter().filter_map(move |value| whole(value, toward))
    };
    let low = bound("minimum", 1).chain(bound("exclusiveMinimum", 0).map(|low| low + 1)).max();
    let high = bound("maximum", -1).chain(bound("exclusiveMaximum", 2).map(|high| high - 1)).min();
    let step = step(view);
    let lowest = low.unwrap_or(WIDEST.0).max(WIDEST.0);
    let highest = high.unwrap_or(WIDEST.1).min(WIDEST.1);
    // The multiples of `step` that are in range.
    let (first, last) = (lowest.div_euclid(step), highest.div_euclid(step));
    let first = if first * step < lowest { first + 1 } else { first };
    if first > last {
        return Err("no integer is within its bounds".to_owned());
    }
    let multiple =
        if key == form::TIMESTAMP && step == 1 && lowest <= NEW_YEAR && NEW_YEAR <= highest {
            let later = if is_first { 0 } else { rng.i128(0..86_400_000) };
            (NEW_YEAR + later).min(last)
        } else if is_first {
            1.clamp(first, last)
        } else {
            match rng.u8(0..10) {
                0 if low.is_some() => first,
                1 if high.is_some() => last,
                2 if low.is_some() && high.is_some() => rng.i128(first..=last),
                _ => {
                    let near = 0.clamp(first, last);
                    rng.i128(near..=near.saturating_add(USUAL).min(last))
                }
            }
        };
    let value = multiple * step;
    let number = i64::try_from(value)
        .map(Number::from)
        .or_else(|_| u64::try_from(value).map(Number::from))
        .map_err(|_| "no integer of 64 bits is within its bounds".to_owned())?;
    Ok(Value::Number(number))
}

/// A bound as a whole number: rounded up for 1, down for -1; for an exclusive bound, 0 is down and 2 up,
/// so that one more or less is the first that fits.
fn whole(value: &Value, toward: i128) -> Option<i128> {
    if let Some(number) = value.as_i64().map(i128::from).or_else(|| value.as_u64().map(i128::from))
    {
        return Some(number);
    }
    let number = value.as_f64()?;
    let number = if toward > 0 { number.ceil() } else { number.floor() };
    #[expect(clippy::cast_possible_truncation, reason = "it is clamped to what fits")]
    Some(number.clamp(-1e30, 1e30) as i128)
}

/// What all its divisors divide; divisors that are no integers are for the validator to judge.
fn step(view: &View<'_>) -> i128 {
    view.all("multipleOf").iter().fold(1, |step, value| match whole(value, 1) {
        Some(divisor) if divisor > 0 && value.as_f64().is_some_and(|f| f.fract() == 0.0) => {
            let common = gcd(step, divisor);
            (step / common).checked_mul(divisor).unwrap_or(step).min(WIDEST.1)
        }
        _ => step,
    })
}

fn gcd(a: i128, b: i128) -> i128 {
    if b == 0 { a } else { gcd(b, a % b) }
}

pub(super) fn number(view: &View<'_>, rng: &mut Rng) -> Result<Value, String> {
    let bound = |keyword: &str| view.all(keyword).iter().filter_map(|value| value.as_f64());
    let low = bound("minimum").chain(bound("exclusiveMinimum")).reduce(f64::max);
    let high = bound("maximum").chain(bound("exclusiveMaximum")).reduce(f64::min);
    let step = bound("multipleOf").reduce(f64::max).filter(|step| *step > 0.0);
    let usual = 100.0 * step.unwrap_or(1.0).max(1.0);
    let (low, high) = match (low, high) {
        (Some(low), Some(high)) => (low, high),
        (Some(low), None) => (low, low + usual),
        (None, Some(high)) if high >= 0.0 => (0_f64.min(high), high.min(usual)),
        (None, Some(high)) => (high - usual, high),
        (None, None) => (0.0, usual),
    };
    if low > high {
        return Err("no number is within its bounds".to_owned());
    }
    // Halves first: the sum of the two may be more than there is.
    let any = low + (high / 2.0 - low / 2.0) * 2.0 * rng.f64();
    // Two decimals where that stays within the bounds.
    let short = (any * 100.0).round() / 100.0;
    let value = match step {
        Some(step) => (any / step).round() * step,
        None if short > low && short < high => short,
        None => any,
    };
    Number::from_f64(value).map(Value::Number).ok_or_else(|| "no number is that large".to_owned())
}
