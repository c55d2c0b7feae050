//! Lines of bytes, none longer than a limit.

use std::io::{self, BufRead, BufReader, Read};

/// How much is read at once.
const CHUNK: usize = 256 << 10;

/// Reads lines and counts them from 1.
pub(super) struct Lines<R> {
    input: BufReader<R>,
    most: usize,
    number: u64,
    line: Vec<u8>,
}

/// One line, without its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Line<'a> {
    Text {
        number: u64,
        bytes: &'a [u8],
    },
    /// A line that was longer than the limit. Its content is lost.
    TooLong {
        number: u64,
        length: u64,
    },
}

impl<R: Read> Lines<R> {
    pub(super) fn new(input: R, most: usize) -> Self {
        Self { input: BufReader::with_capacity(CHUNK, input), most, number: 0, line: Vec::new() }
    }

    /// The next line; `None` at the end.
    pub(super) fn next(&mut self) -> io::Result<Option<Line<'_>>> {
        self.line.clear();
        // The memory of one large line is not kept for the following ones.
        self.line.shrink_to(CHUNK);
        let mut length = 0_u64;
        loop {
            let chunk = match self.input.fill_buf() {
                Ok(chunk) => chunk,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(error),
            };
            if chunk.is_empty() && length == 0 {
                return Ok(None);
            }
            let end = chunk.iter().position(|byte| *byte == b'\n');
            let part = &chunk[..end.unwrap_or(chunk.len())];
            if self.line.len() + part.len() <= self.most && length == self.line.len() as u64 {
                self.line.extend_from_slice(part);
            }
            length += part.len() as u64;
            let used = part.len() + usize::from(end.is_some());
            let is_last = end.is_some() || chunk.is_empty();
            self.input.consume(used);
            if is_last {
                self.number += 1;
                let number = self.number;
                return Ok(Some(if length == self.line.len() as u64 {
                    Line::Text { number, bytes: &self.line }
                } else {
                    Line::TooLong { number, length }
                }));
            }
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;

    fn read(bytes: &[u8], most: usize) -> Vec<(u64, Result<Vec<u8>, u64>)> {
        let mut lines = Lines::new(bytes, most);
        let mut read = Vec::new();
        while let Some(line) = lines.next().unwrap() {
            read.push(match line {
                Line::Text { number, bytes } => (number, Ok(bytes.to_vec())),
                Line::TooLong { number, length } => (number, Err(length)),
            });
        }
        read
    }

    #[test]
    fn lines_end_where_they_end() {
        let line = |number, text: &str| (number, Ok(text.as_bytes().to_vec()));
        assert_eq!(read(b"", 9), []);
        assert_eq!(read(b"\n", 9), [line(1, "")]);
        assert_eq!(read(b"a\n\nb", 9), [line(1, "a"), line(2, ""), line(3, "b")]);
        assert_eq!(read(b"a\nb\n", 9), [line(1, "a"), line(2, "b")]);
    }

    #[test]
    fn a_line_past_the_limit_is_reported_and_not_kept() {
        let line = |number, text: &str| (number, Ok(text.as_bytes().to_vec()));
        assert_eq!(read(b"abc\nabcd\nab", 3), [line(1, "abc"), (2, Err(4)), line(3, "ab")]);
        let mut long = vec![b'x'; 3 * CHUNK + 7];
        long.push(b'\n');
        assert_eq!(read(&long, CHUNK), [(1, Err(3 * CHUNK as u64 + 7))]);
        assert_eq!(read(&long, 4 * CHUNK).len(), 1);
        let mut lines = Lines::new(&*long, CHUNK);
        lines.next().unwrap();
        assert!(lines.line.capacity() <= 2 * CHUNK, "{}", lines.line.capacity());
    }
}
