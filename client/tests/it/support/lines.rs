//! What is logged on a test's thread, as lines: for tests of the client and of the server.

use std::{
    fmt::{self, Write},
    sync::{Arc, Mutex},
};

use tracing::{
    Event, Level, Metadata, Subscriber,
    field::{Field, Visit},
    span,
    subscriber::{DefaultGuard, set_default},
};

/// Events, each as its level and as a line of its message and its fields.
#[derive(Clone, Default)]
pub(crate) struct Lines(Arc<Mutex<Vec<(Level, String)>>>);

struct Line(String);

impl Visit for Line {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        match field.name() {
            "message" => self.0.insert_str(0, &format!("{value:?}")),
            name => write!(self.0, " {name}={value:?}").expect("a string has room"),
        }
    }
}

impl Subscriber for Lines {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        // `tracing::enabled!` asks with what is neither an event nor a span.
        !metadata.is_span()
    }
    fn new_span(&self, _: &span::Attributes<'_>) -> span::Id {
        span::Id::from_u64(1)
    }
    fn record(&self, _: &span::Id, _: &span::Record<'_>) {}
    fn record_follows_from(&self, _: &span::Id, _: &span::Id) {}
    fn event(&self, event: &Event<'_>) {
        let mut line = Line(String::new());
        event.record(&mut line);
        self.0.lock().expect("sound").push((*event.metadata().level(), line.0));
    }
    fn enter(&self, _: &span::Id) {}
    fn exit(&self, _: &span::Id) {}
}

impl Lines {
    /// Records what this thread logs until the guard is dropped.
    pub(crate) fn begin() -> (Self, DefaultGuard) {
        let lines = Self::default();
        let guard = set_default(lines.clone());
        (lines, guard)
    }

    /// The lines since the last call at this level or a more severe one; the others are dropped.
    pub(crate) fn take(&self, level: Level) -> Vec<String> {
        let lines = std::mem::take(&mut *self.0.lock().expect("sound"));
        lines.into_iter().filter(|(of, _)| *of <= level).map(|(_, line)| line).collect()
    }
}
