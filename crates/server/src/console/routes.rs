//! Everything that can be asked of the console, and who may.

use std::future::Future;
use std::pin::Pin;
use std::sync::LazyLock;

use http::Method;
use matchit::Router;

use super::pages;
use super::rights::Ability;
use super::shown::Shown;
use super::side::Side;
use super::visit::Visit;
use crate::problem::Problem;

type Handled = Pin<Box<dyn Future<Output = Result<Shown, Problem>> + Send>>;

/// What stands in a path, by name.
pub(super) type Parameters = Vec<(String, String)>;

/// Who may.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Need {
    /// Everybody, also who is not signed in.
    Nothing,
    /// Whoever is signed in.
    SignedIn,
    /// Whoever has the ability at the organization that the path leads to.
    There(Ability),
    /// Whoever has the ability at all organizations.
    Everywhere(Ability),
}

/// One page or one thing that is done.
pub(super) struct Route {
    pub(super) method: Method,
    /// What follows the base of the side.
    pub(super) path: &'static str,
    pub(super) need: Need,
    /// Whether the password must have been given in the last minutes.
    pub(super) is_grave: bool,
    /// Whether the portal has it too, for guests with the ability.
    pub(super) is_for_guests: bool,
    pub(super) handle: Box<dyn Fn(Visit) -> Handled + Send + Sync>,
}

