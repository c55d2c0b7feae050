//! A pattern of Rust's `regex` crate as ECMA-262 writes it.

use std::{
    fmt::{self, Write},
    iter::Peekable,
    str::Chars,
};

use super::case::{Cases, cases};

/// The flags that change what is matched.
#[derive(Clone, Copy, Default)]
pub(super) struct Flags {
    /// `i`: case is ignored.
    pub(super) ignores_case: bool,
    /// `s`: a dot matches line ends too.
    dot_takes_all: bool,
    /// `x`: blanks and comments are ignored.
    pub(super) is_verbose: bool,
}

pub(super) struct Rewriter<'a> {
    pub(super) rest: Peekable<Chars<'a>>,
    pub(super) out: String,
    pub(super) flags: Flags,
    /// The flags around each open group.
    groups: Vec<Flags>,
    /// Whether a repetition has just ended.
    has_repeated: bool,
}

/// The same pattern as ECMA-262 writes it, or the part that prevents it.
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
            // JavaScript requires the lower end of a count.
            '{' if self.rest.peek() == Some(&',') => self.out.push_str("{0"),
            ']' | '}' => self.out.extend(['\\', c]),
            '#' if self.flags.is_verbose => while self.rest.next().is_some_and(|c| c != '\n') {},
            c if self.flags.is_verbose && c.is_whitespace() => {}
            c => return self.letter(c),
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
    fn letter(&mut self, c: char) -> Result<(), String> {
        match self.other(c)? {
            Some(other) => self.out.extend(['[', c, other, ']']),
            None => self.out.push(c),
        }
        Ok(())
    }

    /// The letter that is taken beside this one, where case is ignored.
    pub(super) fn other(&self, c: char) -> Result<Option<char>, String> {
        match cases(c) {
            Cases::Two(other) if self.flags.ignores_case => Ok(Some(other)),
            Cases::Other if self.flags.ignores_case => {
                Err(format!("the letter {c} in either case, which has no equal"))
            }
            _ => Ok(None),
        }
    }

    pub(super) fn escape(&mut self, in_class: bool) -> Result<(), String> {
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

    pub(super) fn put(&mut self, text: fmt::Arguments<'_>) {
        // Writing to a string can't fail.
        let _ = self.out.write_fmt(text);
    }

    /// What is between braces.
    pub(super) fn braced(&mut self) -> Option<String> {
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
            Some(_) => return self.set_flags(around),
        }
        self.groups.push(around);
        self.group_name();
        Ok(())
    }

    /// The flags of a group or of the rest of the group around them: `i-s:` or `i)`.
    fn set_flags(&mut self, around: Flags) -> Result<(), String> {
        let mut is_on = true;
        loop {
            match self.rest.next() {
                Some('-') => is_on = false,
                Some('i') => self.flags.ignores_case = is_on,
                Some('s') => self.flags.dot_takes_all = is_on,
                Some('x') => self.flags.is_verbose = is_on,
                Some('u') if is_on => {}
                // Preference doesn't change whether a text matches.
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

    /// A group's name, which is no part of what is matched, or what it looks for.
    fn group_name(&mut self) {
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
                return;
            }
        }
        // `<=`, `<!`, `=`, `!` and `:` as they are.
        while let Some(c) = self.rest.next_if(|c| matches!(c, '<' | '=' | '!' | ':')) {
            self.out.push(c);
            if c != '<' {
                break;
            }
        }
    }
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
            ("[a-]", "[a-]"),
            ("^[+-]?[-.]$", "^[+-]?[-.]$"),
            ("[a-c-e]", "[a-c-e]"),
            (r"[\x21-\x7E]", r"[\x21-\x7E]"),
            (r"^[!-\x7E]+$", r"^[!-\x7E]+$"),
            (r"[\u{4e00}-\u{9fa5}\w]", r"[\u4e00-\u9fa5\w]"),
            (r"[\t-\r\--/]", r"[\t-\r\--/]"),
            (r"[\w-.]", r"[\w\-.]"),
            ("[[:alpha:]-]", "[A-Za-z-]"),
            ("(?i)[a-]", "[aA-]"),
            ("(?i)[à-ö]", "[à-öÀ-Ö]"),
            ("(?i)[0-9-z]", "[0-9-zZ]"),
            ("a{,3}b{2,}", "a{0,3}b{2,}"),
            (r"a\+", r"a\+"),
            ("(?i)ж漢1", "[жЖ]漢1"),
            ("ß[ß]", "ß[ß]"),
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
            r"(?i)[\x41-Z]",
            "(?i)[!-Z]",
            "(?i:ß)",
            "(?i)[ß]",
            "(?i)ı",
            "(?i)ς",
            "(?i)[ß-ÿ]",
        ] {
            assert!(to_ecma(pattern).is_err(), "{pattern}: {:?}", to_ecma(pattern));
        }
    }
}
