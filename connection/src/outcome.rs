//! What handlers may return: one method takes synchronous, asynchronous and fallible ones.

use std::{
    fmt::Display,
    future::{Future, Ready},
};

/// A handler's result: `()`, `Result<(), E>` with a printable error, or a future of either.
///
/// `M` is a marker that keeps the implementations apart; it is always inferred.
#[diagnostic::on_unimplemented(
    message = "a handler can't return `{Self}`",
    label = "this handler returns `{Self}`",
    note = "a handler returns `()`, `Result<(), E>` where `E: Display`, or a future of either",
    note = "to ignore a value, end the handler, or its `async` block, with `;`",
    note = "to report an error, return it as `Err`"
)]
pub trait Outcome<M>: Sized {
    /// The future that is left to wait for.
    type Settled: Future<Output: Settle>;

    /// Whether the result is complete when the handler returns.
    #[doc(hidden)]
    const AT_ONCE: bool;

    /// Starts the outcome. A result that needs no waiting is returned at once.
    #[doc(hidden)]
    fn start(self) -> Started<Self::Settled>;
}

/// A handler that was called.
#[doc(hidden)]
#[derive(Debug)]
pub enum Started<F> {
    /// It has ended.
    Done(Result<(), String>),
    /// It is still running.
    Running(F),
}

/// What a handler's future may yield.
#[diagnostic::on_unimplemented(
    message = "an asynchronous handler can't come to `{Self}`",
    label = "its future yields `{Self}`",
    note = "the future of a handler yields `()` or `Result<(), E>` where `E: Display`"
)]
pub trait Settle {
    /// The error as a text.
    #[doc(hidden)]
    fn settle(self) -> Result<(), String>;
}

/// Marks outcomes that are complete when the handler returns.
#[derive(Debug)]
pub enum Now {}
/// Marks outcomes that are complete later.
#[derive(Debug)]
pub enum Later {}
/// Marks handlers that never return, such as `|_| todo!()`.
#[derive(Debug)]
pub enum Diverging {}

impl Settle for () {
    fn settle(self) -> Result<(), String> {
        Ok(())
    }
}

impl<E: Display> Settle for Result<(), E> {
    fn settle(self) -> Result<(), String> {
        self.map_err(|error| error.to_string())
    }
}

impl Outcome<Now> for () {
    type Settled = Ready<()>;
    const AT_ONCE: bool = true;

    fn start(self) -> Started<Self::Settled> {
        Started::Done(Ok(()))
    }
}

impl<E: Display> Outcome<Now> for Result<(), E> {
    type Settled = Ready<()>;
    const AT_ONCE: bool = true;

    fn start(self) -> Started<Self::Settled> {
        Started::Done(self.settle())
    }
}

#[diagnostic::do_not_recommend]
impl<F: Future<Output: Settle>> Outcome<Later> for F {
    type Settled = F;
    const AT_ONCE: bool = false;

    fn start(self) -> Started<F> {
        Started::Running(self)
    }
}

/// Names the type `!` on the stable compiler: a function pointer returns it. (Public, because it stands
/// in public impls; nobody outside can name it.)
mod never {
    pub trait Returns {
        type Value;
    }

    impl<R> Returns for fn() -> R {
        type Value = R;
    }

    pub(super) type Never = <fn() -> ! as Returns>::Value;
}

impl Settle for never::Never {
    fn settle(self) -> Result<(), String> {
        self
    }
}

impl Outcome<Diverging> for never::Never {
    type Settled = Ready<()>;
    const AT_ONCE: bool = true;

    fn start(self) -> Started<Self::Settled> {
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn takes<R: Outcome<M>, M>(mut handler: impl FnMut(u8) -> R) -> Option<Result<(), String>> {
        match handler(1).start() {
            Started::Done(result) => Some(result),
            Started::Running(_) => None,
        }
    }

    /// This only has to compile: such handlers never return.
    fn accepts<R: Outcome<M>, M>(_: impl FnMut(u8) -> R) {}

    #[test]
    fn every_promised_shape_is_an_outcome() {
        assert_eq!(takes(|_| ()), Some(Ok(())));
        assert_eq!(takes(|_| Ok::<(), String>(())), Some(Ok(())));
        assert_eq!(
            takes(|_| "x".parse::<u8>().map(drop)),
            Some(Err("invalid digit found in string".into()))
        );
        assert_eq!(
            takes(|_| Err::<(), Box<dyn std::error::Error>>("no".into())),
            Some(Err("no".into()))
        );
        assert_eq!(takes(|_| async {}), None);
        assert_eq!(takes(|_| async { Ok::<(), String>(()) }), None);
        assert_eq!(takes(|_| Box::pin(async {})), None);
        accepts(|_| panic!("a handler that isn't written yet"));
        accepts(|_| async { panic!("the same, later") });
    }
}
