//! Operator keys: with which programs of the operator run Keystile itself.

use keystile_core::manifest::Rules;
use keystile_core::model::{Kind, Mode, Slug};
use keystile_store::KeyFilter;
use maud::{Markup, html};

use super::key_form::{self, Filled};
use super::key_row::{self, Row};
use super::once;
use crate::api::KeyView;
use crate::console::paging::{self, Cut};
use crate::console::parts::{self, Field, asks, empty, wrong_at};
use crate::console::shown::{Dialog, Entry, Page, Shown};
use crate::console::visit::Visit;
use crate::manage::{NewOperatorKey, create_operator_key, operator_environment};
use crate::problem::Problem;

/// Where they are listed.
pub(in crate::console) const HERE: &str = "/console/operator-keys";

/// So many keys are shown on a page.
const SHOWN: u32 = 50;

/// The rules of operator keys.
fn rules() -> Result<Rules, Problem> {
    Rules::operator().map_err(|why| {
        Problem::unavailable("undecided", "the built-in product is unusable").because(why)
    })
}

/// `GET /console/operator-keys`
pub(in crate::console) async fn show(visit: Visit) -> Result<Shown, Problem> {
    let rules = rules()?;
    let filter = KeyFilter {
        environment: Some(operator_environment(&visit.app).await?),
        living: Some(!visit.query.is_ticked("revoked")),
        ..KeyFilter::default()
    };
    let part = paging::part(visit.before("before"), SHOWN);
    let keys = visit.app.store.keys(filter, part).await?;
    let Cut { rows, next } = paging::cut(keys, SHOWN, |key| key.id);
    let keys = KeyView::all(&visit.app, &rows).await?;
    let unbound = keys.iter().filter(|key| key.binding.is_none()).count();
    let add = asks("btn", &format!("{HERE}/new"), "New operator key");
    let sub = html! { "For your own programs: they verify, and look after everything that their scopes allow." };
    let body = html! {
        (parts::page_head("Operator keys", Some(sub), Some(add)))
        @if unbound > 0 {
            p.say.amber {
                "Keys that are bound to nothing act for every product. Bind those of your services to one \
                 product and environment, so that a leak stays small."
            }
        }
        section.card aria-label="Operator keys" {
            @if keys.is_empty() {
                (empty("No operator key", "Make one for the service that asks about keys.", None))
            } @else {
                table {
                    thead { tr {
                        th scope="col" { "Name and key" } th scope="col" { "May" } th scope="col" { "Works from" }
                        th scope="col" { "Last used" } th scope="col" { span.vh { "Actions" } }
                    } }
                    tbody {
                        @for key in &keys {
                            (key_row::row(&Row { visit: &visit, key, rules: &rules, only_one: false }))
                        }
                    }
                }
            }
            @if let Some(next) = next { a.more href={ "?before=" (next) } { "Older keys" } }
        }
    };
    Ok(Page::live("Operator keys", Entry::OperatorKeys, body))
}

/// `GET /console/operator-keys/new`
pub(in crate::console) async fn ask(visit: Visit) -> Result<Shown, Problem> {
    Ok(Shown::Dialog(dialog(&visit, None)?))
}

fn dialog(visit: &Visit, problem: Option<&Problem>) -> Result<Dialog, Problem> {
    let rules = rules()?;
    let action = format!("{HERE}/new");
    let filled = Filled::of_form(&visit.form, "");
    let body = html! {
        form.stack method="post" action=(action) hx-post=(action) hx-target="#dialog" {
            (visit.ours()) (visit.once())
            (bound_to(visit, problem))
            (key_form::fields(&rules, (Kind::Secret, Mode::Live), &filled, problem, true))
            (parts::submit("main", "Create", HERE))
        }
    };
    Ok(Dialog::ask("New operator key", HERE.to_owned(), body))
}

fn bound_to(visit: &Visit, problem: Option<&Problem>) -> Markup {
    let products = visit.app.engine.index().products();
    let products: Vec<_> = products
        .iter()
        .map(|product| product.slug().clone())
        .filter(|slug| !slug.is_operator())
        .collect();
    let chosen = visit.form.text("product");
    html! {
        div.field {
            label for="f-product" { "Acts for" }
            select id="f-product" name="product" {
                @for slug in &products { option value=(slug) selected[slug.as_str() == chosen] { (slug) } }
                option value="" selected[chosen.is_empty() && visit.form.is_ticked("sent")] { "every product" }
            }
            @if let Some(wrong) = wrong_at(problem, "/product") { span.wrong { (wrong) } }
        }
        (Field::text("environment", "In the environment").value(visit.form.text("environment"))
            .hint("Such as production. Empty: in all of them.")
            .wrong(wrong_at(problem, "/environment")).input())
    }
}

/// `POST /console/operator-keys/new`
pub(in crate::console) async fn create(visit: Visit) -> Result<Shown, Problem> {
    let (work, before) = visit.work_once().await?;
    if before.is_some() {
        return Ok(Shown::Done {
            to: HERE.to_owned(),
            notice: Some("This key was created already; its value was shown then.".into()),
        });
    }
    let environment = operator_environment(&visit.app).await?;
    let created = match new_key(&visit) {
        Ok(new) => create_operator_key(&work, environment, &new).await,
        Err(problem) => Err(problem),
    };
    match created {
        Ok(minted) => {
            let said = html! { "It works from now on." };
            let (key, secret) = (&minted.key, minted.secret.as_ref());
            let secret = secret.ok_or_else(|| Problem::not_found("key"))?;
            Ok(Shown::Dialog(once::dialog(
                &visit,
                ("operator key", key),
                secret,
                HERE,
                &said,
            )))
        }
        Err(problem) if key_form::is_about_fields(&problem) => {
            let dialog = dialog(&visit, Some(&problem))?;
            Ok(Shown::Dialog(dialog.status(problem.status)))
        }
        Err(problem) => Err(problem),
    }
}

fn new_key(visit: &Visit) -> Result<NewOperatorKey, Problem> {
    let form = &visit.form;
    let new = key_form::new_key(form, Kind::Secret, visit.now())?;
    let product = form.filled("product").map(str::parse::<Slug>).transpose();
    let product = product.map_err(|why| Problem::field("/product", why.to_string()))?;
    Ok(NewOperatorKey {
        name: new.name,
        scopes: new.rights.scopes,
        product,
        environment: form.filled("environment").map(str::to_owned),
        expires_at: new.rights.expires_at,
        value: None,
    })
}
