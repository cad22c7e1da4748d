//! The fields of a key, when it is made and when it is changed.

use keystile_core::manifest::Rules;
use keystile_core::model::{Kind, Mode, RateLimit, SpendCaps, Timestamp};
use maud::{Markup, html};

use crate::api::KeyView;
use crate::console::form::Fields;
use crate::console::parts::{Field, wrong_at};
use crate::manage::{KeyChange, NewKey, Rights};
use crate::problem::{FieldError, Problem};

const DAY_MILLIS: i64 = 24 * 3600 * 1000;

/// How long a key may be made to last, in days.
const LASTS: [(&str, &str); 5] = [
    ("", "until it is revoked"),
    ("7", "7 days"),
    ("30", "30 days"),
    ("90", "90 days"),
    ("365", "a year"),
];

/// What stands in the fields.
pub(super) struct Filled {
    name: String,
    note: String,
    origins: String,
    ips: String,
    /// The scopes that are ticked; `None` follows the product.
    scopes: Option<Vec<String>>,
    lasts: String,
    rate_limit: String,
    rate_period: String,
    caps: [String; 3],
}

impl Filled {
    /// What was typed before, or, on an empty form, this name.
    pub(super) fn of_form(form: &Fields, name: &str) -> Self {
        let is_sent = form.is_ticked("sent");
        let text = |field: &str| form.text(field).to_owned();
        Self {
            name: if is_sent {
                text("name")
            } else {
                name.to_owned()
            },
            note: text("note"),
            origins: text("allowed_origins"),
            ips: text("allowed_ips"),
            scopes: (form.text("scopes") == "listed").then(|| form.all("scope")),
            lasts: text("lasts"),
            rate_limit: text("rate_limit"),
            rate_period: text("rate_period"),
            caps: ["cap_day", "cap_month", "cap_total"].map(text),
        }
    }

    /// What a key has.
    pub(super) fn of_key(key: &KeyView) -> Self {
        let lines = |list: &Option<keystile_core::model::TextList>| {
            list.as_deref().unwrap_or_default().join("\n")
        };
        let number = |number: Option<u64>| number.map(|number| number.to_string());
        let caps = SpendCaps::parts(key.spend_caps);
        Self {
            name: key.name.clone(),
            note: key.note.clone().unwrap_or_default(),
            origins: lines(&key.allowed_origins),
            ips: lines(&key.allowed_ips),
            scopes: key.own_scopes.as_deref().map(<[String]>::to_vec),
            lasts: if key.expires_at.is_some() {
                "keep".into()
            } else {
                String::new()
            },
            rate_limit: number(key.rate_limit.map(|rate| u64::from(rate.limit)))
                .unwrap_or_default(),
            rate_period: number(key.rate_limit.map(|rate| u64::from(rate.period_seconds)))
                .unwrap_or_default(),
            caps: caps.map(|cap| number(cap).unwrap_or_default()),
        }
    }
}

/// The fields, with what is wrong with them.
pub(super) fn fields(
    rules: &Rules,
    (kind, mode): (Kind, Mode),
    filled: &Filled,
    problem: Option<&Problem>,
    is_new: bool,
) -> Markup {
    let wrong = |pointer: &str| wrong_at(problem, pointer);
    let is_open = !is_new
        || [
            "/scopes",
            "/allowed_ips",
            "/expires_at",
            "/rate_limit",
            "/spend_caps",
        ]
        .iter()
        .any(|pointer| wrong(pointer).is_some());
    let general = problem.filter(|problem| problem.errors.is_empty());
    html! {
        input type="hidden" name="sent" value="yes";
        @if let Some(problem) = general { p.say.red { (problem.detail) "." } }
        (Field::text("name", "Name").value(&filled.name).needed().first()
            .hint("What it is for; people find it again by this.")
            .wrong(wrong("/name")).input())
        @if kind == Kind::Publishable {
            (Field::text("allowed_origins", "Works on these origins").value(&filled.origins)
                .hint(origin_hint(mode)).wrong(wrong("/allowed_origins")).area())
        }
        details open[is_open] {
            summary { "Scopes, addresses, limits and end" }
            div.stack {
                (scopes(rules, kind, filled, wrong("/scopes")))
                @if kind == Kind::Secret {
                    (Field::text("allowed_ips", "Works from these addresses").value(&filled.ips)
                        .hint("One range a line, such as 192.0.2.0/24. Empty: from anywhere.")
                        .wrong(wrong("/allowed_ips")).area())
                }
                (lasts(filled, is_new, wrong("/expires_at")))
                (limits(kind, filled, wrong("/rate_limit")))
                (caps(filled, wrong("/spend_caps")))
                (Field::text("note", "Note").value(&filled.note)
                    .hint("For people, such as where the secret is kept.")
                    .wrong(wrong("/note")).input())
            }
        }
    }
}

