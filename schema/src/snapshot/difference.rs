//! The lines in which two texts differ.

use std::fmt::Write as _;

/// How many lines of a difference are shown.
const SHOWN: usize = 100;
/// Beyond this product of the numbers of lines, what lies between the first and the last difference counts as a whole.
const MOST_COMPARED: usize = 16_000_000;

/// The lines in which two texts differ, with what is equal left out. `@@ line 3 @@` is where in the old text the
/// lines below it stand.
pub fn difference(old: &str, new: &str) -> String {
    let (old, new): (Vec<_>, Vec<_>) = (old.lines().collect(), new.lines().collect());
    let start = old.iter().zip(&new).take_while(|(a, b)| a == b).count();
    let (old, new) = (&old[start..], &new[start..]);
    let end = old.iter().rev().zip(new.iter().rev()).take_while(|(a, b)| a == b).count();
    let edits = edits(&old[..old.len() - end], &new[..new.len() - end]);
    let mut out = String::new();
    let (mut line, mut left) = (start + 1, SHOWN);
    let mut was_equal = true;
    for (sign, text) in &edits {
        if *sign != ' ' && left > 0 {
            if was_equal {
                let _ = writeln!(out, "@@ line {line} @@");
            }
            let _ = writeln!(out, "{sign} {text}");
            left -= 1;
        }
        was_equal = *sign == ' ';
        line += usize::from(*sign != '+');
    }
    let changed = edits.iter().filter(|(sign, _)| *sign != ' ').count();
    if changed > SHOWN {
        let _ = writeln!(out, "… {} more lines", changed - SHOWN);
    }
    out
}

/// The lines of both texts, each with its sign: as many as can be are equal.
fn edits<'a>(old: &[&'a str], new: &[&'a str]) -> Vec<(char, &'a str)> {
    let width = new.len() + 1;
    let mut edits = Vec::new();
    let (mut i, mut j) = (0, 0);
    if old.len().saturating_mul(width) <= MOST_COMPARED {
        // How many lines are equal at most, from line `i` of the old text and line `j` of the new one on.
        let mut equal = vec![0_u32; (old.len() + 1) * width];
        for i in (0..old.len()).rev() {
            for j in (0..new.len()).rev() {
                let (below, right) = (equal[(i + 1) * width + j], equal[i * width + j + 1]);
                let both = equal[(i + 1) * width + j + 1] + 1;
                equal[i * width + j] = if old[i] == new[j] { both } else { below.max(right) };
            }
        }
        while i < old.len() && j < new.len() {
            if old[i] == new[j] {
                edits.push((' ', old[i]));
                (i, j) = (i + 1, j + 1);
            } else if equal[(i + 1) * width + j] >= equal[i * width + j + 1] {
                edits.push(('-', old[i]));
                i += 1;
            } else {
                edits.push(('+', new[j]));
                j += 1;
            }
        }
    }
    edits.extend(old[i..].iter().map(|line| ('-', *line)));
    edits.extend(new[j..].iter().map(|line| ('+', *line)));
    edits
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_difference_leaves_out_what_is_equal() {
        assert_eq!(difference("a\nb\nc\nd\n", "a\nx\nc\nd\n"), "@@ line 2 @@\n- b\n+ x\n");
        assert_eq!(difference("a\nb\n", "a\nb\nc\n"), "@@ line 3 @@\n+ c\n");
        assert_eq!(difference("a\n", "a\n"), "");
        let two = difference("a\nb\nc\nd\ne\n", "x\na\nc\nd\nE\n");
        assert_eq!(two, "@@ line 1 @@\n+ x\n@@ line 2 @@\n- b\n@@ line 5 @@\n- e\n+ E\n");
        let long: String = (0..150).map(|n| n.to_string() + "\n").collect();
        assert!(difference("", &long).ends_with("+ 99\n… 50 more lines\n"));
    }

    #[test]
    fn what_lies_between_two_insertions_is_not_shown() {
        let all: Vec<_> = (0..5000).map(|n| format!("  {n}\n")).collect();
        let lines = |from: usize, to: usize| all[from..to].concat();
        let (old, new) = (
            lines(0, 500),
            format!("{}  a\n{}  b\n{}", lines(0, 10), lines(10, 480), lines(480, 500)),
        );
        assert_eq!(difference(&old, &new), "@@ line 11 @@\n+   a\n@@ line 481 @@\n+   b\n");
        // Too much to compare: all that lies between.
        let (old, new) = (lines(0, 5000), format!("a\n{}b\n", lines(0, 5000)));
        assert!(difference(&old, &new).ends_with("… 9902 more lines\n"));
    }
}
