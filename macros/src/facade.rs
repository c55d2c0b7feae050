//! How the crate that is being compiled reaches wirebond: by its own name, or by another that its
//! manifest gives it.

use std::{
    env, fs,
    path::{Path, PathBuf},
};

/// The package that generated code needs.
const PACKAGE: &str = "wirebond";

/// The contents of a manifest.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Facade {
    /// `::wirebond`, or nothing to the contrary is known.
    Plain,
    /// `wb = { package = "wirebond", … }`.
    Renamed(String),
    /// The manifest doesn't mention it: some other crate re-exports it.
    Absent,
}

/// Asks the manifest of the crate that is being compiled. Other build systems than Cargo have none.
pub(crate) fn find() -> Facade {
    let Some(path) = manifest() else { return Facade::Plain };
    let Ok(text) = fs::read_to_string(&path) else { return Facade::Plain };
    facade(&text, || workspace(&path))
}

fn manifest() -> Option<PathBuf> {
    if let Some(path) = env::var_os("CARGO_MANIFEST_PATH") {
        // A script keeps its manifest in its first lines.
        return Some(PathBuf::from(path)).filter(|path| path.ends_with("Cargo.toml"));
    }
    Some(Path::new(&env::var_os("CARGO_MANIFEST_DIR")?).join("Cargo.toml"))
}

/// The manifest of the workspace that a member belongs to.
fn workspace(member: &Path) -> Option<String> {
    let manifests = member.ancestors().skip(1).map(|folder| folder.join("Cargo.toml"));
    let mut texts = manifests.filter_map(|path| fs::read_to_string(path).ok());
    texts.find(|text| text.lines().any(|line| line.trim_start().starts_with("[workspace")))
}

fn facade(manifest: &str, workspace: impl FnOnce() -> Option<String>) -> Facade {
    let mut found = dependencies(manifest, false);
    if found.iter().any(|dependency| dependency.is_inherited) {
        let Some(workspace) = workspace() else { return Facade::Plain };
        let shared = dependencies(&workspace, true);
        for dependency in found.iter_mut().filter(|dependency| dependency.is_inherited) {
            if let Some(shared) = shared.iter().find(|shared| shared.name == dependency.name) {
                dependency.package = shared.package.clone();
            }
        }
    }
    let package = |of: &Dependency| of.package.clone().unwrap_or_else(|| of.name.clone());
    found.retain(|dependency| package(dependency) == PACKAGE);
    match found.first() {
        _ if found.iter().any(|dependency| dependency.name == PACKAGE) => Facade::Plain,
        Some(renamed) => Facade::Renamed(renamed.name.replace('-', "_")),
        None if manifest.contains(PACKAGE) => Facade::Plain,
        None => Facade::Absent,
    }
}

#[derive(Debug)]
struct Dependency {
    name: String,
    package: Option<String>,
    is_inherited: bool,
}

/// The dependencies in a manifest, or those that a workspace shares.
///
/// Not all of TOML: what isn't understood is passed by.
fn dependencies(manifest: &str, of_workspace: bool) -> Vec<Dependency> {
    let mut found: Vec<Dependency> = Vec::new();
    let mut table = Vec::new();
    for line in manifest.lines().map(str::trim) {
        if let Some(header) = line.strip_prefix('[') {
            table = keys(header.split(']').next().unwrap_or_default());
            // `[target.'cfg(unix)'.dependencies]`: the bracket of an array of tables is no matter.
            continue;
        }
        let Some((key, value)) = line.split_once('=') else { continue };
        let mut path = table.clone();
        path.extend(keys(key));
        let Some(at) = path.iter().position(|key| key.ends_with("dependencies")) else { continue };
        let Some(name) = path.get(at + 1) else { continue };
        if of_workspace != (path[0] == "workspace") {
            continue;
        }
        let place = found.iter().position(|dependency| dependency.name == *name);
        let place = place.unwrap_or_else(|| {
            found.push(Dependency { name: name.clone(), package: None, is_inherited: false });
            found.len() - 1
        });
        let dependency = &mut found[place];
        let settings = match path.get(at + 2) {
            Some(key) => vec![(key.clone(), value.trim())],
            None => inline_table(value),
        };
        for (key, value) in settings {
            match &*key {
                "package" => dependency.package = text(value),
                "workspace" => dependency.is_inherited = value.starts_with("true"),
                _ => {}
            }
        }
    }
    found
}

