//! The difference between two texts, as a person wants to read it.

use similar::TextDiff;

/// A unified diff with three lines of context; `None` when the texts are equal.
#[must_use]
pub fn diff(expected: &str, actual: &str) -> Option<String> {
    if expected == actual {
        return None;
    }
    let diff = TextDiff::from_lines(expected, actual);
    Some(diff.unified_diff().context_radius(3).header("reviewed", "now").to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_texts_have_no_difference_and_others_show_both_lines() {
        assert_eq!(diff("a\nb\n", "a\nb\n"), None);
        let shown = diff("a\nb\n", "a\nc\n").unwrap();
        assert!(shown.contains("\n-b\n+c\n"), "{shown}");
    }
}
