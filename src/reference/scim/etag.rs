//! Entity tags in `If-Match` and `If-None-Match` (RFC 7644 §3.14, RFC 9110 §8.8.3).

/// Whether a list of entity tags names `version`, by weak comparison: the versions here are weak.
pub(crate) fn matches(field: &str, version: &str) -> bool {
    let opaque = |tag: &str| tag.trim().trim_start_matches("W/").to_owned();
    field.trim() == "*" || field.split(',').any(|tag| opaque(tag) == opaque(version))
}

#[cfg(test)]
mod tests {
    #[rstest::rstest]
    #[case("W/\"3\"", true)]
    #[case("\"3\"", true)]
    #[case("*", true)]
    #[case("\"1\", W/\"3\"", true)]
    #[case("W/\"33\"", false)]
    #[case("", false)]
    fn tags_are_compared_weakly(#[case] field: &str, #[case] same: bool) {
        assert_eq!(super::matches(field, "W/\"3\""), same);
    }
}
