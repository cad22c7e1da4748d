//! The projects of an organization, for products that have them.

use keystile_store::ProjectFilter;
use maud::html;

use crate::console::paging::{self, Cut};
use crate::console::parts::{self, Field, asks, empty, wrong_at};
use crate::console::rights::Ability;
use crate::console::shown::{Dialog, Entry, Page, Shown};
use crate::console::visit::Visit;
use crate::manage::create_project;
use crate::problem::Problem;

/// So many projects are shown on a page.
const SHOWN: u32 = 50;

/// `GET /console/organizations/{organization}/projects`: straight to the keys of the only one.
pub(in crate::console) async fn list(visit: Visit) -> Result<Shown, Problem> {
    let organization = visit.organization()?.id;
    if let Some(only) = visit.only_project() {
        let to = visit.at(format_args!("/projects/{only}/keys"));
        return Ok(Shown::Done { to, notice: None });
    }
    let filter = ProjectFilter {
        organization: Some(organization),
        ..ProjectFilter::default()
    };
    let part = paging::part(visit.before("before"), SHOWN);
    let rows = visit.app.store.projects(filter, part).await?;
    if let ([only], None, false) = (rows.as_slice(), part.before, visit.query.is_ticked("all")) {
        let to = visit.at(format_args!("/projects/{}/keys", only.id));
        return Ok(Shown::Done { to, notice: None });
    }
    let Cut { rows, next } = paging::cut(rows, SHOWN, |row| row.id);
    let new = format!("/console/organizations/{organization}/projects/new");
    let add = visit
        .may(Ability::ManageProjects)
        .then(|| asks("btn", &new, "New project"));
    let body = html! {
        (parts::page_head("Projects", Some(html! { "Each has its own environments and keys." }), add))
        section.card aria-label="Projects" {
            @if rows.is_empty() {
                (empty("No project yet", "Keys belong to a project. Make the first one.", None))
            } @else {
                table {
                    thead { tr { th scope="col" { "Name" } th scope="col" { "Id" } th scope="col" { "Since" } } }
                    tbody {
                        @for row in &rows {
                            tr class=[(!row.enabled).then_some("dead")] {
                                td { a.name href=(visit.at(format_args!("/projects/{}/keys", row.id))) { (parts::theirs(&row.name)) } @if !row.enabled { " " (parts::tag("bad", "switched off")) } }
                                td { (parts::copied(&row.id.to_string(), "project id")) }
                                td data-label="Since" { (parts::time(row.created_at, visit.now())) }
                            }
                        }
                    }
                }
            }
            @if let Some(next) = next { a.more href={ "?before=" (next) } { "Older projects" } }
        }
    };
    Ok(Page::live("Projects", Entry::Keys, body))
}

/// `GET /console/organizations/{organization}/projects/new`
pub(in crate::console) async fn ask(visit: Visit) -> Result<Shown, Problem> {
    Ok(Shown::Dialog(dialog(&visit, None)?))
}

fn dialog(visit: &Visit, problem: Option<&Problem>) -> Result<Dialog, Problem> {
    let back = format!(
        "/console/organizations/{}/projects",
        visit.organization()?.id
    );
    let general = problem.filter(|problem| problem.errors.is_empty());
    let body = html! {
        form.stack method="post" action=(back) hx-post=(back) hx-target="#dialog" {
            (visit.ours()) (visit.once())
            @if let Some(problem) = general { p.say.red { (problem.detail) "." } }
            (Field::text("name", "Name").value(visit.form.text("name")).needed().first()
                .wrong(wrong_at(problem, "/name")).input())
            (parts::submit("main", "Create", &back))
        }
    };
    Ok(Dialog::ask("New project", back, body))
}

/// `POST /console/organizations/{organization}/projects`
pub(in crate::console) async fn create(visit: Visit) -> Result<Shown, Problem> {
    let organization = visit.organization()?.id;
    let (work, before) = visit.work_once().await?;
    if before.is_some() {
        let to = format!("/console/organizations/{organization}/projects");
        let notice = Some("This project was created already.".to_owned());
        return Ok(Shown::Done { to, notice });
    }
    match create_project(&work, organization, visit.form.text("name").trim()).await {
        Ok(minted) => Ok(Shown::Done {
            to: format!("/console/projects/{}/keys", minted.project.id),
            notice: Some(format!("“{}” is ready.", minted.project.name)),
        }),
        Err(problem) if !problem.errors.is_empty() || problem.code == "already_exists" => {
            let dialog = dialog(&visit, Some(&problem))?;
            Ok(Shown::Dialog(dialog.status(problem.status)))
        }
        Err(problem) => Err(problem),
    }
}
