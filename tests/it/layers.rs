//! Holds `src/` to the table of who may import whom (ARCHITECTURE.md), and to a few rules of the house
//! that no lint covers.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use crate::support::imports::Imports;

/// Room (longest prefix wins) and the modules that it may use besides itself.
const TABLE: &[(&str, &[&str])] = &[
    ("exchange", &[]),
    ("serving", &[]),
    ("snapshot", &[]),
    ("reference/scim", &[]),
    ("reference/tenant", &["reference/scim"]),
    ("reference/http", &["reference", "exchange", "serving"]),
    ("faults", &["exchange"]),
    ("reference/faults", &["reference", "exchange", "faults"]),
    ("reference", &["reference"]),
    ("clients", &["exchange"]),
    ("org", &["clients", "exchange", "serving"]),
    ("checks", &["exchange", "faults"]),
    ("capture", &["exchange", "clients", "serving"]),
    ("explain", &["exchange", "clients", "checks", "capture"]),
    ("target", &["exchange"]),
    ("config", &[]),
    ("urn", &[]),
    ("text", &[]),
    ("result", &["checks", "exchange"]),
    ("scenario", &["exchange", "clients", "checks", "snapshot", "target", "result", "capture"]),
    ("import", &["exchange", "result", "target"]),
    ("panel", &["exchange", "clients", "checks", "faults", "reference"]),
    ("report", &["result", "checks"]),
    ("cli", &["*"]),
    ("main", &["*"]),
    ("lib", &["*"]),
];

/// What every module may use.
const LEAVES: [&str; 2] = ["urn", "text"];

const LONGEST_FILE: usize = 700;

/// The code of a file: comments, strings and character literals are blanked out.
fn code(text: &str) -> String {
    let mut code = String::with_capacity(text.len());
    let bytes: Vec<char> = text.chars().collect();
    let mut at = 0;
    while at < bytes.len() {
        let rest: String = bytes[at..bytes.len().min(at + 3)].iter().collect();
        if rest.starts_with("//") {
            while at < bytes.len() && bytes[at] != '\n' {
                at += 1;
            }
        } else if rest.starts_with("/*") {
            while at + 1 < bytes.len() && !(bytes[at] == '*' && bytes[at + 1] == '/') {
                at += 1;
            }
            at += 2;
        } else if rest.starts_with("r\"") || rest.starts_with("r#") {
            let mut hashes = 0;
            while bytes.get(at + 1 + hashes) == Some(&'#') {
                hashes += 1;
            }
            if bytes.get(at + 1 + hashes) != Some(&'"') {
                code.push(bytes[at]);
                at += 1;
                continue;
            }
            let end: String = std::iter::once('"').chain(std::iter::repeat_n('#', hashes)).collect();
            at += 2 + hashes;
            while at < bytes.len() && bytes[at..].iter().take(end.len()).collect::<String>() != end {
                at += 1;
            }
            at += end.len();
        } else if bytes[at] == '"' {
            at += 1;
            while at < bytes.len() && bytes[at] != '"' {
                at += if bytes[at] == '\\' { 2 } else { 1 };
            }
            at += 1;
        } else if bytes[at] == '\'' && (bytes.get(at + 2) == Some(&'\'') || bytes.get(at + 1) == Some(&'\\'))
        {
            at += if bytes[at + 1] == '\\' { 3 } else { 2 };
            while at < bytes.len() && bytes[at] != '\'' {
                at += 1;
            }
            at += 1;
        } else {
            code.push(bytes[at]);
            at += 1;
        }
    }
    code
}

/// Every path that begins with `crate::`, written out, as `a/b/c`.
fn crate_paths(code: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut rest = code;
    while let Some(at) = rest.find("crate::") {
        let before = rest[..at].chars().next_back();
        rest = &rest[at + "crate::".len()..];
        // `pub(crate)` has no `::`, and `my_crate::` is another crate.
        if !before.is_some_and(|c| c.is_alphanumeric() || c == '_') {
            expand(rest, &mut Vec::new(), &mut found);
        }
    }
    found
}

fn expand(text: &str, prefix: &mut Vec<String>, found: &mut BTreeSet<String>) {
    let text = text.trim_start();
    if let Some(inside) = text.strip_prefix('{') {
        let (mut depth, mut start) = (0, 0);
        for (at, c) in inside.char_indices() {
            match c {
                '{' => depth += 1,
                '}' if depth == 0 => {
                    expand(&inside[start..at], &mut prefix.clone(), found);
                    break;
                }
                '}' => depth -= 1,
                ',' if depth == 0 => {
                    expand(&inside[start..at], &mut prefix.clone(), found);
                    start = at + 1;
                }
                _ => {}
            }
        }
        return;
    }
    let end = text.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(text.len());
    if end == 0 {
        return;
    }
    prefix.push(text[..end].to_owned());
    match text[end..].trim_start().strip_prefix("::") {
        Some(rest) => expand(rest, prefix, found),
        None => drop(found.insert(prefix.join("/"))),
    }
}

