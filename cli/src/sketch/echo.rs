//! Values of one side that come back from the other: the numbers of requests.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::{
    json::{Json, Object},
    tag,
};

/// A place whose values come back at a place of the other side.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Echo {
    /// Where requests have it.
    pub(super) id: String,
    /// Where answers repeat it.
    pub(super) re: String,
    /// How many requests were answered so.
    pub(super) answered: usize,
    /// How many requests had one.
    pub(super) asked: usize,
    /// Whether the values are strings.
    pub(super) strings: bool,
}

/// Finds the place whose values the other side repeats most often. Requests and answers have their places in
/// the recording.
pub(super) fn find(requests: &[(usize, &Object)], answers: &[(usize, &Object)]) -> Option<Echo> {
    // The values of answers, by where they stand.
    let mut repeated: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    // Where each value first stood, anywhere: a value that the answering side had before is its own.
    let mut first: HashMap<String, usize> = HashMap::new();
    for (at, message) in answers {
        for (place, value, _) in ids(message) {
            first.entry(value.clone()).or_insert(*at);
            repeated.entry(place).or_default().insert(value);
        }
    }
    let mut asked: BTreeMap<String, (BTreeMap<String, usize>, bool)> = BTreeMap::new();
    for (at, message) in requests {
        for (place, value, is_text) in ids(message) {
            let (values, strings) = asked.entry(place).or_default();
            values.entry(value).or_insert(*at);
            *strings |= is_text;
        }
    }
    let pairs = asked.iter().flat_map(|(id, (values, strings))| {
        let first = &first;
        repeated.iter().map(move |(re, answers)| {
            let is_answered = |(value, at): &(&String, &usize)| {
                answers.contains(*value) && first.get(*value).is_some_and(|later| later > *at)
            };
            let answered = values.iter().filter(is_answered).count();
            Echo {
                id: id.clone(),
                re: re.clone(),
                answered,
                asked: values.len(),
                strings: *strings,
            }
        })
    });
    // Of equal ones the one whose places are called alike.
    pairs
        .filter(|echo| echo.answered > 0 && echo.answered * 5 >= echo.asked)
        .max_by_key(|echo| (echo.answered, echo.id == echo.re, std::cmp::Reverse(echo.id.len())))
}

/// What may be a request's number in a message: where it stands, the value, and whether that is a string.
fn ids(message: &Object) -> BTreeSet<(String, String, bool)> {
    let is_id = |path: &[String]| path.last().is_some_and(|key| tag::is_id(key));
    tag::paths(message)
        .filter(|(path, _)| is_id(path))
        .filter_map(|(path, value)| match value {
            Json::Text(text) => Some((tag::place(&path), text.clone(), true)),
            value => value.integer().map(|id| (tag::place(&path), id.to_string(), false)),
        })
        .collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;

    fn found(requests: &[&str], answers: &[&str]) -> Option<(String, String, usize)> {
        let read = |texts: &[&str]| -> Vec<Json> {
            texts.iter().map(|text| serde_json::from_str(text).unwrap()).collect()
        };
        let (requests, answers) = (read(requests), read(answers));
        let requests: Vec<_> =
            requests.iter().filter_map(Json::object).map(|one| (1, one)).collect();
        let answers: Vec<_> = answers.iter().filter_map(Json::object).map(|one| (2, one)).collect();
        find(&requests, &answers).map(|echo| (echo.id, echo.re, echo.answered))
    }

    #[test]
    fn what_comes_back_is_the_number_of_a_request() {
        for (requests, answers, expected) in [
            (
                &[r#"{"id":1}"#, r#"{"id":2}"#][..],
                &[r#"{"id":1}"#, r#"{"id":2}"#][..],
                Some(("id", "id", 2)),
            ),
            (
                &[r#"{"d":{"requestId":"a"}}"#],
                &[r#"{"d":{"requestId":"a"}}"#],
                Some(("/d/requestId", "/d/requestId", 1)),
            ),
            (
                &[r#"{"method":"post","id":7}"#],
                &[r#"{"data":{"id":7}}"#],
                Some(("id", "/data/id", 1)),
            ),
            // The server counts its own messages under the same key.
            (
                &[r#"{"seq":1}"#, r#"{"seq":2}"#, r#"{"seq":3}"#],
                &[r#"{"seq_reply":1}"#, r#"{"seq":3}"#, r#"{"seq_reply":2}"#, r#"{"seq_reply":3}"#],
                Some(("seq", "seq_reply", 3)),
            ),
            (&[r#"{"id":1}"#], &[r#"{"id":3}"#], None),
            (&[r#"{"count":1}"#], &[r#"{"count":1}"#], None),
        ] {
            let expected = expected.map(|(id, re, count)| (id.to_owned(), re.to_owned(), count));
            assert_eq!(found(requests, answers), expected, "{requests:?}");
        }
    }
}
