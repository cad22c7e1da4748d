//! The people of the console: who they are, where they belong, and how they get in.
//!
//! None of this bears on a verdict about a key, so the index takes no notice of it. What decides
//! about people is read from the store each time.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{InvitationId, MemberId, OrganizationId, PersonId, SessionId, TextList, Timestamp};
use crate::key::Encoder;

/// Somebody who can sign in to the console.
#[derive(Clone, PartialEq, Eq)]
pub struct Person {
    /// Their identifier.
    pub id: PersonId,
    /// Their address in its canonical form, see [`Person::canonical_email`]; unique among those
    /// who are not removed.
    pub email: String,
    /// What they are called.
    pub name: String,
    /// The hash of their password, as a PHC string (argon2id, RFC 9106). Without one nobody signs
    /// in as them.
    pub password: Option<String>,
    /// When the password was set.
    pub password_at: Option<Timestamp>,
    /// The secret of their one-time codes (RFC 6238), sealed for them.
    pub totp: Option<Vec<u8>>,
    /// The last step of time whose code was used: it and all before are used up. None was used
    /// before the first, with which they begin to count.
    pub totp_step: Option<u64>,
    /// Hashes of the recovery codes that are not used up.
    pub recovery: Option<TextList>,
    /// The link with which they set a new password.
    pub reset: Option<Reset>,
    /// When they came.
    pub created_at: Timestamp,
    /// When they were removed.
    pub removed_at: Option<Timestamp>,
    /// The journal row that wrote this version.
    pub seq: u64,
}

/// A link with which somebody sets a new password.
#[derive(Clone, PartialEq, Eq)]
pub struct Reset {
    /// SHA-256 of the token in it.
    pub digest: [u8; 32],
    /// From when on it counts no more.
    pub ends_at: Timestamp,
}

/// What somebody may do in the console, least first.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Sees everything but secrets.
    Viewer,
    /// Manages keys.
    Developer,
    /// Manages people and everything else there.
    Admin,
    /// Whatever there is, also other owners.
    Owner,
}

/// That somebody belongs to an organization, or to the installation as a whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// Its identifier.
    pub id: MemberId,
    /// Who.
    pub person: PersonId,
    /// Where; `None` is the whole installation, with all organizations. One living membership for
    /// each person and place.
    pub organization: Option<OrganizationId>,
    /// What they may do there.
    pub role: Role,
    /// Since when.
    pub created_at: Timestamp,
    /// Who let them in; recorded, decides nothing.
    pub created_by: String,
    /// When it ended.
    pub removed_at: Option<Timestamp>,
    /// The journal row that wrote this version.
    pub seq: u64,
}

/// A person's stay in the console, in one browser. Its record is gone when it has ended.
#[derive(Clone, PartialEq, Eq)]
pub struct Session {
    /// Its identifier.
    pub id: SessionId,
    /// Whose.
    pub person: PersonId,
    /// SHA-256 of the token that the browser holds.
    pub digest: [u8; 32],
    /// When they signed in.
    pub begun_at: Timestamp,
    /// When they last gave their password.
    pub confirmed_at: Timestamp,
    /// From when on it counts no more.
    pub ends_at: Timestamp,
    /// The journal row that wrote this version.
    pub seq: u64,
}

/// A link with which somebody becomes a member. Its record is gone when it was used or withdrawn.
#[derive(Clone, PartialEq, Eq)]
pub struct Invitation {
    /// Its identifier.
    pub id: InvitationId,
    /// SHA-256 of the token in the link.
    pub digest: [u8; 32],
    /// The only address it is for, in its canonical form.
    pub email: Option<String>,
    /// Where; `None` is the whole installation.
    pub organization: Option<OrganizationId>,
    /// As what.
    pub role: Role,
    /// When it was made.
    pub created_at: Timestamp,
    /// Who made it; recorded, decides nothing.
    pub created_by: String,
    /// From when on it counts no more.
    pub ends_at: Timestamp,
    /// The journal row that wrote this version.
    pub seq: u64,
}

impl Role {
    /// All of them, least first.
    pub const ALL: [Self; 4] = [Self::Viewer, Self::Developer, Self::Admin, Self::Owner];

