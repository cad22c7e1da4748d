//! What an organization can spend, and what it has spent.

use std::sync::Arc;

use keystile_core::credit::AccountId;
use keystile_core::model::Mode;
use keystile_store::Balances;
use maud::{Markup, html};

use crate::api::{Ledger, csv, ledger_rows};
use crate::console::paging::{self, Cut};
use crate::console::parts::{self, Field, asks, empty, wrong_at};
use crate::console::rights::Ability;
use crate::console::shown::{Dialog, Entry, Page, Shown};
use crate::console::visit::Visit;
use crate::console::words::count;
use crate::manage::{NewGrant, create_grant, unread};
use crate::problem::Problem;

/// So many entries are shown.
const SHOWN: u32 = 30;

/// So many grants are shown on a page.
const GRANTS: u32 = 20;

/// `GET /console/organizations/{organization}/credits`
pub(in crate::console) async fn show(visit: Visit) -> Result<Shown, Problem> {
    let organization = visit.organization()?.id;
    let mode = mode_of(&visit);
    let account = AccountId { organization, mode };
    let held = visit.app.store.balances(account).await.map_err(unread)?;
    let part = paging::part(visit.before("before"), GRANTS);
    let grants = visit.app.store.grants(organization, Some(mode), part);
    let Cut { rows: grants, next } = paging::cut(grants.await?, GRANTS, |grant| grant.id);
    let rows = ledger_rows(&visit.app, account, SHOWN).await?;
    let grant = format!(
        "/console/organizations/{organization}/credits/grant?mode={}",
        mode.as_str()
    );
    let may_grant = visit.may(Ability::RunOrganizations);
    let tabs = html! {
        nav.tabs aria-label="Account" {
            @for (one, words) in [(Mode::Live, "Live"), (Mode::Test, "Test")] {
                a href={ "?mode=" (one.as_str()) } aria-current=[(one == mode).then_some("page")] {
                    i class={ "dot " (one.as_str()) } {} (words)
                }
            }
        }
    };
    let now = visit.now();
    let body = html! {
        (parts::page_head("Credits", Some(html! { "Live and test never touch." }), Some(tabs)))
        (tiles(&held))
        section.card aria-labelledby="grants-title" {
            div.head {
                div { h2 #grants-title { "Grants" } p { "What was given, and why." } }
                @if may_grant { (asks("btn", &grant, "Grant credits")) }
            }
            @if grants.is_empty() { (empty("No grant yet", "Credits come with a plan, or are granted by hand.", None)) }
            @else {
                table {
                    thead { tr { th scope="col" { "Why" } th.num scope="col" { "Credits" } th scope="col" { "Ends" } th scope="col" { "When" } } }
                    tbody {
                        @for grant in &grants {
                            tr class=[grant.ends_at().is_some_and(|end| end <= now).then_some("dead")] {
                                td { b { (parts::theirs(&grant.reason)) } @if grant.voided_at.is_some() { " " (parts::tag("", "void")) } }
                                td.num data-label="Credits" { (count(grant.amount)) }
                                td data-label="Ends" { @match grant.expires_at { Some(at) => (parts::exact_time(at)), None => { span.soft { "never" } } } }
                                td data-label="When" { (parts::time(grant.created_at, now)) }
                            }
                        }
                    }
                }
            }
            @if let Some(next) = next {
                a.more href={ "?mode=" (mode.as_str()) "&before=" (next) } { "Older grants" }
            }
        }
        section.card aria-labelledby="ledger-title" {
            div.head {
                div { h2 #ledger-title { "Ledger" } p { "Everything that happened, newest first." } }
                @if !rows.is_empty() {
                    a.btn href={ (visit.path) "/export?mode=" (mode.as_str()) } download { "Export as CSV" }
                }
            }
            @if rows.is_empty() { (empty("Nothing happened yet", "The first call that costs a credit stands here.", None)) }
            @else {
                table {
                    thead { tr { th scope="col" { "What" } th.num scope="col" { "Remaining" } th scope="col" { "Call" } th scope="col" { "When" } } }
                    tbody {
                        @for row in &rows {
                            tr {
                                td { b { (row.r#type.as_str()) } @if let Some(spend) = &row.spend_id { small.mono { (spend) } } }
                                td.num data-label="Remaining" { (change(row.changes.remaining)) }
                                td data-label="Call" {
                                    @if let Some(operation) = &row.operation { code { (operation) } }
                                    @else if let Some(key) = &row.key { code { (key) } }
                                    @else { span.soft { "–" } }
                                }
                                td data-label="When" { (parts::time(row.at, now)) }
                            }
                        }
                    }
                }
            }
        }
    };
    Ok(Page::live("Credits", Entry::Credits, body))
}

/// Of which of the two accounts a page tells.
fn mode_of(visit: &Visit) -> Mode {
    match visit.query.text("mode") {
        "test" => Mode::Test,
        _ => Mode::Live,
    }
}

fn change(number: i64) -> String {
    match number {
        0 => "0".to_owned(),
        more if more > 0 => format!("+{}", count(more.unsigned_abs())),
        less => format!("−{}", count(less.unsigned_abs())),
    }
}

fn tiles(held: &Balances) -> Markup {
    html! {
        div.tiles {
            (parts::tile(&count(held.remaining), "can be spent", if held.remaining == 0 { "warn" } else { "" }))
            (parts::tile(&count(held.spent), "spent", ""))
            (parts::tile(&count(held.reserved), "set aside", ""))
            (parts::tile(&count(held.expired), "ended unspent", ""))
            (parts::tile(&count(held.granted), "granted in all", ""))
        }
    }
}

/// `GET /console/organizations/{organization}/credits/export`
pub(in crate::console) async fn export(visit: Visit) -> Result<Shown, Problem> {
    let account = AccountId {
        organization: visit.organization()?.id,
        mode: mode_of(&visit),
    };
    let app = Arc::clone(&visit.app);
    let body = csv::body(Ledger { app, account }).await?;
    let name = Ledger::file_name(account);
    Ok(Shown::File { name, body })
}

/// `GET /console/organizations/{organization}/credits/grant`
pub(in crate::console) async fn ask(visit: Visit) -> Result<Shown, Problem> {
    Ok(Shown::Dialog(dialog(&visit, None)?))
}

fn dialog(visit: &Visit, problem: Option<&Problem>) -> Result<Dialog, Problem> {
    let at = format!(
        "/console/organizations/{}/credits",
        visit.organization()?.id
    );
    let action = format!("{at}/grant");
    let mode = visit.form.get("mode").unwrap_or(visit.query.text("mode"));
    let general = problem.filter(|problem| problem.errors.is_empty());
    let body = html! {
        form.stack method="post" action=(action) hx-post=(action) hx-target="#dialog" {
            (visit.ours()) (visit.once())
            @if let Some(problem) = general { p.say.red { (problem.detail) "." } }
            fieldset {
                legend { "Account" }
                @for (one, words) in [("live", "Live: real calls"), ("test", "Test: trying things out")] {
                    label.choice { input type="radio" name="mode" value=(one) checked[mode == one]; span { (words) } }
                }
            }
            (Field::text("amount", "How many credits").value(visit.form.text("amount")).needed().first()
                .wrong(wrong_at(problem, "/amount")).input())
            (Field::text("reason", "Why").value(visit.form.text("reason")).needed()
                .hint("Everybody of the organization reads this.").wrong(wrong_at(problem, "/reason")).input())
            (parts::submit("main", "Grant", &at))
        }
    };
    Ok(Dialog::ask("Grant credits", at, body))
}

/// `POST /console/organizations/{organization}/credits/grant`
pub(in crate::console) async fn grant(visit: Visit) -> Result<Shown, Problem> {
    let organization = visit.organization()?.id;
    let mode = match visit.form.text("mode") {
        "test" => Mode::Test,
        _ => Mode::Live,
    };
    let to = format!(
        "/console/organizations/{organization}/credits?mode={}",
        mode.as_str()
    );
    let (work, before) = visit.work_once().await?;
    if before.is_some() {
        let notice = Some("These credits were granted already.".to_owned());
        return Ok(Shown::Done { to, notice });
    }
    let amount: String = visit
        .form
        .text("amount")
        .chars()
        .filter(|c| !c.is_whitespace())
        .collect();
    let granted = match amount.parse() {
        Ok(amount) => {
            let new = NewGrant {
                mode,
                amount,
                reason: visit.form.text("reason").trim().to_owned(),
                expires_at: None,
            };
            create_grant(&work, organization, &new).await
        }
        Err(_) => Err(Problem::field(
            "/amount",
            "this is no whole number of credits",
        )),
    };
    match granted {
        Ok(grant) => Ok(Shown::Done {
            to,
            notice: Some(format!("{} credits granted.", count(grant.amount))),
        }),
        Err(problem) if !problem.errors.is_empty() || problem.code == "too_many_credits" => {
            let dialog = dialog(&visit, Some(&problem))?;
            Ok(Shown::Dialog(dialog.status(problem.status)))
        }
        Err(problem) => Err(problem),
    }
}
