//! Tests that call the compiler themselves: other editions, other names of the dependency, doctests.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::{Command, Output},
};

/// The facade that these tests were built with, or one of its like: the newest beside them.
fn facade() -> PathBuf {
    let beside = env::current_exe().unwrap();
    let files = fs::read_dir(beside.parent().unwrap()).unwrap().map(|file| file.unwrap().path());
    let facades = files.filter(|path| {
        let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        name.starts_with("libwirebond-") && path.extension().is_some_and(|kind| kind == "rlib")
    });
    facades.max_by_key(|path| fs::metadata(path).unwrap().modified().unwrap()).unwrap()
}

/// A folder of the test's own.
fn folder(test: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(test);
    fs::create_dir_all(&folder).unwrap();
    folder
}

/// Runs `rustc` or `rustdoc` on a crate that knows the facade as `name`, and whose manifest is in
/// `manifest`.
fn run(tool: &str, name: &str, manifest: &Path, arguments: &[&str]) -> Output {
    let facade = facade();
    let tool = env::var_os(tool.to_uppercase()).unwrap_or_else(|| tool.into());
    Command::new(tool)
        .arg("-L")
        .arg(format!("dependency={}", facade.parent().unwrap().display()))
        .arg("--extern")
        .arg(format!("{name}={}", facade.display()))
        .args(arguments)
        .env("CARGO_MANIFEST_DIR", manifest)
        .env_remove("CARGO_MANIFEST_PATH")
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap()
}

fn check(edition: &str, name: &str, manifest: &Path, source: &str) -> String {
    let out = folder("out");
    let out = out.to_str().unwrap();
    let kind = ["--crate-type=lib", "--emit=metadata", "--out-dir", out, "--edition", edition];
    let output = run("rustc", name, manifest, &[&kind[..], &[source]].concat());
    String::from_utf8(output.stderr).unwrap()
}

#[test]
fn field_b1_older_editions_are_served() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    // The newest compiles it in `hygiene.rs`.
    for edition in ["2018", "2021"] {
        let said = check(edition, "wirebond", root, "tests/it/hygiene/names.rs");
        assert_eq!(said, "", "edition {edition}");
    }
}

#[test]
fn field_b16_a_dependency_of_another_name_is_found_and_one_that_is_missing_is_explained() {
    let folder = folder("renamed");
    let source = folder.join("lib.rs");
    fs::write(&source, "#[derive(wb::Contract)]\npub enum App { Chat(u8), Leave }\n").unwrap();
    let said = |manifest: &str| {
        fs::write(folder.join("Cargo.toml"), manifest).unwrap();
        check("2024", "wb", &folder, source.to_str().unwrap())
    };

    assert_eq!(said("[dependencies]\nwb = { package = \"wirebond\", version = \"1\" }"), "");
    let missing = said("[dependencies]\nwb = \"1\"");
    assert!(missing.contains("#[contract(crate = \"::my_api::wirebond\")]"), "{missing}");
    assert!(missing.contains("due to 1 previous error"), "{missing}");
    fs::write(
        &source,
        "#[derive(wb::Contract)]\n#[contract(crate = \"::wb\")]\npub enum App { Chat(u8) }\n",
    )
    .unwrap();
    assert_eq!(said("[dependencies]\nwb = \"1\""), "");
}

#[test]
fn field_b13_an_example_on_a_variant_is_one_doctest() {
    let folder = folder("examples");
    let source = folder.join("lib.rs");
    let code = "
        #[derive(wirebond::Contract)]
        pub enum App {
            /// Words.
            ///
            /// ```
            /// assert_eq!(1 + 1, 2);
            /// ```
            ///
            ///     assert!(true); // by indentation
            Chat(u8),
            #[doc = concat!(\"```\\n\", \"assert!(true);\\n```\")]
            #[message(from = \"server\")]
            Shown(u8),
            /** ```
              * assert!(true);
              * ```
              */
            #[message(from = \"client\")]
            Leave,
        }";
    fs::write(&source, code).unwrap();
    let arguments = ["--test", "--edition=2024", source.to_str().unwrap(), "--test-args=--list"];
    let output = run("rustdoc", "wirebond", Path::new(env!("CARGO_MANIFEST_DIR")), &arguments);
    let listed = String::from_utf8(output.stdout).unwrap();
    let examples: Vec<_> = listed.lines().filter(|line| line.ends_with(": test")).collect();
    assert_eq!(examples.len(), 4, "{listed}");
    assert!(examples.iter().all(|example| example.contains("App::")), "{listed}");
}
