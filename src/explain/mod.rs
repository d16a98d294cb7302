//! Says why: of a message that Okta showed, and of a captured conversation. It names what broke, what Okta
//! did because of it, what an administrator saw, and what to do.

mod causes;
mod losses;
mod message;
mod narrative;
mod report;

pub use causes::{CAUSES, Cause, candidates};
pub use message::{FORMS, Message, Symptom, nearest};
pub use narrative::{Broken, Explainer, Explanation, Root};
pub use report::{
    BrokenReport, CaptureReport, CauseReport, Explained, FailureReport, GapReport, MessageReport,
    OperationReport, Report, RootReport,
};
