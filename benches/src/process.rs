//! Clocks, cores, memory, and this program started again as another process.

use std::{
    io::{BufRead, BufReader},
    process::{Child, ChildStdout, Command, Stdio},
    time::Duration,
};

use rustix::{
    process::{Resource, Rlimit, Signal, getrlimit, set_parent_process_death_signal, setrlimit},
    thread::{CpuSet, sched_getaffinity, sched_setaffinity},
    time::{ClockId, clock_gettime},
};

/// How long a child lives at most, whatever happens.
const LONGEST: Duration = Duration::from_secs(15 * 60);

fn read_clock(id: ClockId) -> Duration {
    let time = clock_gettime(id);
    Duration::new(u64::try_from(time.tv_sec).unwrap_or(0), u32::try_from(time.tv_nsec).unwrap_or(0))
}

/// What this process has used of the processors.
pub fn cpu_time() -> Duration {
    read_clock(ClockId::ProcessCPUTime)
}

/// A clock that all processes read alike.
pub fn monotonic() -> Duration {
    read_clock(ClockId::Monotonic)
}

/// Resident memory in bytes.
pub fn resident() -> u64 {
    let statm = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
    let pages = statm.split(' ').nth(1).and_then(|pages| pages.parse::<u64>().ok());
    pages.unwrap_or(0) * rustix::param::page_size() as u64
}

/// Keeps this thread, and those that it starts, on one of the cores that it may use. With fewer
/// cores than `place`, nothing changes.
pub fn pin(place: usize) {
    let Ok(allowed) = sched_getaffinity(None) else { return };
    let mut cores = (0..CpuSet::MAX_CPU).filter(|&core| allowed.is_set(core));
    if let Some(core) = cores.nth(place) {
        let mut only = CpuSet::new();
        only.set(core);
        // A machine that forbids it measures with more noise, but measures.
        let _ = sched_setaffinity(None, &only);
    }
}

/// Allows as many open files as the system lets us have.
pub fn raise_file_limit() {
    let Rlimit { maximum, .. } = getrlimit(Resource::Nofile);
    let _ = setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum });
}

/// Sees to it that a child ends with its parent, and after a while in any case.
pub fn end_with_parent() {
    let _ = set_parent_process_death_signal(Some(Signal::KILL));
    std::thread::spawn(|| {
        std::thread::sleep(LONGEST);
        std::process::exit(3);
    });
}

/// This program as another process; killed when dropped.
#[derive(Debug)]
pub struct Again {
    child: Child,
    lines: BufReader<ChildStdout>,
    /// The first line that it printed.
    pub first_line: String,
}

impl Again {
    /// Starts it and waits for its first line.
    pub fn start(arguments: &[&str]) -> Self {
        let program = std::env::current_exe().expect("this program's path");
        let mut child = Command::new(program)
            .arg("--child")
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .expect("this program starts again");
        let lines = BufReader::new(child.stdout.take().expect("piped"));
        let mut again = Self { child, lines, first_line: String::new() };
        again.first_line = again.next_line();
        assert!(!again.first_line.is_empty(), "the child {arguments:?} ended without a line");
        again
    }

    /// Waits for its next line.
    pub fn next_line(&mut self) -> String {
        let mut line = String::new();
        self.lines.read_line(&mut line).expect("a line");
        line.trim_end().to_owned()
    }

    /// The figures in its first line.
    pub fn figures(&self) -> Vec<f64> {
        self.first_line.split(' ').filter_map(|word| word.parse().ok()).collect()
    }
}

impl Drop for Again {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
