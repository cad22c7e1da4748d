//! Trying a call out: a key and a request, and what each check says. Nothing is counted, nothing is
//! spent, and the key is not kept.

use keystile_core::engine::Explanation;
use keystile_core::model::OrganizationId;
use keystile_core::request::{Asked, Credential, Origin, Place, RequestFacts};
use maud::{Markup, html};

use crate::console::parts::{self, Field};
use crate::console::shown::{Entry, Page, Shown};
use crate::console::visit::Visit;
use crate::problem::Problem;

/// `GET /console/organizations/{organization}/try`
pub(in crate::console) async fn show(visit: Visit) -> Result<Shown, Problem> {
    page(&visit, None)
}

/// `POST /console/organizations/{organization}/try`
pub(in crate::console) async fn answer(visit: Visit) -> Result<Shown, Problem> {
    let verdict = verdict(&visit)?;
    page(&visit, Some(&verdict))
}

fn page(visit: &Visit, verdict: Option<&Markup>) -> Result<Shown, Problem> {
    let organization = visit.organization()?.id;
    let rules = visit.rules()?;
    let form = &visit.form;
    let action = format!("/console/organizations/{organization}/try");
    let chosen = form.text("environment");
    let operations: Vec<_> = rules
        .operations
        .as_slice()
        .iter()
        .map(|one| &*one.text)
        .collect();
    let usual = operations.first().copied().unwrap_or("GET /");
    let body = html! {
        (parts::page_head("Try it", Some(html! { "Would this call be let in? Nothing is counted or spent, and the key is not kept." }), None))
        section.card aria-label="A call" {
            div.head { h2 { "A call" } }
            div.body {
                form.stack method="post" action=(action) {
                    (visit.ours())
                    (Field::text("key", "Key").hint("The whole key. It is asked for again each time.").needed().first().kind("password", "off").input())
                    div.row {
                        div.field.grow {
                            label for="f-environment" { "Environment" }
                            select id="f-environment" name="environment" {
                                @for one in &*rules.environments {
                                    option value=(one.name) selected[*one.name == *chosen] { (one.name) }
                                }
                            }
                        }
                        div.grow {
                            (Field::text("operation", "Method and path").value(form.get("operation").unwrap_or(usual)).needed().input())
                        }
                    }
                    div.row {
                        div.grow { (Field::text("origin", "Origin").hint("Empty: not from a web page.").value(form.text("origin")).input()) }
                        div.grow { (Field::text("ip", "Address").hint("Empty: not known.").value(form.text("ip")).input()) }
                    }
                    div.end { button.btn.main type="submit" { "Try" } }
                }
            }
        }
        @if let Some(verdict) = verdict { (verdict) }
    };
    Ok(Page::still("Try it", Entry::Trial, body))
}

fn verdict(visit: &Visit) -> Result<Markup, Problem> {
    let organization = visit.organization()?;
    let form = &visit.form;
    let text = form.text("operation").trim();
    let (method, path) = text.split_once(' ').unwrap_or(("GET", text));
    let origin = form.filled("origin");
    let ip = match form.filled("ip").map(str::parse) {
        None => None,
        Some(Ok(ip)) => Some(ip),
        Some(Err(_)) => {
            return Ok(said(
                "red",
                "The address is no IP address, such as 192.0.2.7.",
            ));
        }
    };
    let products = visit.app.engine.index().products();
    let product = products.get(organization.product.as_str());
    let product = product.ok_or_else(|| Problem::not_found("product"))?;
    let (key, environment, now) = (
        form.text("key").trim(),
        form.text("environment"),
        visit.now(),
    );
    let explained = visit.app.engine.explain(product, |_| {
        Ok::<_, Problem>(RequestFacts {
            credential: Credential::Text(key),
            place: Place::Named(environment),
            asked: Asked::Operation { method, path },
            origin: origin.map_or(Origin::Absent, Origin::Of),
            from_browser: origin
                .is_some_and(|origin| origin.starts_with("http") || origin == "null"),
            ip,
            now,
        })
    })?;
    Ok(steps(&explained, organization.id))
}

fn said(look: &str, text: &str) -> Markup {
    html! { section.card aria-label="Verdict" { div.body.stack { (parts::say(look, &html! { (text) })) } } }
}

/// Each check in turn. Of a key of another organization nobody is told more than of one that nobody has.
fn steps(explained: &Explanation<'_>, organization: OrganizationId) -> Markup {
    let decision = &explained.decision;
    let is_elsewhere = decision
        .key
        .as_ref()
        .is_some_and(|key| key.organization_id() != organization);
    if is_elsewhere {
        return said(
            "red",
            "Refused with unknown_key: no key of this organization has this value.",
        );
    }
    let verdict = decision.verdict.as_ref().err();
    html! {
        section.card aria-labelledby="verdict-title" {
            div.head {
                div {
                    h2 #verdict-title { @if verdict.is_none() { "Let in" } @else { "Refused" } }
                    @if let Some(reason) = verdict { p { code { (reason.code().as_str()) } ": " (reason.message()) } }
                    @else { p { "Every check passes. Rate limits and credits are looked at when a call is real." } }
                }
                @if verdict.is_none() { (parts::tag("good", "ok")) } @else { (parts::tag("bad", "no")) }
            }
            table {
                thead { tr { th scope="col" { "Check" } th scope="col" { "Result" } } }
                tbody {
                    @for (name, failed) in &explained.checks {
                        tr {
                            td { b { (name.replace('_', " ")) } }
                            td data-label="Result" {
                                @match failed {
                                    None => { span { "passes" } }
                                    Some(reason) => { span.danger { (reason.code().as_str()) } " " span.soft { (reason.message()) } }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}
