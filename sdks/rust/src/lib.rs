//! Verify API keys with Keystile, and manage them.
//!
//! [`Client`] asks and manages, [`Protect`] guards a `tower` service with it, and a [`Verified`] in
//! the request's extensions tells whose call it is:
//!
//! ```no_run
//! use axum::{Extension, Router, routing::get};
//! use keystile_sdk::{Client, Config, Protect, Verified};
//!
//! # fn app(url: String, key: String) -> Result<Router, keystile_sdk::ConfigurationError> {
//! let client = Client::new(Config::new(url, key))?;
//! let app = Router::new().route("/v1/workspace", get(workspace)).layer(Protect::new(client));
//! # Ok(app)
//! # }
//!
//! async fn workspace(Extension(verified): Extension<Verified>) -> String {
//!     verified.organization.id
//! }
//! ```
//!
//! Whatever cannot be decided is an error, and 503 to whoever called the guarded service: nothing
//! here ever lets a call in because Keystile is out of reach.

mod call;
mod client;
mod connection;
mod credential;
mod errors;
mod generated;
mod jwks;
mod key;
mod pages;
mod patch;
mod problem;
mod protect;
mod question;
mod secret;
mod session;
mod surroundings;
mod transport;
mod verdict;
mod words;

pub use jiff::Timestamp;

pub use call::{Answer, Call};
pub use client::{Client, Config};
pub use errors::{
    ApiError, ConfigurationError, Error, KeyFormatCode, KeyFormatError, SessionTokenCode,
    SessionTokenError,
};
pub use key::{ParsedKey, parse_key};
pub use pages::{Page, Pages};
pub use patch::Patch;
pub use protect::{Protect, ProtectBody, Protected};
pub use question::Question;
pub use secret::Secret;
pub use session::{SessionClaims, SessionConfig, SessionTokens};
pub use verdict::{SpendHandle, Verdict, Verified};

/// What the API takes and answers, generated from its description.
pub mod types {
    pub use crate::generated::bodies::*;
    pub use crate::generated::types::*;
}

/// The operations of the API, generated from its description; reached through [`Client`].
pub mod resources {
    pub use crate::generated::resources::*;
}
