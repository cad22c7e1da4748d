//! The sections `product`, `console` and `organizations`.

use super::{check_label, check_unique};
use crate::key::Brand;
use crate::manifest::file::{ConsoleSection, OrganizationsSection, ProductSection};
use crate::manifest::place;
use crate::manifest::problem::Report;
use crate::manifest::rules::ConsoleRules;
use crate::model::Slug;

/// So many headers are looked at for every request.
const HEADERS: usize = 8;

/// Headers with a meaning of their own, or that browsers, proxies or Keystile itself write.
const TAKEN: &[&str] = &[
    "accept",
    "accept-encoding",
    "accept-language",
    "connection",
    "content-length",
    "content-type",
    "content-encoding",
    "cookie",
    "date",
    "dnt",
    "expect",
    "forwarded",
    "host",
    "idempotency-key",
    "if-match",
    "if-none-match",
    "keep-alive",
    "origin",
    "range",
    "referer",
    "set-cookie",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "user-agent",
    "via",
    "x-real-ip",
    "x-request-id",
    "x-http-method-override",
];

/// Families of such headers.
const TAKEN_PREFIXES: &[&str] = &[
    "access-control-",
    "proxy-",
    "sec-",
    "x-envoy-",
    "x-forwarded-",
    "x-keystile-",
    "x-original-",
];

pub(super) struct CheckedProduct {
    pub(super) slug: Option<Slug>,
    pub(super) brand: Option<Brand>,
    pub(super) credential_headers: Box<[Box<str>]>,
}

pub(super) fn check(product: &ProductSection, report: &mut Report) -> CheckedProduct {
    check_label(&product.name, 100, "/product/name", report);
    if let Some(url) = &product.docs_url {
        report.keep("/product/docs_url", place::check_link(url));
    }
    let brand = Some(product.brand.as_str()).filter(|brand| !brand.is_empty());
    CheckedProduct {
        slug: report.keep("/product/slug", product.slug.parse::<Slug>()),
        brand: brand.and_then(|brand| report.keep("/product/brand", brand.parse::<Brand>())),
        credential_headers: check_headers(&product.credential_headers, report),
    }
}

fn check_headers(headers: &[String], report: &mut Report) -> Box<[Box<str>]> {
    let pointer = "/product/credential_headers";
    if headers.is_empty() {
        report.add(
            pointer,
            "keys must travel somewhere: name at least one header",
        );
    }
    if headers.len() > HEADERS {
        report.add(
            pointer,
            format!("at most {HEADERS} headers can carry a key"),
        );
    }
    let lower: Vec<String> = headers
        .iter()
        .map(|name| name.to_ascii_lowercase())
        .collect();
    for (index, name) in lower.iter().enumerate() {
        report.keep(format!("{pointer}/{index}"), check_header(name));
    }
    check_unique(
        lower.iter().map(String::as_str),
        |at| format!("{pointer}/{at}"),
        report,
    );
    lower.into_iter().map(Into::into).collect()
}

fn check_header(name: &str) -> Result<(), String> {
    // RFC 9110 §5.6.2 allows more, and so do attackers: nginx drops names with underscores or
    // takes them for names with hyphens.
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    if !(1..=64).contains(&name.len()) || !name.bytes().all(plain) {
        return Err(format!(
            "`{name}` must be 1 to 64 letters, digits and hyphens"
        ));
    }
    if TAKEN.contains(&name) || TAKEN_PREFIXES.iter().any(|prefix| name.starts_with(prefix)) {
        return Err(format!(
            "`{name}` has another meaning: use `authorization` or `x-api-key`"
        ));
    }
    Ok(())
}

pub(super) fn check_console(console: &ConsoleSection, report: &mut Report) -> ConsoleRules {
    check_label(&console.page_title, 100, "/console/page_title", report);
    if !(1..=5).contains(&console.menu.len()) {
        report.add("/console/menu", "the menu has 1 to 5 levels");
    }
    for (index, level) in console.menu.iter().enumerate() {
        check_label(level, 60, &format!("/console/menu/{index}"), report);
    }
    let names = &console.kind_names;
    check_label(
        &names.publishable,
        60,
        "/console/kind_names/publishable",
        report,
    );
    check_label(&names.secret, 60, "/console/kind_names/secret", report);
    ConsoleRules {
        page_title: console.page_title.as_str().into(),
        menu: console
            .menu
            .iter()
            .map(|level| level.as_str().into())
            .collect(),
        publishable_name: names.publishable.as_str().into(),
        secret_name: names.secret.as_str().into(),
    }
}

pub(super) fn check_auto_project(
    organizations: &OrganizationsSection,
    report: &mut Report,
) -> Option<Box<str>> {
    let name = organizations.auto_project.as_str();
    if name.is_empty() {
        return None;
    }
    check_label(name, 100, "/organizations/auto_project", report);
    Some(name.into())
}