impl Route {
    fn new<F>(method: Method, path: &'static str, need: Need, handle: fn(Visit) -> F) -> Self
    where
        F: Future<Output = Result<Shown, Problem>> + Send + 'static,
    {
        Self {
            method,
            path,
            need,
            is_grave: false,
            is_for_guests: false,
            handle: Box::new(move |visit| Box::pin(handle(visit))),
        }
    }

    fn grave(self) -> Self {
        Self {
            is_grave: true,
            ..self
        }
    }

    fn for_guests(self) -> Self {
        Self {
            is_for_guests: true,
            ..self
        }
    }

    /// Whether that side of the console has it.
    pub(super) fn is_on(&self, side: Side) -> bool {
        self.is_for_guests || side == Side::Console
    }
}

/// A line is a method, a path, who may, what answers, and what else holds.
macro_rules! table {
    ($($method:ident $path:literal $need:expr => $handle:path $(, $word:ident)*;)*) => {
        vec![$(Route::new(Method::$method, $path, $need, $handle)$(.$word())*),*]
    };
}

/// The table.
#[rustfmt::skip]
pub(super) fn routes() -> Vec<Route> {
    use Ability::*;
    use Need::*;
    use pages::*;
    table! {
        GET "/" SignedIn => home::show;
        GET "/live" SignedIn => home::live, for_guests;
        GET "/search" SignedIn => home::search;
        GET "/_components" SignedIn => components::show;

        GET "/sign-in" Nothing => entry::sign_in_form;
        POST "/sign-in" Nothing => entry::sign_in;
        POST "/sign-out" SignedIn => entry::sign_out;
        GET "/setup" Nothing => entry::accept_form;
        POST "/setup" Nothing => entry::accept;
        GET "/invitation" Nothing => entry::accept_form;
        POST "/invitation" Nothing => entry::accept;
        GET "/reset" Nothing => entry::reset_form;
        POST "/reset" Nothing => entry::reset;

        GET "/account" SignedIn => account::show;
        GET "/account/name" SignedIn => account::ask_name;
        POST "/account/name" SignedIn => account::name;
        GET "/account/password" SignedIn => account::ask_password;
        POST "/account/password" SignedIn => account::password;
        POST "/account/sessions/end-others" SignedIn => account::end_others;
        POST "/account/sessions/{session}/end" SignedIn => account::end_session;
        GET "/account/codes" SignedIn => second::ask_begin;
        POST "/account/codes" SignedIn => second::begin, grave;
        POST "/account/codes/enable" SignedIn => second::enable;
        POST "/account/codes/recovery" SignedIn => second::replace, grave;
        GET "/account/codes/disable" SignedIn => second::ask_disable;
        POST "/account/codes/disable" SignedIn => second::disable, grave;

        GET "/products" Everywhere(SeeProducts) => product::list;
        GET "/products/{product}" Everywhere(SeeProducts) => product::show;
        POST "/products/{product}" Everywhere(ManageProducts) => product::change, grave;
        GET "/operator-keys" Everywhere(ManageOperatorKeys) => operator_keys::show;
        GET "/operator-keys/new" Everywhere(ManageOperatorKeys) => operator_keys::ask;
        POST "/operator-keys/new" Everywhere(ManageOperatorKeys) => operator_keys::create, grave;
        GET "/audit" Everywhere(SeeAudit) => audit::show_all;
        GET "/audit/export" Everywhere(SeeAudit) => audit::export;

        GET "/members" Everywhere(ManageMembers) => members::show;
        GET "/members/invite" Everywhere(ManageMembers) => members::ask_invite;
        POST "/members/invite" Everywhere(ManageMembers) => members::invite, grave;
        POST "/members/invitations/{invitation}/withdraw" Everywhere(ManageMembers) => members::withdraw;
        GET "/members/{member}/role" Everywhere(ManageMembers) => members::ask_role;
        POST "/members/{member}/role" Everywhere(ManageMembers) => members::role, grave;
        GET "/members/{member}/remove" Everywhere(ManageMembers) => members::ask_remove;
        POST "/members/{member}/remove" Everywhere(ManageMembers) => members::remove, grave;
        GET "/members/{member}/reset" Everywhere(ResetPeople) => members::ask_reset;
        POST "/members/{member}/reset" Everywhere(ResetPeople) => members::reset, grave;

        GET "/organizations/{organization}" There(See) => overview::show;
        GET "/organizations/{organization}/projects" There(See) => projects::list, for_guests;
        POST "/organizations/{organization}/projects" There(ManageProjects) => projects::create;
        GET "/organizations/{organization}/projects/new" There(ManageProjects) => projects::ask;
        GET "/organizations/{organization}/credits" There(See) => credits::show;
        GET "/organizations/{organization}/credits/export" There(See) => credits::export;
        GET "/organizations/{organization}/credits/grant" There(RunOrganizations) => credits::ask;
        POST "/organizations/{organization}/credits/grant" There(RunOrganizations) => credits::grant;
        GET "/organizations/{organization}/audit" There(SeeAudit) => audit::show;
        GET "/organizations/{organization}/audit/export" There(SeeAudit) => audit::export;
        GET "/organizations/{organization}/try" There(See) => trial::show;
        POST "/organizations/{organization}/try" There(See) => trial::answer;

        GET "/organizations/{organization}/members" There(ManageMembers) => members::show;
        GET "/organizations/{organization}/members/invite" There(ManageMembers) => members::ask_invite;
        POST "/organizations/{organization}/members/invite" There(ManageMembers) => members::invite, grave;
        POST "/organizations/{organization}/members/invitations/{invitation}/withdraw" There(ManageMembers) => members::withdraw;
        GET "/organizations/{organization}/members/{member}/role" There(ManageMembers) => members::ask_role;
        POST "/organizations/{organization}/members/{member}/role" There(ManageMembers) => members::role, grave;
        GET "/organizations/{organization}/members/{member}/remove" There(ManageMembers) => members::ask_remove;
        POST "/organizations/{organization}/members/{member}/remove" There(ManageMembers) => members::remove, grave;
        GET "/organizations/{organization}/members/{member}/reset" Everywhere(ResetPeople) => members::ask_reset;
        POST "/organizations/{organization}/members/{member}/reset" Everywhere(ResetPeople) => members::reset, grave;

        GET "/projects/{project}/keys" There(See) => keys::show, for_guests;
        GET "/environments/{environment}/keys/new" There(CreateKeys) => keys::ask, for_guests;
        POST "/environments/{environment}/keys/new" There(CreateKeys) => keys::create, for_guests;
        GET "/keys/{key}" There(See) => key::show, for_guests;
        POST "/keys/{key}/note" There(ChangeKeys) => key::note, for_guests;
        GET "/keys/{key}/edit" There(ChangeKeys) => key::ask_edit, for_guests;
        POST "/keys/{key}/edit" There(ChangeKeys) => key::edit, for_guests;
        GET "/keys/{key}/test-origin" There(See) => key::test_origin, for_guests;
        GET "/keys/{key}/regenerate" There(RotateKeys) => turn::ask_regenerate, for_guests;
        POST "/keys/{key}/regenerate" There(RotateKeys) => turn::regenerate, for_guests;
        GET "/keys/{key}/end-old" There(RotateKeys) => turn::ask_end_old, for_guests;
        POST "/keys/{key}/end-old" There(RotateKeys) => turn::end_old, for_guests;
        GET "/keys/{key}/revoke" There(RevokeKeys) => turn::ask_revoke, for_guests;
        POST "/keys/{key}/revoke" There(RevokeKeys) => turn::revoke, for_guests;
        GET "/keys/{key}/delete" There(RevokeKeys) => turn::ask_delete, for_guests;
        POST "/keys/{key}/delete" There(RevokeKeys) => turn::delete, for_guests;
        GET "/keys/{key}/reveal" There(RevealKeys) => turn::ask_reveal, for_guests;
        POST "/keys/{key}/reveal" There(RevealKeys) => turn::reveal, grave, for_guests;
    }
}

/// The routes by path, and at each path by method.
pub(super) struct Table {
    paths: Router<usize>,
    routes: Vec<Vec<Route>>,
}

pub(super) static TABLE: LazyLock<Table> = LazyLock::new(Table::build);

impl Table {
    fn build() -> Self {
        let mut table = Self {
            paths: Router::new(),
            routes: Vec::new(),
        };
        for route in routes() {
            let same = |at: &Vec<Route>| at.iter().any(|known| known.path == route.path);
            match table.routes.iter().position(same) {
                Some(at) => table.routes[at].push(route),
                None => {
                    // Two paths that collide are a mistake in the table, which a test finds.
                    let _ = table.paths.insert(route.path, table.routes.len());
                    table.routes.push(vec![route]);
                }
            }
        }
        table
    }

