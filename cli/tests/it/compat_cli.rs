//! `wirebond diff` as a command: exit codes, outputs, and the baseline from git.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Output},
};

use serde_json::Value;

const OLD: &str = include_str!("../../../tests/contract/shop.json");

/// A change that breaks old clients: a person's name may be missing.
fn breaking() -> String {
    let new = OLD.replace(r#""required": ["id", "name"]"#, r#""required": ["id"]"#);
    assert_ne!(new, OLD);
    new
}

/// An empty folder of a test's own.
fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("compat_cli").join(name);
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    folder
}

fn wirebond(folder: &Path, args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_wirebond"))
        .arg("diff")
        .args(args)
        .current_dir(folder)
        .env_remove("NO_COLOR")
        .env_remove("CLICOLOR_FORCE")
        .output()
        .unwrap()
}

/// The exit code and all that was written.
fn run(folder: &Path, args: &[&str]) -> (i32, String) {
    let output = wirebond(folder, args);
    let text = [output.stdout, output.stderr].concat();
    (output.status.code().unwrap(), String::from_utf8(text).unwrap())
}

#[test]
fn the_exit_code_is_the_verdict() {
    let folder = folder("exit");
    fs::write(folder.join("old.json"), OLD).unwrap();
    fs::write(folder.join("new.json"), breaking()).unwrap();
    fs::write(
        folder.join("odd.json"),
        OLD.replace(r#""title": "Shop""#, r#""title": "Shop", "x": 1"#),
    )
    .unwrap();
    let (code, text) = run(&folder, &["old.json", "old.json"]);
    assert_eq!(
        (code, text.as_str()),
        (0, "compatible: Shop 1.2.0 → 1.2.0, server-first: no changes\n")
    );
    let (code, text) = run(&folder, &["old.json", "new.json"]);
    assert_eq!(code, 1, "{text}");
    assert!(
        text.starts_with("chat\n  breaking  field-became-optional  $.data.user.name"),
        "{text}"
    );
    assert!(!text.contains('\u{1b}'), "colours in a pipe: {text:?}");
    assert_eq!(run(&folder, &["old.json", "odd.json"]).0, 2);
    let allow = ["--allow", "field-became-optional:chat.data.user.name"];
    let (code, text) = run(&folder, &[&["old.json", "new.json"], &allow[..]].concat());
    assert_eq!(code, 0, "{text}");
    assert!(text.contains("allowed"), "{text}");
    let (code, text) = run(&folder, &[&["old.json", "old.json"], &allow[..]].concat());
    assert_eq!(code, 0);
    assert!(text.contains("field-became-optional:chat.data.user.name matches no change"), "{text}");
}

#[test]
fn colours_come_where_they_are_forced_and_never_with_no_color() {
    let folder = folder("colours");
    fs::write(folder.join("old.json"), OLD).unwrap();
    fs::write(folder.join("new.json"), breaking()).unwrap();
    let with = |variables: &[(&str, &str)]| {
        let output = Command::new(env!("CARGO_BIN_EXE_wirebond"))
            .args(["diff", "old.json", "new.json"])
            .current_dir(&folder)
            .env_remove("NO_COLOR")
            .env_remove("CLICOLOR_FORCE")
            .envs(variables.iter().copied())
            .output()
            .unwrap();
        String::from_utf8(output.stdout).unwrap()
    };
    assert!(with(&[("CLICOLOR_FORCE", "1")]).contains("\u{1b}["));
    assert!(!with(&[("NO_COLOR", "1")]).contains('\u{1b}'));
    assert!(!with(&[]).contains('\u{1b}'));
}

#[test]
fn other_formats_are_for_programs() {
    let folder = folder("formats");
    fs::write(folder.join("old.json"), OLD).unwrap();
    fs::write(folder.join("new,1.json"), breaking()).unwrap();
    let (code, text) = run(&folder, &["old.json", "new,1.json", "--format", "json"]);
    let json: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(
        (code, &json["verdict"], &json["rollout"]),
        (1, &"breaking".into(), &"server-first".into())
    );
    let (code, text) = run(&folder, &["old.json", "new,1.json", "--format", "github"]);
    assert_eq!(code, 1);
    let first = text.lines().next().unwrap();
    let start =
        "::error file=new%2C1.json,title=breaking%3A field-became-optional::chat.data.user.name";
    assert!(first.starts_with(start), "{first}");
    let (code, text) =
        run(&folder, &["old.json", "new,1.json", "--rollout", "client-first", "--format", "json"]);
    let json: Value = serde_json::from_str(&text).unwrap();
    assert_eq!((code, &json["rollout"]), (1, &"client-first".into()));
}

#[test]
fn what_cannot_be_read_is_named() {
    let folder = folder("unreadable");
    fs::write(folder.join("old.json"), OLD).unwrap();
    fs::write(folder.join("cut.json"), &OLD[..500]).unwrap();
    let odd = OLD.replace("urn:wirebond:shop:1.2.0", "urn:wirebond:shop:1.2");
    fs::write(folder.join("odd.json"), odd).unwrap();
    for (args, expected) in [
        (&["old.json", "odd.json"][..], "odd.json is no contract: the version"),
        (&["old.json"], "<NEW>"),
        (&["old.json", "gone.json"], "gone.json can't be read"),
        (&["old.json", "cut.json"], "cut.json is no contract: "),
        (&["old.json", "old.json", "--allow", "x:y"], "there is no rule \"x\""),
        (&["old.json", "old.json", "--rollout", "never"], "any-order"),
    ] {
        let (code, text) = run(&folder, args);
        assert_eq!(code, 2, "{args:?}: {text}");
        assert!(text.contains(expected), "{args:?}: {text}");
    }
}

fn git(folder: &Path, args: &[&str]) -> bool {
    Command::new("git")
        .args(["-c", "user.name=T", "-c", "user.email=t@example.org", "-c", "commit.gpgsign=false"])
        .args(args)
        .current_dir(folder)
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .output()
        .is_ok_and(|output| output.status.success())
}

fn commit(folder: &Path, text: &str) {
    fs::write(folder.join("api/contract.json"), text).unwrap();
    assert!(git(folder, &["add", "-A"]) && git(folder, &["commit", "-qm", "Change"]));
}

/// A repository where the branch `work` left `main` before `main` changed the contract itself.
fn repository(name: &str) -> Option<PathBuf> {
    let folder = folder(name);
    if !git(&folder, &["init", "-q", "-b", "main"]) {
        println!("skipped: git is missing");
        return None;
    }
    fs::create_dir(folder.join("api")).unwrap();
    commit(&folder, OLD);
    assert!(git(&folder, &["checkout", "-qb", "work"]));
    fs::write(folder.join("other"), "x").unwrap();
    assert!(git(&folder, &["add", "-A"]) && git(&folder, &["commit", "-qm", "Other"]));
    assert!(git(&folder, &["checkout", "-q", "main"]));
    commit(&folder, &breaking());
    assert!(git(&folder, &["checkout", "-q", "work"]));
    Some(folder)
}

#[test]
fn the_baseline_is_the_merge_base() {
    let Some(folder) = repository("base") else { return };
    // What `main` changed since is not this branch's doing.
    let (code, text) = run(&folder, &["--against-git", "main", "api/contract.json"]);
    assert_eq!(code, 0, "{text}");
    fs::write(folder.join("api/contract.json"), breaking()).unwrap();
    let (code, text) = run(&folder, &["--against-git", "main", "api/contract.json"]);
    assert_eq!(code, 1, "{text}");
    // From another folder, and by a path from the root.
    let (code, text) = run(&folder.join("api"), &["--against-git", "main", "contract.json"]);
    assert_eq!(code, 1, "{text}");
    let path = folder.join("api/contract.json");
    let (code, text) =
        run(&std::env::temp_dir(), &["--against-git", "main", path.to_str().unwrap()]);
    assert_eq!(code, 1, "{text}");
}

#[test]
fn each_mistake_with_git_says_what_to_do() {
    let Some(folder) = repository("mistakes") else { return };
    let (code, text) = run(&folder, &["--against-git", "origin/main", "api/contract.json"]);
    assert_eq!(code, 2);
    assert!(text.contains("\"origin/main\"") && text.contains("git fetch origin main"), "{text}");
    let (code, text) = run(&folder, &["--against-git", "--help-me", "api/contract.json"]);
    assert_eq!(code, 2, "{text}");
    fs::copy(folder.join("api/contract.json"), folder.join("api/added.json")).unwrap();
    // A copy has nothing before it: the original is still there.
    let (code, text) = run(&folder, &["--against-git", "main", "api/added.json"]);
    assert_eq!(code, 0);
    assert!(text.contains("api/added.json is not in the commit"), "{text}");
    let (code, text) = run(&folder, &["--against-git", "main", "api/none.json"]);
    assert_eq!(code, 2);
    assert!(text.contains("api/none.json can't be read"), "{text}");
    assert!(git(&folder, &["checkout", "-q", "--orphan", "apart"]));
    commit(&folder, OLD);
    let (code, text) = run(&folder, &["--against-git", "main", "api/contract.json"]);
    assert_eq!(code, 2);
    assert!(text.contains("have no commit in common"), "{text}");
}

#[test]
fn a_shallow_clone_learns_how_to_get_its_history() {
    let Some(folder) = repository("deep") else { return };
    let shallow = folder.with_file_name("shallow");
    let _ = fs::remove_dir_all(&shallow);
    let url = format!("file://{}", folder.display());
    let target = shallow.to_str().unwrap();
    assert!(git(&folder, &["clone", "-q", "--depth", "1", "--no-single-branch", &url, target]));
    let (code, text) = run(&shallow, &["--against-git", "origin/main", "api/contract.json"]);
    assert_eq!(code, 2);
    assert!(text.contains("git fetch --unshallow") && text.contains("fetch-depth: 0"), "{text}");
}

#[test]
fn outside_a_repository_two_files_are_asked_for() {
    let folder = std::env::temp_dir().join(format!("wirebond-diff-{}", std::process::id()));
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join("contract.json"), OLD).unwrap();
    let (code, text) = run(&folder, &["--against-git", "main", "contract.json"]);
    fs::remove_dir_all(&folder).unwrap();
    assert_eq!(code, 2);
    assert!(text.contains("wirebond diff OLD NEW"), "{text}");
}

