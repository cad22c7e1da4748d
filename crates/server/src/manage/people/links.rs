//! Links that let people in: the one-time set-up link of an installation without an owner.

use keystile_core::key::{Token, TokenKind};
use keystile_core::model::{Action, Invitation, InvitationId, OrganizationId, Role, Subject};
use keystile_store::{Guard, Page, Write};
use serde_json::json;

use super::visitor::living;
use crate::app::{App, Caller};
use crate::manage::work::{Failure, Request, Work};
use crate::problem::Problem;

/// A set-up link lasts so many milliseconds.
const SET_UP: i64 = 24 * 3600 * 1000;

/// So many members are looked at together.
const MEMBERS: u32 = 100;

/// What a new invitation shall be.
#[derive(Debug, Clone)]
pub(super) struct NewInvitation {
    pub(super) organization: Option<OrganizationId>,
    pub(super) role: Role,
    /// In its canonical form.
    pub(super) email: Option<String>,
    /// For how many milliseconds.
    pub(super) lasts: i64,
}

impl Work<'_> {
    /// A new invitation, not written yet, and what stands in its link.
    pub(super) fn new_invitation(
        &self,
        new: NewInvitation,
    ) -> Result<(Invitation, Token), Problem> {
        let now = self.now();
        let token = Token::mint(TokenKind::Invitation, &*self.app.random)?;
        let digest = Token::digest(TokenKind::Invitation, token.reveal()).ok_or_else(|| {
            Problem::unavailable("undecided", "no link could be made; nothing was changed")
        })?;
        let invitation = Invitation {
            id: InvitationId::new(now, self.fresh()?),
            digest,
            email: new.email,
            organization: new.organization,
            role: new.role,
            created_at: now,
            created_by: self.caller.scope(),
            ends_at: now.plus_millis(new.lasts),
            seq: 0,
        };
        Ok((invitation, token))
    }
}

/// Whether an invitation is the set-up link: nobody but Keystile itself makes such.
pub(super) fn is_set_up(invitation: &Invitation) -> bool {
    invitation.created_by == Caller::system().scope()
        && invitation.organization.is_none()
        && invitation.role == Role::Owner
}

/// An invitation is gone when it was used, withdrawn, or its time is over.
pub(super) fn removal(invitation: &Invitation) -> Write {
    Write::Remove {
        subject: Subject::Invitation(invitation.id),
        replaces: invitation.seq,
    }
}

/// Makes the set-up link of an installation without an owner, in place of any earlier one; `None`
/// where there is an owner.
pub(crate) async fn ensure_setup_link(app: &App) -> Result<Option<Token>, Problem> {
    if has_owner(app).await? {
        return Ok(None);
    }
    let caller = Caller::system();
    let work = Work::new(app, &caller, Request::default());
    let made = work.attempt(async || {
        let earlier = app.store.invitations_of_place(None).await?;
        let (invitation, token) = work.new_invitation(NewInvitation {
            organization: None,
            role: Role::Owner,
            email: None,
            lasts: SET_UP,
        })?;
        let details = json!({ "invitation": invitation.id, "role": invitation.role });
        let mut change = work.change(Action::InvitationCreated, details);
        change.guards.push(Guard::NobodyOwnsInstallation);
        let earlier = earlier.iter().filter(|row| is_set_up(row));
        change.writes = earlier.map(removal).collect();
        let record = keystile_core::model::Record::Invitation(invitation);
        change.writes.push(Write::Insert(record));
        work.commit(change).await?;
        Ok::<_, Failure>(token)
    });
    match made.await {
        Ok(token) => Ok(Some(token)),
        // Somebody has just become the owner.
        Err(problem) if problem.code == "has_owner" => Ok(None),
        Err(problem) => Err(problem),
    }
}

/// Whether a living person is an owner of the installation.
async fn has_owner(app: &App) -> Result<bool, Problem> {
    let mut page = Page {
        before: None,
        limit: MEMBERS,
    };
    loop {
        let members = app.store.members_of_place(None, page).await?;
        for member in members.iter().filter(|row| row.role == Role::Owner) {
            if living(app, member.person).await?.is_some() {
                return Ok(true);
            }
        }
        match members.last() {
            Some(last) => page.before = Some(last.id),
            None => return Ok(false),
        }
    }
}

/// The set-up link of an installation without an owner, to be opened in a browser; `None` where
/// there is an owner.
///
/// # Errors
/// When it cannot be made, as text for people.
pub async fn setup_link(app: &App) -> Result<Option<String>, String> {
    let token = ensure_setup_link(app).await;
    let token = token.map_err(|problem| problem.detail)?;
    Ok(token.map(|token| app.link("setup", &token)))
}

impl App {
    /// A page of the console with a token. Its base comes from the settings, never from a request.
    pub(crate) fn link(&self, page: &str, token: &Token) -> String {
        let base = self.settings.base(self.listening.get().copied());
        format!("{base}/console/{page}?token={}", token.reveal())
    }
}
