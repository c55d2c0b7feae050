//! Patterns that other languages read: JSON Schema's are those of ECMA-262 (JavaScript) in Unicode mode.

use std::{
    fmt::{self, Write},
    iter::Peekable,
    str::Chars,
};

use serde_json::Value;

use super::{
    generate::Warning,
    walk::{each_child, token},
};

/// Rewrites the patterns that only Rust takes, and warns of each: also of those that can't be rewritten.
pub(super) fn portable(root: &mut Value, warnings: &mut Vec<Warning>) {
    let Some(defs) = root.get_mut("$defs").and_then(Value::as_object_mut) else { return };
    for (name, schema) in defs {
        within(schema, &format!("/$defs/{}", token(name)), warnings);
    }
}

fn within(schema: &mut Value, place: &str, warnings: &mut Vec<Warning>) {
    let Value::Object(map) = schema else { return };
    let mut rewrite = |pattern: &str| {
        let (rewritten, words) = match to_ecma(pattern) {
            Ok(same) if same == pattern => return None,
            Ok(other) => {
                let words = format!("it is published as {other:?}");
                (Some(other), words)
            }
            Err(reason) => (None, format!("it is published as it is, with {reason}")),
        };
        warnings.push(Warning::new(format!(
            "the pattern {pattern:?} in `{place}` is Rust's alone, and JSON Schema's are JavaScript's: \
             {words}"
        )));
        rewritten
    };
    if let Some(Value::String(pattern)) = map.get_mut("pattern")
        && let Some(other) = rewrite(pattern)
    {
        *pattern = other;
    }
    if let Some(Value::Object(patterns)) = map.get_mut("patternProperties") {
        let known = std::mem::take(patterns);
        for (pattern, schema) in known {
            patterns.insert(rewrite(&pattern).unwrap_or(pattern), schema);
        }
    }
    each_child(map, &mut |child| within(child, place, warnings));
}

/// The flags that change what is matched.
#[derive(Clone, Copy, Default)]
struct Flags {
    /// `i`: upper and lower case are one.
    ignores_case: bool,
    /// `s`: a dot matches line ends too.
    dot_takes_all: bool,
    /// `x`: blanks and comments are none of the pattern.
    is_verbose: bool,
}

struct Rewriter<'a> {
    rest: Peekable<Chars<'a>>,
    out: String,
    flags: Flags,
    /// The flags around each open group.
    groups: Vec<Flags>,
    /// Whether a repetition has just ended.
    has_repeated: bool,
}

/// The same pattern as ECMA-262 writes it, or what stands in the way.
pub(super) fn to_ecma(pattern: &str) -> Result<String, String> {
    let mut rewriter = Rewriter {
        rest: pattern.chars().peekable(),
        out: String::new(),
        flags: Flags::default(),
        groups: Vec::new(),
        has_repeated: false,
    };
    while let Some(c) = rewriter.rest.next() {
        rewriter.next(c)?;
    }
    Ok(rewriter.out)
}

