//! Strings that match a regular expression.

use fastrand::Rng;
use regex_syntax::{
    ParserBuilder,
    hir::{Class, Hir, HirKind, Repetition},
};

/// The longest string that is made up, in characters.
pub(super) const LONGEST: u64 = 1 << 16;
/// How deep a pattern's groups may be nested.
const DEEPEST: u32 = 64;

/// A string for a pattern. The higher `attempt`, the more often repetitions may repeat.
///
/// Fails on what has no finite automaton: look-around and back-references.
pub(super) fn text(pattern: &str, attempt: usize, rng: &mut Rng) -> Result<String, String> {
    let hir = ParserBuilder::new().nest_limit(DEEPEST).build().parse(pattern);
    let hir = hir.map_err(|_| {
        let quoted: String = pattern.chars().take(60).collect();
        format!(
            "no string can be made up for its pattern {quoted:?}, which has look-around or \
             back-references: give the schema `examples`"
        )
    })?;
    let mut writer = Writer { out: String::new(), rng, stretch: 2 + attempt / 2 };
    writer.write(&hir)?;
    Ok(writer.out)
}

struct Writer<'a> {
    out: String,
    rng: &'a mut Rng,
    stretch: usize,
}

impl Writer<'_> {
    fn write(&mut self, hir: &Hir) -> Result<(), String> {
        if self.out.len() as u64 > LONGEST {
            return Err(format!("its pattern asks for more than {LONGEST} characters"));
        }
        match hir.kind() {
            // An anchor holds where it stands, or the validator rejects the value.
            HirKind::Empty | HirKind::Look(_) => {}
            HirKind::Literal(literal) => self.out.push_str(&String::from_utf8_lossy(&literal.0)),
            HirKind::Class(class) => {
                let char = self.char(class).ok_or("its pattern has a class without characters")?;
                self.out.push(char);
            }
            HirKind::Repetition(repetition) => self.repeat(repetition)?,
            HirKind::Capture(capture) => self.write(&capture.sub)?,
            HirKind::Concat(parts) => parts.iter().try_for_each(|part| self.write(part))?,
            HirKind::Alternation(branches) => {
                let branch = self.rng.usize(..branches.len().max(1));
                if let Some(branch) = branches.get(branch) {
                    self.write(branch)?;
                }
            }
        }
        Ok(())
    }

    fn repeat(&mut self, repetition: &Repetition) -> Result<(), String> {
        let least = repetition.min;
        let more = repetition.max.map_or(u32::MAX, |most| most.saturating_sub(least));
        let more = more.min(u32::try_from(self.stretch).unwrap_or(u32::MAX));
        let number = least.saturating_add(self.rng.u32(0..=more));
        for _ in 0..number {
            let length = self.out.len();
            self.write(&repetition.sub)?;
            if self.out.len() == length && number > 1_000 {
                // Nothing repeated any number of times is nothing.
                break;
            }
        }
        Ok(())
    }

    /// One of a class's characters, a plain one if it has any.
    fn char(&mut self, class: &Class) -> Option<char> {
        let ranges: Vec<(u32, u32)> = match class {
            Class::Unicode(class) => {
                class.iter().map(|range| (range.start().into(), range.end().into())).collect()
            }
            Class::Bytes(class) => {
                class.iter().map(|range| (range.start().into(), range.end().into())).collect()
            }
        };
        let within = |low: u32, high: u32| {
            let cut = ranges.iter().map(move |(start, end)| (*start.max(&low), *end.min(&high)));
            cut.filter(|(start, end)| start <= end).collect::<Vec<_>>()
        };
        // A number that begins with 0 is none to most readers of keys and codes.
        let digit = if self.out.is_empty() || self.out == "-" { '1' } else { '0' };
        let letters = [(digit, '9'), ('A', 'Z'), ('a', 'z')]
            .into_iter()
            .flat_map(|(low, high)| within(low.into(), high.into()))
            .collect();
        let plain = within(0x20, 0x7e);
        let choice = [letters, plain, ranges].into_iter().find(|ranges| !ranges.is_empty())?;
        let (start, end) = choice[self.rng.usize(..choice.len())];
        // A range of scalar values has no surrogates at its ends.
        char::from_u32(self.rng.u32(start..=end)).or_else(|| char::from_u32(start))
    }
}
