//! Text that comes from the contract, made harmless inside TypeScript.

use std::fmt::Write;

use wirebond_schema::internal::is_invisible;

/// A string literal.
pub(super) fn quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            c if is_invisible(c) => {
                let mut units = [0; 2];
                for unit in c.encode_utf16(&mut units) {
                    // Writing to a string can't fail.
                    let _ = write!(out, "\\u{unit:04x}");
                }
            }
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

/// The name of a property: as it is where that is legal, else a string literal.
pub(super) fn key(name: &str) -> String {
    let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '$';
    let is_bare = name.chars().all(is_word) && !name.starts_with(|c: char| c.is_ascii_digit());
    if is_bare && !name.is_empty() { name.to_owned() } else { quoted(name) }
}

/// A doc comment with its line end. Empty if the text is empty.
pub(super) fn comment(paragraphs: &[String], indent: usize) -> String {
    let pad = "  ".repeat(indent);
    let text = paragraphs.join("\n");
    let text = harmless(text.trim());
    match text.lines().collect::<Vec<_>>().as_slice() {
        [] => String::new(),
        // The compiler takes `@ts-…` on a comment's last line for an instruction.
        [line] if !line.starts_with("@ts-") => format!("{pad}/** {line} */\n"),
        lines => {
            let mut out = format!("{pad}/**\n");
            for line in lines {
                let _ = writeln!(out, "{}", format!("{pad} * {line}").trim_end());
            }
            out.push_str(&pad);
            out.push_str(" */\n");
            out
        }
    }
}

/// A text that can neither end the comment nor look like another text.
fn harmless(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let text = text.replace("\r\n", "\n").replace("*/", "*\\/");
    for c in text.chars() {
        match c {
            '\n' | '\r' | '\u{2028}' | '\u{2029}' => out.push('\n'),
            '\t' => out.push(' '),
            c if is_invisible(c) => {
                let _ = write!(out, "\\u{{{:x}}}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn literals_hold_any_text() {
        assert_eq!(quoted("plain, 世界 'x'"), r#""plain, 世界 'x'""#);
        assert_eq!(quoted("a\"b\\c\nd\0"), r#""a\"b\\c\nd\u0000""#);
        assert_eq!(quoted("\u{2028}\u{202e}\u{e0001}"), r#""\u2028\u202e\udb40\udc01""#);
    }

    #[test]
    fn keys_are_quoted_where_they_must_be() {
        assert_eq!(["a", "$_1", "default"].map(key), ["a", "$_1", "default"]);
        for name in ["", "1", "a-b", "é", "a b"] {
            assert_eq!(key(name), format!("\"{name}\""));
        }
    }

    #[test]
    fn comments_can_not_be_left() {
        let lines = |text: &str| comment(&[text.to_owned()], 1);
        assert_eq!(lines(""), "");
        assert_eq!(lines("one"), "  /** one */\n");
        assert_eq!(lines("a */ b\r\n\r\nc"), "  /**\n   * a *\\/ b\n   *\n   * c\n   */\n");
        assert_eq!(lines("a\u{2028}b\u{202e}"), "  /**\n   * a\n   * b\\u{202e}\n   */\n");
        assert_eq!(lines("@ts-ignore"), "  /**\n   * @ts-ignore\n   */\n");
        assert!(!lines("*\u{0}/ **/ */*/")[4..].trim_end().trim_end_matches("*/").contains("*/"));
    }
}