/// `a."b".c` as its parts.
fn keys(path: &str) -> Vec<String> {
    let mut parts = vec![String::new()];
    let mut quote = None;
    for letter in path.chars() {
        match (letter, quote) {
            (letter, Some(open)) if letter == open => quote = None,
            ('"' | '\'', None) => quote = Some(letter),
            ('.', None) => parts.push(String::new()),
            (' ' | '\t' | '[' | ']', None) => {}
            (letter, _) => parts.iter_mut().last().into_iter().for_each(|part| part.push(letter)),
        }
    }
    parts
}

/// The settings in `{ a = "x", b = true }`. Those in a nested list are cut in pieces, which no one
/// asks for.
fn inline_table(value: &str) -> Vec<(String, &str)> {
    let inside = value.trim().strip_prefix('{').unwrap_or_default();
    let settings = inside.split(',').filter_map(|setting| setting.split_once('='));
    settings.map(|(key, value)| (key.trim().to_owned(), value.trim())).collect()
}

/// The text of a string that a value begins with.
fn text(value: &str) -> Option<String> {
    let quote = value.chars().next().filter(|letter| "\"'".contains(*letter))?;
    value[1..].split(quote).next().map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(manifest: &str) -> Facade {
        facade(manifest, || None)
    }

    fn renamed(name: &str) -> Facade {
        Facade::Renamed(name.to_owned())
    }

    #[test]
    fn field_b16_a_renamed_dependency_is_found_in_every_form_that_manifests_have() {
        for manifest in [
            "[dependencies]\nwb = { package = \"wirebond\", version = \"1\" }",
            "[dependencies]\nwb = { version = \"1\", features = [\"a\", \"b\"], package='wirebond' }",
            "[dependencies.wb]\nversion = \"1\"\npackage = \"wirebond\" # ours",
            "[dependencies]\nwb.path = \"../x\"\nwb.package = \"wirebond\"",
            "[dependencies]\n\"wb\" = {package=\"wirebond\"}",
            "[dev-dependencies]\nwb = { package = \"wirebond\" }",
            "[target.'cfg(unix)'.dependencies]\nwb = { package = \"wirebond\" }",
            "[target.\"cfg(not(target_os = \\\"x\\\"))\".dependencies.wb]\npackage = \"wirebond\"",
            "[package]\nname = \"x\"\n\n[dependencies]\nserde = \"1\"\nwb = { package = \"wirebond\" }\n[lib]\n",
        ] {
            assert_eq!(of(manifest), renamed("wb"), "{manifest}");
        }
        let dashed = "[dependencies]\nmy-wire = { package = \"wirebond\" }";
        assert_eq!(of(dashed), renamed("my_wire"));
    }

    #[test]
    fn field_b16_its_own_name_comes_first_and_doubt_changes_nothing() {
        for manifest in [
            "[dependencies]\nwirebond = \"1\"",
            "[dependencies]\nwirebond.workspace = true",
            "[dependencies.wirebond]\npath = \"x\"",
            "[dependencies]\nwb = { package = \"wirebond\" }\n[dev-dependencies]\nwirebond = \"1\"",
            "[package]\nname = \"wirebond\"",
            "[dependencies]\nother.workspace = true",
            "[dependencies]\nx = { git = \"https://example.org/wirebond\" }",
        ] {
            assert_eq!(of(manifest), Facade::Plain, "{manifest}");
        }
        assert_eq!(of("[dependencies]\nserde = \"1\""), Facade::Absent);
    }

    #[test]
    fn field_b16_a_workspace_renames_for_its_members() {
        let root = "[workspace]\n[workspace.dependencies]\nwb = { package = \"wirebond\" }\n";
        for member in ["wb.workspace = true", "wb = { workspace = true, features = [] }"] {
            let member = format!("[dependencies]\n{member}");
            assert_eq!(facade(&member, || Some(root.to_owned())), renamed("wb"), "{member}");
        }
        let member = "[dependencies]\nserde.workspace = true";
        assert_eq!(facade(member, || Some(root.to_owned())), Facade::Absent);
        // What the root shares is nobody's until it is inherited.
        assert_eq!(facade(root, || None), Facade::Plain);
    }
}
