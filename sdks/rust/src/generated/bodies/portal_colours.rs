//! What `PortalColours` is.
//!
//! Code generated from openapi/v1.json by `cargo xtask generate`; DO NOT EDIT.

use serde::Serialize;

/// Colours, each as `#rrggbb`.
#[derive(Debug, Clone, Serialize, Default)]
#[non_exhaustive]
pub struct PortalColours {
    /// Links, buttons and what can be done.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub accent: Option<String>,
    /// The ground of the page.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub background: Option<String>,
    /// The ground of cards and dialogs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub surface: Option<String>,
    /// Text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
}

impl PortalColours {
    /// With nothing said.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Links, buttons and what can be done.
    #[must_use]
    pub fn accent(mut self, accent: impl Into<String>) -> Self {
        self.accent = Some(accent.into());
        self
    }

    /// The ground of the page.
    #[must_use]
    pub fn background(mut self, background: impl Into<String>) -> Self {
        self.background = Some(background.into());
        self
    }

    /// The ground of cards and dialogs.
    #[must_use]
    pub fn surface(mut self, surface: impl Into<String>) -> Self {
        self.surface = Some(surface.into());
        self
    }

    /// Text.
    #[must_use]
    pub fn text(mut self, text: impl Into<String>) -> Self {
        self.text = Some(text.into());
        self
    }
}