#[test]
fn field_d5_a_new_contract_is_compatible_with_nothing_there_before() {
    let new = "compatible: Shop 1.2.0 is new: there is no contract before it\n";
    let folder = folder("first");
    fs::write(folder.join("new.json"), OLD).unwrap();
    assert_eq!(run(&folder, &["/dev/null", "new.json"]), (0, new.to_owned()));
    let (code, text) = run(&folder, &["/dev/null", "new.json", "--format", "json"]);
    let json: Value = serde_json::from_str(&text).unwrap();
    assert_eq!((code, &json["verdict"], &json["old"]), (0, &"compatible".into(), &Value::Null));
    for format in ["github", "markdown"] {
        let (code, text) = run(&folder, &["/dev/null", "new.json", "--format", format]);
        assert!(code == 0 && text.contains("is new"), "{text}");
    }
    let (code, text) = run(&folder, &["/dev/null", "new.json", "--allow", "type-widened:*"]);
    assert!(code == 0 && text.contains("matches no change"), "{text}");
    // What is no contract, or a name that was mistyped, is still a failure.
    for (args, expected) in [
        (["/dev/null", "none.json"], "none.json can't be read"),
        (["none.json", "new.json"], "/dev/null"),
        (["new.json", "/dev/null"], "it is empty"),
    ] {
        let (code, text) = run(&folder, &args);
        assert!(code == 2 && text.contains(expected), "{text}");
    }
    let Some(folder) = repository("first-git") else { return };
    fs::copy(folder.join("api/contract.json"), folder.join("api/added.json")).unwrap();
    let (code, text) = run(&folder, &["--against-git", "main", "api/added.json"]);
    assert!(code == 0 && text.contains(new), "{text}");
    assert!(text.contains("api/added.json is not in the commit"), "{text}");
    // Moved and changed is not new.
    assert!(git(&folder, &["mv", "api/contract.json", "moved.json"]));
    fs::write(folder.join("moved.json"), breaking()).unwrap();
    let (code, text) = run(&folder, &["--against-git", "main", "moved.json"]);
    assert!(code == 1 && text.contains("moved.json was api/contract.json"), "{text}");
    // Nothing of it is there, and a contract without a commit before has none either.
    assert_eq!(run(&folder, &["--against-git", "origin/main", "moved.json"]).0, 2);
}