    /// As the database and people write it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Viewer => "viewer",
            Self::Developer => "developer",
            Self::Admin => "admin",
            Self::Owner => "owner",
        }
    }

    /// The role written so.
    #[must_use]
    pub fn from_text(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.as_str() == text)
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Person {
    /// An address as it is kept and compared: without space around it, in lower case.
    #[must_use]
    pub fn canonical_email(text: &str) -> String {
        text.trim().to_lowercase()
    }

    /// Whether signing in takes a one-time code or a recovery code besides the password.
    #[must_use]
    pub const fn has_second(&self) -> bool {
        self.totp.is_some() && self.totp_step.is_some()
    }

    /// How many recovery codes are left.
    #[must_use]
    pub fn recovery_left(&self) -> usize {
        self.recovery.as_ref().map_or(0, |codes| codes.len())
    }

    pub(super) fn encode(&self, out: &mut Encoder<'_>) {
        out.text("person/1");
        out.bytes(&self.id.to_bytes());
        out.text(&self.email);
        out.text(&self.name);
        out.maybe_text(self.password.as_deref());
        out.maybe_time(self.password_at);
        out.maybe_bytes(self.totp.as_deref());
        out.maybe_number(self.totp_step);
        out.maybe_list(self.recovery.as_ref());
        let reset = self.reset.as_ref();
        out.maybe_bytes(reset.map(|reset| reset.digest.as_slice()));
        out.maybe_time(reset.map(|reset| reset.ends_at));
        out.time(self.created_at);
        out.maybe_time(self.removed_at);
        out.number(self.seq);
    }
}

impl Member {
    pub(super) fn encode(&self, out: &mut Encoder<'_>) {
        out.text("member/1");
        out.bytes(&self.id.to_bytes());
        out.bytes(&self.person.to_bytes());
        encode_place(self.organization, out);
        out.text(self.role.as_str());
        out.time(self.created_at);
        out.text(&self.created_by);
        out.maybe_time(self.removed_at);
        out.number(self.seq);
    }
}

impl Session {
    pub(super) fn encode(&self, out: &mut Encoder<'_>) {
        out.text("session/1");
        out.bytes(&self.id.to_bytes());
        out.bytes(&self.person.to_bytes());
        out.bytes(&self.digest);
        out.time(self.begun_at);
        out.time(self.confirmed_at);
        out.time(self.ends_at);
        out.number(self.seq);
    }
}

impl Invitation {
    pub(super) fn encode(&self, out: &mut Encoder<'_>) {
        out.text("invitation/1");
        out.bytes(&self.id.to_bytes());
        out.bytes(&self.digest);
        out.maybe_text(self.email.as_deref());
        encode_place(self.organization, out);
        out.text(self.role.as_str());
        out.time(self.created_at);
        out.text(&self.created_by);
        out.time(self.ends_at);
        out.number(self.seq);
    }
}

fn encode_place(organization: Option<OrganizationId>, out: &mut Encoder<'_>) {
    let bytes = organization.map(OrganizationId::to_bytes);
    out.maybe_bytes(bytes.as_ref().map(<[u8; 16]>::as_slice));
}

/// What proves who somebody is stays out of it.
impl fmt::Debug for Person {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Person")
            .field("id", &self.id)
            .field("removed_at", &self.removed_at)
            .field("seq", &self.seq)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Reset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reset")
            .field("ends_at", &self.ends_at)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session")
            .field("id", &self.id)
            .field("person", &self.person)
            .field("ends_at", &self.ends_at)
            .field("seq", &self.seq)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Invitation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Invitation")
            .field("id", &self.id)
            .field("organization", &self.organization)
            .field("role", &self.role)
            .field("ends_at", &self.ends_at)
            .field("seq", &self.seq)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roles_stand_in_their_order_and_read_back() {
        assert!(Role::ALL.is_sorted());
        for role in Role::ALL {
            assert_eq!(Role::from_text(role.as_str()), Some(role));
        }
        assert_eq!(Role::from_text("Owner"), None);
    }

    #[test]
    fn an_address_has_one_canonical_form() {
        for text in ["ada@example.com", " Ada@Example.COM\n", "\tADA@example.com"] {
            assert_eq!(Person::canonical_email(text), "ada@example.com");
        }
    }

    #[test]
    fn p06_debug_shows_neither_passwords_nor_digests() {
        let person = Person {
            id: PersonId::from_u128(1),
            email: "ada@example.com".into(),
            name: "Ada".into(),
            password: Some("$argon2id$v=19$m=8,t=1,p=1$c2FsdA$aGFzaA".into()),
            password_at: None,
            totp: Some(vec![7; 4]),
            totp_step: Some(5),
            recovery: Some(vec!["code".to_owned()].into()),
            reset: Some(Reset {
                digest: [0xab; 32],
                ends_at: Timestamp::from_millis(0),
            }),
            created_at: Timestamp::from_millis(0),
            removed_at: None,
            seq: 3,
        };
        let session = Session {
            id: SessionId::from_u128(2),
            person: person.id,
            digest: [0xab; 32],
            begun_at: Timestamp::from_millis(0),
            confirmed_at: Timestamp::from_millis(0),
            ends_at: Timestamp::from_millis(0),
            seq: 3,
        };
        let shown = format!("{person:?} {session:?} {:?}", person.reset);
        for hidden in ["argon2", "ada@", "Ada", "code", "[7", "171"] {
            assert!(!shown.contains(hidden), "{hidden}: {shown}");
        }
        assert!(shown.contains("usr_"));
    }
}
