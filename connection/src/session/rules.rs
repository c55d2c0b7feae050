//! The protocol's rules. The simulation switches each off in turn to prove that a check notices.

/// A rule that can be switched off in tests. Elsewhere all hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Rule {
    /// A takeover stops reading the old connection before it answers.
    DetachFirst,
    /// An offer is refused once anybody has resumed that session.
    OfferOnce,
    /// A resume is refused unless its `try` is higher than the last.
    StaleTry,
    /// A resume continues from what was received, not from what was handled.
    ResumeAtGot,
    /// A dropped message keeps its number.
    GapFrames,
    /// Nothing numbered is sent between a request to resume and its answer.
    WaitResumed,
    /// A call that was answered isn't in doubt.
    AnswerConfirms,
    /// A call in doubt is never sent again unless it is idempotent.
    CallsOnce,
    /// Overflow never drops a reply.
    RepliesKept,
    /// The client's overflow drops only what was never written.
    WrittenKept,
    /// Numbers outside of what was sent end the session.
    RangeCheck,
    /// An acknowledgement means handled, not received.
    AckIsHandled,
    /// An ended session leaves behind how far it had handled.
    Tombstones,
    /// An acknowledgement is also due after writing, so that its `of` is checked.
    Marks,
    /// An acknowledgement is due after a quarter of the messages that the sender holds.
    Quarter,
}

#[cfg(not(test))]
#[allow(clippy::inline_always, reason = "a constant; the branch on it must fold")]
#[inline(always)]
pub(super) fn holds(_: Rule) -> bool {
    true
}

#[cfg(test)]
thread_local! {
    static OFF: std::cell::Cell<Option<Rule>> = const { std::cell::Cell::new(None) };
}

#[cfg(test)]
pub(super) fn holds(rule: Rule) -> bool {
    OFF.get() != Some(rule)
}

/// Runs something with one rule switched off, on this thread.
#[cfg(test)]
pub(super) fn without<T>(rule: Option<Rule>, what: impl FnOnce() -> T) -> T {
    struct Reset;
    impl Drop for Reset {
        fn drop(&mut self) {
            OFF.set(None);
        }
    }
    OFF.set(rule);
    let _reset = Reset;
    what()
}