impl Rewriter<'_> {
    fn next(&mut self, c: char) -> Result<(), String> {
        let had_repeated = std::mem::take(&mut self.has_repeated);
        match c {
            '\\' => return self.escape(false),
            '[' => return self.class(),
            '(' => return self.group(),
            ')' => {
                self.flags = self.groups.pop().unwrap_or(self.flags);
                self.out.push(')');
            }
            '.' if self.flags.dot_takes_all => self.out.push_str("[\\s\\S]"),
            '+' | '*' if had_repeated => {
                return Err("possessive repetition, which JavaScript lacks".to_owned());
            }
            '+' | '*' | '?' | '}' if c != '}' || self.closes_count(c) => {
                self.has_repeated = true;
                self.out.push(c);
            }
            ']' | '}' => self.out.extend(['\\', c]),
            '#' if self.flags.is_verbose => while self.rest.next().is_some_and(|c| c != '\n') {},
            c if self.flags.is_verbose && c.is_whitespace() => {}
            c => self.letter(c),
        }
        Ok(())
    }

    /// Whether a brace closes the count of a repetition.
    fn closes_count(&self, c: char) -> bool {
        let open = self.out.rfind('{');
        c == '}'
            && open.is_some_and(|open| {
                let count = &self.out[open + 1..];
                !count.is_empty() && count.bytes().all(|b| b.is_ascii_digit() || b == b',')
            })
    }

    /// A letter that stands for itself.
    fn letter(&mut self, c: char) {
        match other_case(c).filter(|_| self.flags.ignores_case) {
            Some(other) => self.out.extend(['[', c, other, ']']),
            None => self.out.push(c),
        }
    }

    fn escape(&mut self, in_class: bool) -> Result<(), String> {
        let Some(c) = self.rest.next() else {
            return Err("a backslash at its end".to_owned());
        };
        match c {
            'A' if !in_class => self.out.push('^'),
            'z' if !in_class => self.out.push('$'),
            'a' => self.out.push_str("\\u0007"),
            'b' if !in_class && self.rest.peek() == Some(&'{') => {
                return Err("`\\b{…}`, which JavaScript lacks".to_owned());
            }
            'b' | 'B' | '1'..='9' | 'k' if in_class => {
                return Err(format!("`\\{c}` in a class, which JavaScript lacks"));
            }
            'x' | 'u' | 'U' => return self.code(c),
            'p' | 'P' => return self.property(c),
            '-' if in_class => self.out.push_str("\\-"),
            'b'
            | 'B'
            | '1'..='9'
            | 'k'
            | 'd'
            | 'D'
            | 's'
            | 'S'
            | 'w'
            | 'W'
            | 'f'
            | 'n'
            | 'r'
            | 't'
            | 'v'
            | '^'
            | '$'
            | '\\'
            | '.'
            | '*'
            | '+'
            | '?'
            | '('
            | ')'
            | '['
            | ']'
            | '{'
            | '}'
            | '|'
            | '/' => {
                self.out.extend(['\\', c]);
            }
            c if !c.is_ascii_alphanumeric() && !matches!(c, '<' | '>') => self.out.push(c),
            c => return Err(format!("`\\{c}`, which JavaScript lacks")),
        }
        Ok(())
    }

    fn put(&mut self, text: fmt::Arguments<'_>) {
        // Writing to a string can't fail.
        let _ = self.out.write_fmt(text);
    }

    /// What is between braces.
    fn braced(&mut self) -> Option<String> {
        self.rest.next_if_eq(&'{')?;
        let mut inner = String::new();
        loop {
            match self.rest.next()? {
                '}' => return Some(inner),
                c => inner.push(c),
            }
        }
    }

    /// `\x7F`, `\u{1F600}`, `\U0001F600`.
    fn code(&mut self, kind: char) -> Result<(), String> {
        let length = match kind {
            'x' => 2,
            'u' => 4,
            _ => 8,
        };
        let braced = self.braced();
        let digits = braced.unwrap_or_else(|| self.rest.by_ref().take(length).collect());
        let code = u32::from_str_radix(&digits, 16).map_err(|_| "a broken escape".to_owned())?;
        match (kind, digits.len()) {
            ('x', 2) => self.put(format_args!("\\x{digits}")),
            ('u', 4) => self.put(format_args!("\\u{digits}")),
            _ if code <= 0xFFFF => self.put(format_args!("\\u{code:04X}")),
            _ => self.put(format_args!("\\u{{{code:X}}}")),
        }
        Ok(())
    }

    /// `\pL`, `\p{Letter}`, `\p{Greek}`.
    fn property(&mut self, kind: char) -> Result<(), String> {
        let braced = self.braced();
        let name = braced.unwrap_or_else(|| self.rest.next().map(String::from).unwrap_or_default());
        let is_category = matches!(
            &*name,
            "L" | "Lu"
                | "Ll"
                | "Lt"
                | "LC"
                | "Lm"
                | "Lo"
                | "M"
                | "Mn"
                | "Mc"
                | "Me"
                | "N"
                | "Nd"
                | "Nl"
                | "No"
                | "P"
                | "Pc"
                | "Pd"
                | "Ps"
                | "Pe"
                | "Pi"
                | "Pf"
                | "Po"
                | "S"
                | "Sm"
                | "Sc"
                | "Sk"
                | "So"
                | "Z"
                | "Zs"
                | "Zl"
                | "Zp"
                | "C"
                | "Cc"
                | "Cf"
                | "Cs"
                | "Co"
                | "Cn"
                | "Letter"
                | "Mark"
                | "Number"
                | "Punctuation"
                | "Symbol"
                | "Separator"
                | "Other"
                | "Uppercase_Letter"
                | "Lowercase_Letter"
                | "Decimal_Number"
                | "Alphabetic"
                | "Uppercase"
                | "Lowercase"
                | "White_Space"
                | "Any"
                | "ASCII"
                | "Emoji"
                | "ID_Start"
                | "ID_Continue"
        );
        let is_script = matches!(
            &*name,
            "Greek"
                | "Latin"
                | "Cyrillic"
                | "Han"
                | "Hiragana"
                | "Katakana"
                | "Hangul"
                | "Arabic"
                | "Hebrew"
                | "Thai"
                | "Devanagari"
                | "Armenian"
                | "Georgian"
                | "Common"
        );
        if is_category || ["Script=", "sc=", "gc=", "scx="].iter().any(|key| name.starts_with(key))
        {
            self.put(format_args!("\\{kind}{{{name}}}"));
        } else if is_script {
            self.put(format_args!("\\{kind}{{Script={name}}}"));
        } else {
            return Err(format!("`\\{kind}{{{name}}}`, which JavaScript may not know"));
        }
        Ok(())
    }

    fn group(&mut self) -> Result<(), String> {
        if self.rest.peek() == Some(&'*') {
            return Err("a verb, which JavaScript lacks".to_owned());
        }
        if self.rest.next_if_eq(&'?').is_none() {
            self.groups.push(self.flags);
            self.out.push('(');
            return Ok(());
        }
        let around = self.flags;
        match self.rest.peek().copied() {
            Some('P') => {
                self.rest.next();
                if self.rest.peek() != Some(&'<') {
                    return Err("`(?P…)`, which JavaScript lacks".to_owned());
                }
                self.out.push_str("(?");
            }
            Some('<' | '=' | '!' | ':') => self.out.push_str("(?"),
            Some('>' | '#' | '\'' | '(' | '|' | '&' | 'R' | '+' | '0'..='9') | None => {
                return Err("a group of a kind that JavaScript lacks".to_owned());
            }
            Some(_) => {
                let mut is_on = true;
                loop {
                    match self.rest.next() {
                        Some('-') => is_on = false,
                        Some('i') => self.flags.ignores_case = is_on,
                        Some('s') => self.flags.dot_takes_all = is_on,
                        Some('x') => self.flags.is_verbose = is_on,
                        Some('u') if is_on => {}
                        // What is preferred changes nothing about what matches.
                        Some('U') => {}
                        // They last to the end of the group around them.
                        Some(')') => return Ok(()),
                        Some(':') => {
                            self.groups.push(around);
                            self.out.push_str("(?:");
                            return Ok(());
                        }
                        Some(flag) => return Err(format!("the flag `{flag}`, which has no equal")),
                        None => return Err("an open group".to_owned()),
                    }
                }
            }
        }
        self.groups.push(around);
        // A group's name is no part of what is matched.
        if self.rest.peek() == Some(&'<') {
            let mut ahead = self.rest.clone();
            ahead.next();
            if !matches!(ahead.peek(), Some('=' | '!')) {
                for c in self.rest.by_ref() {
                    self.out.push(c);
                    if c == '>' {
                        break;
                    }
                }
                return Ok(());
            }
        }
        // `<=`, `<!`, `=`, `!` and `:` as they are.
        while let Some(c) = self.rest.next_if(|c| matches!(c, '<' | '=' | '!' | ':')) {
            self.out.push(c);
            if c != '<' {
                break;
            }
        }
        Ok(())
    }

    fn class(&mut self) -> Result<(), String> {
        self.out.push('[');
        if self.rest.next_if_eq(&'^').is_some() {
            self.out.push('^');
        }
        let mut is_first = true;
        let mut last: Option<char> = None;
        loop {
            let Some(c) = self.rest.next() else { return Err("an open class".to_owned()) };
            let next = self.rest.peek().copied();
            let mut letter = None;
            match c {
                ']' if !is_first => {
                    self.out.push(']');
                    return Ok(());
                }
                ']' => self.out.push_str("\\]"),
                '[' if next == Some(':') => self.posix()?,
                '[' => return Err("a class within a class, which JavaScript lacks".to_owned()),
                '&' | '~' if next == Some(c) => {
                    return Err("operations on classes, which JavaScript lacks".to_owned());
                }
                '-' if next == Some('-') => {
                    return Err("operations on classes, which JavaScript lacks".to_owned());
                }
                '\\' => self.escape(true)?,
                '-' => match (last, next) {
                    (Some(from), Some(to)) if to != ']' && to != '\\' => {
                        self.rest.next();
                        self.range(from, to);
                    }
                    _ => self.out.push_str(if last.is_some() && next == Some('\\') {
                        "-"
                    } else {
                        "\\-"
                    }),
                },
                c if self.flags.is_verbose && c.is_whitespace() => {}
                c => {
                    self.out.push(c);
                    letter = Some(c);
                    // The start of a range gets its other case with the range.
                    let begins = next == Some('-');
                    if let Some(other) =
                        other_case(c).filter(|_| self.flags.ignores_case && !begins)
                    {
                        self.out.push(other);
                    }
                }
            }
            last = letter;
            is_first = false;
        }
    }

    fn range(&mut self, from: char, to: char) {
        self.out.extend(['-', to]);
        if self.flags.ignores_case
            && let (Some(low), Some(high)) = (other_case(from), other_case(to))
            && from.is_ascii_lowercase() == to.is_ascii_lowercase()
        {
            self.out.extend([low, '-', high]);
        }
    }

    fn posix(&mut self) -> Result<(), String> {
        let name: String = self.rest.by_ref().take_while(|c| *c != ']').collect();
        self.out.push_str(match name.as_str() {
            ":digit:" => "0-9",
            ":alnum:" => "0-9A-Za-z",
            ":upper:" | ":lower:" if self.flags.ignores_case => "a-zA-Z",
            ":alpha:" => "A-Za-z",
            ":upper:" => "A-Z",
            ":lower:" => "a-z",
            ":space:" => "\\t\\n\\v\\f\\r ",
            ":blank:" => "\\t ",
            ":word:" => "0-9A-Za-z_",
            ":xdigit:" => "0-9A-Fa-f",
            ":punct:" => "!-\\/:-@\\[-`{-~",
            ":cntrl:" => "\\x00-\\x1F\\x7F",
            ":print:" => " -~",
            ":graph:" => "!-~",
            ":ascii:" => "\\x00-\\x7F",
            _ => return Err(format!("`[{name}]`, which has no equal")),
        });
        Ok(())
    }
}

