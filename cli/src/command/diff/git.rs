//! The contract as it was where the branch began.

use std::{
    ffi::OsStr,
    io::Read,
    path::Path,
    process::{Command, Output, Stdio},
};

use wirebond_schema::Document;

use super::Failure;

/// The file as it is in the merge base of `HEAD` and the reference; `None` if it is new since then.
/// One that was moved since is read where it was.
pub(super) fn read(reference: &str, path: &Path) -> Result<Option<Document>, Failure> {
    let shown = path.display();
    let Some(name) = path.file_name() else {
        return Err(Failure::new(format!("{shown} is no file: --against-git takes REF and PATH")));
    };
    let folder = match path.parent() {
        Some(parent) if parent != Path::new("") => parent,
        _ => Path::new("."),
    };
    let git = Git { folder };
    git.check_repository()?;
    let base = git.merge_base(reference)?;
    let name = name.to_string_lossy();
    let mut text = git.show(&format!("{base}:./{name}"))?;
    if text.is_none()
        && let Some(before) = git.moved_from(&base, &name)?
    {
        anstream::eprintln!("{shown} was {before} where this branch left {reference}");
        text = git.show(&format!("{base}:{before}"))?;
    }
    let Some(text) = text else {
        anstream::eprintln!(
            "{shown} is not in the commit {base}, where this branch left {reference}"
        );
        return Ok(None);
    };
    Document::parse(&text).map(Some).map_err(|error| {
        Failure::new(format!("{shown} in the commit {base} is no contract: {error}"))
    })
}

struct Git<'p> {
    folder: &'p Path,
}

impl Git<'_> {
    fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new("git");
        command.arg("-C").arg::<&OsStr>(self.folder.as_ref()).args(args);
        command.stdin(Stdio::null());
        command
    }

    fn output(&self, args: &[&str]) -> Result<Output, Failure> {
        self.command(args).output().map_err(|error| {
            Failure::new(format!("git can't be run, which --against-git needs: {error}"))
        })
    }

    /// The first line of the answer, or git's error.
    fn ask(&self, args: &[&str]) -> Result<Result<String, String>, Failure> {
        let output = self.output(args)?;
        let first = |bytes: &[u8]| {
            let text = String::from_utf8_lossy(bytes);
            text.lines().next().unwrap_or_default().trim().to_owned()
        };
        let is_fine = output.status.success();
        Ok(if is_fine { Ok(first(&output.stdout)) } else { Err(first(&output.stderr)) })
    }

    fn check_repository(&self) -> Result<(), Failure> {
        let answer = self.ask(&["rev-parse", "--git-dir"])?;
        answer.map(drop).map_err(|message| {
            let folder = self.folder.display();
            Failure::new(format!(
                "{folder} is in no git repository that can be read ({message}): run the command in a \
                 checkout, or compare two files with `wirebond diff OLD NEW`"
            ))
        })
    }

    fn merge_base(&self, reference: &str) -> Result<String, Failure> {
        for (name, what) in [(reference, "fetch it first"), ("HEAD", "commit something first")] {
            let commit = format!("{name}^{{commit}}");
            let args = ["rev-parse", "--verify", "--quiet", "--end-of-options", &commit];
            if self.ask(&args)?.is_err() {
                let fetch = match name.split_once('/') {
                    Some((remote, branch)) => format!(" (`git fetch {remote} {branch}`)"),
                    None => String::new(),
                };
                return Err(Failure::new(format!(
                    "git knows no commit {name:?}: {what}{fetch}{}",
                    self.shallow_hint()?
                )));
            }
        }
        let args = ["merge-base", "--end-of-options", "HEAD", reference];
        self.ask(&args)?.map_err(|_| {
            let hint = self.shallow_hint().unwrap_or_default();
            Failure::new(format!("HEAD and {reference:?} have no commit in common{hint}"))
        })
    }

    /// What to do if the history was cut off.
    fn shallow_hint(&self) -> Result<&'static str, Failure> {
        let answer = self.ask(&["rev-parse", "--is-shallow-repository"])?;
        Ok(match answer.as_deref() {
            Ok("true") => {
                "; the clone is shallow, so that its history may be cut off: get it whole with \
                 `git fetch --unshallow` (in GitHub Actions: `fetch-depth: 0` for actions/checkout)"
            }
            _ => "",
        })
    }

    /// Where a file of this folder was in a commit, by git's own guess, from the top of the repository.
    fn moved_from(&self, base: &str, name: &str) -> Result<Option<String>, Failure> {
        let prefix = self.ask(&["rev-parse", "--show-prefix"])?.unwrap_or_default();
        let args = [
            "diff",
            "--name-status",
            "-z",
            "--find-renames",
            "--diff-filter=R",
            "--end-of-options",
            base,
        ];
        let output = self.output(&args)?;
        let text = String::from_utf8_lossy(&output.stdout);
        // A letter and how alike they are, the name before, the name after.
        let fields: Vec<&str> = text.split('\0').collect();
        let here = format!("{prefix}{name}");
        let found = fields.chunks_exact(3).find(|fields| fields[2] == here);
        Ok(found.map(|fields| fields[1].to_owned()))
    }

    /// A file in a commit, at most one byte more than a contract may have; `None` if it isn't there.
    fn show(&self, object: &str) -> Result<Option<String>, Failure> {
        if self.ask(&["cat-file", "-e", object])?.is_err() {
            return Ok(None);
        }
        let fail =
            |error: std::io::Error| Failure::new(format!("git show {object} failed: {error}"));
        let mut command = self.command(&["show", "--end-of-options", object]);
        let mut child =
            command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().map_err(fail)?;
        let mut bytes = Vec::new();
        if let Some(stdout) = child.stdout.take() {
            stdout.take(Document::MOST as u64 + 1).read_to_end(&mut bytes).map_err(fail)?;
        }
        // It may still be writing output that nobody reads.
        let _ = child.kill();
        child.wait().map_err(fail)?;
        String::from_utf8(bytes)
            .map(Some)
            .map_err(|_| Failure::new(format!("{object} is no contract: it is not UTF-8 text")))
    }
}