fn origin_hint(mode: Mode) -> &'static str {
    match mode {
        Mode::Live => {
            "One a line, such as https://shop.example or https://*.shop.example. \
             Empty: any page may use it."
        }
        Mode::Test => {
            "One a line, such as https://staging.shop.example or http://localhost. \
             Empty: any page may use it."
        }
    }
}

fn scopes(rules: &Rules, kind: Kind, filled: &Filled, wrong: Option<String>) -> Markup {
    let can = rules.grantable_scopes(kind);
    let names: Vec<_> = rules.scope_names(can).collect();
    let offered = rules
        .scopes()
        .iter()
        .filter(|scope| names.contains(&&*scope.name));
    let is_listed = filled.scopes.is_some();
    let is_ticked = |name: &str| {
        let listed = filled.scopes.as_deref();
        listed.is_none_or(|listed| listed.iter().any(|one| one == name || one == "*"))
    };
    let usual = match kind {
        Kind::Publishable => "What the product gives every publishable key",
        Kind::Secret => "What the product gives every secret key",
    };
    html! {
        fieldset aria-describedby=[wrong.as_ref().map(|_| "scopes-wrong")] {
            legend { "May do" }
            label.choice {
                input type="radio" name="scopes" value="usual" checked[!is_listed];
                span { (usual) small { "Follows the product when that changes." } }
            }
            label.choice {
                input type="radio" name="scopes" value="listed" checked[is_listed];
                span { "Only what is ticked" small { "New scopes never widen it." } }
            }
            div.choices.wide {
                @for scope in offered {
                    label.choice {
                        input type="checkbox" name="scope" value=(scope.name) checked[is_ticked(&scope.name)];
                        span { code { (scope.name) } small { (scope.description) } }
                    }
                }
            }
            @if let Some(wrong) = wrong { span.wrong #scopes-wrong { (wrong) } }
        }
    }
}

fn lasts(filled: &Filled, is_new: bool, wrong: Option<String>) -> Markup {
    html! {
        div.field {
            label for="f-lasts" { "Lasts" }
            select id="f-lasts" name="lasts" aria-invalid=[wrong.as_ref().map(|_| "true")] {
                @if !is_new { option value="keep" selected[filled.lasts == "keep"] { "as it is now" } }
                @for (days, words) in LASTS {
                    option value=(days) selected[filled.lasts == days] { (words) }
                }
            }
            @if let Some(wrong) = wrong { span.wrong { (wrong) } }
        }
    }
}

fn limits(kind: Kind, filled: &Filled, wrong: Option<String>) -> Markup {
    let whose = match kind {
        Kind::Publishable => "Calls of each visitor",
        Kind::Secret => "Calls with this key",
    };
    html! {
        fieldset {
            legend { (whose) }
            div.row {
                input name="rate_limit" inputmode="numeric" aria-label="How many calls" placeholder="as the product says"
                    value=(filled.rate_limit) aria-invalid=[wrong.as_ref().map(|_| "true")] class="grow";
                select name="rate_period" aria-label="In which time" class="grow" {
                    @for (seconds, words) in [("1", "a second"), ("60", "a minute"), ("3600", "an hour"), ("86400", "a day")] {
                        option value=(seconds) selected[filled.rate_period == seconds || (filled.rate_period.is_empty() && seconds == "60")] { (words) }
                    }
                }
            }
            @if let Some(wrong) = wrong { span.wrong { (wrong) } }
        }
    }
}

fn caps(filled: &Filled, wrong: Option<String>) -> Markup {
    let fields = [
        ("cap_day", "a day"),
        ("cap_month", "a month"),
        ("cap_total", "in all"),
    ];
    html! {
        fieldset {
            legend { "Credits it may spend" }
            div.row {
                @for ((name, words), value) in fields.into_iter().zip(&filled.caps) {
                    input name=(name) inputmode="numeric" aria-label={ "Credits " (words) }
                        placeholder=(words) value=(value) aria-invalid=[wrong.as_ref().map(|_| "true")];
                }
            }
            @if let Some(wrong) = wrong { span.wrong { (wrong) } }
        }
    }
}

/// Whether a problem is about what was filled in, so that the form says it.
pub(super) fn is_about_fields(problem: &Problem) -> bool {
    !problem.errors.is_empty()
        || matches!(
            problem.code,
            "already_exists" | "too_many_keys" | "changed_meanwhile"
        )
}

/// A whole number, or nothing.
fn number<T: std::str::FromStr>(
    form: &Fields,
    name: &str,
    pointer: &str,
    errors: &mut Vec<FieldError>,
) -> Option<T> {
    let text = form.filled(name)?;
    let plain: String = text
        .chars()
        .filter(|c| !matches!(c, ' ' | '\u{202f}' | ','))
        .collect();
    let read = plain.parse().ok();
    if read.is_none() {
        errors.push(FieldError::new(
            pointer,
            format!("{text:?} is no whole number"),
        ));
    }
    read
}

struct Read {
    rights: Rights,
    keeps_expiry: bool,
}

fn read(form: &Fields, kind: Kind, now: Timestamp) -> Result<Read, Problem> {
    let mut errors = Vec::new();
    let lines = |name: &str| Some(form.lines(name)).filter(|lines| !lines.is_empty());
    let limit: Option<u32> = number(form, "rate_limit", "/rate_limit", &mut errors);
    let period = form.text("rate_period").parse().unwrap_or(60);
    let day = number(form, "cap_day", "/spend_caps", &mut errors);
    let month = number(form, "cap_month", "/spend_caps", &mut errors);
    let total = number(form, "cap_total", "/spend_caps", &mut errors);
    let lasts = form.text("lasts");
    let days = LASTS.iter().find(|(days, _)| *days == lasts);
    let days = days.and_then(|(days, _)| days.parse::<i64>().ok());
    if !errors.is_empty() {
        return Err(Problem::invalid(errors));
    }
    let caps = [day, month, total];
    let spend_caps = SpendCaps::from_parts(caps);
    let listed = form.text("scopes") == "listed";
    Ok(Read {
        rights: Rights {
            scopes: listed.then(|| form.all("scope")),
            allowed_origins: lines("allowed_origins").filter(|_| kind == Kind::Publishable),
            allowed_ips: lines("allowed_ips").filter(|_| kind == Kind::Secret),
            rate_limit: limit.map(|limit| RateLimit {
                limit,
                period_seconds: period,
            }),
            spend_caps,
            expires_at: days.map(|days| now.plus_millis(days * DAY_MILLIS)),
        },
        keeps_expiry: lasts == "keep",
    })
}

/// The key that a form asks for.
pub(super) fn new_key(form: &Fields, kind: Kind, now: Timestamp) -> Result<NewKey, Problem> {
    Ok(NewKey {
        kind,
        name: form.text("name").trim().to_owned(),
        rights: read(form, kind, now)?.rights,
        metadata: None,
        note: form.filled("note").map(str::to_owned),
    })
}

/// What a form changes of a key.
pub(super) fn change(form: &Fields, kind: Kind, now: Timestamp) -> Result<KeyChange, Problem> {
    let Read {
        rights,
        keeps_expiry,
    } = read(form, kind, now)?;
    let is_publishable = kind == Kind::Publishable;
    Ok(KeyChange {
        name: Some(form.text("name").trim().to_owned()),
        note: Some(form.filled("note").map(str::to_owned)),
        scopes: Some(rights.scopes),
        allowed_origins: is_publishable.then_some(rights.allowed_origins),
        allowed_ips: (!is_publishable).then_some(rights.allowed_ips),
        rate_limit: Some(rights.rate_limit),
        spend_caps: Some(rights.spend_caps),
        expires_at: (!keeps_expiry).then_some(rights.expires_at),
        metadata: None,
        enabled: None,
        expected: form.text("version").parse().ok(),
    })
}
