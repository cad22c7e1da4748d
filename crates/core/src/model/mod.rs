//! What Keystile knows about: products, organizations, projects, environments and keys, and the
//! people of the console.
//!
//! These are the durable records as the store keeps them and the index reads them. They are not
//! API answers: those are spelled out where they are given, so that neither can change the other.

mod audit;
pub(crate) mod calendar;
mod caps;
mod foreign;
mod grant;
mod id;
mod key;
mod kind;
mod person;
mod record;
mod texts;
mod time;

pub use audit::{Action, Actor, AuditEntry, Effective, Personal};
pub use caps::SpendCaps;
pub use foreign::ForeignDigest;
pub use grant::{Grant, Occasion};
pub use id::{
    EntryId, EnvironmentId, GrantId, ID_DIGITS, IdError, InvitationId, KeyId, MemberId,
    OrganizationId, PersonId, ProjectId, RequestId, SessionId, SpendId, Subject, VisitorId,
    id_digits, random_id_bytes,
};
pub use key::{Binding, Key, KeyState, RateLimit, RetiredValue};
pub use kind::{Kind, Mode, ModeFilter};
pub use person::{Invitation, Member, Person, Reset, Role, Session};
pub use record::{Environment, Organization, Product, Project, Record, Slug, SlugError, THIS_ROW};
pub use texts::TextList;
pub use time::{Timestamp, TimestampError};
