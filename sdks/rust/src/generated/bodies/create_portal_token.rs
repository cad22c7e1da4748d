//! What `CreatePortalToken` is.
//!
//! Code generated from openapi/v1.json by `cargo xtask generate`; DO NOT EDIT.

use crate::types::PortalAbility;
use crate::types::PortalTheme;
use serde::Serialize;

/// What the portal shall show, to whom, and how.
#[derive(Debug, Clone, Serialize, Default)]
#[non_exhaustive]
pub struct CreatePortalToken {
    /// What the guest may do besides looking at keys and their usage; left out, nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub abilities: Option<Vec<PortalAbility>>,
    /// One project of the organization; left out, all of them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub project: Option<String>,
    /// The origin of your page around the portal, such as `https://app.example.com`. Left out, no
    /// page can frame it, and the link is for a tab of its own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub origin: Option<String>,
    /// Your own id for the guest, which names nobody: the audit log keeps it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub visitor: Option<String>,
    /// Your colours.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub theme: Option<PortalTheme>,
    /// How long the portal stays open; left out, an hour.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lifetime_seconds: Option<u64>,
}

impl CreatePortalToken {
    /// With nothing said.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// What the guest may do besides looking at keys and their usage; left out, nothing.
    #[must_use]
    pub fn abilities(
        mut self,
        abilities: impl IntoIterator<Item = impl Into<PortalAbility>>,
    ) -> Self {
        self.abilities = Some(abilities.into_iter().map(Into::into).collect());
        self
    }

    /// One project of the organization; left out, all of them.
    #[must_use]
    pub fn project(mut self, project: impl Into<String>) -> Self {
        self.project = Some(project.into());
        self
    }

    /// The origin of your page around the portal, such as `https://app.example.com`. Left out, no
    /// page can frame it, and the link is for a tab of its own.
    #[must_use]
    pub fn origin(mut self, origin: impl Into<String>) -> Self {
        self.origin = Some(origin.into());
        self
    }

    /// Your own id for the guest, which names nobody: the audit log keeps it.
    #[must_use]
    pub fn visitor(mut self, visitor: impl Into<String>) -> Self {
        self.visitor = Some(visitor.into());
        self
    }

    /// Your colours.
    #[must_use]
    pub fn theme(mut self, theme: PortalTheme) -> Self {
        self.theme = Some(theme);
        self
    }

    /// How long the portal stays open; left out, an hour.
    #[must_use]
    pub fn lifetime_seconds(mut self, lifetime_seconds: u64) -> Self {
        self.lifetime_seconds = Some(lifetime_seconds);
        self
    }
}