#[test]
fn field_d5_warnings_fail_where_they_are_asked_to() {
    let folder = folder("fail-on");
    fs::write(folder.join("old.json"), OLD).unwrap();
    fs::write(folder.join("shop.json"), OLD.replace("\"title\": \"Shop\"", "\"title\": \"Store\""))
        .unwrap();
    fs::write(folder.join("new.json"), breaking()).unwrap();
    for (new, level, code) in [
        ("old.json", "warning", 0),
        ("old.json", "breaking", 0),
        ("shop.json", "warning", 1),
        ("shop.json", "breaking", 0),
        ("new.json", "warning", 1),
        ("new.json", "breaking", 1),
    ] {
        let (found, text) = run(&folder, &["old.json", new, "--fail-on", level]);
        assert_eq!(found, code, "{new} {level}: {text}");
    }
    let (code, text) = run(&folder, &["old.json", "shop.json"]);
    assert!(code == 0 && text.contains("warning   contract-renamed  title"), "{text}");
    let allow = ["old.json", "shop.json", "--fail-on=warning", "--allow=contract-renamed:title"];
    assert_eq!(run(&folder, &allow).0, 0);
    let (code, text) = run(&folder, &["old.json", "shop.json", "--fail-on", "never"]);
    assert!(code == 2 && text.contains("breaking"), "{text}");
}
