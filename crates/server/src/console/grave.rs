//! What is grave asks for the password again.

use http::{Method, StatusCode};
use maud::html;

use super::forgery;
use super::parts::{Field, hidden, submit};
use super::routes::Route;
use super::shown::{Dialog, Shown};
use super::visit::Visit;
use super::words;
use crate::manage::people::{self, SignInProblem};
use crate::problem::Problem;

/// Asks for the password before what is grave, unless it was given a moment ago or comes with the
/// request, from which moment on the visitor is one who has just given it.
pub(super) async fn question(visit: &mut Visit, route: &Route) -> Result<Option<Shown>, Problem> {
    // Whatever becomes of an operator key is grave.
    let is_grave = route.is_grave || visit.place.is_operators() && route.method != Method::GET;
    let Some(visitor) = visit.visitor.as_ref().filter(|_| is_grave) else {
        return Ok(None);
    };
    if visitor.is_fresh(visit.now()) {
        return Ok(None);
    }
    let wrong = match visit.form.get("confirm_password") {
        None => None,
        Some(password) => match people::confirm(&visit.work(), visitor, password).await {
            Ok(()) => {
                let token = visit.cookie.as_deref().unwrap_or_default();
                visit.visitor = people::visitor(&visit.app, token).await?;
                return Ok(None);
            }
            Err(SignInProblem::Problem(problem)) => return Err(problem),
            Err(SignInProblem::Slow { seconds }) => Some(words::too_many_tries(seconds)),
            Err(_) => Some("this is not your password".to_owned()),
        },
    };
    let status = match wrong {
        Some(_) => StatusCode::UNPROCESSABLE_ENTITY,
        None => StatusCode::OK,
    };
    let back = visit
        .path
        .rsplit_once('/')
        .map_or("/console", |(above, _)| above);
    let body = html! {
        p { "You gave your password more than ten minutes ago. This step asks for it again." }
        form.stack method="post" action=(visit.path) hx-post=(visit.path) hx-target="#dialog" {
            (visit.ours())
            @for (name, value) in visit.form.but(&[forgery::FIELD, "confirm_password"]) {
                (hidden(name, value))
            }
            (Field::text("confirm_password", "Your password")
                .kind("password", "current-password").needed().first().wrong(wrong).input())
            (submit("main", "Go on", back))
        }
    };
    let dialog = Dialog::ask("Is it you?", back.to_owned(), body).status(status);
    Ok(Some(Shown::Dialog(dialog)))
}
