//! A product's rules in one file: from the text that people write to the form the engine reads.
//!
//! ```text
//! TOML or JSON ── read ──▶ Manifest ── check ──▶ Rules
//! ```
//!
//! [`Manifest`] is the file as written, [`Rules`] what it means. Both steps tell everything that is
//! wrong at once. This module reads no files and knows nothing of keys that exist, of customers or
//! of other products; that a base URL is claimed once per installation is checked where all
//! products are known.

mod check;
mod cost;
mod diff;
mod effect;
mod file;
mod grammar;
mod json;
mod operation;
mod path;
mod period;
mod place;
mod problem;
mod read;
mod rules;
mod scope;
mod shape;
mod starter;
mod template;

pub use cost::CostError;
pub use diff::{Change, Effect, diff, narrows};
pub use file::{
    ConsoleSection, CreditsSection, EnvironmentEntry, Every, ForeignFormatEntry, KeysSection,
    KindNames, Manifest, OperationEntry, OrganizationsSection, PlanCredits, PlanEntry,
    ProductSection, PublishableSection, RateLimitEntry, Reveal, ScopeEntry, SecretSection,
};
pub use grammar::seconds as duration_seconds;
pub use json::parse as parse_strict_json;
pub use operation::{Operation, OperationError, OperationTable};
pub use path::PathError;
pub use period::Period;
pub use place::{BaseUrl, Place};
pub use problem::{Problem, Problems};
pub use read::MANIFEST_MAX_BYTES;
pub use rules::{
    ConsoleRules, EnvironmentRules, ForeignFormat, KindRules, PlanRules, RecurringCredits, Rules,
    ScopeProblem, ScopeRules,
};
pub use scope::{ScopeId, ScopeSet};
pub use shape::json_schema;
pub use starter::{OPERATOR_MANIFEST, System, starter};

#[cfg(test)]
mod tests;