fn module(path: &str) -> &'static str {
    let mut fitting: Vec<&str> = TABLE
        .iter()
        .map(|(module, _)| *module)
        .filter(|module| {
            path == *module || path.strip_prefix(module).is_some_and(|rest| rest.starts_with('/'))
        })
        .collect();
    fitting.sort_by_key(|module| module.len());
    TABLE.iter().map(|(module, _)| *module).find(|module| Some(module) == fitting.last()).unwrap_or("")
}

fn forbidden(file: &str, text: &str) -> Vec<String> {
    let own = module(file);
    let Some((_, allowed)) = TABLE.iter().find(|(known, _)| *known == own) else {
        return vec![format!("{file} is in no module; add it to the table and to ARCHITECTURE.md")];
    };
    crate_paths(&code(text))
        .into_iter()
        .filter(|path| {
            let used = module(path);
            let parent = |module: &str, of: &str| {
                of == module || of.strip_prefix(module).is_some_and(|rest| rest.starts_with('/'))
            };
            !(allowed.contains(&"*")
                || LEAVES.contains(&used)
                || parent(own, used)
                || allowed.iter().any(|allowed| parent(allowed, used)))
        })
        .map(|path| format!("{file} uses crate::{}", path.replace('/', "::")))
        .collect()
}

fn sources() -> Vec<(PathBuf, String)> {
    let mut files = Vec::new();
    let mut pending = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("src")];
    while let Some(path) = pending.pop() {
        if path.is_dir() {
            pending.extend(std::fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path()));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = std::fs::read_to_string(&path).unwrap();
            files.push((path, text));
        }
    }
    files.sort();
    files
}

fn name(path: &Path) -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let name = path.strip_prefix(root).unwrap().with_extension("").to_string_lossy().replace('\\', "/");
    name.trim_end_matches("/mod").to_owned()
}

