//! Fields of changes.

use serde::{Serialize, Serializer};

/// A field of a change. Left out, the field stays as it is; `null` takes its value away.
///
/// ```
/// use keystile_sdk::Patch;
/// use keystile_sdk::types::ChangeKey;
///
/// let change = ChangeKey::new().name("Ticket backend").note(Patch::Null);
/// assert_eq!(serde_json::to_string(&change)?, r#"{"name":"Ticket backend","note":null}"#);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Patch<T> {
    /// The field stays as it is.
    #[default]
    Keep,
    /// The field gets this value.
    Set(T),
    /// The field's value is taken away.
    Null,
}

impl<T> Patch<T> {
    /// Whether the field stays as it is.
    pub fn is_keep(&self) -> bool {
        matches!(self, Self::Keep)
    }
}

impl<T> From<T> for Patch<T> {
    fn from(value: T) -> Self {
        Self::Set(value)
    }
}

impl From<&str> for Patch<String> {
    fn from(value: &str) -> Self {
        Self::Set(value.to_owned())
    }
}

impl<const N: usize> From<[&str; N]> for Patch<Vec<String>> {
    fn from(values: [&str; N]) -> Self {
        Self::Set(values.map(str::to_owned).to_vec())
    }
}

impl<T: Serialize> Serialize for Patch<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Set(value) => serializer.serialize_some(value),
            Self::Keep | Self::Null => serializer.serialize_none(),
        }
    }
}
