//! One request for a page by somebody who may see it.

use std::str::FromStr;
use std::sync::Arc;

use keystile_core::manifest::Rules;
use keystile_core::model::{Organization, Personal, Project, Role, Timestamp};
use keystile_store::Idempotency;
use maud::Markup;
use sha2::{Digest, Sha256};

use super::forgery;
use super::form::Fields;
use super::parts;
use super::place::Place;
use super::rights::{Ability, may_there};
use crate::app::{App, Caller};
use crate::manage::people::Visitor;
use crate::manage::{Request, Work};
use crate::problem::Problem;
use crate::request_id::RequestName;

/// The field that makes a form one that is answered once.
const ONCE: &str = "once";

/// For how long a form that was sent is known again.
const REMEMBERED_MILLIS: i64 = 24 * 3600 * 1000;

/// What a handler gets.
pub(super) struct Visit {
    pub(super) app: Arc<App>,
    /// Whoever visits; nobody on the pages before the door.
    pub(super) visitor: Option<Visitor>,
    pub(super) caller: Caller,
    /// The highest role where the address leads.
    pub(super) role: Role,
    /// The role in the whole installation.
    pub(super) everywhere: Option<Role>,
    pub(super) place: Place,
    pub(super) path: String,
    pub(super) parameters: Vec<(String, String)>,
    pub(super) query: Fields,
    pub(super) form: Fields,
    /// What is known of the browser.
    pub(super) cookie: Option<String>,
    pub(super) request: RequestName,
    pub(super) personal: Personal,
}

impl Visit {
    /// The use-case side of this visit.
    pub(super) fn work(&self) -> Work<'_> {
        Work::new(&self.app, &self.caller, self.known())
    }

    fn known(&self) -> Request {
        Request {
            id: Some(self.request.id),
            personal: Some(self.personal.clone()),
            idempotency: None,
        }
    }

    /// The same for a form that creates something: sent twice, it creates once. Of one that was
    /// answered before, what was made is in the second half.
    pub(super) async fn work_once(&self) -> Result<(Work<'_>, Option<String>), Problem> {
        let Some(once) = self.form.filled(ONCE) else {
            return Ok((self.work(), None));
        };
        let key = hexadecimal(&Sha256::digest(once));
        let scope = self.caller.scope();
        if let Some(known) = self.app.store.idempotent(&scope, &key).await? {
            return Ok((self.work(), Some(known.outcome)));
        }
        let mut request = self.known();
        let mut hash = Sha256::new();
        hash.update(&self.path);
        request.idempotency = Some(Idempotency {
            scope,
            key,
            fingerprint: hash.finalize().into(),
            outcome: String::new(),
            expires_at: self.now().plus_millis(REMEMBERED_MILLIS),
        });
        Ok((Work::new(&self.app, &self.caller, request), None))
    }

    pub(super) fn now(&self) -> Timestamp {
        self.app.now()
    }

    /// A path parameter; one that cannot be an id names nothing.
    pub(super) fn id<T: FromStr>(&self, name: &str) -> Result<T, Problem> {
        let found = self.parameters.iter().find(|(known, _)| known == name);
        let text = found.map_or("", |(_, value)| value.as_str());
        text.parse().map_err(|_| Problem::not_found("page"))
    }

    pub(super) fn may(&self, ability: Ability) -> bool {
        may_there(self.role, self.everywhere, ability)
    }

    /// Whether all organizations are open to whoever visits.
    pub(super) fn is_everywhere(&self) -> bool {
        self.everywhere.is_some()
    }

    /// Whoever is signed in.
    pub(super) fn visitor(&self) -> Result<&Visitor, Problem> {
        let missing = || Problem::not_found("page");
        self.visitor.as_ref().ok_or_else(missing)
    }

    pub(super) fn organization(&self) -> Result<&Organization, Problem> {
        let missing = || Problem::not_found("page");
        self.place.organization.as_ref().ok_or_else(missing)
    }

    pub(super) fn project(&self) -> Result<&Project, Problem> {
        let missing = || Problem::not_found("page");
        self.place.project.as_ref().ok_or_else(missing)
    }

    pub(super) fn rules(&self) -> Result<&Arc<Rules>, Problem> {
        let missing = || Problem::not_found("page");
        self.place.rules.as_ref().ok_or_else(missing)
    }

    /// A word that is another one when anything has changed. It says nothing else.
    pub(super) fn state(&self) -> String {
        let applied = *self.app.applied.borrow();
        let mut hash = Sha256::new();
        hash.update(self.cookie.as_deref().unwrap_or_default());
        hash.update(applied.to_be_bytes());
        hexadecimal(hash.finalize().get(..8).unwrap_or_default())
    }

    /// What every form of this visit carries, so that it is known to be from a page of ours.
    pub(super) fn ours(&self) -> Markup {
        let cookie = self.cookie.as_deref();
        let token = cookie
            .map(|cookie| forgery::token(&self.app, cookie))
            .unwrap_or_default();
        parts::hidden(forgery::FIELD, &token)
    }

    /// What a form carries that creates something: sent twice, it creates once.
    pub(super) fn once(&self) -> Markup {
        let kept = self.form.filled(ONCE).map(str::to_owned);
        let once = kept.unwrap_or_else(|| {
            let mut bytes = [0; 16];
            // Without randomness nothing can be created anyway.
            let _ = self.app.random.fill(&mut bytes);
            hexadecimal(&bytes)
        });
        parts::hidden(ONCE, &once)
    }
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
