#![doc = include_str!("../README.md")]
#![cfg_attr(
    not(test),
    deny(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        clippy::indexing_slicing,
        clippy::unreachable
    )
)]

mod change;
mod clock;
#[cfg(feature = "testing")]
pub mod conformance;
mod error;
mod journal;
mod ledger;
mod packed;
mod people;
mod query;
pub mod sqlite;
mod traits;
mod usage;

pub use change::{Change, Committed, Guard, Idempotency, MAX_WRITES, Write};
pub use clock::{Clock, WallClock};
pub use error::{CommitError, OpenError, StoreError};
pub use ledger::{Asked, Balances, Changed, LedgerStore, Listed, accounts_of};
pub use people::PeopleStore;
pub use query::{
    AuditFilter, EnvironmentFilter, IdleRule, KeyFilter, OrganizationFilter, Page, ProjectFilter,
    StoredIdempotency,
};
pub use traits::{
    AuditReport, AuditStore, Feed, FeedRow, Finding, Head, LedgerHead, Reads, ScanReport, Scanned,
    Store, UsageStore, Writes,
};
pub use usage::{HourCount, MAX_USES, UsageOf, ValueUse};
