//! The two kinds and the two modes of keys.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Who may hold a key: everyone, or only a server.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// Stands in web pages and apps; can only ever exercise scopes marked `publishable`.
    Publishable,
    /// Known to servers only; shown once.
    Secret,
}

impl Kind {
    /// As JSON and the database write it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Publishable => "publishable",
            Self::Secret => "secret",
        }
    }

    /// The first two letters of a key of this kind.
    #[must_use]
    pub const fn prefix(self) -> &'static str {
        match self {
            Self::Publishable => "pk",
            Self::Secret => "sk",
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Whether a key works on real data: `production` is live, every other environment is test.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// Real data and real credits.
    Live,
    /// Everything else.
    Test,
}

impl Mode {
    /// As JSON, the database and the key itself write it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Live => "live",
            Self::Test => "test",
        }
    }

    /// The mode of the environment of that name.
    #[must_use]
    pub fn of_environment(name: &str) -> Self {
        if name == "production" {
            Self::Live
        } else {
            Self::Test
        }
    }
}

impl fmt::Display for Mode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Which modes a verify accepts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum ModeFilter {
    /// Live keys only.
    Live,
    /// Test keys only.
    Test,
    /// Both: the caller has said that it does not matter.
    Any,
}

impl ModeFilter {
    /// Whether a key of `mode` is accepted.
    #[must_use]
    pub fn accepts(self, mode: Mode) -> bool {
        match self {
            Self::Any => true,
            Self::Live => mode == Mode::Live,
            Self::Test => mode == Mode::Test,
        }
    }
}
