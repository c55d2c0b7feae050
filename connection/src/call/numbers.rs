//! The numbers of requests on a backend's own wire, from their writing to the first message that repeats them.

use std::collections::BTreeMap;

/// How many numbers of calls that wait no more are remembered. An answer to an older one is an ordinary message.
const FORGOTTEN: usize = 1_024;

/// The calls of one connection by the number of their request.
#[derive(Debug, Default)]
pub(super) struct Numbers {
    /// `None` for a call that waits no more.
    calls: BTreeMap<u64, Option<u64>>,
    forgotten: usize,
}

/// What a number stands for.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Found {
    /// The call with this id.
    Call(u64),
    /// A call that waits no more.
    Forgotten,
    /// No call, or one that has its answer.
    Nothing,
}

impl Numbers {
    pub(super) fn is_empty(&self) -> bool {
        self.calls.is_empty()
    }

    /// A request is written.
    pub(super) fn insert(&mut self, number: u64, call: u64) {
        self.calls.insert(number, Some(call));
    }

    /// The call with this number waits no more.
    pub(super) fn forget(&mut self, number: u64) {
        let Some(call) = self.calls.get_mut(&number) else { return };
        if call.take().is_some() {
            self.forgotten += 1;
        }
        if self.forgotten > FORGOTTEN {
            let oldest = self.calls.iter().find(|(_, call)| call.is_none());
            let oldest = oldest.map(|(number, _)| *number);
            self.forgotten -= 1;
            oldest.map(|number| self.calls.remove(&number));
        }
    }

    /// A message repeats the number: the next one that does is no answer.
    pub(super) fn take(&mut self, number: u64) -> Found {
        match self.calls.remove(&number) {
            Some(Some(call)) => Found::Call(call),
            Some(None) => {
                self.forgotten -= 1;
                Found::Forgotten
            }
            None => Found::Nothing,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_answered_once() {
        let mut numbers = Numbers::default();
        numbers.insert(1, 10);
        numbers.insert(2, 20);
        numbers.forget(2);
        numbers.forget(2);
        numbers.forget(3);
        assert_eq!(numbers.take(1), Found::Call(10));
        assert_eq!(numbers.take(1), Found::Nothing);
        assert_eq!(numbers.take(2), Found::Forgotten);
        assert_eq!((numbers.take(2), numbers.take(3)), (Found::Nothing, Found::Nothing));
        assert!(numbers.is_empty() && numbers.forgotten == 0);
    }

    #[test]
    fn what_nobody_answers_does_not_grow_for_ever() {
        let mut numbers = Numbers::default();
        numbers.insert(0, 7);
        for number in 1..=3 * FORGOTTEN as u64 {
            numbers.insert(number, number);
            numbers.forget(number);
        }
        assert_eq!(numbers.calls.len(), FORGOTTEN + 1);
        assert_eq!(numbers.take(1), Found::Nothing, "the oldest are gone");
        assert_eq!(numbers.take(0), Found::Call(7), "one that waits is kept");
        assert_eq!(numbers.take(3 * FORGOTTEN as u64), Found::Forgotten);
    }
}
