//! The way in: signing in, accepting an invitation, signing out.

use http::StatusCode;
use keystile_core::model::Invitation;
use maud::html;

use crate::console::parts::{self, Field, wrong_at};
use crate::console::shown::Shown;
use crate::console::visit::Visit;
use crate::console::words;
use crate::manage::people::{self, NewPerson, SignInProblem};
use crate::problem::Problem;

/// Where a sign-in leads: only to a page of this console.
fn aim(asked: &str) -> &str {
    let is_plain = asked
        .bytes()
        .all(|byte| byte.is_ascii_graphic() && !matches!(byte, b'\\' | b'"'));
    let is_ours =
        asked == "/console" || asked.starts_with("/console/") || asked.starts_with("/console?");
    if is_plain && is_ours {
        asked
    } else {
        "/console"
    }
}

/// `GET /console/sign-in`
pub(in crate::console) async fn sign_in_form(visit: Visit) -> Result<Shown, Problem> {
    let to = aim(visit.query.text("to")).to_owned();
    if visit.visitor.is_some() {
        return Ok(Shown::Done { to, notice: None });
    }
    Ok(sign_in_page(&visit, &to, None, false, StatusCode::OK))
}

fn sign_in_page(
    visit: &Visit,
    to: &str,
    wrong: Option<&str>,
    needs_second: bool,
    status: StatusCode,
) -> Shown {
    let body = html! {
        h1 { "Sign in" }
        @if let Some(wrong) = wrong { p.say.red role="alert" { (wrong) } }
        form.stack method="post" action="/console/sign-in" {
            (visit.ours())
            (parts::hidden("to", to))
            (Field::text("email", "Email").kind("email", "username").needed()
                .value(visit.form.text("email")).first().input())
            (Field::text("password", "Password").kind("password", "current-password").needed().input())
            @if needs_second {
                (Field::text("code", "Code of your authenticator, or a recovery code")
                    .kind("text", "one-time-code").needed().input())
            }
            button.btn.main.wide type="submit" { "Sign in" }
        }
        p.soft { "Lost your password? " code { "keystile people reset" } " on the machine makes a link for a new one." }
    };
    Shown::Narrow {
        title: "Sign in".to_owned(),
        body,
        status,
    }
}

/// `POST /console/sign-in`
pub(in crate::console) async fn sign_in(visit: Visit) -> Result<Shown, Problem> {
    let to = aim(visit.form.text("to")).to_owned();
    let (email, password) = (visit.form.text("email"), visit.form.text("password"));
    let second = visit.form.filled("code");
    let begun = people::sign_in(&visit.work(), email, password, second).await;
    let (wrong, needs_second, status) = match begun {
        Ok(begun) => {
            let token = begun.token.reveal().to_owned();
            return Ok(Shown::Begun { token, to });
        }
        Err(SignInProblem::Wrong) => (
            "This email and this password do not belong together.".to_owned(),
            false,
            StatusCode::UNAUTHORIZED,
        ),
        Err(SignInProblem::SecondNeeded) => (
            "Now the code of your authenticator; type your password once more.".to_owned(),
            true,
            StatusCode::UNAUTHORIZED,
        ),
        Err(SignInProblem::SecondWrong) => (
            "This code is wrong or was used already.".to_owned(),
            true,
            StatusCode::UNAUTHORIZED,
        ),
        Err(SignInProblem::Slow { seconds }) => (
            format!("{}.", words::capital(&words::too_many_tries(seconds))),
            second.is_some(),
            StatusCode::TOO_MANY_REQUESTS,
        ),
        Err(SignInProblem::Problem(problem)) => return Err(problem),
    };
    Ok(sign_in_page(
        &visit,
        &to,
        Some(&wrong),
        needs_second,
        status,
    ))
}

/// `POST /console/sign-out`
pub(in crate::console) async fn sign_out(visit: Visit) -> Result<Shown, Problem> {
    people::sign_out(&visit.work(), visit.visitor()?).await?;
    Ok(Shown::Ended)
}

/// `GET /console/setup` and `GET /console/invitation`
pub(in crate::console) async fn accept_form(visit: Visit) -> Result<Shown, Problem> {
    let token = visit.query.text("token").to_owned();
    accept_page(&visit, &token, None).await
}

async fn accept_page(
    visit: &Visit,
    token: &str,
    problem: Option<&Problem>,
) -> Result<Shown, Problem> {
    let Some(invitation) = people::invitation(&visit.app, token).await? else {
        return Ok(used_up());
    };
    let is_setup = visit.path.ends_with("/setup");
    if let Some(visitor) = visit.visitor.as_ref().filter(|_| !is_setup) {
        return Ok(join_page(
            visit,
            &visitor.person.name,
            &invitation,
            token,
            problem,
        ));
    }
    let email = invitation.email.as_deref().unwrap_or_default();
    let typed = visit.form.get("email").unwrap_or(email);
    let role = invitation.role.as_str();
    let general = problem.filter(|problem| problem.errors.is_empty());
    let body = html! {
        h1 { @if is_setup { "Set Keystile up" } @else { "You are invited" } }
        p {
            @if is_setup { "You become the first owner of this installation. This link works once." }
            @else { "You join with the role " b { (role) } ". This link works once." }
        }
        @if let Some(problem) = general {
            p.say.red role="alert" {
                (problem.detail) "."
                @if problem.code == "already_exists" {
                    " If you have an account, sign in, then open this link again."
                }
            }
        }
        form.stack method="post" action=(visit.path) {
            (visit.ours())
            (parts::hidden("token", token))
            (Field::text("name", "Your name").kind("text", "name").needed().first()
                .value(visit.form.text("name")).wrong(wrong_at(problem, "/name")).input())
            (Field::text("email", "Email").kind("email", "username").needed()
                .value(typed).wrong(wrong_at(problem, "/email")).input())
            (Field::text("password", "Password").kind("password", "new-password").needed()
                .hint("At least 8 characters. A sentence is good.")
                .wrong(wrong_at(problem, "/password")).input())
            button.btn.main.wide type="submit" {
                @if is_setup { "Create the owner" } @else { "Join" }
            }
        }
    };
    Ok(Shown::Narrow {
        title: if is_setup { "Set up" } else { "Invitation" }.to_owned(),
        body,
        status: problem.map_or(StatusCode::OK, |problem| problem.status),
    })
}

