//! What `PortalTheme` is.
//!
//! Code generated from openapi/v1.json by `cargo xtask generate`; DO NOT EDIT.

use crate::types::PortalColours;
use crate::types::PortalScheme;
use serde::Serialize;

/// How pages of the portal look; what is left out is as in the console.
#[derive(Debug, Clone, Serialize, Default)]
#[non_exhaustive]
pub struct PortalTheme {
    /// `auto` follows the guest's device.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scheme: Option<PortalScheme>,
    /// Colours of light pages.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub light: Option<PortalColours>,
    /// Colours of dark pages.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dark: Option<PortalColours>,
}

impl PortalTheme {
    /// With nothing said.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// `auto` follows the guest's device.
    #[must_use]
    pub fn scheme(mut self, scheme: PortalScheme) -> Self {
        self.scheme = Some(scheme);
        self
    }

    /// Colours of light pages.
    #[must_use]
    pub fn light(mut self, light: PortalColours) -> Self {
        self.light = Some(light);
        self
    }

    /// Colours of dark pages.
    #[must_use]
    pub fn dark(mut self, dark: PortalColours) -> Self {
        self.dark = Some(dark);
        self
    }
}
