//! What the files of a crate import from each other.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

use super::tokens::tokens;

/// A module's path inside its crate; the root's is empty.
pub(crate) type Name = Vec<String>;

/// One file.
#[derive(Debug, Default)]
struct Module {
    /// What it imports, by the name that it has here.
    imports: BTreeMap<String, Name>,
    /// What it imports everything from.
    globs: Vec<Name>,
    /// Modules that stand inside the file.
    inline: BTreeSet<String>,
    /// Names of items.
    items: BTreeSet<String>,
    /// Every path that it writes, imports included.
    paths: Vec<Name>,
    /// Submodules that only exist for tests or the fuzzer.
    tests: Vec<String>,
}

/// The files of one crate, without those that only exist for tests or the fuzzer.
#[derive(Debug)]
pub(crate) struct Files(BTreeMap<Name, Module>);

impl Files {
    /// Reads the crate whose sources are in this folder.
    pub(crate) fn read(src: &Path) -> Self {
        let mut files = Vec::new();
        list(src, &mut files);
        let mut modules = BTreeMap::new();
        for file in files {
            let relative = file.strip_prefix(src).unwrap_or(&file).with_extension("");
            let mut name: Name =
                relative.iter().map(|part| part.to_string_lossy().into_owned()).collect();
            if matches!(name.last().map(String::as_str), Some("lib" | "main" | "mod")) {
                name.pop();
            }
            if name.first().is_some_and(|first| first == "bin") {
                continue;
            }
            let source = fs::read_to_string(&file).unwrap_or_default();
            modules.insert(name, Reader::read(&source));
        }
        let tests: Vec<Name> = modules
            .iter()
            .flat_map(|(name, module)| module.tests.iter().map(|test| child(name, test)))
            .collect();
        modules.retain(|name, _| !tests.iter().any(|test| name.starts_with(test)));
        Self(modules)
    }

    /// Which file imports from which.
    pub(crate) fn arrows(&self) -> BTreeSet<(Name, Name)> {
        let mut arrows = BTreeSet::new();
        for (from, module) in &self.0 {
            for path in &module.paths {
                if let Some(to) = self.resolve(from, path, 0).filter(|to| to != from) {
                    arrows.insert((from.clone(), to));
                }
            }
        }
        arrows
    }

    pub(crate) fn names(&self) -> impl Iterator<Item = &Name> {
        self.0.keys()
    }

    /// The file that defines what a path leads to; none if that is another crate.
    fn resolve(&self, from: &Name, path: &[String], depth: usize) -> Option<Name> {
        let (mut at, mut path) = (from.clone(), path);
        match path.first()?.as_str() {
            "crate" => (at, path) = (Name::new(), &path[1..]),
            "self" => path = &path[1..],
            "super" => {
                while path.first().is_some_and(|first| first == "super") {
                    at.pop();
                    path = &path[1..];
                }
            }
            first => {
                let module = self.0.get(from)?;
                let is_ours = self.0.contains_key(&child(from, first))
                    || module.imports.contains_key(first)
                    || module.inline.contains(first);
                if !is_ours {
                    return None;
                }
            }
        }
        while let Some(next) = path.first() {
            let below = child(&at, next);
            let module = self.0.get(&at)?;
            if self.0.contains_key(&below) {
                at = below;
            } else if let Some(import) = module.imports.get(next).filter(|_| depth < 16) {
                let path: Name = import.iter().chain(&path[1..]).cloned().collect();
                return self.resolve(&at, &path, depth + 1);
            } else if module.items.contains(next) {
                return Some(at);
            } else if !module.inline.contains(next) {
                return Some(self.behind_globs(&at, path, depth).unwrap_or(at));
            }
            path = &path[1..];
        }
        Some(at)
    }

    /// Looks for a name in what a module imports everything from.
    fn behind_globs(&self, at: &Name, path: &[String], depth: usize) -> Option<Name> {
        if depth >= 16 {
            return None;
        }
        self.0.get(at)?.globs.iter().find_map(|glob| {
            let module = self.resolve(at, glob, depth + 1).filter(|module| module != at)?;
            let there = self.0.get(&module)?;
            let first = path.first()?;
            let has = there.items.contains(first)
                || there.imports.contains_key(first)
                || self.0.contains_key(&child(&module, first));
            has.then(|| self.resolve(&module, &prefixed("self", path), depth + 1)).flatten()
        })
    }
}

fn prefixed(first: &str, path: &[String]) -> Name {
    [&[first.to_owned()], path].concat()
}

fn child(name: &Name, last: &str) -> Name {
    let mut name = name.clone();
    name.push(last.to_owned());
    name
}

/// The Rust files below a folder.
fn list(folder: &Path, out: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            list(&path, out);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            out.push(path);
        }
    }
}

/// Reads one file.
struct Reader {
    tokens: Vec<String>,
    at: usize,
    module: Module,
    /// The depths of braces at which modules inside the file begin.
    inline: Vec<usize>,
    depth: usize,
}

impl Reader {
    fn read(source: &str) -> Module {
        let mut reader = Self {
            tokens: tokens(source),
            at: 0,
            module: Module::default(),
            inline: Vec::new(),
            depth: 0,
        };
        while reader.at < reader.tokens.len() {
            reader.step();
        }
        reader.module
    }

