//! Basic credentials (RFC 7617), written and read in one place.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// The value of an `Authorization` field.
#[must_use]
pub fn basic(username: &str, password: &str) -> String {
    format!("Basic {}", STANDARD.encode(format!("{username}:{password}")))
}

/// User name and password of an `Authorization` field; a password may have colons in it, a user name none.
#[must_use]
pub fn basic_credentials(field: &str) -> Option<(String, String)> {
    let (scheme, encoded) = field.trim().split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let pair = String::from_utf8(STANDARD.decode(encoded.trim()).ok()?).ok()?;
    let (username, password) = pair.split_once(':')?;
    Some((username.to_owned(), password.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[rstest::rstest]
    #[case("ada", "secret")]
    #[case("", "")]
    #[case("ada", "with:colons:")]
    #[case("ädä", "pässwörd")]
    fn what_is_written_is_read_again(#[case] username: &str, #[case] password: &str) {
        let read = basic_credentials(&basic(username, password));
        assert_eq!(read, Some((username.to_owned(), password.to_owned())));
    }

    #[test]
    fn it_is_written_as_the_rfc_shows() {
        assert_eq!(basic("Aladdin", "open sesame"), "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==");
    }

    #[rstest::rstest]
    #[case("basic  QWxhZGRpbjpvcGVuIHNlc2FtZQ==", true)]
    #[case("Basic QWxhZGRpbg==", false)]
    #[case("Basic ***", false)]
    #[case("Bearer QWxhZGRpbjpvcGVuIHNlc2FtZQ==", false)]
    #[case("Basic", false)]
    fn only_basic_credentials_are_read(#[case] field: &str, #[case] read: bool) {
        assert_eq!(basic_credentials(field).is_some(), read);
    }
}
