//! `--dialect`: one of the clients, or all of Okta's.

use clap::ValueEnum;
use clap::builder::PossibleValue;

use crate::clients::Dialect;

/// What `--dialect` says; `all` is `None`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct DialectArg(pub(super) Option<Dialect>);

impl DialectArg {
    pub(super) const ALL: Self = Self(None);
    const VALUES: [Self; Dialect::ALL.len() + 1] = {
        let mut values = [Self::ALL; Dialect::ALL.len() + 1];
        let mut at = 0;
        while at < Dialect::ALL.len() {
            values[at] = Self(Some(Dialect::ALL[at]));
            at += 1;
        }
        values
    };
}

impl ValueEnum for DialectArg {
    fn value_variants<'a>() -> &'a [Self] {
        &Self::VALUES
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        Some(PossibleValue::new(self.0.map_or("all", Dialect::as_str)))
    }
}

impl ValueEnum for Dialect {
    fn value_variants<'a>() -> &'a [Self] {
        &Self::ALL
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        Some(PossibleValue::new(self.as_str()))
    }
}
