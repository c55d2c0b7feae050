//! Generated TypeScript, compiled by its compiler and run against the chat example's server: in Node,
//! and in a browser. The worked example's is committed; `cli/tests/it/typescript.rs` keeps it up to date.
//! That of the other contracts is generated here.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::LazyLock,
};

use wirebond::schema::{
    Document,
    typescript::{Int64, Options, generate_with},
};

use crate::support::tools;

/// Where the sources and the packages are.
const FOLDER: &str = "tests/typescript";

/// Where Debian installs it.
pub(crate) const BROWSER: &str = "/usr/bin/chromium";

fn folder() -> PathBuf {
    tools::here(FOLDER)
}

/// Whether the compiler succeeded, and its output.
fn tsc(project: &Path) -> (bool, String) {
    let compiler = folder().join("node_modules/typescript/bin/tsc");
    let mut command = Command::new("node");
    command.arg(compiler).arg("--pretty").arg("false").arg("-p").arg(project);
    let output = command.stdin(Stdio::null()).output().unwrap();
    assert_eq!(String::from_utf8(output.stderr).unwrap(), "");
    (output.status.success(), String::from_utf8(output.stdout).unwrap())
}

/// Writes what the scripts import beside the worked example, once.
fn generated() {
    static GENERATED: LazyLock<()> = LazyLock::new(|| {
        let folder = folder().join("generated");
        fs::create_dir_all(&folder).unwrap();
        for (contract, int64, name) in [
            ("tests/contract/shop.json", Int64::Number, "shop"),
            ("tests/contract/shapes.json", Int64::Number, "shapes"),
            ("cli/tests/typescript/odd.json", Int64::Number, "odd"),
            ("cli/tests/typescript/calls.json", Int64::Number, "calls"),
            ("cli/tests/typescript/calls.json", Int64::BigInt, "calls_bigint"),
            ("cli/tests/typescript/wide.json", Int64::BigInt, "wide_bigint"),
            ("cli/tests/typescript/wide.json", Int64::String, "wide_string"),
            ("cli/tests/typescript/forms/exchange.json", Int64::Number, "exchange"),
            ("cli/tests/typescript/forms/feed.json", Int64::Number, "feed"),
            ("cli/tests/typescript/forms/gateway.json", Int64::Number, "gateway"),
            ("cli/tests/typescript/forms/home.json", Int64::Number, "home"),
            ("cli/tests/typescript/forms/home.json", Int64::BigInt, "home_bigint"),
            ("cli/tests/typescript/forms/mixed.json", Int64::Number, "mixed"),
            ("cli/tests/typescript/forms/rpc.json", Int64::Number, "rpc"),
            ("cli/tests/typescript/forms/studio.json", Int64::Number, "studio"),
        ] {
            let text = fs::read_to_string(tools::here(contract)).unwrap();
            let mut options = Options::default();
            options.int64 = int64;
            let code = generate_with(&Document::parse(&text).unwrap(), &options);
            fs::write(folder.join(format!("{name}.ts")), code.text).unwrap();
        }
    });
    LazyLock::force(&GENERATED);
}

/// Compiles once: with Node's types and without a page's, then the reverse.
fn compile() {
    static COMPILED: LazyLock<Vec<(bool, String)>> = LazyLock::new(|| {
        generated();
        ["tsconfig.json", "tsconfig.dom.json"].map(|name| tsc(&folder().join(name))).to_vec()
    });
    for (is_well, output) in COMPILED.iter() {
        assert!(*is_well, "{output}");
    }
}

/// Whether a test of the scripts can run.
pub(crate) fn has_node(test: &str) -> bool {
    tools::node(test, FOLDER)
}

/// A compiled script.
pub(crate) fn script(name: &str) -> PathBuf {
    compile();
    folder().join("build").join(FOLDER).join(name)
}

/// Runs a compiled script to its end. The script limits its own waits.
fn run(name: &str, more: &[&str], expected: &[&str]) {
    let chat = tools::example("chat");
    let text = tools::output(Command::new("node").arg(script(name)).arg(chat).args(more));
    let lines: Vec<_> = text.lines().collect();
    assert_eq!(lines, expected);
}

#[test]
fn right_uses_compile() {
    if tools::node("right uses of TypeScript", FOLDER) {
        compile();
    }
}

/// The lines after `// @ts-expect-error TS…`, and these codes.
fn expected_errors(text: &str) -> Vec<(usize, String)> {
    let directive = |line: &str| line.strip_prefix("// @ts-expect-error ").map(str::to_owned);
    text.lines().zip(2..).filter_map(|(line, next)| Some((next, directive(line)?))).collect()
}

