//! What the derive and the client cost at compile time: only on request, since it takes minutes.

use std::{
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
    process::Command,
    time::{Duration, Instant},
};

use super::Scale;
use crate::rounds::{Entry, Results, alternate};

pub const PLAIN: &str = "payloads alone";
pub const DERIVE: &str = "with the derive";
pub const SERDE: &str = "with serde's tagged enum";
pub const CLIENT: &str = "wirebond-client";
pub const FACADE: &str = "wirebond, with the derive and documents";
pub const RAW: &str = "tokio-tungstenite + serde_json";

const SIZES: [usize; 2] = [12, 200];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// Where crates are made and built: beside this program.
fn room() -> PathBuf {
    let program = std::env::current_exe().expect("this program's path");
    program.parent().expect("a folder").join("compile")
}

fn cargo(arguments: &[&str], folder: &Path) -> (Duration, String) {
    let began = Instant::now();
    let output = Command::new("cargo")
        .args(arguments)
        .current_dir(folder)
        .env("CARGO_TARGET_DIR", folder.join("target"))
        .env("CARGO_INCREMENTAL", "0")
        .env_remove("CARGO_BUILD_BUILD_DIR")
        .env_remove("RUSTFLAGS")
        .output()
        .expect("cargo");
    let errors = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "cargo {arguments:?} in {}:\n{errors}", folder.display());
    (began.elapsed(), errors)
}

/// Makes a crate of its own and returns its folder.
fn make(name: &str, dependencies: &str, code: &str) -> PathBuf {
    let folder = room().join(name);
    fs::create_dir_all(folder.join("src")).expect("a folder");
    let manifest = format!(
        "[package]\nname = \"{name}\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\n[workspace]\n\n\
         [dependencies]\n{dependencies}"
    );
    fs::write(folder.join("Cargo.toml"), manifest).expect("a file");
    fs::write(folder.join("src/lib.rs"), code).expect("a file");
    folder
}

/// So many payload types, and what `last` makes of them.
fn contract(size: usize, head: &str) -> String {
    let mut code =
        String::from("use schemars::JsonSchema;\nuse serde::{Deserialize, Serialize};\n");
    for number in 0..size {
        let _ = writeln!(
            code,
            "#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]\n\
             pub struct Payload{number} {{ pub id: u64, pub name: String, pub tags: Vec<String> }}"
        );
    }
    if !head.is_empty() {
        let _ = writeln!(code, "{head}\npub enum App {{");
        for number in 0..size {
            let _ = writeln!(code, "    Message{number}(Payload{number}),");
        }
        code.push_str("}\n");
    }
    code
}

fn derive(results: &mut Results, rounds: usize) {
    let dependencies = format!(
        "wirebond = {{ path = {:?}, default-features = false, features = [\"client\"] }}\n\
         schemars = \"1\"\nserde = {{ version = \"1\", features = [\"derive\"] }}\n",
        root().canonicalize().expect("the root")
    );
    for size in SIZES {
        let id = format!("compile/derive/{size}");
        let title = format!("Debug build of a crate with {size} messages, its dependencies built");
        results.table(&id, &title, "s", PLAIN);
        let heads = [
            (PLAIN, ""),
            (
                SERDE,
                "#[derive(Serialize, Deserialize)]\n#[serde(tag = \"type\", content = \"data\")]",
            ),
            (DERIVE, "#[derive(wirebond::Contract)]"),
        ];
        let entries = heads.into_iter().enumerate().map(|(place, (who, head))| {
            let folder =
                make(&format!("derive-{size}-{place}"), &dependencies, &contract(size, head));
            cargo(&["build"], &folder);
            let id = id.clone();
            let run = move || {
                let code = fs::read_to_string(folder.join("src/lib.rs")).expect("the code");
                fs::write(folder.join("src/lib.rs"), code + "\n").expect("a file");
                vec![(id.clone(), cargo(&["build"], &folder).0.as_secs_f64())]
            };
            Entry { who: who.to_owned(), run: Box::new(run) }
        });
        let entries = entries.collect();
        alternate(results, rounds, entries);
    }
}

fn clean(results: &mut Results, rounds: usize) {
    let facade = root().canonicalize().expect("the root");
    let client = facade.join("client");
    let choices = [
        (
            "without TLS",
            "default-features = false, features = [\"client\"]",
            "default-features = false",
            "features = []",
            "",
        ),
        (
            "TLS by rustls with ring and the platform's roots",
            "features = [\"tls\"]",
            "features = [\"tls\"]",
            "features = [\"rustls-tls-native-roots\"]",
            "rustls = { version = \"0.23\", default-features = false, features = [\"ring\"] }\n",
        ),
    ];
    for (place, (tls, whole, ours, theirs, more)) in choices.into_iter().enumerate() {
        let (time, count) = (format!("compile/clean/{place}"), format!("compile/crates/{place}"));
        results.table(&time, &format!("Clean debug build, {tls}"), "s", RAW);
        results.table(&count, &format!("Crates that it builds, {tls}"), "crates", RAW);
        let crates = [
            (FACADE, format!("wirebond = {{ path = {facade:?}, {whole} }}\n")),
            (CLIENT, format!("wirebond-client = {{ path = {client:?}, {ours} }}\n")),
            (
                RAW,
                format!(
                    "tokio-tungstenite = {{ version = \"0.30\", {theirs} }}\nserde_json = \"1\"\n\
                     serde = {{ version = \"1\", features = [\"derive\"] }}\n\
                     tokio = {{ version = \"1\", features = [\"macros\", \"rt\"] }}\n{more}"
                ),
            ),
        ];
        let entries = crates.into_iter().map(|(who, dependencies)| {
            let side = match who {
                FACADE => "facade",
                CLIENT => "client",
                _ => "raw",
            };
            let folder = make(&format!("clean-{place}-{side}"), &dependencies, "");
            cargo(&["fetch"], &folder);
            let (time, count) = (time.clone(), count.clone());
            let run = move || {
                // Not there before the first build.
                let _ = fs::remove_dir_all(folder.join("target"));
                let (took, text) = cargo(&["build"], &folder);
                let built =
                    text.lines().filter(|line| line.trim_start().starts_with("Compiling ")).count();
                // The crate itself is none of them.
                let built = (built - 1) as f64;
                vec![(time.clone(), took.as_secs_f64()), (count.clone(), built)]
            };
            Entry { who: who.to_owned(), run: Box::new(run) }
        });
        let entries = entries.collect();
        alternate(results, rounds, entries);
    }
}

pub fn run(results: &mut Results, scale: Scale) {
    derive(results, if scale.quick { 2 } else { 5 });
    clean(results, if scale.quick { 1 } else { 3 });
}
