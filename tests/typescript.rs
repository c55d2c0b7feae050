//! Generated TypeScript, compiled by its compiler and run against the chat example's server: in Node,
//! and in a browser. What is generated is committed; `schema/tests/typescript.rs` keeps it up to date.
#![cfg(feature = "client")]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
    sync::{LazyLock, mpsc},
    thread,
    time::Duration,
};

/// Nothing here takes longer, however busy the machine is.
const LIMIT: Duration = Duration::from_secs(240);

/// Where CI wants failures rather than tests that are left out.
const NO_SKIP: &str = "WIREBOND_NO_SKIP";

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/typescript")
}

/// Says why a test is left out.
fn skip(why: &str) {
    assert!(env::var_os(NO_SKIP).is_none(), "{NO_SKIP} is set, and {why}");
    eprintln!("skipped: {why}");
}

fn program(name: &str) -> Option<PathBuf> {
    let name = format!("{name}{}", env::consts::EXE_SUFFIX);
    env::split_paths(&env::var_os("PATH")?).map(|dir| dir.join(&name)).find(|path| path.is_file())
}

/// Node, if it and the packages are there.
fn node() -> Option<PathBuf> {
    let Some(node) = program("node") else {
        skip("there is no node");
        return None;
    };
    if !folder().join("node_modules/.package-lock.json").exists() {
        skip("its packages are not installed: npm ci --prefix tests/typescript");
        return None;
    }
    Some(node)
}

/// Runs to the end, or fails.
fn output(command: &mut Command) -> Output {
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let child = command.spawn().unwrap();
    let id = child.id();
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || sender.send(child.wait_with_output()));
    let ended = receiver.recv_timeout(LIMIT);
    let Ok(output) = ended else { panic!("{command:?} (process {id}) did not end in {LIMIT:?}") };
    output.unwrap()
}

/// The compiler's exit and what it said.
fn tsc(project: &Path) -> (bool, String) {
    let compiler = folder().join("node_modules/typescript/bin/tsc");
    let mut command = Command::new(program("node").unwrap());
    let output = output(command.arg(compiler).arg("--pretty").arg("false").arg("-p").arg(project));
    let errors = String::from_utf8(output.stderr).unwrap();
    assert_eq!(errors, "");
    (output.status.success(), String::from_utf8(output.stdout).unwrap())
}

/// Compiles once: with Node's types and without a page's, then the other way round.
fn compile() {
    static COMPILED: LazyLock<Vec<(bool, String)>> = LazyLock::new(|| {
        ["tsconfig.json", "tsconfig.dom.json"].map(|name| tsc(&folder().join(name))).to_vec()
    });
    for (is_well, words) in COMPILED.iter() {
        assert!(*is_well, "{words}");
    }
}

/// Runs a compiled script to its end.
fn run(node: &Path, script: &str, more: &[&Path], wanted: &[&str]) {
    compile();
    let mut chat = env::current_exe().unwrap();
    chat.pop();
    chat.pop();
    let chat = chat.join("examples").join(format!("chat{}", env::consts::EXE_SUFFIX));
    assert!(chat.exists(), "{} is not built: run `cargo build --examples`", chat.display());
    let script = folder().join("build/tests/typescript").join(script);
    let output = output(Command::new(node).arg(script).arg(chat).args(more));
    let text = String::from_utf8(output.stdout).unwrap();
    let errors = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success(), "{}\n{text}\n{errors}", output.status);
    assert_eq!(errors, "");
    let lines: Vec<_> = text.lines().collect();
    assert_eq!(lines, wanted);
}

#[test]
fn right_uses_compile() {
    if node().is_some() {
        compile();
    }
}

/// The lines after `// @ts-expect-error TS…`, and these codes.
fn expected(text: &str) -> Vec<(usize, String)> {
    let directive = |line: &str| line.strip_prefix("// @ts-expect-error ").map(str::to_owned);
    text.lines().zip(2..).filter_map(|(line, next)| Some((next, directive(line)?))).collect()
}

#[test]
fn each_wrong_use_is_refused_where_it_stands_and_for_its_own_reason() {
    if node().is_none() {
        return;
    }
    let text = fs::read_to_string(folder().join("wrong.ts")).unwrap();
    let wanted = expected(&text);
    assert!(wanted.len() > 25, "{wanted:?}");
    assert_eq!(wanted.len(), text.matches("@ts-").count(), "each directive says its code");
    let bare = text
        .replace("@ts-expect-error", "to be refused with")
        .replace("\"../../", "\"../../../../");
    let build = folder().join("build/wrong");
    fs::create_dir_all(&build).unwrap();
    fs::write(build.join("wrong.ts"), bare).unwrap();
    let settings = r#"{ "extends": "../../tsconfig.json", "files": ["wrong.ts"],
        "compilerOptions": { "noEmit": true } }"#;
    fs::write(build.join("tsconfig.json"), settings).unwrap();
    let (is_well, words) = tsc(&build);
    assert!(!is_well);
    // file(line,column): error TS1234: words; what belongs to it is indented.
    let told: Vec<(usize, String)> = words
        .lines()
        .filter(|line| !line.starts_with(' '))
        .map(|line| {
            let (place, rest) = line.split_once("): error ").unwrap();
            let line = place.rsplit_once('(').unwrap().1.split(',').next().unwrap();
            (line.parse().unwrap(), rest.split(':').next().unwrap().to_owned())
        })
        .collect();
    assert_eq!(told, wanted, "{words}");
}

const CHAT: [&str; 6] = ["ok talk", "ok comeBack", "ok giveUp", "ok beat", "ok miss", "all passed"];

#[test]
fn the_client_works_in_node() {
    let Some(node) = node() else { return };
    let bare = [
        "ok wireForm",
        "ok strangeFrames",
        "ok heartbeats",
        "ok handlers",
        "ok lateOpen",
        "ok shadows",
        "ok wakes",
        "ok closeCodes",
        "ok freshUrls",
        "ok flapping",
        "ok queue",
        "ok states",
        "ok deadlines",
        "ok badSettings",
        "ok delays",
        "ok hopeless",
    ];
    run(&node, "node.js", &[], &[&bare[..], &CHAT].concat());
}

#[test]
fn the_client_works_in_a_browser() {
    let Some(node) = node() else { return };
    let Some(browser) = program("chromium") else {
        skip("there is no chromium");
        return;
    };
    run(&node, "browser.js", &[&browser], &CHAT);
}
