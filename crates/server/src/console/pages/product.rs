//! A product: its rules in words, and its manifest, changed after a look at what that changes.

use keystile_core::manifest::{Manifest, Reveal, Rules};
use keystile_core::model::{Kind, Slug};
use maud::{Markup, html};

use crate::console::parts;
use crate::console::rights::Ability;
use crate::console::shown::{Entry, Page, Shown};
use crate::console::visit::Visit;
use crate::manage::{apply_manifest, invalid_manifest};
use crate::problem::Problem;

/// `GET /console/products`
pub(in crate::console) async fn list(visit: Visit) -> Result<Shown, Problem> {
    let products = visit.app.store.products().await?;
    let body = html! {
        (parts::page_head("Products", Some(html! { "What you sell, and the rules of its keys." }), None))
        section.card aria-label="Products" {
            table {
                thead { tr { th scope="col" { "Name" } th scope="col" { "Changed" } } }
                tbody {
                    @for product in products.iter().filter(|product| !product.slug.is_operator()) {
                        tr {
                            td { a.name href={ "/console/products/" (product.slug) } { (product.slug) } }
                            td data-label="Changed" { (parts::time(product.updated_at, visit.now())) }
                        }
                    }
                }
            }
            @if products.len() < 2 {
                (parts::empty("No product yet", "keystile init product.toml writes a manifest with comments; keystile apply product.toml applies it.", None))
            }
        }
    };
    Ok(Page::live("Products", Entry::Products, body))
}

/// `GET /console/products/{product}`
pub(in crate::console) async fn show(visit: Visit) -> Result<Shown, Problem> {
    let slug: Slug = visit.id("product")?;
    let product = visit.work().product(&slug).await.map_err(Problem::from)?;
    page(&visit, &slug, &product.manifest, &html! {})
}

