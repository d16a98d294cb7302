//! TAP version 14.

use super::cases::{Status, cases};
use crate::result::RunResult;
use crate::text::{plain, plain_lines};

/// The result as TAP.
#[must_use]
pub fn tap(result: &RunResult) -> String {
    let cases = cases(result);
    let mut text = format!("TAP version 14\n1..{}\n", cases.len());
    for (index, case) in cases.iter().enumerate() {
        let number = index + 1;
        let name = plain(&case.full_name).replace('#', "\\#");
        match &case.status {
            Status::Passed => text.push_str(&format!("ok {number} - {name}\n")),
            Status::Skipped(reason) => {
                text.push_str(&format!("ok {number} - {name} # SKIP {}\n", plain(reason)));
            }
            Status::Error(told) | Status::Failed(_, told) => {
                let told = plain_lines(told).replace('\n', "\n# ");
                text.push_str(&format!("not ok {number} - {name}\n# {told}\n"));
            }
        }
    }
    text
}
