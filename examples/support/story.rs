//! What is told in the terminal: one line for each thing that happens, and a limit to the waiting.

use std::{
    io::{IsTerminal, Write},
    time::Duration,
};

use tokio::{
    sync::mpsc,
    time::{Instant, timeout_at},
};

/// How long anything may take before the example fails.
const PATIENCE: Duration = Duration::from_secs(5);

/// Who does something, and what.
#[derive(Debug, Clone)]
pub(crate) struct Line {
    pub(crate) who: &'static str,
    pub(crate) what: String,
}

/// Where handlers tell what they see.
#[derive(Debug, Clone)]
pub(crate) struct Teller(mpsc::UnboundedSender<Line>);

impl Teller {
    pub(crate) fn tell(&self, who: &'static str, what: impl Into<String>) {
        // Once the story is over nobody listens.
        let _ = self.0.send(Line { who, what: what.into() });
    }
}

/// Prints what is told, in order.
pub(crate) struct Story {
    lines: mpsc::UnboundedReceiver<Line>,
    began: Instant,
    colours: bool,
}

impl Story {
    pub(crate) fn begin(title: &str) -> (Self, Teller) {
        let (sender, lines) = mpsc::unbounded_channel();
        let colours = std::io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none();
        let story = Self { lines, began: Instant::now(), colours };
        print(&story.bold(title));
        (story, Teller(sender))
    }

    /// A heading between two parts.
    pub(crate) fn part(&self, title: &str) {
        print("");
        print(&self.bold(title));
    }

    /// Prints what is told, until a line of `who` contains `what`.
    pub(crate) async fn until(&mut self, who: &str, what: &str) -> Result<(), String> {
        let limit = Instant::now() + PATIENCE;
        loop {
            match timeout_at(limit, self.lines.recv()).await {
                Ok(Some(line)) => {
                    self.print_line(&line);
                    if line.who == who && line.what.contains(what) {
                        return Ok(());
                    }
                }
                Ok(None) | Err(_) => {
                    return Err(format!("{who:?} did not come to {what:?} within {PATIENCE:?}"));
                }
            }
        }
    }

    /// Time to read, while what is told is printed.
    pub(crate) async fn pause(&mut self, length: Duration) {
        let end = Instant::now() + length;
        while let Ok(Some(line)) = timeout_at(end, self.lines.recv()).await {
            self.print_line(&line);
        }
    }

    /// Prints what has been told so far, and an end.
    pub(crate) fn end(mut self, words: &str) {
        while let Ok(line) = self.lines.try_recv() {
            self.print_line(&line);
        }
        print("");
        print(&self.bold(words));
    }

    fn print_line(&self, line: &Line) {
        let seconds = self.began.elapsed().as_secs_f64();
        // One colour for each teller, the same in every run.
        let colour = 31 + line.who.bytes().map(u32::from).sum::<u32>() % 6;
        let who = self.painted(&format!("{:>8}", line.who), &colour.to_string());
        let time = self.painted(&format!("{seconds:5.1} s"), "2");
        print(&format!("{time}  {who}  {}", line.what));
    }

    fn bold(&self, text: &str) -> String {
        self.painted(text, "1")
    }

    fn painted(&self, text: &str, code: &str) -> String {
        if self.colours { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_owned() }
    }
}

fn print(text: &str) {
    // A reader that has gone away (`| head`) is no reason to fail.
    let _ = writeln!(std::io::stdout(), "{text}");
}
