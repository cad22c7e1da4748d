//! Whether one change of a manifest gives rights or takes them away: one line a field.

use serde_json::Value;

use super::diff::Effect::{self, Narrows, Neutral, Unclear, Widens};
use super::file::Manifest;
use super::template::{Overlap, Template};

type Side<'a> = Option<&'a Value>;

/// Judges one difference at `path` by what stood there and what will stand there.
pub(super) fn judge(path: &[String], before: Side<'_>, after: Side<'_>, old: &Manifest) -> Effect {
    let path: Vec<&str> = path.iter().map(String::as_str).collect();
    match path.as_slice() {
        // What is only shown, or only decides about keys and credits to come.
        ["product", "name" | "docs_url"] | ["console", ..] | ["organizations", "auto_project"] => {
            Neutral
        }
        ["keys", _, "auto_create" | "idle_after"] | ["scopes", _, "description"] => Neutral,
        // What was reserved keeps the time that it was given.
        ["credits", ..] | ["operations", _, "public_cost"] => Neutral,

        ["product", "require_operation"] => restriction(after),
        ["organizations", "custom_environments"] => permission(after),
        // A new header is one in which a key was not looked for until now, and two keys conflict.
        ["product", ..] => Unclear,

        // A base URL can take requests away from another one with a shorter prefix.
        ["environments", _] if has_no_base_urls(after) => presence(before),
        ["environments", _] if after.is_none() => Narrows,
        ["environments"] | ["scopes"] | ["operations"] => Neutral,

        ["keys", _] => presence(before),
        ["keys", _, "scopes"] => scopes(before, after),
        ["keys", _, "max_active"] => ceiling(before, after),
        ["keys", _, "reveal"] => permission_if(after, "recoverable"),
        ["keys", _, "refuse_in_browser"] => restriction(after),
        ["keys", _, "rate_limit" | "total_rate_limit"] => limit(before, after),
        ["keys", _, "rate_limit" | "total_rate_limit", "limit"] => ceiling(before, after),

        ["scopes", _] => presence(before),
        ["scopes", _, "publishable"] => permission(after),

        ["operations", name] if before.is_none() => added_operation(name, old),
        ["operations", _] => Narrows,
        // A key whose credits ran to the old cost may not reach a higher one.
        ["operations", _, "cost"] => ceiling(after, before),
        // Under a higher one every cost that could be named still can. Under a lower one some are
        // refused that were not, and no node may charge them any longer.
        ["operations", _, "max_cost"] => max_cost(before, after),
        ["environments" | "operations", _, "rate_limit"] => limit(before, after),
        ["environments" | "operations", _, "rate_limit", "limit"] => ceiling(before, after),

        // Other plans, and another default, change what organizations have in ways that depend on
        // those organizations; they end at the last line.
        ["plans", _, "max_active_keys"] => ceiling(before, after),
        ["plans", _, "rate_limit"] => limit(before, after),
        ["plans", _, "rate_limit", "limit"] => ceiling(before, after),
        ["plans", _, "credits", "live" | "test"] => ceiling(before, after),

        ["foreign_formats"] => Neutral,
        ["foreign_formats", _] => presence(before),
        _ => Unclear,
    }
}

/// Something whose being there gives rights.
fn presence(before: Side<'_>) -> Effect {
    if before.is_none() { Widens } else { Narrows }
}

/// A limit whose being there takes rights away.
fn limit(before: Side<'_>, after: Side<'_>) -> Effect {
    match (before, after) {
        (None, _) => Narrows,
        (_, None) => Widens,
        _ => Unclear,
    }
}

/// A switch that takes rights away while it is on.
fn restriction(after: Side<'_>) -> Effect {
    match after.and_then(Value::as_bool) {
        Some(false) => Widens,
        _ => Narrows,
    }
}

/// A switch that gives rights while it is on.
fn permission(after: Side<'_>) -> Effect {
    match after.and_then(Value::as_bool) {
        Some(true) => Widens,
        _ => Narrows,
    }
}

fn permission_if(after: Side<'_>, word: &str) -> Effect {
    if after.and_then(Value::as_str) == Some(word) {
        Widens
    } else {
        Narrows
    }
}

/// A number up to which something is allowed; without it, anything is.
fn ceiling(before: Side<'_>, after: Side<'_>) -> Effect {
    let number = |side: Side<'_>| side.map_or(u64::MAX, |value| value.as_u64().unwrap_or(0));
    if number(after) > number(before) {
        Widens
    } else {
        Narrows
    }
}

/// The most that may be named as a cost; without it, `cost` is all there is.
fn max_cost(before: Side<'_>, after: Side<'_>) -> Effect {
    match (before, after) {
        (None, _) => Widens,
        (_, None) => Narrows,
        _ => ceiling(before, after),
    }
}

/// A list of scopes. Without one, the manifest's own default holds, which is not compared here.
fn scopes(before: Side<'_>, after: Side<'_>) -> Effect {
    let (Some(before), Some(after)) = (
        before.and_then(Value::as_array),
        after.and_then(Value::as_array),
    ) else {
        return Unclear;
    };
    let everything = after.iter().any(|name| name == "*");
    if everything || before.iter().all(|name| after.contains(name)) {
        Widens
    } else {
        Narrows
    }
}

fn has_no_base_urls(after: Side<'_>) -> bool {
    let urls = after.and_then(|entry| entry.get("base_urls")?.as_array());
    urls.is_some_and(Vec::is_empty)
}

/// A new operation gives rights, unless it takes requests from an operation that was there.
fn added_operation(text: &str, old: &Manifest) -> Effect {
    let Ok(added) = Template::parse(text) else {
        return Unclear;
    };
    let apart = old.operations.iter().all(|operation| {
        Template::parse(&operation.matches)
            .is_ok_and(|other| added.overlap(&other) == Overlap::None)
    });
    if apart { Widens } else { Unclear }
}
