//! Classes of characters within a pattern: `[a-z]`, `[[:alpha:]]`, `\p{Greek}`.

use super::{
    case::{Cases, cases},
    ecma::Rewriter,
};

/// General categories and properties that JavaScript knows by these names.
const CATEGORIES: [&str; 57] = [
    "L",
    "Lu",
    "Ll",
    "Lt",
    "LC",
    "Lm",
    "Lo",
    "M",
    "Mn",
    "Mc",
    "Me",
    "N",
    "Nd",
    "Nl",
    "No",
    "P",
    "Pc",
    "Pd",
    "Ps",
    "Pe",
    "Pi",
    "Pf",
    "Po",
    "S",
    "Sm",
    "Sc",
    "Sk",
    "So",
    "Z",
    "Zs",
    "Zl",
    "Zp",
    "C",
    "Cc",
    "Cf",
    "Cs",
    "Co",
    "Cn",
    "Letter",
    "Mark",
    "Number",
    "Punctuation",
    "Symbol",
    "Separator",
    "Other",
    "Uppercase_Letter",
    "Lowercase_Letter",
    "Decimal_Number",
    "Alphabetic",
    "Uppercase",
    "Lowercase",
    "White_Space",
    "Any",
    "ASCII",
    "Emoji",
    "ID_Start",
    "ID_Continue",
];
/// Scripts, which JavaScript knows as `Script=…`.
const SCRIPTS: [&str; 14] = [
    "Greek",
    "Latin",
    "Cyrillic",
    "Han",
    "Hiragana",
    "Katakana",
    "Hangul",
    "Arabic",
    "Hebrew",
    "Thai",
    "Devanagari",
    "Armenian",
    "Georgian",
    "Common",
];

/// The previous item of a class.
#[derive(Clone, Copy)]
enum Last {
    /// Nothing that can begin a range.
    Nothing,
    Letter(char),
    /// A single letter, escaped.
    Escape,
    /// Several letters, as of `\w`.
    Set,
}

impl Rewriter<'_> {
    /// `\pL`, `\p{Letter}`, `\p{Greek}`.
    pub(super) fn property(&mut self, kind: char) -> Result<(), String> {
        let braced = self.braced();
        let name = braced.unwrap_or_else(|| self.rest.next().map(String::from).unwrap_or_default());
        let is_category = CATEGORIES.contains(&&*name);
        let is_script = SCRIPTS.contains(&&*name);
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

    /// What is between brackets.
    pub(super) fn class(&mut self) -> Result<(), String> {
        self.out.push('[');
        if self.rest.next_if_eq(&'^').is_some() {
            self.out.push('^');
        }
        let mut is_first = true;
        let mut last = Last::Nothing;
        loop {
            let Some(c) = self.rest.next() else { return Err("an open class".to_owned()) };
            let next = self.rest.peek().copied();
            last = match c {
                ']' if !is_first => {
                    self.out.push(']');
                    return Ok(());
                }
                ']' => {
                    self.out.push_str("\\]");
                    Last::Escape
                }
                '[' if next == Some(':') => {
                    self.posix()?;
                    Last::Set
                }
                '[' => return Err("a class within a class, which JavaScript lacks".to_owned()),
                '&' | '~' | '-' if next == Some(c) => {
                    return Err("operations on classes, which JavaScript lacks".to_owned());
                }
                '\\' => {
                    self.escape(true)?;
                    let is_set = next.is_some_and(|c| "dDsSwWpP".contains(c));
                    if is_set { Last::Set } else { Last::Escape }
                }
                '-' => {
                    self.dash(last, next)?;
                    Last::Nothing
                }
                c if self.flags.is_verbose && c.is_whitespace() => last,
                c => {
                    self.member(c)?;
                    Last::Letter(c)
                }
            };
            is_first = false;
        }
    }

    /// A letter of a class. The start of a range gets its other case with the range.
    fn member(&mut self, c: char) -> Result<(), String> {
        self.out.push(c);
        let mut ahead = self.rest.clone();
        let begins = ahead.next() == Some('-') && ahead.next().is_some_and(|c| c != ']');
        if !begins {
            self.out.extend(self.other(c)?);
        }
        Ok(())
    }

    /// A dash: between two ends of a range, or for itself.
    fn dash(&mut self, last: Last, next: Option<char>) -> Result<(), String> {
        let end = next.filter(|to| !matches!(to, ']' | '['));
        match (last, end) {
            (Last::Letter(from), Some(to)) if to != '\\' => {
                self.rest.next();
                return self.range(from, to);
            }
            (Last::Letter(_) | Last::Escape, Some(to)) => {
                if self.flags.ignores_case {
                    return Err("a range of escapes in either case, which has no equal".to_owned());
                }
                self.rest.next();
                self.out.push('-');
                if to == '\\' {
                    return self.escape(true);
                }
                self.out.push(to);
            }
            (Last::Set, Some(_)) => self.out.push_str("\\-"),
            _ => self.out.push('-'),
        }
        Ok(())
    }

    fn range(&mut self, from: char, to: char) -> Result<(), String> {
        self.out.extend(['-', to]);
        if !self.flags.ignores_case {
            return Ok(());
        }
        let distance = |a: char, b: char| u32::from(b).wrapping_sub(u32::from(a));
        match (cases(from), cases(to)) {
            // The letters between the two, and nothing else, are between the two in the other case.
            (Cases::Two(low), Cases::Two(high))
                if (from..=to).all(|c| {
                    matches!(cases(c), Cases::Two(other)
                        if distance(low, other) == distance(from, c))
                }) =>
            {
                self.out.extend([low, '-', high]);
            }
            _ => {
                let is_within = |c: char| match cases(c) {
                    Cases::One => true,
                    Cases::Two(other) => (from..=to).contains(&other),
                    Cases::Other => false,
                };
                if !(from..=to).all(is_within) {
                    return Err(format!(
                        "the range {from}-{to} in either case, which has no equal"
                    ));
                }
            }
        }
        Ok(())
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
