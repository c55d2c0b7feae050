//! Rust source as tokens: words, `::`, and single characters. Comments and literals are left out.

/// Splits a source into tokens.
pub(crate) fn tokens(source: &str) -> Vec<String> {
    let chars: Vec<char> = source.chars().collect();
    let (mut out, mut at) = (Vec::new(), 0);
    while at < chars.len() {
        let rest = &chars[at..];
        match rest {
            ['/', '/', ..] => at += rest.iter().take_while(|c| **c != '\n').count(),
            ['/', '*', ..] => at += block_comment(rest),
            ['"', ..] => at += quoted(rest),
            ['\'', ..] => at += character_or_lifetime(rest),
            [first, ..] if is_word(*first) => {
                let word: String = rest.iter().take_while(|c| is_word(**c)).collect();
                at += word.chars().count();
                match (word.as_str(), &chars[at..]) {
                    ("r" | "br" | "cr", ['"' | '#', ..]) => at += raw_string(&chars[at..]),
                    ("b" | "c", ['"', ..]) => at += quoted(&chars[at..]),
                    ("b", ['\'', ..]) => at += character_or_lifetime(&chars[at..]),
                    _ => out.push(word),
                }
            }
            [':', ':', ..] => {
                out.push("::".to_owned());
                at += 2;
            }
            [first, ..] => {
                if !first.is_whitespace() {
                    out.push(first.to_string());
                }
                at += 1;
            }
            [] => break,
        }
    }
    out
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// The length of a block comment, which may hold others.
fn block_comment(chars: &[char]) -> usize {
    let (mut depth, mut at) = (0, 0);
    while at < chars.len() {
        match &chars[at..] {
            ['/', '*', ..] => (depth, at) = (depth + 1, at + 2),
            ['*', '/', ..] => (depth, at) = (depth - 1, at + 2),
            _ => at += 1,
        }
        if depth == 0 {
            break;
        }
    }
    at
}

/// The length of a string that begins with its quotation mark.
fn quoted(chars: &[char]) -> usize {
    let mut at = 1;
    while at < chars.len() && chars[at] != '"' {
        at += if chars[at] == '\\' { 2 } else { 1 };
    }
    at + 1
}

/// The length of a raw string, from its first `#` or quotation mark on; a raw identifier has none.
fn raw_string(chars: &[char]) -> usize {
    let hashes = chars.iter().take_while(|c| **c == '#').count();
    if chars.get(hashes) != Some(&'"') {
        return hashes;
    }
    let mut at = hashes + 1;
    while at < chars.len() {
        let closes = chars[at] == '"'
            && chars[at + 1..].iter().take_while(|c| **c == '#').take(hashes).count() == hashes;
        at += 1;
        if closes {
            return at + hashes;
        }
    }
    at
}

/// The length of a character literal, or of a lifetime's mark.
fn character_or_lifetime(chars: &[char]) -> usize {
    match chars {
        [_, '\\', _, rest @ ..] => 3 + rest.iter().take_while(|c| **c != '\'').count() + 1,
        [_, _, '\'', ..] => 3,
        _ => 1,
    }
}

#[test]
fn literals_and_comments_are_no_words() {
    let source = r##"a::b /* c::d /* e */ */ // f::g
        "h::i \" j" r#"k::" l"# 'm' '\'' '\u{6e}' <'o>"##;
    assert_eq!(tokens(source), ["a", "::", "b", "<", "o", ">"]);
}
