//! Everything that can be asked of the console, and who may.

use std::future::Future;
use std::pin::Pin;
use std::sync::LazyLock;

use http::Method;
use matchit::Router;

use super::pages;
use super::rights::Ability;
use super::shown::Shown;
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
    pub(super) path: &'static str,
    pub(super) need: Need,
    /// Whether the password must have been given in the last minutes.
    pub(super) is_grave: bool,
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
            handle: Box::new(move |visit| Box::pin(handle(visit))),
        }
    }

    fn get<F>(path: &'static str, need: Need, handle: fn(Visit) -> F) -> Self
    where
        F: Future<Output = Result<Shown, Problem>> + Send + 'static,
    {
        Self::new(Method::GET, path, need, handle)
    }

    fn post<F>(path: &'static str, need: Need, handle: fn(Visit) -> F) -> Self
    where
        F: Future<Output = Result<Shown, Problem>> + Send + 'static,
    {
        Self::new(Method::POST, path, need, handle)
    }

    fn grave(self) -> Self {
        Self {
            is_grave: true,
            ..self
        }
    }
}

/// The table.
pub(super) fn routes() -> Vec<Route> {
    use Ability::{
        ManageKeys, ManageMembers, ManageProducts, ManageProjects, RunOrganizations, See, SeeAudit,
        SeeProducts,
    };
    use Need::{Everywhere, Nothing, SignedIn, There};
    use pages::{account, audit, components, credits, entry, home, key, keys, members, overview};
    use pages::{product, projects, second, trial, turn};
    vec![
        Route::get("/console", SignedIn, home::show),
        Route::get("/console/live", SignedIn, home::live),
        Route::get("/console/search", SignedIn, home::search),
        Route::get("/console/_components", SignedIn, components::show),
        Route::get("/console/sign-in", Nothing, entry::sign_in_form),
        Route::post("/console/sign-in", Nothing, entry::sign_in),
        Route::post("/console/sign-out", SignedIn, entry::sign_out),
        Route::get("/console/setup", Nothing, entry::accept_form),
        Route::post("/console/setup", Nothing, entry::accept),
        Route::get("/console/invitation", Nothing, entry::accept_form),
        Route::post("/console/invitation", Nothing, entry::accept),
        Route::get("/console/confirm", SignedIn, entry::confirm_form),
        Route::post("/console/confirm", SignedIn, entry::confirm),
        Route::get("/console/account", SignedIn, account::show),
        Route::get("/console/account/codes", SignedIn, second::ask_begin),
        Route::post("/console/account/codes", SignedIn, second::begin).grave(),
        Route::post("/console/account/codes/enable", SignedIn, second::enable),
        Route::post("/console/account/codes/recovery", SignedIn, second::replace).grave(),
        Route::get(
            "/console/account/codes/disable",
            SignedIn,
            second::ask_disable,
        ),
        Route::post("/console/account/codes/disable", SignedIn, second::disable).grave(),
        Route::get("/console/reset", Nothing, entry::reset_form),
        Route::post("/console/reset", Nothing, entry::reset),
        Route::get("/console/account/name", SignedIn, account::ask_name),
        Route::post("/console/account/name", SignedIn, account::name),
        Route::get("/console/account/password", SignedIn, account::ask_password),
        Route::post("/console/account/password", SignedIn, account::password),
        Route::post(
            "/console/account/sessions/end-others",
            SignedIn,
            account::end_others,
        ),
        Route::post(
            "/console/account/sessions/{session}/end",
            SignedIn,
            account::end_session,
        ),
        Route::get(
            "/console/organizations/{organization}",
            There(See),
            overview::show,
        ),
        Route::get(
            "/console/organizations/{organization}/projects",
            There(See),
            projects::list,
        ),
        Route::get(
            "/console/organizations/{organization}/projects/new",
            There(ManageProjects),
            projects::ask,
        ),
        Route::post(
            "/console/organizations/{organization}/projects",
            There(ManageProjects),
            projects::create,
        ),
        Route::get(
            "/console/organizations/{organization}/credits",
            There(See),
            credits::show,
        ),
        Route::get(
            "/console/organizations/{organization}/credits/grant",
            There(RunOrganizations),
            credits::ask,
        ),
        Route::post(
            "/console/organizations/{organization}/credits/grant",
            There(RunOrganizations),
            credits::grant,
        ),
        Route::get(
            "/console/organizations/{organization}/audit",
            There(SeeAudit),
            audit::show,
        ),
        Route::get(
            "/console/organizations/{organization}/members",
            There(ManageMembers),
            members::show,
        ),
        Route::get(
            "/console/organizations/{organization}/members/invite",
            There(ManageMembers),
            members::ask_invite,
        ),
        Route::post(
            "/console/organizations/{organization}/members/invite",
            There(ManageMembers),
            members::invite,
        )
        .grave(),
        Route::post(
            "/console/organizations/{organization}/members/invitations/{invitation}/withdraw",
            There(ManageMembers),
            members::withdraw,
        ),
        Route::get(
            "/console/organizations/{organization}/members/{member}/role",
            There(ManageMembers),
            members::ask_role,
        ),
        Route::post(
            "/console/organizations/{organization}/members/{member}/role",
            There(ManageMembers),
            members::role,
        )
        .grave(),
        Route::get(
            "/console/organizations/{organization}/members/{member}/remove",
            There(ManageMembers),
            members::ask_remove,
        ),
        Route::post(
            "/console/organizations/{organization}/members/{member}/remove",
            There(ManageMembers),
            members::remove,
        )
        .grave(),
        Route::get("/console/members", Everywhere(ManageMembers), members::show),
        Route::get(
            "/console/members/invite",
            Everywhere(ManageMembers),
            members::ask_invite,
        ),
        Route::post(
            "/console/members/invite",
            Everywhere(ManageMembers),
            members::invite,
        )
        .grave(),
        Route::post(
            "/console/members/invitations/{invitation}/withdraw",
            Everywhere(ManageMembers),
            members::withdraw,
        ),
        Route::get(
            "/console/members/{member}/role",
            Everywhere(ManageMembers),
            members::ask_role,
        ),
        Route::post(
            "/console/members/{member}/role",
            Everywhere(ManageMembers),
            members::role,
        )
        .grave(),
        Route::get(
            "/console/members/{member}/remove",
            Everywhere(ManageMembers),
            members::ask_remove,
        ),
        Route::post(
            "/console/members/{member}/remove",
            Everywhere(ManageMembers),
            members::remove,
        )
        .grave(),
        Route::get(
            "/console/organizations/{organization}/try",
            There(See),
            trial::show,
        ),
        Route::post(
            "/console/organizations/{organization}/try",
            There(See),
            trial::answer,
        ),
        Route::get("/console/products", Everywhere(SeeProducts), product::list),
        Route::get(
            "/console/products/{product}",
            Everywhere(SeeProducts),
            product::show,
        ),
        Route::post(
            "/console/products/{product}",
            Everywhere(ManageProducts),
            product::change,
        )
        .grave(),
        Route::get("/console/audit", Everywhere(SeeAudit), audit::show_all),
        Route::get("/console/projects/{project}/keys", There(See), keys::show),
        Route::get(
            "/console/environments/{environment}/keys/new",
            There(ManageKeys),
            keys::ask,
        ),
        Route::post(
            "/console/environments/{environment}/keys/new",
            There(ManageKeys),
            keys::create,
        ),
        Route::get("/console/keys/{key}", There(See), key::show),
        Route::post("/console/keys/{key}/note", There(ManageKeys), key::note),
        Route::get("/console/keys/{key}/edit", There(ManageKeys), key::ask_edit),
        Route::post("/console/keys/{key}/edit", There(ManageKeys), key::edit),
        Route::get(
            "/console/keys/{key}/test-origin",
            There(See),
            key::test_origin,
        ),
        Route::get(
            "/console/keys/{key}/regenerate",
            There(ManageKeys),
            turn::ask_regenerate,
        ),
        Route::post(
            "/console/keys/{key}/regenerate",
            There(ManageKeys),
            turn::regenerate,
        ),
        Route::get(
            "/console/keys/{key}/end-old",
            There(ManageKeys),
            turn::ask_end_old,
        ),
        Route::post(
            "/console/keys/{key}/end-old",
            There(ManageKeys),
            turn::end_old,
        ),
        Route::get(
            "/console/keys/{key}/revoke",
            There(ManageKeys),
            turn::ask_revoke,
        ),
        Route::post(
            "/console/keys/{key}/revoke",
            There(ManageKeys),
            turn::revoke,
        ),
        Route::get(
            "/console/keys/{key}/delete",
            There(ManageKeys),
            turn::ask_delete,
        ),
        Route::post(
            "/console/keys/{key}/delete",
            There(ManageKeys),
            turn::delete,
        ),
        Route::get(
            "/console/keys/{key}/reveal",
            There(ManageKeys),
            turn::ask_reveal,
        ),
        Route::post(
            "/console/keys/{key}/reveal",
            There(ManageKeys),
            turn::reveal,
        )
        .grave(),
    ]
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

    /// All routes at a path, with its parameters as they stand there.
    pub(super) fn at(&self, path: &str) -> Option<(&[Route], Parameters)> {
        let found = self.paths.at(path).ok()?;
        let parameters = found.params.iter();
        let parameters = parameters.map(|(name, value)| (name.to_owned(), value.to_owned()));
        Some((&self.routes[*found.value], parameters.collect()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_route_is_found_under_its_own_method_and_path() {
        for route in routes() {
            let (here, _) = TABLE.at(route.path).unwrap();
            let same = here.iter().filter(|known| known.method == route.method);
            assert_eq!(same.count(), 1, "{}", route.path);
            assert_eq!(here[0].path, route.path);
        }
    }
}
