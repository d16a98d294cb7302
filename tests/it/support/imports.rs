//! Which files of a crate import which, read from their code, and the circles among them.
//!
//! A path counts for the file that defines what it ends in: re-exports and imports of modules are followed.
//! `mod x;` and a re-export by itself import nothing, and neither does what only a file's own tests use.

use std::collections::{BTreeMap, BTreeSet, HashSet, VecDeque};

/// Modules by their place below the root, e.g. `org/http`; the root is empty.
pub(crate) struct Imports {
    sources: BTreeMap<String, Source>,
}

/// What one file says, without comments and strings.
#[derive(Default)]
struct Source {
    uses: Vec<Use>,
    /// Paths of two or more names outside of `use`, with the module inside the file where they stand.
    paths: Vec<(String, Vec<String>)>,
    /// Names that the code says outside of `use`.
    names: HashSet<String>,
}

/// One name that a `use` binds.
struct Use {
    scope: String,
    path: Vec<String>,
    name: String,
    public: bool,
}

/// What a path leads to.
enum Found {
    Module(String),
    /// An item, by the module of the file that defines it.
    Item(String),
}

impl Imports {
    /// From modules and their code.
    pub(crate) fn of<'a>(files: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        let sources = files.into_iter().map(|(name, code)| (name.to_owned(), Source::read(code)));
        Self { sources: sources.collect() }
    }

    /// Every circle as its shortest way round, e.g. `a → b → a`, with all files that belong to it.
    pub(crate) fn circles(&self) -> Vec<(String, BTreeSet<&str>)> {
        let edges: BTreeMap<&str, BTreeSet<&str>> =
            self.sources.keys().map(|file| (file.as_str(), self.imported_by(file))).collect();
        let reach = |from: &'_ str| -> BTreeMap<&str, &str> {
            let mut came_from = BTreeMap::new();
            let mut pending: VecDeque<&str> =
                edges.get_key_value(from).map(|(file, _)| *file).into_iter().collect();
            while let Some(file) = pending.pop_front() {
                for next in &edges[file] {
                    if !came_from.contains_key(next) {
                        came_from.insert(*next, file);
                        pending.push_back(next);
                    }
                }
            }
            came_from
        };
        let reached: BTreeMap<&str, BTreeMap<&str, &str>> =
            edges.keys().map(|file| (*file, reach(file))).collect();
        let mut seen = BTreeSet::new();
        let mut circles = Vec::new();
        for (file, from) in &reached {
            if !from.contains_key(file) || seen.contains(file) {
                continue;
            }
            let members: BTreeSet<&str> =
                from.keys().filter(|other| reached[*other].contains_key(file)).copied().collect();
            seen.extend(members.iter().copied());
            let mut way = vec![*file];
            let mut at = from[file];
            while at != *file {
                way.push(at);
                at = from[at];
            }
            way.push(file);
            way.reverse();
            circles.push((way.join(" → "), members));
        }
        circles
    }

    fn imported_by<'a>(&'a self, file: &str) -> BTreeSet<&'a str> {
        let source = &self.sources[file];
        let used = source
            .uses
            .iter()
            .filter(|one| !one.public || source.names.contains(&one.name))
            .map(|one| (&one.scope, &one.path));
        let written = source.paths.iter().map(|(scope, path)| (scope, path));
        used.chain(written)
            .filter_map(|(scope, path)| match self.start(file, scope, path, &mut HashSet::new())? {
                Found::Item(module) if module != file => {
                    Some(self.sources.get_key_value(&module)?.0.as_str())
                }
                _ => None,
            })
            .collect()
    }

    /// Follows a path that stands in `scope` of a file; nothing when it leads out of the crate.
    fn start(&self, file: &str, scope: &str, path: &[String], seen: &mut HashSet<String>) -> Option<Found> {
        if !seen.insert(format!("{file} {scope} {}", path.join("::"))) {
            return None;
        }
        let mut module = joined(file, scope);
        let (first, rest) = path.split_first()?;
        match first.as_str() {
            "crate" => return self.resolve(String::new(), rest, seen),
            "self" | "super" => {
                let steps = path.iter().take_while(|name| *name == "self" || *name == "super");
                let ups = steps.clone().filter(|name| *name == "super").count();
                for _ in 0..ups {
                    module.truncate(module.rfind('/').unwrap_or_default());
                }
                return self.resolve(module, &path[steps.count()..], seen);
            }
            _ => {}
        }
        if self.sources.contains_key(&joined(file, first)) {
            return self.resolve(file.to_owned(), path, seen);
        }
        let bound = |one: &&Use| one.name == *first && one.path[0] != *first;
        let one = self.sources[file].uses.iter().find(bound)?;
        match self.start(file, &one.scope, &one.path, seen)? {
            Found::Module(module) => self.resolve(module, rest, seen),
            item => Some(item),
        }
    }

    /// Follows the rest of a path from a module on.
    fn resolve(&self, mut module: String, path: &[String], seen: &mut HashSet<String>) -> Option<Found> {
        let mut path = path;
        while let Some((first, rest)) = path.split_first()
            && self.sources.contains_key(&joined(&module, first))
        {
            module = joined(&module, first);
            path = rest;
        }
        let Some((first, rest)) = path.split_first() else { return Some(Found::Module(module)) };
        // A module inside a file belongs to the file.
        let mut file = module.clone();
        while !self.sources.contains_key(&file) {
            let above = file.rfind('/').or((!file.is_empty()).then_some(0))?;
            file.truncate(above);
        }
        let scope = module[file.len()..].trim_start_matches('/').to_owned();
        let bound = |one: &&Use| one.name == *first && one.scope == scope;
        match self.sources[&file].uses.iter().find(bound) {
            Some(one) => match self.start(&file, &one.scope, &one.path, seen)? {
                Found::Module(module) => self.resolve(module, rest, seen),
                item => Some(item),
            },
            None => Some(Found::Item(file)),
        }
    }
}