#[test]
fn each_wrong_use_is_refused_where_it_stands_and_for_its_own_reason() {
    if !tools::node("wrong uses of TypeScript", FOLDER) {
        return;
    }
    generated();
    let text = fs::read_to_string(folder().join("wrong.ts")).unwrap();
    let expected = expected_errors(&text);
    assert!(expected.len() > 25, "{expected:?}");
    assert_eq!(expected.len(), text.matches("@ts-").count(), "each directive says its code");
    let bare = text
        .replace("@ts-expect-error", "to be refused with")
        .replace("\"../../", "\"../../../../")
        .replace("\"./generated/", "\"../../generated/");
    let build = folder().join("build/wrong");
    fs::create_dir_all(&build).unwrap();
    fs::write(build.join("wrong.ts"), bare).unwrap();
    let settings = r#"{ "extends": "../../tsconfig.json", "files": ["wrong.ts"],
        "compilerOptions": { "noEmit": true } }"#;
    fs::write(build.join("tsconfig.json"), settings).unwrap();
    let (is_well, output) = tsc(&build);
    assert!(!is_well);
    // file(line,column): error TS1234: message; details are indented.
    let reported: Vec<(usize, String)> = output
        .lines()
        .filter(|line| !line.starts_with(' '))
        .map(|line| {
            let (place, rest) = line.split_once("): error ").unwrap();
            let line = place.rsplit_once('(').unwrap().1.split(',').next().unwrap();
            (line.parse().unwrap(), rest.split(':').next().unwrap().to_owned())
        })
        .collect();
    assert_eq!(reported, expected, "{output}");
}

const CHAT: [&str; 5] = ["ok talk", "ok comeBack", "ok giveUp", "ok beat", "ok miss"];
/// Backends of other forms.
const WIRES: [&str; 4] = ["ok homeAssistant", "ok discord", "ok alpaca", "ok ethereum"];
const PASSED: [&str; 1] = ["all passed"];

#[test]
fn the_client_works_in_node() {
    if !tools::node("TypeScript in Node", FOLDER) {
        return;
    }
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
    run("node.js", &[], &[&bare[..], &CHAT, &PASSED].concat());
}

#[test]
fn the_client_works_in_a_browser() {
    let test = "TypeScript in a browser";
    if tools::node(test, FOLDER) && tools::has_program(test, BROWSER) {
        run("browser.js", &[BROWSER], &[&CHAT[..], &WIRES, &PASSED].concat());
    }
}

/// Runs the scenarios of `field.ts` with this prefix; each must report that it passed.
fn field(prefix: &str) {
    scenarios("field.ts", prefix);
}

fn scenarios(file: &str, prefix: &str) {
    if !tools::node(prefix, FOLDER) {
        return;
    }
    let text = fs::read_to_string(folder().join(file)).unwrap();
    let start = format!("async function {prefix}");
    let names = text.lines().filter(|line| line.starts_with(&start));
    let expected: Vec<_> = names
        .map(|line| line.split(['(', ' ']).nth(2).unwrap())
        .map(|name| format!("ok {name}"))
        .collect();
    assert!(!expected.is_empty());
    run("node.js", &[prefix], &expected.iter().map(String::as_str).collect::<Vec<_>>());
}

#[test]
fn each_state_of_a_call_ends_as_documented() {
    scenarios("calls.ts", "calls");
}

#[test]
fn openings_holds_heartbeats_and_close_rules_do_as_documented() {
    scenarios("running.ts", "running_");
}

#[test]
fn forms_of_other_backends_are_read_and_written_as_declared() {
    scenarios("forms.ts", "forms_");
}

#[test]
fn whole_protocols_of_other_backends_work_in_node() {
    if tools::node("other backends in Node", FOLDER) {
        run("wires_node.js", &[], &[&WIRES[..], &PASSED].concat());
    }
}

#[test]
fn sessions_follow_the_protocol() {
    scenarios("sessions.ts", "session_");
}

/// Also 10,000 messages each way over 100 cuts.
#[test]
fn sessions_lose_nothing_that_they_do_not_report() {
    scenarios("model.ts", "sessions_");
}

#[test]
fn field_c1_the_client_reports_what_may_be_lost() {
    field("field_c1");
}

#[test]
fn field_c2_the_client_shows_what_it_is_doing() {
    field("field_c2");
}

#[test]
fn field_c3_the_client_gets_through_outages() {
    field("field_c3");
}

#[test]
fn field_c4_bad_payloads_reach_no_handler() {
    field("field_c4");
}

#[test]
fn field_b17_wide_integers_keep_their_digits() {
    field("field_b17");
}

#[test]
fn field_c5_the_client_says_what_is_wrong() {
    field("field_c5");
}

#[test]
fn field_c4_the_page_s_recipe_for_ajv_is_the_one_that_is_run() {
    let read = |path: &str| fs::read_to_string(tools::here(path)).unwrap().replace("\r\n", "\n");
    let recipe = read("tests/typescript/recipe.ts");
    let code = recipe.split_once("\n\n").unwrap().1;
    let code = code.replace("../../examples/contract/contract.json", "./contract.json");
    assert!(read("docs/typescript.md").contains(&format!("```ts\n{code}```\n")));
}
