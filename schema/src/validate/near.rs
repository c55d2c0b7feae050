//! The name that was probably meant.

/// The one of these names that comes closest to another, if it comes close.
pub(super) fn nearest<'n>(name: &str, names: impl Iterator<Item = &'n str>) -> Option<&'n str> {
    const LONGEST: usize = 60;
    let plain = plain(name);
    if plain.len() > LONGEST {
        return None;
    }
    let most = (plain.len() + 2) / 5;
    names
        .filter(|other| *other != name)
        .map(|other| (distance(&plain, &self::plain(other)), other))
        .filter(|(distance, _)| *distance <= most)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, other)| other)
}

/// `; did you mean "chat"?`, or nothing.
pub(super) fn hint<'n>(name: &str, names: impl Iterator<Item = &'n str>) -> String {
    nearest(name, names)
        .map(|other| format!("; did you mean {}?", super::describe::quoted(other)))
        .unwrap_or_default()
}

/// A name without what separates its parts: `orderId`, `order_id` and `order-id` are one.
fn plain(name: &str) -> Vec<char> {
    name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).take(100).collect()
}

/// How many letters differ, are missing, are too many, or change places with their neighbour.
fn distance(one: &[char], other: &[char]) -> usize {
    let mut rows: Vec<Vec<usize>> = vec![(0..=other.len()).collect()];
    for (i, a) in one.iter().enumerate() {
        let mut row = vec![i + 1];
        for (j, b) in other.iter().enumerate() {
            let swap = usize::from(a != b);
            let mut best = (rows[i][j] + swap).min(rows[i][j + 1] + 1).min(row[j] + 1);
            if i > 0 && j > 0 && *a == other[j - 1] && one[i - 1] == *b {
                best = best.min(rows[i - 1][j - 1] + 1);
            }
            row.push(best);
        }
        rows.push(row);
    }
    rows[one.len()][other.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_are_written_otherwise_or_mistyped_are_found() {
        let names = ["order-update", "orderId", "chat", "typing", "x"];
        for (name, found) in [
            ("order_update", Some("order-update")),
            ("OrderUpdate", Some("order-update")),
            ("order_id", Some("orderId")),
            ("caht", Some("chat")),
            ("typin", Some("typing")),
            ("weather", None),
            ("chat", None),
            ("y", None),
            ("", None),
        ] {
            assert_eq!(nearest(name, names.into_iter()), found, "{name}");
        }
    }
}
