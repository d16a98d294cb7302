//! An exchange as a line for a shell, so that anyone can repeat it without this program.

use super::{Masker, Request};

/// Header fields that curl sets itself and that only get in the way when they are repeated by hand.
const LEFT_OUT: [&str; 4] = ["host", "content-length", "connection", "accept-encoding"];

/// The request as a `curl` command, quoted for a POSIX shell, with secrets masked.
#[must_use]
pub fn curl_line(request: &Request, masker: &Masker) -> String {
    let mut line = String::from("curl -i");
    if request.method != "GET" {
        line.push_str(" -X ");
        line.push_str(&request.method);
    }
    line.push(' ');
    line.push_str(&quote(&masker.text(&request.url)));
    for (name, value) in &request.headers {
        if LEFT_OUT.contains(&name.to_ascii_lowercase().as_str()) {
            continue;
        }
        line.push_str(" -H ");
        line.push_str(&quote(&format!("{name}: {}", masker.header(name, value))));
    }
    if let Some(body) = &request.body {
        line.push_str(" --data-raw ");
        line.push_str(&quote(&masker.body(&String::from_utf8_lossy(body))));
    }
    line
}

fn quote(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_for_a_shell_and_masks_the_credential() {
        let request = Request {
            method: "PATCH".into(),
            url: "https://h/scim/v2/Users/1".into(),
            headers: vec![
                ("Accept".into(), "application/scim+json".into()),
                ("Authorization".into(), "Bearer abc".into()),
                ("Content-Length".into(), "9".into()),
            ],
            body: Some(bytes::Bytes::from_static(b"{\"a\":\"'\"}")),
        };
        assert_eq!(
            curl_line(&request, &Masker::new()),
            "curl -i -X PATCH 'https://h/scim/v2/Users/1' -H 'Accept: application/scim+json' -H 'Authorization: Bearer ***' --data-raw '{\"a\":\"'\\''\"}'"
        );
    }
}
