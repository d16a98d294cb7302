//! Which client speaks a dialect: the one place that knows all clients.

use super::client::Client;
use super::dialect::Dialect;
use super::entra::Entra;
use super::okta;

pub(super) fn client(dialect: Dialect) -> &'static dyn Client {
    match dialect {
        Dialect::Oin => &okta::OIN,
        Dialect::Aiw => &okta::AIW,
        Dialect::Entra => &Entra,
    }
}
