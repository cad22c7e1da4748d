//! All operations.
//!
//! Code generated from openapi/v1.json by `cargo xtask generate`; DO NOT EDIT.

mod credits;
mod environments;
mod installation;
mod keys;
mod organizations;
mod own_key;
mod products;
mod projects;
mod sessions;

pub use credits::*;
pub use environments::*;
pub use installation::*;
pub use keys::*;
pub use organizations::*;
pub use own_key::*;
pub use products::*;
pub use projects::*;
pub use sessions::*;

use std::sync::Arc;

use crate::client::Client;

impl Client {
    /// Operations about keys.
    #[must_use]
    pub fn keys(&self) -> KeysResource {
        KeysResource {
            api: Arc::clone(&self.api),
        }
    }

    /// Operations about organizations.
    #[must_use]
    pub fn organizations(&self) -> OrganizationsResource {
        OrganizationsResource {
            api: Arc::clone(&self.api),
        }
    }

    /// Operations about projects.
    #[must_use]
    pub fn projects(&self) -> ProjectsResource {
        ProjectsResource {
            api: Arc::clone(&self.api),
        }
    }

    /// Operations about environments.
    #[must_use]
    pub fn environments(&self) -> EnvironmentsResource {
        EnvironmentsResource {
            api: Arc::clone(&self.api),
        }
    }

    /// Operations about credits.
    #[must_use]
    pub fn credits(&self) -> CreditsResource {
        CreditsResource {
            api: Arc::clone(&self.api),
        }
    }

    /// Operations about products.
    #[must_use]
    pub fn products(&self) -> ProductsResource {
        ProductsResource {
            api: Arc::clone(&self.api),
        }
    }

    /// Operations about installation.
    #[must_use]
    pub fn installation(&self) -> InstallationResource {
        InstallationResource {
            api: Arc::clone(&self.api),
        }
    }

    /// Operations about own key.
    #[must_use]
    pub fn own_key(&self) -> OwnKeyResource {
        OwnKeyResource {
            api: Arc::clone(&self.api),
        }
    }

    /// Operations about sessions.
    #[must_use]
    pub fn sessions(&self) -> SessionsResource {
        SessionsResource {
            api: Arc::clone(&self.api),
        }
    }
}
