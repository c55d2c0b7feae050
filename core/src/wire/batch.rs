//! A frame that is an array of messages.

use serde_json::value::RawValue;

use super::error::EnvelopeError;

/// The messages of a frame that is an array, one after the other.
///
/// Nothing but the next element is looked at. Text that is no JSON ends the frame with one error.
#[derive(Debug, Default)]
pub struct Batch {
    text: String,
    /// Where the next element, or what is before it, begins.
    at: usize,
    is_first: bool,
    is_over: bool,
    unread: u64,
}

/// How many unreadable messages of one frame are reported one by one.
const REPORTED: u64 = 16;

/// The next message of a [`Batch`], as a range of its text.
pub type Element = Result<std::ops::Range<usize>, EnvelopeError>;

impl Batch {
    /// Whether a frame is an array, if it is anything.
    #[inline]
    pub fn is_array(text: &str) -> bool {
        text.trim_start_matches([' ', '\n', '\t', '\r']).starts_with('[')
    }

    /// The messages of such a frame.
    pub fn new(text: &str) -> Self {
        let at = text.find('[').map_or(text.len(), |start| start + 1);
        Self { text: text.to_owned(), at, is_first: true, is_over: false, unread: 0 }
    }

    /// Whether all elements have been taken.
    pub fn is_over(&self) -> bool {
        self.is_over
    }

    /// Whether a message that can't be read is reported by itself.
    pub fn reports(&self) -> bool {
        self.unread < REPORTED
    }

    /// Counts a message that can't be read.
    pub fn count_unread(&mut self) {
        self.unread += 1;
    }

    /// How many messages that can't be read were not reported by themselves.
    pub fn unreported(&self) -> u64 {
        self.unread.saturating_sub(REPORTED)
    }

    /// The text of an element.
    pub fn text(&self, element: std::ops::Range<usize>) -> &str {
        self.text.get(element).unwrap_or_default()
    }

    /// Takes the next element.
    pub fn next_element(&mut self) -> Option<Element> {
        if self.is_over {
            return None;
        }
        let element = self.read();
        // What follows broken text can't be told.
        self.is_over = !matches!(element, Some(Ok(_)));
        if self.is_over {
            self.text = String::new();
        }
        element
    }

    /// Takes what is left, and returns how many messages that is. Broken text is none.
    pub fn count_rest(&mut self) -> u64 {
        let mut count = 0;
        while let Some(Ok(_)) = self.next_element() {
            count += 1;
        }
        count
    }

    fn read(&mut self) -> Option<Element> {
        self.skip_space();
        let is_first = std::mem::replace(&mut self.is_first, false);
        match (self.rest().bytes().next(), is_first) {
            (Some(b']'), _) => {
                self.at += 1;
                self.skip_space();
                return (!self.rest().is_empty()).then(|| self.fail("trailing characters"));
            }
            (Some(b','), false) => self.at += 1,
            (Some(_), true) => {}
            _ => return Some(self.fail("expected `,` or `]`")),
        }
        self.skip_space();
        let mut elements = serde_json::Deserializer::from_str(self.rest()).into_iter::<&RawValue>();
        let length = match elements.next() {
            Some(Ok(raw)) => raw.get().len(),
            Some(Err(error)) => {
                let error = EnvelopeError::new(self.rest(), &error);
                return Some(Err(error.behind(self.at)));
            }
            None => return Some(self.fail("EOF while parsing a list")),
        };
        let start = self.at;
        self.at += length;
        Some(Ok(start..self.at))
    }

    fn rest(&self) -> &str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn skip_space(&mut self) {
        let rest = self.rest();
        self.at += rest.len() - rest.trim_start_matches([' ', '\n', '\t', '\r']).len();
    }

    fn fail(&self, what: &str) -> Element {
        Err(EnvelopeError::at(what.to_owned(), self.at))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::Value;

    use super::*;

    /// The elements, and whether the frame ended with an error.
    fn taken(text: &str) -> (Vec<String>, bool) {
        let mut batch = Batch::new(text);
        let mut elements = Vec::new();
        while let Some(element) = batch.next_element() {
            match element {
                Ok(element) => elements.push(batch.text(element).to_owned()),
                Err(error) => {
                    assert!(error.offset() <= text.len());
                    assert!(batch.next_element().is_none());
                    return (elements, true);
                }
            }
        }
        (elements, false)
    }

    #[test]
    fn a_broken_element_ends_the_frame_and_loses_none_before_it() {
        let all = |text: &str| {
            let (elements, is_broken) = taken(text);
            (elements.join(" "), is_broken)
        };
        let sound = |text: &str| (text.to_owned(), false);
        let broken = |text: &str| (text.to_owned(), true);
        assert_eq!(all("[]"), sound(""));
        assert_eq!(all(" [ ] \n"), sound(""));
        assert_eq!(
            all(r#"[{"a":[1,2]}, 7 ,"x",[[]],null]"#),
            sound(r#"{"a":[1,2]} 7 "x" [[]] null"#)
        );
        assert_eq!(all("[1,2"), broken("1 2"));
        assert_eq!(all("[1,]"), broken("1"));
        assert_eq!(all("[,1]"), broken(""));
        assert_eq!(all("[1 2]"), broken("1"));
        assert_eq!(all("[1]]"), broken("1"));
        assert_eq!(all("[1],[2]"), broken("1"));
        assert_eq!(all("["), broken(""));
        assert_eq!(all("[1,{]"), broken("1"));
        assert_eq!(all(&"[".repeat(100_000)), broken(""));
        let deep = format!("[{}{},1]", "[".repeat(100_000), "]".repeat(100_000));
        assert_eq!(taken(&deep).0.len(), 2);
    }

    #[test]
    fn what_is_left_is_counted_up_to_broken_text() {
        for (text, taken, left) in
            [("[1,2,3]", 1, 2), ("[1,2,3]", 3, 0), ("[]", 0, 0), ("[1,2,{,3]", 1, 1), ("[1", 9, 0)]
        {
            let mut batch = Batch::new(text);
            for _ in 0..taken {
                batch.next_element();
            }
            assert_eq!((batch.count_rest(), batch.count_rest()), (left, 0), "{text}");
        }
    }

    #[test]
    fn a_million_elements_are_taken_one_by_one() {
        let text = format!("[{}{{}}]", "{},".repeat(999_999));
        let mut batch = Batch::new(&text);
        let mut count = 0;
        while let Some(element) = batch.next_element() {
            assert_eq!(batch.text(element.expect("sound")), "{}");
            count += 1;
        }
        assert_eq!(count, 1_000_000);
    }

    proptest! {
        #[test]
        fn the_elements_are_those_of_the_array(text in "[\\[\\]{}, 0-9a\":]{0,24}") {
            let text = format!("[{text}");
            let (elements, is_broken) = taken(&text);
            match serde_json::from_str::<Vec<Value>>(&text) {
                Ok(values) => {
                    prop_assert!(!is_broken, "{}", text);
                    let read = elements.iter().map(|one| serde_json::from_str(one).expect("sound"));
                    prop_assert_eq!(read.collect::<Vec<Value>>(), values);
                }
                // A number that is too large is found where it is read.
                Err(error) => prop_assert!(is_broken || error.to_string().contains("out of range"), "{}", text),
            }
        }
    }
}