/// `POST /console/products/{product}`
pub(in crate::console) async fn change(visit: Visit) -> Result<Shown, Problem> {
    let slug: Slug = visit.id("product")?;
    let text = visit.form.text("manifest").replace("\r\n", "\n");
    let is_dry = visit.form.text("step") != "apply";
    let applied = match Manifest::from_toml(&text) {
        Ok(manifest) => apply_manifest(&visit.work(), &slug, &manifest, is_dry).await,
        Err(problems) => Err(invalid_manifest(&problems)),
    };
    let said = match applied {
        Ok(applied) if applied.changes.is_empty() => {
            parts::say("", &html! { "This is what is in force already." })
        }
        Ok(applied) if is_dry => html! {
            section.card aria-labelledby="diff-title" {
                div.head {
                    div { h2 #diff-title { "This would change" } p { "Nothing is changed yet." } }
                    button.btn.main type="submit" form="manifest-form" name="step" value="apply" { "Apply" }
                }
                table {
                    thead { tr { th scope="col" { "What" } th scope="col" { "From" } th scope="col" { "To" } } }
                    tbody {
                        @for change in &applied.changes {
                            @let change = serde_json::to_value(change).unwrap_or_default();
                            tr {
                                td { code { (text_of(&change["pointer"])) } }
                                td data-label="From" { (text_of(&change["before"])) }
                                td data-label="To" { (text_of(&change["after"])) }
                            }
                        }
                    }
                }
                @if applied.destroyed_secrets > 0 {
                    p.say.red { (applied.destroyed_secrets) " sealed secrets would be destroyed." }
                }
            }
        },
        Ok(applied) => {
            let proof = applied
                .effective
                .map(|one| format!(" In force on {} of {} nodes.", one.confirmed, one.nodes));
            return Ok(Shown::Done {
                to: format!("/console/products/{slug}"),
                notice: Some(format!(
                    "The manifest is applied.{}",
                    proof.unwrap_or_default()
                )),
            });
        }
        Err(problem) if problem.status.is_client_error() => html! {
            div.say.red role="alert" {
                @if problem.errors.is_empty() { p { (problem.detail) } }
                ul { @for error in &problem.errors { li { code { (error.pointer) } " " (error.message) } } }
                p { "Nothing was changed." }
            }
        },
        Err(problem) => return Err(problem),
    };
    page(&visit, &slug, &text, &said)
}

fn text_of(value: &serde_json::Value) -> String {
    match value {
        serde_json::Value::Null => "–".to_owned(),
        serde_json::Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

fn page(visit: &Visit, slug: &Slug, manifest: &str, said: &Markup) -> Result<Shown, Problem> {
    let products = visit.app.engine.index().products();
    let product = products
        .get(slug.as_str())
        .ok_or_else(|| Problem::not_found("product"))?;
    let rules = product.rules().to_shared();
    let may = visit.may(Ability::ManageProducts);
    let action = format!("/console/products/{slug}");
    let body = html! {
        (parts::crumbs(&[("Products", "/console/products".to_owned())]))
        (parts::page_head(&rules.name, Some(html! { code { (slug) } }), None))
        (said)
        (words(&rules))
        section.card aria-labelledby="manifest-title" {
            div.head { div { h2 #manifest-title { "Manifest" } p { "The same file that keystile apply takes." } } }
            div.body {
                form.stack #manifest-form method="post" action=(action) {
                    (visit.ours())
                    textarea name="manifest" rows="24" spellcheck="false" aria-label="Manifest" readonly[!may] { "\n" (manifest) }
                    @if may { div.end { button.btn type="submit" name="step" value="look" { "Show what changes" } } }
                }
            }
        }
    };
    Ok(Page::still(rules.name.to_string(), Entry::Products, body))
}

/// The rules as sentences.
fn words(rules: &Rules) -> Markup {
    html! {
        section.card aria-labelledby="words-title" {
            div.head { h2 #words-title { "In words" } }
            div.body {
                dl.facts {
                    @for kind in [Kind::Publishable, Kind::Secret] {
                        @let of = rules.kind(kind);
                        dt { (rules.kind_name(kind)) }
                        dd {
                            @if of.offered {
                                @match of.max_active { Some(1) => "One in each environment. ", Some(most) => { "At most " (most) " in each environment. " } None => "As many as wanted. " }
                                @if !of.auto_create.is_empty() { "Made by itself in " (of.auto_create.join(", ")) ". " }
                                @if kind == Kind::Secret { @if of.reveal == Reveal::Recoverable { "Can be revealed again. " } @else { "Shown once. " } }
                                @if kind == Kind::Secret && of.refuse_in_browser { "Refused when it comes from a web page. " }
                                @if let Some(seconds) = of.idle_after_seconds { "Idle after " (seconds / 86_400) " days. " }
                                "May " @for name in rules.scope_names(of.default_scopes) { code { (name) } " " }
                            } @else { "Not offered." }
                        }
                    }
                    dt { "Environments" }
                    dd {
                        @for one in &*rules.environments {
                            div { (parts::mode_tag(one.mode)) " " (one.name) " " @for url in &*one.base_urls { code { (url) } " " } }
                        }
                        @if rules.custom_environments { div { "Customers may add others, which are always test." } }
                    }
                    dt { "Projects" }
                    dd { @match &rules.auto_project { Some(name) => { "Every organization comes with one, " b { (name) } ", and sees no others." } None => "Customers make them." } }
                    @if !rules.plans.is_empty() {
                        dt { "Plans" }
                        dd {
                            @for plan in &*rules.plans {
                                div {
                                    b { (plan.name) } " "
                                    @if let Some(rate) = &plan.rate_limit { (rate.limit) " calls in " (rate.period_seconds) " s. " }
                                    @if let Some(most) = plan.max_active_keys { "At most " (most) " keys. " }
                                    @if let Some(credits) = &plan.credits { (credits.live) " live and " (credits.test) " test credits each period." }
                                }
                            }
                        }
                    }
                    @if rules.test_grant > 0 { dt { "Test credits" } dd { (rules.test_grant) " for every new organization, once." } }
                    dt { "Operations" }
                    dd { @for one in rules.operations.as_slice() { div { code { (one.text) } } } }
                }
            }
        }
    }
}