/// The letter of the other case, where there is exactly one.
fn other_case(c: char) -> Option<char> {
    let one = |mut chars: Box<dyn Iterator<Item = char>>| match (chars.next(), chars.next()) {
        (Some(other), None) if other != c => Some(other),
        _ => None,
    };
    if c.is_lowercase() { one(Box::new(c.to_uppercase())) } else { one(Box::new(c.to_lowercase())) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn field_b9_patterns_are_rewritten() {
        for (rust, ecma) in [
            ("^[a-z]+$", "^[a-z]+$"),
            (r"^\d{2,3}\.\w*$", r"^\d{2,3}\.\w*$"),
            (r"^a\/b$", r"^a\/b$"),
            (r"^(?<year>\d{4})$", r"^(?<year>\d{4})$"),
            (r"^(?=a)(?!b)(?<=c)(?<!d)(?:e)$", r"^(?=a)(?!b)(?<=c)(?<!d)(?:e)$"),
            (r"\Aab\z", "^ab$"),
            (r"(?P<year>\d{4})-(?P<m>\d)", r"(?<year>\d{4})-(?<m>\d)"),
            (r"^\w+\@\w+$", r"^\w+@\w+$"),
            (r"\#\-\&\~\%\ \!", "#-&~% !"),
            (r"[\w\-\@]", r"[\w\-@]"),
            ("(?i)^ab1$", "^[aA][bB]1$"),
            ("(?i)[a-f0-9x]", "[a-fA-F0-9xX]"),
            ("(?i:a)b", "(?:[aA])b"),
            ("a(?i)b", "a[bB]"),
            ("(a(?i)b)c", "(a[bB])c"),
            ("(?s)a.b", r"a[\s\S]b"),
            ("(?x) a b # c\n d", "abd"),
            ("(?-i)a", "a"),
            ("[[:alpha:]_]+", "[A-Za-z_]+"),
            ("[^[:digit:]]", "[^0-9]"),
            (r"\pL+\p{Greek}", r"\p{L}+\p{Script=Greek}"),
            (r"\x{7F}\x7F\u{1F600}\U0001F600", r"\x7F\x7F\u{1F600}\u{1F600}"),
            ("a]b}", r"a\]b\}"),
            ("[]a]", r"[\]a]"),
            ("[a-]", r"[a\-]"),
            (r"a\+", r"a\+"),
        ] {
            assert_eq!(to_ecma(rust).as_deref(), Ok(ecma), "{rust}");
        }
    }

    #[test]
    fn field_b9_patterns_without_an_equal_are_told() {
        for pattern in [
            "(?m)^a$",
            r"\h+",
            "a++",
            "a*+b",
            "(?>a)",
            r"\b{start}a",
            "[a&&b]",
            "[a[bc]]",
            "[a--b]",
            r"\p{Foo}",
            r"\Qa\E",
            r"\G",
            r"\Z",
            r"\R",
            "(?P=a)",
            "(?#c)",
            "[[:foo:]]",
            r"a\",
            "[a",
            r"\<",
        ] {
            assert!(to_ecma(pattern).is_err(), "{pattern}: {:?}", to_ecma(pattern));
        }
    }
}
