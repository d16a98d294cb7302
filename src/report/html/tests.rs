//! The page says everything, keeps hostile text as text, and asks nothing of anybody.

use serde_json::Value;

use super::super::tests::{checked, result};
use super::*;
use crate::checks::Leftover;

/// Everything that a page can show at once.
fn everything() -> RunResult {
    let mut all = checked();
    all.scenarios = result().scenarios;
    all.left_behind = vec!["/Users/7".into()];
    all.baseline = Leftover { fixed: vec!["list.schema".into()], ..Leftover::default() };
    all.changes = Some(Changes {
        fixed: vec!["create.status".into()],
        new: vec!["patch.user".into()],
        still_failing: vec!["a/failed [oin]".into()],
        no_longer_judged: vec!["patch.more".into()],
        compared: 6,
    });
    all
}

/// Opening and closing tags in order, with the names of their attributes.
fn structure(html: &str) -> Vec<String> {
    let mut tags = Vec::new();
    // Style and script are ours and hold no markup.
    let mut rest = html.replace(STYLE, "").replace(SCRIPT, "");
    while let Some(at) = rest.find('<') {
        let mut tag = String::new();
        let mut quoted = false;
        let mut length = 0;
        for c in rest[at + 1..].chars() {
            length += c.len_utf8();
            match c {
                '"' => quoted = !quoted,
                '>' if !quoted => break,
                _ if quoted => {}
                c => tag.push(c),
            }
        }
        tags.push(tag);
        rest = rest[at + 1 + length..].to_owned();
    }
    tags
}

/// The same result with `more` after every text that may come from a target or from a file.
fn with(result: &RunResult, more: &str) -> RunResult {
    const OWN: [&str; 8] =
        ["verdict", "outcome", "level", "importance", "profiles", "dialect", "citation", "follows"];
    fn walk(value: &mut Value, more: &str) {
        match value {
            Value::String(text) => text.push_str(more),
            Value::Array(items) => items.iter_mut().for_each(|item| walk(item, more)),
            Value::Object(members) => members
                .iter_mut()
                .filter(|(name, _)| !OWN.contains(&name.as_str()))
                .for_each(|(_, member)| walk(member, more)),
            _ => {}
        }
    }
    let mut json = serde_json::to_value(result).unwrap();
    walk(&mut json, more);
    serde_json::from_value(json).unwrap()
}

#[rstest::rstest]
#[case("</script></style><script>alert(1)</script>")]
#[case("\"'><img src=x onerror=alert(2)>")]
#[case("</pre></code></details></main><iframe src=javascript:alert(3)>")]
#[case("--><!-- ]]> &lt;b&gt; \u{202e}\u{1b}[2J\u{0}")]
fn what_came_from_a_target_is_text_wherever_it_stands(#[case] hostile: &str) {
    let (tame, wild) = (html(&with(&everything(), "x")), html(&with(&everything(), hostile)));
    assert_eq!(structure(&tame), structure(&wild));
    assert!(!wild.contains('\u{202e}') && !wild.contains('\u{1b}') && !wild.contains('\u{0}'));
    assert!(wild.contains("href=\"https://www.rfc-editor.org/rfc/rfc7644#section-3.5.2\""));
    assert!(!wild.contains("href=\"javascript"));
}

#[test]
fn the_page_asks_nothing_of_anybody_and_lets_only_its_own_style_and_script_in() {
    let text = html(&everything());
    for asks in ["<link", "<img", "<iframe", "<object", " src=", "@import", "url(", "fetch(", "XMLHttp"] {
        assert!(!text.contains(asks), "the page has {asks}");
    }
    let inside = |tag: &str| {
        let (_, rest) = text.split_once(&format!("<{tag}>")).unwrap();
        rest.split_once(&format!("</{tag}>")).unwrap().0
    };
    for tag in ["style", "script"] {
        let hash = STANDARD.encode(Sha256::digest(inside(tag).as_bytes()));
        assert!(text.contains(&format!("{tag}-src 'sha256-{hash}'")), "{tag} is not let in");
        assert_eq!(text.matches(&format!("<{tag}")).count(), 1);
    }
    // Attributes that the policy would forbid.
    for tag in structure(&text) {
        assert!(!tag.contains(" style") && !tag.contains(" on"), "{tag}");
    }
}

#[test]
fn every_part_of_the_result_has_its_place() {
    let text = html(&everything());
    let told = [
        "<h1>✕ T</h1>",
        // A finding.
        "<a class=\"slug\" href=\"#response.no-server-error\">",
        "<dt>expected</dt><dd>200</dd>",
        "<dt>actual</dt><dd class=\"actual\"><pre><code>500</code></pre></dd>",
        "curl -i 'https://h/scim/v2/Users/1'",
        ">RFC 7644 §3.5.2</a>",
        "<strong>An Okta administrator sees: </strong>Error while updating user",
        "<strong>What to do: </strong>Answer 200.",
        // Its exchange.
        "<summary><code>PATCH /scim/v2/Users/1?x=y → 500 Oops</code>",
        "PATCH https://h/scim/v2/Users/1?x=y\nAccept: a\nAccept: b",
        // What hangs on it.
        "<summary>Broken by the same answers (1)</summary>",
        "<summary>Not judged because of it (2)</summary>",
        "<strong>Accepted: </strong>fixed in May",
        // Scenarios.
        "<article data-kind=\"failed\" id=\"a/failed [oin]\">",
        "`active` of ada over SCIM",
        "<pre><code>no console</code></pre>",
        "it requires `clock`",
        // Around it.
        "<th scope=\"row\">works with Okta, oin scenarios</th>",
        "list.schema: not broken any more; take it out of the baseline",
        "<code>/Users/7</code>",
        "<p class=\"muted\">6 judged in both runs</p>",
        "1 new</span> <a href=\"#patch.user\"><code>patch.user</code></a>",
        "<summary>Passed (1)</summary>",
    ];
    for piece in told {
        assert!(text.contains(piece), "{piece}\n{text}");
    }
    // What follows from another failure is told under it and nowhere else.
    assert_eq!(text.matches("id=\"patch.user\"").count(), 1);
    assert!(!text.contains("<article data-kind=\"failed\" id=\"patch.user\""));
    // No place has two names, and every link within the page leads somewhere.
    let mut ids: Vec<&str> =
        text.split(" id=\"").skip(1).map(|rest| rest.split_once('"').unwrap().0).collect();
    for link in text.split("href=\"#").skip(1).map(|rest| rest.split_once('"').unwrap().0) {
        let link = link.replace("%20", " ");
        assert!(ids.contains(&link.as_str()) || link == "list.schema", "#{link} leads nowhere");
    }
    ids.sort_unstable();
    let count = ids.len();
    ids.dedup();
    assert_eq!(ids.len(), count);
}

#[test]
fn what_is_well_says_so() {
    let mut good = checked();
    good.requirements.retain(|entry| entry.verdict == Verdict::Passed);
    let text = html(&good);
    assert!(text.contains("<header class=\"good\"><h1>✓ T</h1>"), "{text}");
    assert!(!text.contains("<article"), "{text}");
}
