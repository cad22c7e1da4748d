//! Manifests to begin with: one for each of the four example systems, one for everybody else, and
//! the built-in product of operator keys.

use super::file::Manifest;
use super::problem::Problems;
use super::rules::Rules;

/// A system whose manifest ships as an example.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum System {
    /// Live events: viewers watch and chat.
    Keepem,
    /// A quote widget on the websites of hotels.
    Innkept,
    /// A backend as a service.
    Bkend,
    /// Analysis of documents for credits.
    Datakeen,
}

impl System {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Keepem, Self::Innkept, Self::Bkend, Self::Datakeen];

    /// Its name, which is the slug of its product.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Keepem => "keepem",
            Self::Innkept => "innkept",
            Self::Bkend => "bkend",
            Self::Datakeen => "datakeen",
        }
    }

    /// The system of that name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|system| system.as_str() == name)
    }
}

/// The manifest of the built-in product, as TOML.
pub const OPERATOR_MANIFEST: &str = include_str!("operator.toml");

/// A commented manifest to begin with, as TOML: that of an example system, or a general one.
#[must_use]
pub const fn starter(like: Option<System>) -> &'static str {
    match like {
        None => include_str!("starter.toml"),
        Some(System::Keepem) => include_str!("../../../../examples/keepem/keystile.toml"),
        Some(System::Innkept) => include_str!("../../../../examples/innkept/keystile.toml"),
        Some(System::Bkend) => include_str!("../../../../examples/bkend/keystile.toml"),
        Some(System::Datakeen) => include_str!("../../../../examples/datakeen/keystile.toml"),
    }
}

impl Rules {
    /// The rules of the built-in product of operator keys.
    ///
    /// # Errors
    /// Never with the file that ships; a test holds it to that.
    pub fn operator() -> Result<Self, Problems> {
        Self::check_operator(&Manifest::from_toml(OPERATOR_MANIFEST)?)
    }
}
