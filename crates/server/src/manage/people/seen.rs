//! Which secrets a person has seen, by what the journal says: to be rotated when they leave.

use std::collections::BTreeMap;

use keystile_core::model::{
    Action, Actor, AuditEntry, KeyId, KeyState, Kind, OrganizationId, PersonId, Subject, Timestamp,
};
use keystile_store::{AuditFilter, Page};

use crate::app::App;
use crate::problem::Problem;

/// So many rows of the journal are read together.
const ROWS: u32 = 500;

/// Living secret keys of an organization, or of all, one of whose working values this person has
/// seen: they made it, alone or with what it belongs to, gave it a new value, or had it shown.
pub(crate) async fn keys_seen_by(
    app: &App,
    person: PersonId,
    organization: Option<OrganizationId>,
) -> Result<Vec<KeyId>, Problem> {
    let mut seen = BTreeMap::new();
    let filter = AuditFilter {
        organization,
        actor: Some(Actor::Person { id: person }),
        ..AuditFilter::default()
    };
    let mut page = Page {
        before: None,
        limit: ROWS,
    };
    loop {
        let rows = app.store.audit(filter.clone(), page).await?;
        let Some(last) = rows.last() else { break };
        page.before = Some(last.seq);
        rows.iter().for_each(|row| note(row, &mut seen));
    }
    let mut keys = Vec::new();
    for (id, at) in seen {
        if still_works(app, id, at).await? {
            keys.push(id);
        }
    }
    Ok(keys)
}

/// Rows come newest first, and the newest counts.
fn note(row: &AuditEntry, seen: &mut BTreeMap<KeyId, Timestamp>) {
    let shows = matches!(
        row.action,
        Action::KeyCreated
            | Action::KeyRotated
            | Action::KeyRevealed
            | Action::KeyAdopted
            | Action::OrganizationCreated
            | Action::ProjectCreated
            | Action::EnvironmentCreated
    );
    if !shows {
        return;
    }
    for subject in &row.subjects {
        if let Subject::Key(id) = subject {
            seen.entry(*id).or_insert(row.at);
        }
    }
}

/// Whether a value that was seen at a time may work still: the key's current one, or one in its
/// grace.
async fn still_works(app: &App, id: KeyId, at: Timestamp) -> Result<bool, Problem> {
    let Some(key) = app.store.key(id).await? else {
        return Ok(false);
    };
    let now = app.now();
    if key.kind != Kind::Secret || matches!(key.state(now), KeyState::Revoked | KeyState::Expired) {
        return Ok(false);
    }
    if key.rotated_at.is_none_or(|rotated| rotated <= at) {
        return Ok(true);
    }
    let former = app.store.retired_values(id).await?;
    Ok(former.iter().any(|value| value.ends_at > now))
}
