//! A user's resource as it is kept: JSON text in answer order, without what is derived, so that a million
//! users fit into memory and an answer is put together from pieces instead of being built anew.

use serde_json::Value;

use crate::reference::scim::Object;

/// The attributes that a client wrote, as `schemas`, core attributes and extensions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Document {
    /// The members of the object with commas between them and no braces around them.
    text: Box<str>,
    /// Where the core attributes begin; before them stands `schemas`.
    core: u32,
    /// Where the extensions begin.
    extensions: u32,
}

impl Document {
    /// From a resource in the order that reading gives it: `schemas`, core attributes, extensions.
    pub(super) fn new(resource: &Object) -> Self {
        let mut parts = [String::new(), String::new(), String::new()];
        for (key, value) in resource {
            let part = if key == "schemas" {
                &mut parts[0]
            } else if key.starts_with("urn:") {
                &mut parts[2]
            } else {
                &mut parts[1]
            };
            if !part.is_empty() {
                part.push(',');
            }
            *part += &Value::from(key.as_str()).to_string();
            part.push(':');
            *part += &value.to_string();
        }
        let length = |text: &str| u32::try_from(text.len()).unwrap_or(u32::MAX);
        Self {
            core: length(&parts[0]),
            extensions: length(&parts[0]) + length(&parts[1]),
            text: parts.concat().into(),
        }
    }

    pub(super) fn schemas(&self) -> &str {
        self.text.get(..self.core as usize).unwrap_or_default()
    }

    pub(super) fn core(&self) -> &str {
        self.text.get(self.core as usize..self.extensions as usize).unwrap_or_default()
    }

    pub(super) fn extensions(&self) -> &str {
        self.text.get(self.extensions as usize..).unwrap_or_default()
    }

    /// The document as an object again.
    pub(super) fn object(&self) -> Object {
        let parts: Vec<&str> = [self.schemas(), self.core(), self.extensions()]
            .into_iter()
            .filter(|part| !part.is_empty())
            .collect();
        serde_json::from_str(&format!("{{{}}}", parts.join(","))).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[rstest::rstest]
    #[case(json!({ "schemas": ["a"], "userName": "ä\"\\\u{0}", "urn:x": { "b": 1.5 } }))]
    #[case(json!({ "userName": "x" }))]
    #[case(json!({ "schemas": [], "urn:x": {}, "urn:y": { "c": [] } }))]
    #[case(json!({}))]
    fn what_is_kept_comes_back(#[case] resource: Value) {
        let resource = resource.as_object().unwrap();
        assert_eq!(Document::new(resource).object(), *resource);
    }
}
