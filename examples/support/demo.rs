//! A demo in the terminal: one line for each thing that happens, and a limit to each wait.

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

/// Who did something, and what.
#[derive(Debug, Clone)]
pub(crate) struct Line {
    pub(crate) who: &'static str,
    pub(crate) what: String,
}

/// Where handlers write their lines.
#[derive(Debug, Clone)]
pub(crate) struct Log(mpsc::UnboundedSender<Line>);

impl Log {
    pub(crate) fn add(&self, who: &'static str, what: impl Into<String>) {
        // Nobody receives after the end of the demo.
        let _ = self.0.send(Line { who, what: what.into() });
    }
}

/// Prints the log, in order.
pub(crate) struct Demo {
    lines: mpsc::UnboundedReceiver<Line>,
    began: Instant,
    colours: bool,
}

impl Demo {
    pub(crate) fn begin(title: &str) -> (Self, Log) {
        let (sender, lines) = mpsc::unbounded_channel();
        let colours = std::io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none();
        let demo = Self { lines, began: Instant::now(), colours };
        print(&demo.bold(title));
        (demo, Log(sender))
    }

    /// A heading between two parts.
    pub(crate) fn part(&self, title: &str) {
        print("");
        print(&self.bold(title));
    }

    /// Prints the log until a line of `who` contains `what`.
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

    /// Time to read; the log is printed meanwhile.
    pub(crate) async fn pause(&mut self, length: Duration) {
        let end = Instant::now() + length;
        while let Ok(Some(line)) = timeout_at(end, self.lines.recv()).await {
            self.print_line(&line);
        }
    }

    /// Prints the rest of the log, and a last line.
    pub(crate) fn end(mut self, text: &str) {
        while let Ok(line) = self.lines.try_recv() {
            self.print_line(&line);
        }
        print("");
        print(&self.bold(text));
    }

    fn print_line(&self, line: &Line) {
        let seconds = self.began.elapsed().as_secs_f64();
        // One colour for each log, the same in every run.
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
    // A closed pipe (`| head`) is no reason to fail.
    let _ = writeln!(std::io::stdout(), "{text}");
}
