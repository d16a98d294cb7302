//! The names that this program gives on a lasting target: `scimulate-<run id>-…`, so that whoever finds one knows where it
//! comes from, and `scimulate sweep` can remove what a run that was killed left there.

/// What the names begin with unless something else is asked for.
pub const PREFIX: &str = "scimulate";

/// Hexadecimal digits of a run's id.
const DIGITS: usize = 8;

/// What begins every name that one run gives: `scimulate-1f0c9a3b-`.
#[must_use]
pub fn mark(prefix: &str, run_id: u64) -> String {
    format!("{prefix}-{:0DIGITS$x}-", run_id & 0xffff_ffff)
}

/// The id of the run that gave this name, if a run with that prefix gave it. Services may change the letter case.
#[must_use]
pub fn run_of(prefix: &str, name: &str) -> Option<String> {
    let rest = name.get(prefix.len()..).filter(|_| name[..prefix.len()].eq_ignore_ascii_case(prefix))?;
    let (run, rest) = rest.strip_prefix('-')?.split_at_checked(DIGITS)?;
    let is_ours = run.bytes().all(|byte| byte.is_ascii_hexdigit()) && rest.starts_with('-');
    is_ours.then(|| run.to_ascii_lowercase())
}

/// Whether the name holds the mark, letter case aside.
#[must_use]
pub fn holds(name: &str, mark: &str) -> bool {
    !mark.is_empty() && name.to_ascii_lowercase().contains(&mark.to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_of_a_run_tells_its_id() {
        let name = format!("{}ada@example.com", mark(PREFIX, 0x7_1f0c_9a3b));
        assert_eq!(name, "scimulate-1f0c9a3b-ada@example.com");
        assert_eq!(run_of(PREFIX, &name).as_deref(), Some("1f0c9a3b"));
        assert_eq!(run_of(PREFIX, &name.to_uppercase()).as_deref(), Some("1f0c9a3b"));
        assert!(holds(&name.to_uppercase(), &mark(PREFIX, 0x1f0c_9a3b)));
    }

    #[rstest::rstest]
    #[case("ada@example.com")]
    #[case("scimulate")]
    #[case("scimulate-team@example.com")]
    #[case("scimulate-1f0c9a3b")]
    #[case("scimulate-1f0c9a3-ada")]
    #[case("scimulate-1f0c9a3bc-ada")]
    #[case("scimulate-1f0c9a3g-ada")]
    #[case("my-scimulate-1f0c9a3b-ada")]
    #[case("scimulaté-1f0c9a3b-ada")]
    #[case("scimulate-1f0c9a3é-ada")]
    fn what_somebody_else_named_is_no_runs(#[case] name: &str) {
        assert_eq!(run_of(PREFIX, name), None);
    }
}
