//! Regular expressions as contracts have them for the names of fields, such as `^-?[0-9]+$`: whether
//! one matches a text. Anything beyond the plain forms is not decided.

use std::{iter::Peekable, str::Chars};

/// Steps that one match may take, which may all be calls within calls.
const MOST_STEPS: usize = 2_000;
/// Groups within groups.
const DEEPEST: usize = 16;
/// The highest count of a repetition.
const MOST_TIMES: usize = 1000;

/// Whether one of these patterns matches; `None` if that can't be decided.
pub(crate) fn any<'p>(patterns: impl Iterator<Item = &'p str>, text: &str) -> Option<bool> {
    let answers: Vec<_> = patterns.map(|pattern| matches(pattern, text)).collect();
    if answers.contains(&Some(true)) {
        return Some(true);
    }
    if answers.contains(&None) { None } else { Some(false) }
}

/// Whether a pattern (ECMA-262, not anchored) matches somewhere in the text; `None` if that can't be
/// determined.
pub(crate) fn matches(pattern: &str, text: &str) -> Option<bool> {
    let mut parser = Parser { rest: pattern.chars().peekable(), depth: 0 };
    let branches = parser.branches()?;
    if parser.rest.next().is_some() {
        return None;
    }
    let text: Vec<char> = text.chars().collect();
    let mut run = Run { text: &text, left: MOST_STEPS };
    for start in 0..=text.len() {
        if run.branches(&branches, start, &mut |_, _| Some(true))? {
            return Some(true);
        }
    }
    Some(false)
}

type Branches = Vec<Vec<Piece>>;

struct Piece {
    atom: Atom,
    least: usize,
    most: usize,
}

enum Atom {
    Start,
    End,
    One(Set),
    Group(Branches),
}

/// Characters: those in the ranges, or all others.
#[derive(Default)]
struct Set {
    ranges: Vec<(char, char)>,
    is_negated: bool,
}

impl Set {
    fn of(ranges: &[(char, char)], is_negated: bool) -> Self {
        Self { ranges: ranges.to_vec(), is_negated }
    }

    fn has(&self, c: char) -> bool {
        self.ranges.iter().any(|(low, high)| (*low..=*high).contains(&c)) != self.is_negated
    }
}

const DIGITS: [(char, char); 1] = [('0', '9')];
const WORD: [(char, char); 4] = [('0', '9'), ('A', 'Z'), ('_', '_'), ('a', 'z')];
const LINE_ENDS: [(char, char); 3] = [('\n', '\n'), ('\r', '\r'), ('\u{2028}', '\u{2029}')];

struct Parser<'p> {
    rest: Peekable<Chars<'p>>,
    depth: usize,
}

impl Parser<'_> {
    fn take(&mut self, expected: char) -> bool {
        self.rest.next_if_eq(&expected).is_some()
    }

    fn branches(&mut self) -> Option<Branches> {
        let mut branches = vec![self.pieces()?];
        while self.take('|') {
            branches.push(self.pieces()?);
        }
        Some(branches)
    }

    fn pieces(&mut self) -> Option<Vec<Piece>> {
        let mut pieces = Vec::new();
        while let Some(c) = self.rest.peek().copied().filter(|c| !matches!(c, '|' | ')')) {
            self.rest.next();
            let atom = match c {
                '^' => Atom::Start,
                '$' => Atom::End,
                '.' => Atom::One(Set::of(&LINE_ENDS, true)),
                '[' => Atom::One(self.class()?),
                '(' => Atom::Group(self.group()?),
                '\\' => Atom::One(self.escape()?),
                '*' | '+' | '?' | '{' | '}' | ']' => return None,
                c => Atom::One(Set::of(&[(c, c)], false)),
            };
            let (least, most) = self.times()?;
            pieces.push(Piece { atom, least, most });
        }
        Some(pieces)
    }

    fn group(&mut self) -> Option<Branches> {
        if self.take('?') && !self.take(':') {
            return None;
        }
        self.depth += 1;
        let branches = if self.depth > DEEPEST { None } else { self.branches() };
        self.depth -= 1;
        branches.filter(|_| self.take(')'))
    }

    fn escape(&mut self) -> Option<Set> {
        Some(match self.rest.next()? {
            'd' => Set::of(&DIGITS, false),
            'D' => Set::of(&DIGITS, true),
            'w' => Set::of(&WORD, false),
            'W' => Set::of(&WORD, true),
            c if c.is_ascii_punctuation() => Set::of(&[(c, c)], false),
            _ => return None,
        })
    }

    fn class(&mut self) -> Option<Set> {
        let mut set = Set { is_negated: self.take('^'), ..Set::default() };
        loop {
            let low = match self.rest.next()? {
                ']' => return Some(set),
                '[' => return None,
                '\\' => {
                    let inner = self.escape()?;
                    if inner.is_negated {
                        return None;
                    }
                    match inner.ranges.as_slice() {
                        [(low, high)] if low == high => *low,
                        _ => {
                            set.ranges.extend(inner.ranges);
                            continue;
                        }
                    }
                }
                c => c,
            };
            let mut ahead = self.rest.clone();
            let is_range = ahead.next() == Some('-') && ahead.next().is_some_and(|c| c != ']');
            if !is_range {
                set.ranges.push((low, low));
                continue;
            }
            self.rest.next();
            let high = self.rest.next().filter(|c| !matches!(c, '[' | '\\'))?;
            set.ranges.push((low, high));
        }
    }

    fn times(&mut self) -> Option<(usize, usize)> {
        let times = match self.rest.peek() {
            Some('*') => (0, usize::MAX),
            Some('+') => (1, usize::MAX),
            Some('?') => (0, 1),
            Some('{') => return self.counted(),
            _ => return Some((1, 1)),
        };
        self.rest.next();
        // Whether it is lazy makes no difference to whether there is a match.
        self.take('?');
        (!matches!(self.rest.peek(), Some('*' | '+' | '?' | '{'))).then_some(times)
    }

    fn counted(&mut self) -> Option<(usize, usize)> {
        self.rest.next();
        let mut count = String::new();
        while !self.take('}') {
            count.push(self.rest.next()?);
        }
        let number = |text: &str| text.parse().ok().filter(|count| *count <= MOST_TIMES);
        Some(match count.split_once(',') {
            None => (number(&count)?, number(&count)?),
            Some((least, "")) => (number(least)?, usize::MAX),
            Some((least, most)) => (number(least)?, number(most)?),
        })
    }
}

