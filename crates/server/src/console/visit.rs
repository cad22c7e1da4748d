//! One request for a page by somebody who may see it.

use std::fmt::Display;
use std::str::FromStr;
use std::sync::Arc;

use keystile_core::manifest::Rules;
use keystile_core::model::{Organization, Personal, Project, ProjectId, Role, Timestamp};
use keystile_store::IdleRule;
use maud::Markup;
use sha2::{Digest, Sha256};

use super::forgery;
use super::form::Fields;
use super::pages::operator_keys;
use super::parts;
use super::place::Place;
use super::rights::{Ability, may_as_guest, may_there};
use super::side::Side;
use crate::api::{idle_rules, remembered};
use crate::app::{App, Caller};
use crate::hexadecimal::{hexadecimal, random_name};
use crate::manage::people::Visitor;
use crate::manage::portal::Guest;
use crate::manage::{Request, Work};
use crate::problem::Problem;
use crate::request_id::RequestName;

/// The field that makes a form one that is answered once.
const ONCE: &str = "once";

/// What a handler gets.
pub(super) struct Visit {
    pub(super) app: Arc<App>,
    /// Where the page stands.
    pub(super) side: Side,
    /// Whoever visits; nobody on the pages before the door.
    pub(super) visitor: Option<Visitor>,
    /// Whoever looks at the portal.
    pub(super) guest: Option<Guest>,
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
        let fingerprint = Sha256::digest(&self.path).into();
        let remembered = remembered(&self.app, &self.caller, once, fingerprint);
        let (scope, key) = (&remembered.scope, &remembered.key);
        if let Some(known) = self.app.store.idempotent(scope, key).await? {
            return Ok((self.work(), Some(known.outcome)));
        }
        let request = Request {
            idempotency: Some(remembered),
            ..self.known()
        };
        Ok((Work::new(&self.app, &self.caller, request), None))
    }

    pub(super) fn now(&self) -> Timestamp {
        self.app.now()
    }

    /// An address on the side of this visit.
    pub(super) fn at(&self, rest: impl Display) -> String {
        format!("{}{rest}", self.side.base())
    }

    /// Where the keys of this place are listed that are in this environment.
    pub(super) fn list_of(&self, environment: &str) -> Result<String, Problem> {
        if self.place.is_operators() {
            return Ok(operator_keys::HERE.to_owned());
        }
        let project = self.project()?.id;
        let rest = format_args!("/projects/{project}/keys?environment={environment}");
        Ok(self.at(rest))
    }

    /// A path parameter; one that cannot be an id names nothing.
    pub(super) fn id<T: FromStr>(&self, name: &str) -> Result<T, Problem> {
        let found = self.parameters.iter().find(|(known, _)| known == name);
        let text = found.map_or("", |(_, value)| value.as_str());
        text.parse().map_err(|_| Problem::not_found("page"))
    }

    pub(super) fn may(&self, ability: Ability) -> bool {
        match &self.guest {
            Some(guest) => may_as_guest(&guest.abilities, ability),
            None => may_there(self.role, self.everywhere, ability),
        }
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

    /// The one project that a guest sees, unless they see all.
    pub(super) fn only_project(&self) -> Option<ProjectId> {
        self.guest.as_ref()?.project
    }

    pub(super) fn rules(&self) -> Result<&Arc<Rules>, Problem> {
        let missing = || Problem::not_found("page");
        self.place.rules.as_ref().ok_or_else(missing)
    }

    /// What idle means for the keys of the place.
    pub(super) fn idle_rules(&self) -> Vec<IdleRule> {
        let products = self.app.engine.index().products();
        let organization = self.place.organization.as_ref();
        let product = organization.and_then(|one| products.get(one.product.as_str()));
        product.map_or_else(Vec::new, |product| idle_rules(product, self.now()))
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
        let once = kept.unwrap_or_else(|| random_name(&*self.app.random));
        parts::hidden(ONCE, &once)
    }
}
