//! Strings: of a format, of a pattern, or words.

use fastrand::Rng;

use super::{
    pattern::{self, LONGEST},
    view::View,
};

/// How often a string of the right length is tried for a pattern.
const TRIES: usize = 200;

const WORDS: [&str; 16] = [
    "amber", "birch", "cedar", "delta", "ember", "fjord", "grove", "harbor", "island", "juniper",
    "kestrel", "lagoon", "meadow", "north", "orchid", "pebble",
];
const PEOPLE: [&str; 6] = ["Ada", "Blaise", "Edsger", "Emmy", "Grace", "Kurt"];

/// A string under a key whose schema this is.
pub(super) fn string(view: &View<'_>, key: &str, rng: &mut Rng) -> Result<String, String> {
    let (least, most) = (view.at_least("minLength"), view.at_most("maxLength"));
    if least > most {
        return Err("its `minLength` is more than its `maxLength`".to_owned());
    }
    if least > LONGEST {
        return Err(format!("it asks for {least} characters at least: at most {LONGEST} are made"));
    }
    if let Some(pattern) = view.strings("pattern").next() {
        return of_pattern(pattern, least, most, rng);
    }
    if let Some(text) = view.strings("format").find_map(|format| of_format(format, rng)) {
        return Ok(text);
    }
    let mut text = match key {
        "name" | "user" => pick(&PEOPLE, rng).to_owned(),
        "id" => format!("{}-{}", pick(&WORDS, rng), rng.u16(100..1000)),
        _ => pick(&WORDS, rng).to_owned(),
    };
    while (text.chars().count() as u64) < least {
        text.push(' ');
        text.push_str(pick(&WORDS, rng));
    }
    if let Ok(most) = usize::try_from(most)
        && let Some((end, _)) = text.char_indices().nth(most)
    {
        text.truncate(end);
    }
    Ok(text)
}

fn pick<'a>(words: &[&'a str], rng: &mut Rng) -> &'a str {
    words[rng.usize(..words.len())]
}

fn of_pattern(pattern: &str, least: u64, most: u64, rng: &mut Rng) -> Result<String, String> {
    for attempt in 0..TRIES {
        let text = pattern::text(pattern, attempt, rng)?;
        let length = text.chars().count() as u64;
        if length >= least && length <= most {
            return Ok(text);
        }
        // A pattern that isn't bound to the end allows anything after it.
        if length < least && !pattern.contains('$') {
            let missing = usize::try_from(least - length).unwrap_or_default();
            return Ok(text + &"x".repeat(missing));
        }
    }
    let quoted: String = pattern.chars().take(60).collect();
    Err(format!("no string of {least} or more characters was found for its pattern {quoted:?}"))
}

/// A string of a format, if it is a known one.
fn of_format(format: &str, rng: &mut Rng) -> Option<String> {
    let word = pick(&WORDS, rng);
    let (month, day) = (rng.u8(1..=12), rng.u8(1..=28));
    let (hour, minute, second) = (rng.u8(0..24), rng.u8(0..60), rng.u8(0..60));
    Some(match format {
        "date-time" => format!("2026-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z"),
        "date" => format!("2026-{month:02}-{day:02}"),
        "time" => format!("{hour:02}:{minute:02}:{second:02}Z"),
        "duration" => format!("PT{hour}H{minute}M"),
        "uuid" => uuid(rng),
        "uri" | "iri" | "uri-reference" | "iri-reference" | "uri-template" => {
            format!("https://example.com/{word}")
        }
        "email" | "idn-email" => format!("{word}@example.com"),
        "hostname" | "idn-hostname" => format!("{word}.example.com"),
        "ipv4" => format!("192.0.2.{}", rng.u8(1..255)),
        "ipv6" => format!("2001:db8::{:x}", rng.u16(1..)),
        "json-pointer" => format!("/{word}"),
        "relative-json-pointer" => format!("0/{word}"),
        "regex" => format!("^{word}$"),
        _ => return None,
    })
}

/// A random UUID: version 4.
fn uuid(rng: &mut Rng) -> String {
    let bits = rng.u128(..) & !(0xf << 76) & !(0x3 << 62) | (0x4 << 76) | (0x2 << 62);
    let hex = format!("{bits:032x}");
    [&hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]].join("-")
}
