//! A value that proves that something breaks: the writer sends it, the reader rejects it.

use serde_json::{Number, Value};

use crate::compat::shape::{
    accepts::accepts,
    alternative::{Alt, Kind},
    limits::{limits, range},
    number::{Bound, Num},
};

/// How long a string is made to prove something.
const LONGEST: u64 = 300;
/// The reader's listed values that may stand in the way of a made-up one.
const MOST_MADE: usize = 24;

/// A value of one of the writer's alternatives that none of the reader's takes. `ws` and `rs` are all
/// alternatives of its type.
pub(crate) fn find(w: &Alt<'_>, ws: &[&Alt<'_>], rs: &[&Alt<'_>]) -> Option<Value> {
    let is_sent = |value: &Value| {
        let is_rejected = |other: &&Alt<'_>| accepts(other, value) == Some(false);
        accepts(w, value) == Some(true)
            && ws.iter().filter(|other| other.excludes(w)).all(is_rejected)
    };
    let is_rejected = |value: &Value| rs.iter().all(|r| accepts(r, value) == Some(false));
    candidates(w, rs).into_iter().find(|value| is_sent(value) && is_rejected(value))
}

fn candidates(w: &Alt<'_>, rs: &[&Alt<'_>]) -> Vec<Value> {
    if let Some(values) = &w.values {
        return values.iter().take(MOST_MADE).map(|value| (*value).clone()).collect();
    }
    match w.kind {
        Kind::String => strings(w, rs),
        Kind::Number => numbers(w, rs),
        _ => Vec::new(),
    }
}

/// Strings of the lengths at which something changes.
fn strings(w: &Alt<'_>, rs: &[&Alt<'_>]) -> Vec<Value> {
    let mut lengths = vec![0, 1, 7, 20];
    for alt in rs.iter().copied().chain([w]) {
        let (least, most) = limits(alt, "minLength", "maxLength");
        for length in [Some(least), most].into_iter().flatten() {
            lengths.extend([length.saturating_sub(1), length, length.saturating_add(1)]);
        }
    }
    lengths.retain(|length| *length <= LONGEST);
    lengths.sort_unstable();
    lengths.dedup();
    let make = |length: &u64| {
        let length = usize::try_from(*length).unwrap_or(0);
        ["~", "x", "Q", "7", "é"].map(|letter| Value::from(letter.repeat(length)))
    };
    lengths.iter().flat_map(make).collect()
}

/// Numbers around the ends of all ranges.
fn numbers(w: &Alt<'_>, rs: &[&Alt<'_>]) -> Vec<Value> {
    let mut values: Vec<Value> = vec![0.into(), 1.into(), 0.5.into(), (-1).into()];
    values.extend((2..MOST_MADE).map(|step| Value::from(1_000_003 * step)));
    for alt in rs.iter().copied().chain([w]) {
        let range = range(alt);
        for Bound { at, .. } in [range.low, range.high].into_iter().flatten() {
            match at {
                Num::Int(int) => {
                    let near = [int.saturating_sub(1), int, int.saturating_add(1)];
                    values
                        .extend(near.into_iter().filter_map(Number::from_i128).map(Value::Number));
                    if let Ok(small) = i32::try_from(int) {
                        values.extend(
                            [f64::from(small) - 0.5, f64::from(small) + 0.5].map(Value::from),
                        );
                    }
                }
                Num::Float(float) => {
                    values.extend([float - 0.25, float, float + 0.25].map(Value::from));
                }
            }
        }
    }
    values
}
