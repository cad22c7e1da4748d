//! What the journal says of a change: who, what, when, from where.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{KeyId, OrganizationId, PersonId, RequestId, Slug, Subject, Timestamp};

/// Who made a change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Actor {
    /// A call with an operator key.
    OperatorKey {
        /// That key.
        id: KeyId,
    },
    /// A command on the machine itself, through the control socket or with the server stopped.
    Local,
    /// The holder of a key, by that key.
    KeyHolder {
        /// That key.
        id: KeyId,
    },
    /// A person at the console.
    Person {
        /// That person.
        id: PersonId,
    },
    /// A guest of the portal, inside the operator's own site.
    Portal {
        /// The operator key that let them in; none when somebody on the machine did.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        operator_key: Option<KeyId>,
        /// The operator's own id for the guest.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        visitor: Option<String>,
    },
    /// Keystile itself: first start, timers.
    System,
}

macro_rules! actions {
    ($($(#[$doc:meta])* $name:ident = $text:literal),* $(,)?) => {
        /// What was done; the words stand in the journal for ever.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Action { $($(#[$doc])* $name),* }

        impl Action {
            /// Every action there is.
            pub const ALL: &'static [Self] = &[$(Self::$name),*];

            /// As the journal writes it.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => $text),* }
            }

            /// The action written so.
            #[must_use]
            pub fn from_text(text: &str) -> Option<Self> {
                match text { $($text => Some(Self::$name),)* _ => None }
            }
        }
    };
}

actions! {
    /// The first start made the built-in product and the key material.
    InstallationCreated = "installation.created",
    /// A product's manifest was applied for the first time.
    ProductCreated = "product.created",
    /// A product's manifest changed.
    ProductUpdated = "product.updated",
    /// Sealed secrets of a product whose secrets are not recoverable any more are gone.
    SecretsDestroyed = "product.secrets_destroyed",
    /// An organization was created, with what comes automatically.
    OrganizationCreated = "organization.created",
    /// An organization's fields changed.
    OrganizationUpdated = "organization.updated",
    /// An organization was suspended.
    OrganizationSuspended = "organization.suspended",
    /// A suspended organization works again.
    OrganizationResumed = "organization.resumed",
    /// An organization was deleted.
    OrganizationDeleted = "organization.deleted",
    /// A project was created.
    ProjectCreated = "project.created",
    /// A project's fields changed.
    ProjectUpdated = "project.updated",
    /// A project was deleted.
    ProjectDeleted = "project.deleted",
    /// An environment was created.
    EnvironmentCreated = "environment.created",
    /// An environment's fields changed.
    EnvironmentUpdated = "environment.updated",
    /// An environment was deleted.
    EnvironmentDeleted = "environment.deleted",
    /// A key was created, or several at once.
    KeyCreated = "key.created",
    /// A key of another system was taken over when it was first presented.
    KeyAdopted = "key.adopted",
    /// Keys of another system were taken over by their digests, many at once.
    KeysImported = "keys.imported",
    /// A key's fields changed.
    KeyUpdated = "key.updated",
    /// A key got a new value.
    KeyRotated = "key.rotated",
    /// The grace of a key's old value was shortened or ended.
    KeyGraceEnded = "key.grace_ended",
    /// A key was revoked.
    KeyRevoked = "key.revoked",
    /// A key was deleted.
    KeyDeleted = "key.deleted",
    /// A key's digest was remade with the current pepper.
    KeyRehashed = "key.rehashed",
    /// A secret key came from a web page for the first time.
    KeyExposed = "key.exposed",
    /// A recoverable secret was shown again.
    KeyRevealed = "key.revealed",
    /// Credits were granted, by hand or with a period of a plan.
    CreditsGranted = "credits.granted",
    /// What is left of a grant was declared void.
    GrantVoided = "credits.voided",
    /// Somebody came who was not known before, with an invitation.
    PersonCreated = "person.created",
    /// A person's name changed.
    PersonUpdated = "person.updated",
    /// A person was removed, with all sessions.
    PersonRemoved = "person.removed",
    /// A person's password and second factor count no more, until they are set anew by a link.
    PersonReset = "person.reset",
    /// A person's password changed, which ends their other sessions.
    PasswordChanged = "password.changed",
    /// A person signed in.
    SessionBegun = "session.begun",
    /// A person gave their password again.
    SessionConfirmed = "session.confirmed",
    /// A session lasts longer, because it is in use.
    SessionRenewed = "session.renewed",
    /// Sessions were ended before their time.
    SessionEnded = "session.ended",
    /// A link was made that opens the portal.
    PortalLinkCreated = "portal.link_created",
    /// A guest opened the portal.
    PortalOpened = "portal.opened",
    /// Somebody was invited.
    InvitationCreated = "invitation.created",
    /// Invitations count no more.
    InvitationWithdrawn = "invitation.withdrawn",
    /// A person became a member.
    MemberAdded = "member.added",
    /// A member got another role.
    MemberChanged = "member.changed",
    /// A membership ended.
    MemberRemoved = "member.removed",
    /// A person was given a secret for one-time codes, which do not count yet.
    TotpBegun = "totp.begun",
    /// Signing in takes a one-time code from now on.
    TotpEnabled = "totp.enabled",
    /// Signing in takes no one-time code any more.
    TotpDisabled = "totp.disabled",
    /// A person got new recovery codes; the old ones count no more.
    RecoveryCodesReplaced = "recovery_codes.replaced",
    /// The master key was replaced.
    MasterKeyRotated = "master_key.rotated",
    /// A new pepper serves new keys.
    PepperRotated = "pepper.rotated",
    /// A new sealing key serves new recoverable secrets.
    SealingKeyRotated = "sealing_key.rotated",
    /// A new signing key serves new session tokens.
    SigningKeyRotated = "signing_key.rotated",
    /// Signing keys whose tokens have all ended are gone.
    SigningKeysRetired = "signing_key.retired",
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Fields about people: kept beside the chain, which covers a salted hash of them, so that they
/// can be erased without breaking it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Personal {
    /// The address the call came from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ip: Option<String>,
    /// The caller's user agent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_agent: Option<String>,
}

/// One row of the journal as people read it.
#[derive(Debug, Clone, PartialEq)]
pub struct AuditEntry {
    /// Its number; there are no gaps.
    pub seq: u64,
    /// When it was written.
    pub at: Timestamp,
    /// Who.
    pub actor: Actor,
    /// What.
    pub action: Action,
    /// The product it concerns.
    pub product: Option<Slug>,
    /// The organization it concerns.
    pub organization: Option<OrganizationId>,
    /// The rows it wrote.
    pub subjects: Vec<Subject>,
    /// What changed, as a JSON object without secrets.
    pub details: serde_json::Value,
    /// The request that asked for it.
    pub request_id: Option<RequestId>,
    /// From where; `None` once erased.
    pub personal: Option<Personal>,
}

/// The proof that a narrowing is in force everywhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Effective {
    /// The journal row of the change.
    pub seq: u64,
    /// How many nodes there were; the sum of the other two.
    pub nodes: u32,
    /// How many have said that they no longer allow on the old state.
    pub confirmed: u32,
    /// How many could not say so, and whose lease has ended: they allow nothing at all.
    pub lapsed: u32,
}