/// For whoever is signed in already: they join as who they are.
fn join_page(
    visit: &Visit,
    name: &str,
    invitation: &Invitation,
    token: &str,
    problem: Option<&Problem>,
) -> Shown {
    let body = html! {
        h1 { "You are invited" }
        p { "You join as " b { (parts::theirs(name)) } " with the role " b { (invitation.role.as_str()) } "." }
        @if let Some(problem) = problem { p.say.red role="alert" { (problem.detail) "." } }
        form.stack method="post" action=(visit.path) {
            (visit.ours())
            (parts::hidden("token", token))
            button.btn.main.wide type="submit" { "Join" }
        }
    };
    Shown::Narrow {
        title: "Invitation".to_owned(),
        body,
        status: problem.map_or(StatusCode::OK, |problem| problem.status),
    }
}

fn used_up() -> Shown {
    let body = html! {
        h1 { "This link has ended" }
        p {
            "It was used already, withdrawn, or its time is over. On the machine itself "
            code { "keystile people setup-link" }
            " makes a new one for an owner; anybody else asks whoever sent it."
        }
        p { a href="/console/sign-in" { "Sign in" } }
    };
    Shown::Narrow {
        title: "This link has ended".to_owned(),
        body,
        status: StatusCode::NOT_FOUND,
    }
}

/// `POST /console/setup` and `POST /console/invitation`
pub(in crate::console) async fn accept(visit: Visit) -> Result<Shown, Problem> {
    let token = visit.form.text("token").to_owned();
    if let Some(visitor) = visit
        .visitor
        .as_ref()
        .filter(|_| !visit.path.ends_with("/setup"))
    {
        return match people::accept_as(&visit.work(), visitor, &token).await {
            Ok(member) => Ok(Shown::Done {
                to: "/console".to_owned(),
                notice: Some(format!("You have joined as {}.", member.role.as_str())),
            }),
            Err(problem) if problem.status == StatusCode::NOT_FOUND => Ok(used_up()),
            Err(problem) if problem.status.is_client_error() => {
                accept_page(&visit, &token, Some(&problem)).await
            }
            Err(problem) => Err(problem),
        };
    }
    let new = NewPerson {
        email: visit.form.text("email").to_owned(),
        name: visit.form.text("name").to_owned(),
        password: visit.form.text("password").to_owned(),
    };
    match people::accept(&visit.work(), &token, &new).await {
        Ok(begun) => Ok(Shown::Begun {
            token: begun.token.reveal().to_owned(),
            to: "/console".to_owned(),
        }),
        Err(problem) if problem.status == StatusCode::NOT_FOUND => Ok(used_up()),
        Err(problem) if problem.status.is_client_error() => {
            accept_page(&visit, &token, Some(&problem)).await
        }
        Err(problem) => Err(problem),
    }
}

/// `GET /console/reset`
pub(in crate::console) async fn reset_form(visit: Visit) -> Result<Shown, Problem> {
    let token = visit.query.text("token").to_owned();
    reset_page(&visit, &token, None).await
}

async fn reset_page(
    visit: &Visit,
    token: &str,
    problem: Option<&Problem>,
) -> Result<Shown, Problem> {
    let Some(person) = people::resetting(&visit.app, token).await? else {
        return Ok(used_up());
    };
    let body = html! {
        h1 { "A new password" }
        p { "For " b { (parts::theirs(&person.email)) } ". This link works once, and one-time codes are off afterwards." }
        form.stack method="post" action="/console/reset" {
            (visit.ours())
            (parts::hidden("token", token))
            (Field::text("password", "Password").kind("password", "new-password").needed().first()
                .hint("At least 8 characters. A sentence is good.")
                .wrong(wrong_at(problem, "/password")).input())
            button.btn.main.wide type="submit" { "Set it and sign in" }
        }
    };
    Ok(Shown::Narrow {
        title: "A new password".to_owned(),
        body,
        status: problem.map_or(StatusCode::OK, |problem| problem.status),
    })
}

/// `POST /console/reset`
pub(in crate::console) async fn reset(visit: Visit) -> Result<Shown, Problem> {
    let token = visit.form.text("token").to_owned();
    let set = people::set_password(&visit.work(), &token, visit.form.text("password")).await;
    match set {
        Ok(begun) => Ok(Shown::Begun {
            token: begun.token.reveal().to_owned(),
            to: "/console".to_owned(),
        }),
        Err(problem) if problem.status == StatusCode::NOT_FOUND => Ok(used_up()),
        Err(problem) if !problem.errors.is_empty() => {
            reset_page(&visit, &token, Some(&problem)).await
        }
        Err(problem) => Err(problem),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn f23_a_sign_in_leads_nowhere_else() {
        assert_eq!(
            aim("/console/keys/key_x?over=month"),
            "/console/keys/key_x?over=month"
        );
        for elsewhere in [
            "https://evil.example",
            "//evil.example",
            "/\\evil.example",
            "/consoles",
            "",
            "/console/\r\nx: y",
        ] {
            assert_eq!(aim(elsewhere), "/console", "{elsewhere:?}");
        }
    }
}
