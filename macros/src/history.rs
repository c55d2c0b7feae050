//! `#[contract(history = "…")]`: the folder of older contracts, of which the server has each embedded.

use std::{fs, io, path::Path};

use syn::LitStr;

use crate::attr::Errors;

/// How many files a folder may have. `assert_contract!` has the same bound.
const MOST: usize = 1_000;

/// The files of older contracts, as paths from the folder of the crate's manifest.
pub(crate) struct History {
    pub(crate) files: Vec<String>,
}

impl History {
    /// Lists the contracts in a folder. One that isn't there has none: no other version was released yet.
    pub(crate) fn of(folder: &LitStr, errors: &mut Errors) -> Option<Self> {
        let name = folder.value();
        let name = name.trim_end_matches('/');
        if name.is_empty() || Path::new(name).is_absolute() {
            let text =
                "`history` is a folder beside this crate's Cargo.toml, such as \"contracts\"";
            errors.push(folder.span(), text);
            return None;
        }
        let root = std::env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default();
        match files(&Path::new(&root).join(name)) {
            Ok(files) if files.len() > MOST => {
                let text = format!("{name} has more than {MOST} contracts: remove the oldest");
                errors.push(folder.span(), text);
            }
            Ok(files) => {
                let files = files.into_iter().map(|file| format!("{name}/{file}")).collect();
                return Some(Self { files });
            }
            Err(error) => {
                errors.push(folder.span(), format!("the folder {name} can't be read: {error}"));
            }
        }
        None
    }
}

/// The names of its JSON files, sorted.
fn files(folder: &Path) -> io::Result<Vec<String>> {
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries?,
    };
    let mut names = Vec::new();
    for entry in entries {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "json") {
            names.extend(path.file_name().and_then(|name| name.to_str()).map(str::to_owned));
        }
    }
    names.sort();
    Ok(names)
}