/// One try, with a limit to what it may take.
struct Run<'t> {
    text: &'t [char],
    left: usize,
}

type Next<'n, 't> = &'n mut dyn FnMut(&mut Run<'t>, usize) -> Option<bool>;

impl<'t> Run<'t> {
    fn branches(&mut self, branches: &[Vec<Piece>], at: usize, next: Next<'_, 't>) -> Option<bool> {
        for pieces in branches {
            if self.pieces(pieces, at, next)? {
                return Some(true);
            }
        }
        Some(false)
    }

    fn pieces(&mut self, pieces: &[Piece], at: usize, next: Next<'_, 't>) -> Option<bool> {
        match pieces.split_first() {
            None => next(self, at),
            Some((piece, rest)) => {
                self.piece(piece, 0, at, &mut |run, at| run.pieces(rest, at, next))
            }
        }
    }

    fn piece(&mut self, piece: &Piece, done: usize, at: usize, next: Next<'_, 't>) -> Option<bool> {
        self.left = self.left.checked_sub(1)?;
        if done >= piece.least && next(self, at)? {
            return Some(true);
        }
        if done >= piece.most {
            return Some(false);
        }
        match &piece.atom {
            Atom::Start => Some(at == 0 && self.fixed(piece, done, at, next)?),
            Atom::End => Some(at == self.text.len() && self.fixed(piece, done, at, next)?),
            Atom::One(set) => match self.text.get(at) {
                Some(c) if set.has(*c) => self.piece(piece, done + 1, at + 1, next),
                _ => Some(false),
            },
            Atom::Group(branches) => self.branches(branches, at, &mut |run, end| {
                // A round that consumes nothing would repeat for ever.
                if end == at {
                    run.fixed(piece, done, at, next)
                } else {
                    run.piece(piece, done + 1, end, next)
                }
            }),
        }
    }

    /// After a round that consumed nothing: the remaining required rounds consume nothing either.
    fn fixed(&mut self, piece: &Piece, done: usize, at: usize, next: Next<'_, 't>) -> Option<bool> {
        if done >= piece.least { Some(false) } else { next(self, at) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_patterns_are_decided() {
        for (pattern, yes, no) in [
            ("^[0-9]+$", &["0", "17"][..], &["", "a", "1a", "-1"][..]),
            ("^-?\\d+$", &["-1", "20"], &["-", "--1", "1.5"]),
            ("^x-", &["x-", "x-a"], &["ax-", "x"]),
            ("b", &["b", "abc"], &["", "ac"]),
            ("^(red|green)?$", &["", "red", "green"], &["blue", "redgreen"]),
            ("^(?:a|b)*c{2}$", &["cc", "abbacc"], &["c", "abc"]),
            ("^[^a-c_]\\.\\w{1,3}$", &["x.a", "z.a_1"], &["a.b", "x.", "xzb", "x.abcd"]),
            ("^(a*)*$", &["", "aaa"], &["b"]),
            ("", &["", "a"], &[]),
            ("^.$", &["é"], &["", "ab", "\n"]),
        ] {
            for (texts, is_match) in [(yes, true), (no, false)] {
                for text in texts {
                    assert_eq!(matches(pattern, text), Some(is_match), "{pattern} {text}");
                }
            }
        }
    }

    #[test]
    fn what_goes_further_is_not_decided() {
        for pattern in [
            "\\p{L}", "(?=a)", "(?i)a", "\\bA", "[", "a{", "(", "a**", "[\\W]", "\\1", "a{2000}",
            ")",
        ] {
            assert_eq!(matches(pattern, "a"), None, "{pattern}");
        }
        // Too much work: no answer.
        assert_eq!(matches("^(a|a)*b$", &"a".repeat(40)), None);
        for pattern in ["^.*$", "^(a|b)*$", "^(?:(?:(?:(a))))*$"] {
            assert_eq!(matches(pattern, &"a".repeat(100_000)), None, "{pattern}");
        }
    }
}
