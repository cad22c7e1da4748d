//! What must be read about the people of the console.

use async_trait::async_trait;
use keystile_core::model::{
    Invitation, InvitationId, Member, MemberId, OrganizationId, Person, PersonId, Session,
};

use crate::{Page, StoreError};

/// People, memberships, sessions and invitations. As in [`crate::Reads`] every row's MAC is
/// checked, and so is that the row is one of those that were asked for: no MAC covers an index.
///
/// Who is removed is found by their id alone.
#[async_trait]
pub trait PeopleStore: Send + Sync {
    /// One person.
    async fn person(&self, id: PersonId) -> Result<Option<Person>, StoreError>;

    /// The person with this address, in its canonical form.
    async fn person_by_email(&self, email: &str) -> Result<Option<Person>, StoreError>;

    /// The person the token of whose link for a new password has this digest.
    async fn person_by_reset(&self, digest: &[u8; 32]) -> Result<Option<Person>, StoreError>;

    /// People, newest first.
    async fn people(&self, page: Page<PersonId>) -> Result<Vec<Person>, StoreError>;

    /// One membership.
    async fn member(&self, id: MemberId) -> Result<Option<Member>, StoreError>;

    /// All memberships of a person.
    async fn members_of_person(&self, person: PersonId) -> Result<Vec<Member>, StoreError>;

    /// The members of an organization, or of the whole installation, newest first.
    async fn members_of_place(
        &self,
        organization: Option<OrganizationId>,
        page: Page<MemberId>,
    ) -> Result<Vec<Member>, StoreError>;

    /// The session whose token has this digest.
    async fn session_by_digest(&self, digest: &[u8; 32]) -> Result<Option<Session>, StoreError>;

    /// All sessions of a person, oldest first.
    async fn sessions_of(&self, person: PersonId) -> Result<Vec<Session>, StoreError>;

    /// One invitation.
    async fn invitation(&self, id: InvitationId) -> Result<Option<Invitation>, StoreError>;

    /// The invitation whose token has this digest.
    async fn invitation_by_digest(
        &self,
        digest: &[u8; 32],
    ) -> Result<Option<Invitation>, StoreError>;

    /// All invitations into an organization, or into the whole installation, oldest first; also
    /// those whose time is over.
    async fn invitations_of_place(
        &self,
        organization: Option<OrganizationId>,
    ) -> Result<Vec<Invitation>, StoreError>;
}