    /// All routes of a side at a path, with its parameters as they stand there.
    pub(super) fn at(&self, side: Side, path: &str) -> Option<(Vec<&Route>, Parameters)> {
        let rest = path.strip_prefix(side.base())?;
        let rest = if rest.is_empty() { "/" } else { rest };
        let found = self.paths.at(rest).ok()?;
        let parameters = found.params.iter();
        let parameters = parameters.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let here = self.routes[*found.value].iter();
        let here: Vec<_> = here.filter(|route| route.is_on(side)).collect();
        (!here.is_empty()).then(|| (here, parameters.collect()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_route_is_found_under_its_own_method_and_path() {
        for route in routes() {
            let path = format!("/console{}", route.path);
            let (here, _) = TABLE.at(Side::Console, &path).unwrap();
            let same = here.iter().filter(|known| known.method == route.method);
            assert_eq!(same.count(), 1, "{}", route.path);
            assert_eq!(here[0].path, route.path);
        }
    }

    #[test]
    fn the_portal_has_the_pages_of_keys_and_nothing_else() {
        let guests = routes().into_iter().filter(|route| route.is_for_guests);
        let paths: std::collections::BTreeSet<_> = guests.map(|route| route.path).collect();
        for path in &paths {
            assert!(TABLE.at(Side::Portal, &format!("/portal{path}")).is_some());
            let of_keys = path.contains("/keys") || path.ends_with("/projects");
            assert!(of_keys || *path == "/live", "{path}");
        }
        for path in [
            "/portal/members",
            "/portal/audit",
            "/portal/sign-in",
            "/portal",
        ] {
            assert!(TABLE.at(Side::Portal, path).is_none(), "{path}");
        }
    }
}
