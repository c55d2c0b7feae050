//! Alternatives that others make superfluous: `enum: ["a"]` beside any string.

use std::cmp::Ordering;

use super::{
    accepts::{accepts, has_opaque},
    alternative::{Alt, Kind, Shape},
    limits::{limits, range},
    number::{Range, tighter},
};

/// Drops each alternative whose values another one allows as well.
pub(crate) fn absorb(shape: &mut Shape<'_>) {
    for kind in [Kind::Number, Kind::String] {
        let alts = shape.of_kind(kind);
        if alts.len() < 2 {
            continue;
        }
        let is_dropped: Vec<bool> = alts
            .iter()
            .enumerate()
            .map(|(index, one)| {
                alts.iter().enumerate().any(|(at, other)| {
                    let is_other = at != index && one.groups == other.groups;
                    // Of two equal ones the first stays.
                    is_other && holds(other, one) && (at < index || !holds(one, other))
                })
            })
            .collect();
        let mut is_dropped = is_dropped.into_iter();
        shape.alts.retain(|alt| alt.kind != kind || !is_dropped.next().unwrap_or(false));
    }
}

/// Whether `wide` surely allows all that `narrow` does.
fn holds(wide: &Alt<'_>, narrow: &Alt<'_>) -> bool {
    if let Some(values) = &narrow.values {
        return values.iter().all(|value| accepts(wide, value) == Some(true));
    }
    if wide.values.is_some() || has_opaque(wide) {
        return false;
    }
    if wide.kind == Kind::Number {
        let steps = wide.parts.iter().any(|part| part.contains_key("multipleOf"));
        return !steps
            && (narrow.integer || !wide.integer)
            && is_within(&range(narrow), &range(wide));
    }
    let of = |alt| limits(alt, "minLength", "maxLength");
    let ((least, most), (low, high)) = (of(narrow), of(wide));
    low <= least && high.is_none_or(|high| most.is_some_and(|most| most <= high))
}

fn is_within(narrow: &Range, wide: &Range) -> bool {
    !tighter(wide.low, narrow.low, Ordering::Greater)
        && !tighter(wide.high, narrow.high, Ordering::Less)
}
