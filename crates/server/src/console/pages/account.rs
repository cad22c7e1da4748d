//! One's own account: name, password, and where one is signed in.

use http::StatusCode;
use maud::{Markup, html};

use crate::console::parts::{self, Field, asks, wrong_at};
use crate::console::shown::{Dialog, Entry, Page, Shown};
use crate::console::visit::Visit;
use crate::console::words;
use crate::manage::people::{self, SignInProblem};
use crate::problem::Problem;

const HERE: &str = "/console/account";

fn done(notice: &str) -> Shown {
    Shown::Done {
        to: HERE.to_owned(),
        notice: Some(notice.to_owned()),
    }
}

/// `GET /console/account`
pub(in crate::console) async fn show(visit: Visit) -> Result<Shown, Problem> {
    let visitor = visit.visitor()?;
    let sessions = people::sessions(&visit.app, visitor).await?;
    let now = visit.now();
    let has_others = sessions.len() > 1;
    let aside = html! {
        div.row {
            (asks("btn", "/console/account/name", "Change name"))
            (asks("btn", "/console/account/password", "Change password"))
        }
    };
    let body = html! {
        (parts::page_head(&visitor.person.name, Some(parts::theirs(&visitor.person.email)), Some(aside)))
        section.card aria-labelledby="sessions-title" {
            div.head {
                div { h2 #sessions-title { "Where you are signed in" } p { "End what you do not know." } }
                @if has_others {
                    form method="post" action="/console/account/sessions/end-others" {
                        (visit.ours())
                        button.btn type="submit" { "End all others" }
                    }
                }
            }
            table {
                thead { tr { th scope="col" { "Since" } th scope="col" { "Ends unless used" } th scope="col" { span.vh { "Actions" } } } }
                tbody {
                    @for session in &sessions {
                        @let is_this = session.id == visitor.session.id;
                        tr {
                            td { (parts::time(session.begun_at, now)) @if is_this { " " (parts::tag("good", "this one")) } }
                            td data-label="Ends unless used" { "in " (parts::left(session.ends_at, now)) }
                            td.act {
                                @if !is_this {
                                    form method="post" action={ "/console/account/sessions/" (session.id) "/end" } {
                                        (visit.ours())
                                        button.btn.quiet.bad type="submit" { "End" }
                                    }
                                }
                            }
                        }
                    }
                }
            }
        }
        (second(&visit)?)
        (memberships(&visit).await?)
    };
    Ok(Page::live("Account", Entry::Account, body))
}

/// Whether signing in takes a code too.
fn second(visit: &Visit) -> Result<Markup, Problem> {
    let is_on = visit.visitor()?.person.has_second();
    let recovery = "/console/account/codes/recovery";
    Ok(html! {
        section.card aria-labelledby="codes-title" {
            div.head {
                div {
                    h2 #codes-title { "One-time codes" }
                    p { @if is_on { "Signing in takes your password and a code." } @else { "Your password alone signs you in." } }
                }
                @if is_on {
                    div.row {
                        form method="post" action=(recovery) hx-post=(recovery) hx-target="#dialog" {
                            (visit.ours())
                            button.btn type="submit" { "New recovery codes" }
                        }
                        (asks("btn bad", "/console/account/codes/disable", "Ask for no code"))
                    }
                } @else { (asks("btn", "/console/account/codes", "Ask for a code too")) }
            }
        }
    })
}

/// Where one has which role.
async fn memberships(visit: &Visit) -> Result<Markup, Problem> {
    let mut rows = Vec::new();
    for member in &visit.visitor()?.members {
        let name = match member.organization {
            None => Some("The whole installation".to_owned()),
            Some(id) => visit.app.store.organization(id).await?.map(|row| row.name),
        };
        rows.extend(name.map(|name| (name, member)));
    }
    Ok(html! {
        section.card aria-labelledby="roles-title" {
            div.head { h2 #roles-title { "Your roles" } }
            div.body {
                dl.facts {
                    @for (name, member) in &rows { dt { (parts::theirs(name)) } dd { (member.role.as_str()) } }
                }
            }
        }
    })
}

/// `POST /console/account/sessions/{session}/end`
pub(in crate::console) async fn end_session(visit: Visit) -> Result<Shown, Problem> {
    people::end_session(&visit.work(), visit.visitor()?, visit.id("session")?).await?;
    Ok(done("That session has ended."))
}

/// `POST /console/account/sessions/end-others`
pub(in crate::console) async fn end_others(visit: Visit) -> Result<Shown, Problem> {
    people::end_other_sessions(&visit.work(), visit.visitor()?).await?;
    Ok(done("You are signed in here alone."))
}

/// `GET /console/account/name`
pub(in crate::console) async fn ask_name(visit: Visit) -> Result<Shown, Problem> {
    let name = visit.visitor()?.person.name.clone();
    Ok(Shown::Dialog(name_dialog(&visit, &name, None)))
}

fn name_dialog(visit: &Visit, name: &str, problem: Option<&Problem>) -> Dialog {
    let action = "/console/account/name";
    let body = html! {
        form.stack method="post" action=(action) hx-post=(action) hx-target="#dialog" {
            (visit.ours())
            (Field::text("name", "Your name").kind("text", "name").value(name).needed().first()
                .wrong(wrong_at(problem, "/name")).input())
            (parts::submit("main", "Save", HERE))
        }
    };
    Dialog::ask("Change your name", HERE.to_owned(), body)
}

/// `POST /console/account/name`
pub(in crate::console) async fn name(visit: Visit) -> Result<Shown, Problem> {
    let name = visit.form.text("name").trim().to_owned();
    match people::rename(&visit.work(), visit.visitor()?, &name).await {
        Ok(_) => Ok(done("Your name is saved.")),
        Err(problem) if !problem.errors.is_empty() => {
            let dialog = name_dialog(&visit, &name, Some(&problem));
            Ok(Shown::Dialog(dialog.status(problem.status)))
        }
        Err(problem) => Err(problem),
    }
}

/// `GET /console/account/password`
pub(in crate::console) async fn ask_password(visit: Visit) -> Result<Shown, Problem> {
    Ok(Shown::Dialog(password_dialog(&visit, None, None)))
}

fn password_dialog(visit: &Visit, old: Option<String>, new: Option<String>) -> Dialog {
    let action = "/console/account/password";
    let body = html! {
        form.stack method="post" action=(action) hx-post=(action) hx-target="#dialog" {
            (visit.ours())
            (Field::text("old", "Your password now").kind("password", "current-password").needed().first().wrong(old).input())
            (Field::text("new", "The new one").kind("password", "new-password").needed()
                .hint("At least 8 characters. A sentence is good.").wrong(new).input())
            p { "Everywhere else you are signed out." }
            (parts::submit("main", "Change password", HERE))
        }
    };
    Dialog::ask("Change your password", HERE.to_owned(), body)
}

/// `POST /console/account/password`
pub(in crate::console) async fn password(visit: Visit) -> Result<Shown, Problem> {
    let (old, new) = (visit.form.text("old"), visit.form.text("new"));
    let changed = people::change_password(&visit.work(), visit.visitor()?, old, new).await;
    let (old, new) = match changed {
        Ok(()) => {
            return Ok(done(
                "Your password is changed, and you are signed out everywhere else.",
            ));
        }
        Err(SignInProblem::Slow { seconds }) => (Some(words::too_many_tries(seconds)), None),
        Err(SignInProblem::Problem(problem)) if !problem.errors.is_empty() => (
            None,
            problem.errors.first().map(|error| error.message.clone()),
        ),
        Err(SignInProblem::Problem(problem)) => return Err(problem),
        Err(_) => (Some("this is not your password".to_owned()), None),
    };
    let dialog = password_dialog(&visit, old, new);
    Ok(Shown::Dialog(
        dialog.status(StatusCode::UNPROCESSABLE_ENTITY),
    ))
}
