//! NaN and infinity in every shape that serde writes, and everything else as `serde_json` writes it.

use std::collections::{BTreeMap, HashMap};

use serde_json::{json, value::RawValue};

use super::*;
use crate::wire::{Head, encode};

#[derive(Serialize)]
#[expect(dead_code, reason = "a skipped field is never read")]
struct Point {
    x: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    y: Option<f32>,
    #[serde(skip)]
    hidden: f64,
}

#[derive(Serialize)]
struct Newtype(f64);

#[derive(Serialize)]
struct Flat {
    #[serde(flatten)]
    point: Point,
    #[serde(flatten)]
    rest: BTreeMap<String, f64>,
}

#[derive(Serialize)]
enum External {
    Unit,
    One(f64),
    Two(f64, f32),
    Named { at: f64 },
}

#[derive(Serialize)]
#[serde(tag = "kind")]
enum Internal {
    Named { at: f64 },
    Point(Point),
}

#[derive(Serialize)]
#[serde(tag = "t", content = "c")]
enum Adjacent {
    One(f64),
    Named { at: f64 },
}

#[derive(Serialize)]
#[serde(untagged)]
enum Untagged {
    One(f64),
    Named { at: f64 },
}

#[derive(Serialize)]
struct Node {
    weight: f64,
    children: Vec<Node>,
}

fn point(x: f64) -> Point {
    Point { x, y: None, hidden: f64::NAN }
}

fn written<T: Serialize + ?Sized>(value: &T) -> Result<String, String> {
    let message = encode(&Head::plain("{\"type\":\"x\""), Some(value), 1)
        .map_err(|error| error.to_string())?;
    let text = String::from_utf8(message).expect("JSON");
    Ok(text)
}

/// Whatever holds one is refused, with an error that names it; with 1.5 in its place it is written as
/// `serde_json` writes it.
fn check<T: Serialize>(label: &str, with: impl Fn(f64) -> T) {
    for number in [f64::NAN, -f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        let error = written(&with(number)).expect_err(label);
        assert!(error.contains("NaN") || error.contains("inf"), "{label}: {error}");
    }
    let plain = serde_json::to_string(&with(1.5)).expect(label);
    let expected = format!("{{\"type\":\"x\",\"data\":{plain},\"timestamp\":1}}");
    assert_eq!(written(&with(1.5)), Ok(expected), "{label}");
}

#[test]
#[expect(clippy::cast_possible_truncation, reason = "1.5 and what isn't finite")]
fn case_68_nan_and_infinity_are_refused_wherever_they_are() {
    check("f64", |n| n);
    check("f32", |n| n as f32);
    check("option", Some);
    check("vec", |n| vec![1.0, n]);
    check("array", |n| [n; 3]);
    check("tuple", |n| (1, "x", n as f32));
    check("newtype", Newtype);
    check("field", point);
    check("optional field", |n| Point { x: 1.0, y: Some(n as f32), hidden: 1.0 });
    check("box", |n| Box::new(Some(vec![Some(n)])));
    check("map value", |n| BTreeMap::from([("a", n)]));
    check("hash map", |n| HashMap::from([(7, vec![n])]));
    check("flatten", |n| Flat { point: point(n), rest: BTreeMap::new() });
    check("flattened map", |n| Flat {
        point: point(1.0),
        rest: BTreeMap::from([("z".to_owned(), n)]),
    });
    check("newtype variant", External::One);
    check("tuple variant", |n| External::Two(1.0, n as f32));
    check("struct variant", |at| External::Named { at });
    check("internally tagged", |at| Internal::Named { at });
    check("internally tagged newtype", |n| Internal::Point(point(n)));
    check("adjacently tagged", Adjacent::One);
    check("adjacently tagged struct", |at| Adjacent::Named { at });
    check("untagged", Untagged::One);
    check("untagged struct", |at| Untagged::Named { at });
    check("recursive", |weight| Node {
        weight: 1.0,
        children: vec![Node { weight, children: Vec::new() }],
    });
    // A key is text; serde_json itself refuses one that is no number.
    let error = written(&BTreeMap::from([(Key, 1)])).expect_err("a key");
    assert!(error.contains("float key must be finite"), "{error}");
}

#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Key;

impl Serialize for Key {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_f64(f64::NAN)
    }
}

#[test]
fn case_68_the_error_names_the_number_and_its_field() {
    let error = written(&vec![point(f64::NAN)]).expect_err("NaN");
    assert_eq!(error, "NaN is no number in JSON (in `x`)");
    let error = written(&f64::NEG_INFINITY).expect_err("infinity");
    assert_eq!(error, "-inf is no number in JSON");
}

#[test]
fn case_68_everything_else_is_written_as_before() {
    let raw: Box<RawValue> = serde_json::from_str("[1e5, null]").expect("JSON");
    assert_eq!(
        written(&raw),
        written(&json!([1e5, null]))
            .map(|_| { r#"{"type":"x","data":[1e5, null],"timestamp":1}"#.to_owned() })
    );
    check("nulls", |n| (n, Option::<f64>::None, (), json!({ "a": null, "b": [1, 2.5] })));
    check("numbers", |n| (n, i128::MIN, u128::MAX, u64::MAX, -0.0, f32::MAX, f64::MIN_POSITIVE));
    check("text", |n| (n, 'ü', "\u{1}\"", std::net::Ipv4Addr::LOCALHOST));
    check("unit variants", |n| (External::Unit, External::One(n)));
    // serde leaves none of these out.
    assert!(written(&point(1.0)).is_ok(), "a skipped field isn't written");
}
