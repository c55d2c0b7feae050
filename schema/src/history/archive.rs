//! A folder of older contracts, `VERSION.FINGERPRINT.json` each: the name shows whether a file is what it was.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use crate::document::Document;

/// How many files a folder may have.
const MOST: usize = 1_000;

/// A folder of older contracts.
pub(crate) struct Archive {
    folder: PathBuf,
}

impl Archive {
    pub(crate) fn at(folder: PathBuf) -> Self {
        Self { folder }
    }

    /// Keeps a contract that is about to be replaced by one of another version. `text` is its file.
    pub(crate) fn keep(&self, document: &Document, text: &str) -> Result<(), String> {
        let name = format!("{}.{}.json", document.version(), document.fingerprint());
        let path = self.folder.join(name);
        fs::create_dir_all(&self.folder)
            .and_then(|()| fs::write(&path, text))
            .map_err(|error| format!("{} can't be written: {error}", path.display()))
    }

    /// The contracts, by name. A folder that isn't there has none.
    ///
    /// Fails for a file that is none, and for one that is not the contract that its name says.
    pub(crate) fn read(&self) -> Result<Vec<Document>, String> {
        let shown = self.folder.display();
        let failed = |error: io::Error| format!("{shown} can't be read: {error}");
        let entries = match fs::read_dir(&self.folder) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(failed(error)),
        };
        let mut paths = Vec::new();
        for entry in entries {
            let path = entry.map_err(failed)?.path();
            paths.extend(path.extension().is_some_and(|kind| kind == "json").then_some(path));
        }
        if paths.len() > MOST {
            return Err(format!("{shown} has more than {MOST} contracts: remove the oldest"));
        }
        paths.sort();
        paths.iter().map(|path| read(path)).collect()
    }
}

fn read(path: &Path) -> Result<Document, String> {
    let shown = path.display();
    let text =
        fs::read_to_string(path).map_err(|error| format!("{shown} can't be read: {error}"))?;
    let document =
        Document::parse(&text).map_err(|error| format!("{shown} is no contract: {error}"))?;
    let expected = format!("{}.{}.json", document.version(), document.fingerprint());
    if path.file_name().is_some_and(|name| name == expected.as_str()) {
        return Ok(document);
    }
    Err(format!(
        "{shown} is not what it was: its contract would be called {expected}. An older contract never \
         changes; take the file back from version control"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHOP: &str = include_str!("../../../tests/contract/shop.json");

    #[test]
    fn a_contract_that_was_kept_is_read_again_and_may_not_change() {
        let folder = std::env::temp_dir().join(format!("wirebond-archive-{}", std::process::id()));
        let archive = Archive::at(folder.join("contracts"));
        assert!(archive.read().is_ok_and(|all| all.is_empty()), "there is no folder yet");
        let shop = Document::parse(SHOP).expect("a contract");
        archive.keep(&shop, &shop.to_json()).expect("written");
        fs::write(folder.join("contracts/README.md"), "notes").expect("written");
        assert_eq!(archive.read().expect("sound"), std::slice::from_ref(&shop));
        // What makes no difference to peers may change; what does, may not.
        let name = format!("contracts/{}.{}.json", shop.version(), shop.fingerprint());
        let described = SHOP.replace("\"description\": \"", "\"description\": \"Also: ");
        fs::write(folder.join(&name), described).expect("written");
        assert!(archive.read().is_ok());
        let changed = SHOP.replace(r#""required": ["id", "name"]"#, r#""required": ["id"]"#);
        fs::write(folder.join(&name), changed).expect("written");
        let error = archive.read().expect_err("changed");
        assert!(
            error.contains("is not what it was") && error.contains(&shop.version().to_owned()),
            "{error}"
        );
        fs::write(folder.join(&name), "{").expect("written");
        assert!(archive.read().expect_err("cut off").contains("is no contract"));
        fs::remove_dir_all(&folder).expect("removed");
    }
}