#[test]
fn every_room_imports_only_what_the_table_allows() {
    let found: Vec<String> = sources().iter().flat_map(|(path, text)| forbidden(&name(path), text)).collect();
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn files_say_what_they_are_and_stay_short() {
    for (path, text) in sources() {
        assert!(text.starts_with("//!"), "{} does not begin with what it does", path.display());
        let lines = text.lines().count();
        assert!(
            lines <= LONGEST_FILE,
            "{} has {lines} lines; split it along a seam that has a name",
            path.display()
        );
    }
}

#[test]
fn only_cli_and_main_touch_the_outer_world_and_the_domain_knows_no_http() {
    for (path, text) in sources() {
        let (name, code) = (name(&path), code(&text));
        if !(name.starts_with("cli") || name == "main") {
            for word in ["println!", "eprintln!", "std::env::", "process::exit", "SystemTime", "Instant::now"]
            {
                assert!(!code.contains(word), "{name} uses {word}");
            }
        }
        if name.starts_with("reference/scim") || name.starts_with("reference/tenant") {
            assert!(!code.contains("axum"), "{name} knows axum");
        }
    }
}

/// An id that a service gave may lead anywhere: `exchange::segment` decides what stands in a path.
#[test]
fn no_id_is_encoded_into_a_path_past_the_one_function() {
    for (path, text) in sources() {
        let name = name(&path);
        // What serves, or breaks, trusts its own ids; what shows captures asks nobody; queries have no segments.
        let talks = ["checks", "clients", "scenario", "import", "capture/re"]
            .iter()
            .any(|module| name.starts_with(module));
        let code: String = text.split_whitespace().collect::<String>().replace("crate::exchange::", "");
        // The console's paths hold names of the scenario's author.
        let console = name.starts_with("scenario/console");
        assert!(
            !talks || console || !code.contains("/{}\",percent_encode("),
            "{name} builds a path past exchange::segment"
        );
    }
}

/// A step that a `match` forgets would compile, do nothing and pass; clippy refuses that where the module asks for it.
#[test]
fn whoever_matches_steps_names_them_all() {
    const LINT: &str = "clippy::wildcard_enum_match_arm";
    let mut asked = 0;
    for (path, text) in sources() {
        let (name, code) = (name(&path), code(&text));
        if name == "scenario" {
            assert!(code.contains(&format!("#![deny({LINT})]")), "scenario/mod.rs must deny {LINT}");
            asked += 1;
        } else if name.starts_with("scenario/") {
            assert!(!code.contains(LINT), "{name} takes back what scenario/mod.rs denies");
        } else {
            for family in ["ConsoleAction::", "Expectation::", "ScimAction::", "scenario::Step"] {
                assert!(
                    !code.contains(family),
                    "{name} looks into steps, which is left to the module of scenarios"
                );
            }
        }
    }
    assert_eq!(asked, 1, "there is no scenario/mod.rs");
}

#[test]
fn no_files_import_one_another_in_a_circle() {
    let files: Vec<(String, String)> = sources()
        .iter()
        .map(|(path, text)| (name(path), code(text)))
        // The program's own root is another crate.
        .filter(|(name, _)| name != "main")
        .map(|(name, code)| (if name == "lib" { String::new() } else { name }, code))
        .collect();
    let imports = Imports::of(files.iter().map(|(name, code)| (name.as_str(), code.as_str())));
    let circles = imports.circles();
    let found: Vec<&str> = circles.iter().map(|(way, _)| way.as_str()).collect();
    assert!(found.is_empty(), "move what both need into a file that imports neither:\n{}", found.join("\n"));
}

#[rstest::rstest]
#[case::one_way(&[("a", "use crate::b::B; pub struct A;"), ("b", "pub struct B;")], "")]
#[case::both_ways(&[("a", "use crate::b::B;"), ("b", "use crate::a::A;")], "a → b → a")]
#[case::three(&[("a", "use crate::b::B;"), ("b", "use crate::c::C;"), ("c", "use crate::a::A;")], "a → b → c → a")]
#[case::paths_in_code(&[("a", "fn f() { crate::b::g(); }"), ("b", "fn g() { super::a::f(); }")], "a → b → a")]
#[case::through_a_module(&[("a", "use crate::b; fn f() { b::g(); }"), ("b", "use crate::a::f;")], "a → b → a")]
#[case::a_module_that_is_not_used(&[("a", "use crate::b;"), ("b", "use crate::a::f;")], "")]
#[case::siblings(&[("m", "mod a; mod b;"), ("m/a", "use super::b::B;"), ("m/b", "use super::a::A;")], "m/a → m/b → m/a")]
#[case::the_parent_declares(&[("m", "mod a;\npub struct P;"), ("m/a", "use super::P;")], "")]
#[case::the_parent_re_exports(&[("m", "mod a;\npub use a::A;\npub struct P;"), ("m/a", "use super::P;")], "")]
#[case::the_parent_uses(&[("m", "mod a;\npub use a::A;\npub struct P(A);"), ("m/a", "use super::P;")], "m → m/a → m")]
#[case::a_re_export_leads_on(&[("m", "mod a; mod b; pub use a::A; use b::B; fn f(b: B) {}"), ("m/a", ""), ("m/b", "use super::A;")], "")]
#[case::a_re_export_leads_round(&[("m", "mod a; mod b; pub use a::A; pub use b::B;"), ("m/a", "use super::B;"), ("m/b", "use crate::m::A;")], "m/a → m/b → m/a")]
#[case::under_another_name(&[("a", "use crate::b::{self as other}; fn f() { other::g(); }"), ("b", "use crate::a::f as h;")], "a → b → a")]
#[case::lists(&[("a", "use crate::{b::{self, B}, std::X};"), ("b", "use crate::{a::{A, C}};")], "a → b → a")]
#[case::everything(&[("m", "mod a; use a::A; struct P(A);"), ("m/a", "use super::*;")], "m → m/a → m")]
#[case::inside_a_file(&[("a", "mod inner { use super::super::b::B; }"), ("b", "use crate::a::inner::X;")], "a → b → a")]
#[case::tests_of_the_file(&[("a", "#[cfg(test)]\nmod tests { use crate::b::B; }\nuse crate::c::C;"), ("b", "use crate::a::A;"), ("c", "")], "")]
#[case::other_crates(&[("a", "use b::B; use crate::c::b;"), ("b", "use crate::a::A;"), ("c", "mod x {}")], "")]
fn circles_of_files_are_found(#[case] files: &[(&str, &str)], #[case] way: &str) {
    let found: Vec<String> =
        Imports::of(files.iter().copied()).circles().into_iter().map(|(way, _)| way).collect();
    assert_eq!(found.join("; "), way);
}

#[rstest::rstest]
#[case("checks/x", "use crate::exchange::Exchange;", 0)]
#[case("checks/x", "use crate::reference::http::Reference;", 1)]
#[case("checks/x", "use crate::{exchange::{Exchange, Masker}, clients::{Simulator}};", 1)]
#[case("checks/x", "// use crate::reference::http;\n/* crate::clients */", 0)]
#[case("checks/x", "fn f() { let x = \"crate::clients\"; let c = '\"'; crate::clients::f(); }", 1)]
#[case("checks/x", "let x = r#\"crate::clients \" \"#; pub(crate) fn f() {}", 0)]
#[case("clients/x", "use crate::reference::scim::Filter;", 1)]
#[case("reference/tenant/x", "use crate::reference::scim::Filter;", 0)]
#[case("reference/tenant/x", "use crate::reference::http::Reference;", 1)]
#[case("reference/scim/x", "use crate::reference::tenant::Tenant;", 1)]
#[case("scenario/x", "fn f() -> crate::reference::http::Reference {}", 1)]
#[case("snapshot/x", "use crate::urn::USER;", 0)]
#[case("urn", "use crate::exchange::Exchange;", 1)]
#[case("cli/x", "use crate::reference::http::Reference;", 0)]
#[case("nowhere", "", 1)]
fn the_scanner_sees_what_it_must(#[case] file: &str, #[case] text: &str, #[case] breaches: usize) {
    assert_eq!(forbidden(file, text).len(), breaches);
}
