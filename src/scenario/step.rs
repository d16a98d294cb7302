//! A step of a scenario: one of a family's, read and written as a mapping from its name to its arguments.

use std::borrow::Cow;
use std::fmt::{self, Formatter};
use std::sync::LazyLock;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{DeserializeSeed, EnumAccess, Error, VariantAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;

use super::families::{ClockAction, ConsoleAction, Expectation, Family, ScimAction, SnapshotAction};
use super::parts::Requirement;
use crate::clients::Operation;

macro_rules! step {
    ($( $(#[$about:meta])* $kind:ident($family:ty), )+) => {
        /// One step: an action of the administrator, an expectation, or a snapshot.
        #[derive(Debug, Clone, PartialEq)]
        pub enum Step { $( $(#[$about])* $kind($family) ),+ }

        static NAMES: LazyLock<Vec<&'static str>> =
            LazyLock::new(|| [$( <$family as Family>::NAMES ),+].concat());

        impl Step {
            /// The name of the step in files, e.g. `okta.assign`.
            #[must_use]
            pub fn name(&self) -> &'static str {
                match self { $( Self::$kind(step) => step.name() ),+ }
            }

            /// Its arguments as they are in a file.
            pub(super) fn arguments(&self) -> serde_json::Result<Value> {
                match self { $( Self::$kind(step) => step.arguments() ),+ }
            }

            fn read<'de, A: VariantAccess<'de>>(name: &str, arguments: A) -> Result<Self, A::Error> {
                $( if <$family>::NAMES.contains(&name) {
                    return <$family>::read(name, arguments).map(Self::$kind);
                } )+
                Err(A::Error::unknown_variant(name, &NAMES))
            }
        }

        impl Serialize for Step {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                match self { $( Self::$kind(step) => step.write(serializer) ),+ }
            }
        }

        impl JsonSchema for Step {
            fn schema_name() -> Cow<'static, str> {
                "Step".into()
            }

            fn json_schema(generator: &mut SchemaGenerator) -> Schema {
                let steps = [$( <$family>::schemas(generator) ),+].concat();
                json_schema!({
                    "description": "One step: an action of the administrator, an expectation, or a snapshot.",
                    "oneOf": steps,
                })
            }
        }
    };
}

step! {
    /// In Okta.
    Okta(Operation),
    /// In the console of the service.
    Console(ConsoleAction),
    /// Of time.
    Clock(ClockAction),
    /// Over SCIM without Okta.
    Scim(ScimAction),
    /// What must be true at this point.
    Expect(Expectation),
    /// A comparison with a reviewed snapshot.
    Snapshot(SnapshotAction),
}

impl<'de> Deserialize<'de> for Step {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct ByName;
        impl<'de> Visitor<'de> for ByName {
            type Value = Step;

            fn expecting(&self, f: &mut Formatter<'_>) -> fmt::Result {
                f.write_str("a step, such as `okta.assign: { user: ada }`")
            }

            fn visit_enum<A: EnumAccess<'de>>(self, step: A) -> Result<Step, A::Error> {
                let (name, arguments) = step.variant_seed(Name)?;
                Step::read(name, arguments)
            }
        }
        deserializer.deserialize_enum("Step", &NAMES, ByName)
    }
}

/// Reads the name of a step, so that an error in it is placed at the name.
struct Name;

impl<'de> DeserializeSeed<'de> for Name {
    type Value = &'static str;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<&'static str, D::Error> {
        deserializer.deserialize_identifier(self)
    }
}

impl Visitor<'_> for Name {
    type Value = &'static str;

    fn expecting(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str("the name of a step")
    }

    fn visit_str<E: Error>(self, name: &str) -> Result<&'static str, E> {
        let known = NAMES.iter().find(|known| **known == name);
        known.copied().ok_or_else(|| E::unknown_variant(name, &NAMES))
    }
}

/// The arguments by which steps of one name differ, in the order in which a title shows them.
const MAIN_ARGUMENTS: [&str; 18] = [
    "user",
    "group",
    "name",
    "method",
    "path",
    "request",
    "role",
    "minutes",
    "to",
    "mode",
    "matter",
    "watchlist",
    "organization",
    "code",
    "dryRun",
    "available",
    "backupAgent",
    "preset",
];

impl Step {
    /// The step's name and main arguments, e.g. `okta.assign ada`.
    #[must_use]
    pub fn title(&self) -> String {
        let shown = |key: &str, value: &Value| match value {
            Value::String(text) => Some(text.clone()),
            Value::Number(number) => Some(number.to_string()),
            Value::Bool(flag) => Some(format!("{key}: {flag}")),
            Value::Null | Value::Array(_) | Value::Object(_) => None,
        };
        let arguments = self.arguments().unwrap_or_default();
        let mut title = vec![self.name().to_owned()];
        match &arguments {
            Value::Object(fields) => {
                title.extend(MAIN_ARGUMENTS.iter().filter_map(|key| shown(key, fields.get(*key)?)));
            }
            Value::String(text) => title.push(text.clone()),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) => {}
        }
        title.join(" ")
    }

    /// Whether the step only looks and never changes anything.
    #[must_use]
    pub fn is_observation(&self) -> bool {
        match self {
            Self::Expect(_) | Self::Snapshot(_) => true,
            Self::Okta(_) | Self::Console(_) | Self::Clock(_) | Self::Scim(_) => false,
        }
    }

    /// What the step needs of a target, beyond SCIM.
    #[must_use]
    pub fn requires(&self) -> &'static [Requirement] {
        match self {
            Self::Console(_) => &[Requirement::Console],
            Self::Clock(_) => &[Requirement::Console, Requirement::Clock],
            Self::Okta(_) | Self::Scim(_) | Self::Expect(_) | Self::Snapshot(_) => &[],
        }
    }
}
