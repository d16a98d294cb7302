//! What several tests work with.

pub(crate) mod browser;
pub(crate) mod hostile;
pub(crate) mod imports;
pub(crate) mod program;
pub(crate) mod recorder;
pub(crate) mod service;
pub(crate) mod texts;
pub(crate) mod webdriver;

/// Looks again until there is something, at most a minute: for what another program does and tells nobody of.
/// How long it takes decides nothing.
pub(crate) fn until<T>(mut look: impl FnMut() -> Option<T>, missing: impl FnOnce() -> String) -> T {
    for _ in 0..1200 {
        if let Some(found) = look() {
            return found;
        }
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    panic!("{}", missing())
}
