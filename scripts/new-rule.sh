#!/usr/bin/env bash
# Makes the skeleton of a rule: scripts/new-rule.sh AREA.NAME [probe|watch] [FILE]
#
# Writes the requirement, a probe or a passive rule's cases, a fault, and a line of the coverage table, each where it
# belongs, and says what to fill in. FILE names the file of an area that has several, e.g. `members` of group/probes.
# `cargo test` refuses the skeleton until everything is filled in.
set -euo pipefail
cd "$(dirname "$0")/.."
usage() { sed -n '2,6s/^# \{0,1\}//p' "$0" >&2; exit 1; }
[[ $# -ge 1 && "$1" =~ ^[a-z]+\.[a-z0-9-]+$ ]] || usage
kind="${2:-probe}"
[[ "$kind" = probe || "$kind" = watch ]] || usage
python3 - "$1" "$kind" "${3:-}" <<'PYTHON'
import pathlib
import sys

slug, kind, file = sys.argv[1:]
area, name = slug.split(".", 1)
static, function = name.replace("-", "_").upper(), name.replace("-", "_")
folder = pathlib.Path("src/checks/rules") / area
if not folder.is_dir():
    sys.exit(f"there is no area {area}; make src/checks/rules/{area}/mod.rs and name it in src/checks/rules/mod.rs")
if f'"{slug}"' in (folder / "mod.rs").read_text():
    sys.exit(f"{slug} is there already, in {folder}/mod.rs")
todo = []


def part(stem):
    """The file for the stem: `stem.rs`, or one of the folder `stem`."""
    several = folder / stem
    if several.is_dir():
        chosen = several / f"{file}.rs"
        if not file or not chosen.exists():
            known = ", ".join(sorted(path.stem for path in several.glob("*.rs") if path.stem != "mod"))
            sys.exit(f"{several} has several files; name one of them: {known}")
        return chosen
    path = folder / f"{stem}.rs"
    if not path.exists():
        sys.exit(f"there is no {path}; copy the one of another area and name it in {folder}/mod.rs and src/checks/rules/mod.rs")
    return path


def before_last(path, mark, text):
    whole = path.read_text()
    at = whole.rindex(mark)
    path.write_text(whole[:at] + text + whole[at:])
    todo.append(str(path))


def after(path, mark, text):
    whole = path.read_text()
    at = whole.index(mark) + len(mark)
    path.write_text(whole[:at] + text + whole[at:])


probes = part("probes") if kind == "probe" else None
before_last(folder / "mod.rs", "}", f'''    {static} = "{slug}", Must, "RFC 7644 §",
        "What holds, in one sentence.",
        "What to do about a breach, in one sentence.";
''')
if probes:
    after(probes, "probes! {\n", f'    "{slug}", Writes, [{static}], {function};\n')
    with probes.open("a") as out:
        out.write(f'''
async fn {function}(session: &mut Session) -> Result<(), Stop> {{
    let ada = session.user().await?;
    let answer = session.get(&ada.path).await?;
    session.require(&{static}, answer.ok(), &answer, &["what would be right"], || answer.outcome());
    Ok(())
}}
''')
    text = probes.read_text()
    several, one = f"use crate::checks::rules::{area}::{{", f"use crate::checks::rules::{area}::"
    if several in text:
        text = text.replace(several, f"{several}{static}, ", 1)
    elif one in text:
        known = text.split(one, 1)[1].split(";", 1)[0]
        text = text.replace(f"{one}{known};", f"{several}{static}, {known}}};", 1)
    probes.write_text(text)
    todo.append(f"{probes}: write the probe")
else:
    cases = part("cases")
    before_last(cases, "    ]\n}", f'''        breaks("{slug}", vec![get(ONE, user())]),
        keeps("what keeps {slug}", vec![get(ONE, user())]),
''')
    todo.append(f"{folder}/watch.rs: name {static} in `judges`, and judge it")
fault = part("faults")
whole = fault.read_text()
listing = "faults! {"
at = whole.index(listing) + len(listing)
whole = whole[:at] + f"\n    breaks_{function}," + whole[at:]
fault.write_text(whole + f'''
fault! {{
    After breaks_{function}: "What the service does wrong, in one sentence.",
    trips ["{slug}"]
}}
fn breaks_{function}(_: &FaultRequest, _: &mut FaultResponse) {{}}
''')
todo.append(f"{fault}: what a service would get wrong")
with open("src/checks/coverage/7644.tsv", "a") as out:
    out.write(f"?\t0\t-\twhat the section demands\t{slug}\n")
todo.append("src/checks/coverage/7644.tsv: move the last line to its section, or into the table of another RFC")
todo.append("tests/kill-matrix.txt: `cargo run --release -- faults --matrix tests/kill-matrix.txt --update`, and read the difference")
print(f"{slug}: run `cargo fmt`, and fill in what was written to")
for line in todo:
    print(f"  {line}")
PYTHON