    fn peek(&self, ahead: usize) -> &str {
        self.tokens.get(self.at + ahead).map_or("", String::as_str)
    }

    fn step(&mut self) {
        match self.peek(0) {
            "#" if self.peek(1) == "[" => self.attribute(),
            // `use<…>` says what an opaque type captures.
            "use" if self.peek(1) != "<" => self.import(),
            "mod" if self.peek(2) == "{" => {
                self.module.inline.insert(self.peek(1).to_owned());
                self.depth += 1;
                self.inline.push(self.depth);
                self.at += 3;
            }
            "{" => {
                self.depth += 1;
                self.at += 1;
            }
            "}" => {
                if self.inline.last() == Some(&self.depth) {
                    self.inline.pop();
                }
                self.depth = self.depth.saturating_sub(1);
                self.at += 1;
            }
            "fn" | "struct" | "enum" | "trait" | "type" | "const" | "static" => {
                self.module.items.insert(self.peek(1).to_owned());
                self.at += 1;
            }
            _ if self.peek(1) == "::" => self.path(),
            _ => self.at += 1,
        }
    }

    /// An attribute; what it keeps for tests or the fuzzer is left out.
    fn attribute(&mut self) {
        let begin = self.at;
        self.at += 1;
        self.skip_group();
        let attribute: Vec<_> = self.tokens[begin..self.at].iter().map(String::as_str).collect();
        let rest = attribute.get(2..).unwrap_or_default();
        let is_test = matches!(
            rest,
            ["cfg", "(", "test" | "fuzzing", ..]
                | ["cfg", "(", "all" | "any", "(", "test" | "fuzzing", ..]
        );
        if !is_test {
            return;
        }
        while self.peek(0) == "#" {
            self.at += 1;
            self.skip_group();
        }
        let is_import = (0..6).map(|ahead| self.peek(ahead)).any(|token| token == "use");
        let mut previous = String::new();
        while self.at < self.tokens.len() {
            match self.peek(0) {
                ";" | "," => break,
                "}" => return,
                "{" if !is_import => return self.skip_group(),
                "{" | "(" | "[" => self.skip_group(),
                token => {
                    let token = token.to_owned();
                    if previous == "mod" {
                        self.module.tests.push(token.clone());
                    }
                    previous = token;
                    self.at += 1;
                }
            }
        }
        self.at += 1;
    }

    /// Skips a group with its brackets.
    fn skip_group(&mut self) {
        let mut depth = 0_usize;
        while self.at < self.tokens.len() {
            match self.peek(0) {
                "(" | "[" | "{" => depth += 1,
                ")" | "]" | "}" => depth -= 1,
                _ => {}
            }
            self.at += 1;
            if depth == 0 {
                return;
            }
        }
    }

    /// A path in code.
    fn path(&mut self) {
        let is_whole = self.at == 0 || !matches!(self.tokens[self.at - 1].as_str(), "::" | ".");
        let mut path = vec![self.peek(0).to_owned()];
        self.at += 1;
        while self.peek(0) == "::" {
            self.at += 1;
            match self.peek(0) {
                next if next.chars().all(|c| c.is_alphanumeric() || c == '_') => {
                    path.push(next.to_owned());
                    self.at += 1;
                }
                _ => break,
            }
        }
        if is_whole {
            let path = self.in_file(path);
            self.module.paths.push(path);
        }
    }

    /// The path as it would stand outside the modules inside the file.
    fn in_file(&self, mut path: Name) -> Name {
        for _ in &self.inline {
            if path.first().is_some_and(|first| first == "super") {
                path.remove(0);
                if path.first().is_none_or(|first| first != "super") {
                    path.insert(0, "self".to_owned());
                    break;
                }
            }
        }
        path
    }

    /// `use …;`
    fn import(&mut self) {
        self.at += 1;
        self.import_tree(&Name::new());
        while self.at < self.tokens.len() && self.peek(0) != ";" {
            self.at += 1;
        }
    }

    fn import_tree(&mut self, prefix: &Name) {
        let mut path = prefix.clone();
        loop {
            match self.peek(0).to_owned().as_str() {
                "::" => self.at += 1,
                "*" => {
                    self.at += 1;
                    let path = self.in_file(path);
                    self.module.paths.push(path.clone());
                    return self.module.globs.push(path);
                }
                "{" => {
                    self.at += 1;
                    while !matches!(self.peek(0), "}" | ";" | "") {
                        self.import_tree(&path);
                        if self.peek(0) == "," {
                            self.at += 1;
                        }
                    }
                    self.at += 1;
                    return;
                }
                "as" => {
                    let name = self.peek(1).to_owned();
                    self.at += 2;
                    return self.imported(name, path);
                }
                "," | "}" | ";" | "" => {
                    if path.len() > 1 && path.last().is_some_and(|last| last == "self") {
                        path.pop();
                    }
                    let name = path.last().cloned().unwrap_or_default();
                    return self.imported(name, path);
                }
                token => {
                    path.push(token.to_owned());
                    self.at += 1;
                }
            }
        }
    }

    fn imported(&mut self, name: String, path: Name) {
        let path = self.in_file(path);
        self.module.paths.push(path.clone());
        // An import of a name that leads to itself would be looked up for ever.
        if path.len() > 1 {
            self.module.imports.insert(name, path);
        }
    }
}