fn joined(module: &str, name: &str) -> String {
    [module, name].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("/")
}

/// Names, `::`, and every other character by itself.
fn tokens(code: &str) -> Vec<&str> {
    let mut tokens = Vec::new();
    let mut rest = code.trim_start();
    while let Some(first) = rest.chars().next() {
        let length = if first.is_alphanumeric() || first == '_' {
            rest.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(rest.len())
        } else if rest.starts_with("::") {
            2
        } else {
            first.len_utf8()
        };
        tokens.push(&rest[..length]);
        rest = rest[length..].trim_start();
    }
    tokens
}

fn is_name(token: &str) -> bool {
    token.starts_with(|c: char| c.is_alphabetic() || c == '_')
}

impl Source {
    fn read(code: &str) -> Self {
        let tokens = tokens(code);
        let mut source = Self::default();
        // The modules inside the file that are open, with the depth of braces at which each ends.
        let mut scopes: Vec<(String, usize)> = Vec::new();
        let (mut at, mut depth) = (0, 0);
        while at < tokens.len() {
            let scope = scopes.last().map(|(scope, _)| scope.clone()).unwrap_or_default();
            match tokens[at] {
                "use" => {
                    let end = at + tokens[at..].iter().position(|token| *token == ";").unwrap_or_default();
                    let public = at > 0 && matches!(tokens[at - 1], "pub" | ")");
                    source.bind(&tokens[at + 1..end.max(at + 1)], &mut Vec::new(), &scope, public);
                    at = end.max(at);
                }
                "mod" if tokens.get(at + 2) == Some(&"{") => {
                    let tests = at >= 7 && tokens[at - 7..at] == ["#", "[", "cfg", "(", "test", ")", "]"];
                    at += 2;
                    if tests {
                        at = closing(&tokens, at);
                    } else {
                        depth += 1;
                        scopes.push((joined(&scope, tokens[at - 1]), depth));
                    }
                }
                "{" => depth += 1,
                "}" => {
                    scopes.pop_if(|(_, end)| *end == depth);
                    depth = depth.saturating_sub(1);
                }
                token if is_name(token) => {
                    let mut path = vec![token.to_owned()];
                    while tokens.get(at + 1) == Some(&"::")
                        && tokens.get(at + 2).is_some_and(|next| is_name(next))
                    {
                        path.push(tokens[at + 2].to_owned());
                        at += 2;
                    }
                    source.names.insert(path[0].clone());
                    if path.len() > 1 {
                        source.paths.push((scope, path));
                    }
                }
                _ => {}
            }
            at += 1;
        }
        source
    }

    /// Takes the tree of one `use` apart.
    fn bind(&mut self, tree: &[&str], prefix: &mut Vec<String>, scope: &str, public: bool) {
        let Some(first) = tree.first() else { return };
        if *first == "{" {
            let (mut depth, mut start) = (0, 1);
            for (at, token) in tree.iter().enumerate() {
                match *token {
                    "{" => depth += 1,
                    "}" => depth -= 1,
                    _ => {}
                }
                if (depth == 1 && *token == ",") || depth == 0 {
                    self.bind(&tree[start.min(at)..at], &mut prefix.clone(), scope, public);
                    start = at + 1;
                }
            }
            return;
        }
        if *first != "self" || prefix.is_empty() {
            prefix.push((*first).to_owned());
        }
        match tree.get(1) {
            Some(&"::") => self.bind(&tree[2..], prefix, scope, public),
            Some(&"as") => self.add(prefix, tree[2], scope, public),
            _ => {
                let name = prefix.last().cloned().unwrap_or_default();
                self.add(prefix, &name, scope, public);
            }
        }
    }

    fn add(&mut self, path: &[String], name: &str, scope: &str, public: bool) {
        self.uses.push(Use { scope: scope.to_owned(), path: path.to_vec(), name: name.to_owned(), public });
    }
}

/// Where the brace at `open` closes.
fn closing(tokens: &[&str], open: usize) -> usize {
    let mut depth = 0;
    for (at, token) in tokens.iter().enumerate().skip(open) {
        match *token {
            "{" => depth += 1,
            "}" => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return at;
        }
    }
    tokens.len()
}
