//! What applying a manifest would change, in words for people, and whether it takes rights away.
//!
//! Entries of lists are recognised by their names, not by their places. The judgement errs on one
//! side only: a change is called widening or neutral when that is certain, and everything else
//! counts as narrowing, which costs no more than a wait for all nodes.

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value};

use super::effect;
use super::file::Manifest;
use super::problem::join;

/// What a change does to the rights of keys that exist.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Effect {
    /// Takes rights away.
    Narrows,
    /// Gives rights.
    Widens,
    /// Changes no rights.
    Neutral,
    /// May do either; treated as narrowing.
    Unclear,
}

/// One difference between two manifests.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Change {
    /// The place as a JSON Pointer; entries of lists stand under their names, as in
    /// `/scopes/chat:send/publishable`.
    pub pointer: String,
    /// What stood there; absent when it is new.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub before: Option<Value>,
    /// What will stand there; absent when it is removed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after: Option<Value>,
    /// What that does to the rights of keys that exist.
    pub effect: Effect,
}

/// Everything that applying `new` over `old` would change; empty when they say the same.
#[must_use]
pub fn diff(old: Option<&Manifest>, new: &Manifest) -> Vec<Change> {
    let after = new.to_value();
    let Some(old) = old else {
        let pointer = String::new();
        return vec![Change {
            pointer,
            before: None,
            after: Some(after),
            effect: Effect::Widens,
        }];
    };
    let mut differences = Vec::new();
    compare(&[], Some(&old.to_value()), Some(&after), &mut differences);
    let judged = differences.into_iter().map(|(path, before, after)| Change {
        effect: effect::judge(&path, before.as_ref(), after.as_ref(), old),
        pointer: path
            .iter()
            .fold(String::new(), |pointer, field| join(&pointer, field)),
        before,
        after,
    });
    judged.collect()
}

/// Whether applying `new` over `old` may take rights away from any key that exists; `false` only
/// when it certainly does not.
#[must_use]
pub fn narrows(old: &Manifest, new: &Manifest) -> bool {
    let harmless = |change: &Change| matches!(change.effect, Effect::Widens | Effect::Neutral);
    !diff(Some(old), new).iter().all(harmless)
}

type Difference = (Vec<String>, Option<Value>, Option<Value>);

fn compare(path: &[String], old: Option<&Value>, new: Option<&Value>, out: &mut Vec<Difference>) {
    if old == new {
        return;
    }
    if let (Some(before), Some(after)) = (old.and_then(fields), new.and_then(fields)) {
        compare_fields(path, &before, &after, out);
        compare_order(path, &before, &after, out);
    } else {
        out.push((path.to_vec(), old.cloned(), new.cloned()));
    }
}

/// What can be compared name by name: a table, or a list of tables that have names.
fn fields(value: &Value) -> Option<Map<String, Value>> {
    match value {
        Value::Object(fields) => Some(fields.clone()),
        Value::Array(items) => by_name(items),
        _ => None,
    }
}

fn compare_fields(
    path: &[String],
    old: &Map<String, Value>,
    new: &Map<String, Value>,
    out: &mut Vec<Difference>,
) {
    let added = new.keys().filter(|name| !old.contains_key(*name));
    for name in old.keys().chain(added) {
        let mut path = path.to_vec();
        path.push(name.clone());
        compare(&path, old.get(name), new.get(name), out);
    }
}

/// Notes that entries which stay stand in another order, or that another plan is the default.
fn compare_order(
    path: &[String],
    old: &Map<String, Value>,
    new: &Map<String, Value>,
    out: &mut Vec<Difference>,
) {
    let stay = |of: &Map<String, Value>, other: &Map<String, Value>| -> Vec<Value> {
        of.keys()
            .filter(|name| other.contains_key(*name))
            .map(|name| name.as_str().into())
            .collect()
    };
    let (before, after) = (stay(old, new), stay(new, old));
    if before != after || (path == ["plans"] && old.keys().next() != new.keys().next()) {
        let names =
            |of: &Map<String, Value>| of.keys().map(|name| Value::from(name.as_str())).collect();
        out.push((path.to_vec(), Some(names(old)), Some(names(new))));
    }
}

/// A list of tables as one table, each entry under what names it; `None` for other lists and for
/// lists in which a name stands twice.
fn by_name(items: &[Value]) -> Option<Map<String, Value>> {
    let mut named = Map::new();
    for item in items {
        let name = ["name", "match", "prefix"]
            .iter()
            .find_map(|field| item.get(field)?.as_str())?;
        if named.insert(name.to_owned(), item.clone()).is_some() {
            return None;
        }
    }
    Some(named)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::manifest::{System, starter};

    fn keepem() -> Manifest {
        Manifest::from_toml(starter(Some(System::Keepem))).unwrap()
    }

    fn changes(edit: impl Fn(&mut Manifest)) -> Vec<(String, Effect)> {
        let old = keepem();
        let mut new = old.clone();
        edit(&mut new);
        diff(Some(&old), &new)
            .into_iter()
            .map(|change| (change.pointer, change.effect))
            .collect()
    }

    fn toml(text: &str) -> Manifest {
        Manifest::from_toml(&format!("[product]\nslug = \"a\"\nname = \"A\"\n{text}")).unwrap()
    }

    #[test]
    fn applying_twice_changes_nothing() {
        for system in System::ALL {
            let manifest = Manifest::from_toml(starter(Some(system))).unwrap();
            let again = Manifest::from_toml(&manifest.to_toml()).unwrap();
            assert_eq!(diff(Some(&manifest), &again), []);
            assert!(!narrows(&manifest, &again));
        }
    }

    #[test]
    fn the_first_manifest_is_one_change_that_widens() {
        let changes = diff(None, &keepem());
        assert_eq!(changes.len(), 1);
        assert_eq!(changes[0].effect, Effect::Widens);
    }

    #[test]
    fn entries_are_recognised_by_name_wherever_they_stand() {
        let found = changes(|manifest| {
            manifest.scopes.remove(0);
        });
        assert_eq!(
            found,
            [("/scopes/viewer_sessions:create".to_owned(), Effect::Narrows)]
        );
        let found = changes(|manifest| manifest.scopes.reverse());
        assert_eq!(found, [("/scopes".to_owned(), Effect::Neutral)]);
        let found = changes(|manifest| manifest.operations[3].cost = 2);
        assert_eq!(
            found,
            [(
                "/operations/POST ~1v1~1events/cost".to_owned(),
                Effect::Narrows
            )]
        );
    }

    #[test]
    fn every_change_is_judged_by_what_it_does_to_keys_that_exist() {
        use Effect::{Narrows, Neutral, Unclear, Widens};
        fn secret(manifest: &mut Manifest) -> &mut crate::manifest::SecretSection {
            manifest.keys.secret.as_mut().unwrap()
        }
        type Edit = fn(&mut Manifest);
        let cases: &[(Edit, &str, Effect)] = &[
            (
                |m| m.product.name = "K".to_owned(),
                "/product/name",
                Neutral,
            ),
            (
                |m| m.product.brand = "kp".to_owned(),
                "/product/brand",
                Unclear,
            ),
            (
                |m| m.product.require_operation = true,
                "/product/require_operation",
                Narrows,
            ),
            (
                |m| drop(m.product.credential_headers.pop()),
                "/product/credential_headers",
                Unclear,
            ),
            (
                |m| m.organizations.custom_environments = true,
                "/organizations/custom_environments",
                Widens,
            ),
            (
                |m| m.environments.clear(),
                "/environments/production",
                Narrows,
            ),
            (
                |m| m.environments[0].base_urls.clear(),
                "/environments/production/base_urls",
                Unclear,
            ),
            (|m| m.keys.publishable = None, "/keys/publishable", Narrows),
            (
                |m| secret(m).scopes = vec!["chat:send".to_owned()],
                "/keys/secret/scopes",
                Narrows,
            ),
            (
                |m| secret(m).max_active = None,
                "/keys/secret/max_active",
                Widens,
            ),
            (
                |m| secret(m).refuse_in_browser = false,
                "/keys/secret/refuse_in_browser",
                Widens,
            ),
            (
                |m| m.scopes[3].publishable = true,
                "/scopes/events:read/publishable",
                Widens,
            ),
            (
                |m| m.scopes[0].publishable = false,
                "/scopes/viewer_sessions:create/publishable",
                Narrows,
            ),
            (
                |m| m.operations[4].scope = "chat:send".to_owned(),
                "/operations/GET ~1v1~1events/scope",
                Unclear,
            ),
            (
                |m| m.operations[0].max_cost = Some(5),
                "/operations/POST ~1v1~1viewer-sessions/max_cost",
                Widens,
            ),
            (|m| m.credits.test_grant = 5, "/credits/test_grant", Neutral),
            (
                |m| m.credits.reservation = "1h".to_owned(),
                "/credits/reservation",
                Neutral,
            ),
        ];
        for (edit, pointer, effect) in cases {
            assert_eq!(changes(edit), [((*pointer).to_owned(), *effect)]);
        }
    }

    #[test]
    fn a_new_operation_widens_unless_it_takes_requests_from_another() {
        let add = |text: &'static str| {
            changes(move |manifest| {
                let mut operation = manifest.operations[0].clone();
                operation.matches = text.to_owned();
                manifest.operations.push(operation);
            })
        };
        assert_eq!(add("GET /v1/new")[0].1, Effect::Widens);
        assert_eq!(add("GET /v1/events/x/public")[0].1, Effect::Unclear);
    }

    #[test]
    fn a_lower_bound_of_the_cost_that_may_be_named_narrows() {
        let operation = |costs: &str| {
            toml(&format!(
                "[[operations]]\nmatch = \"GET /\"\nscope = \"s\"\ncost = 2\n{costs}"
            ))
        };
        let judged = |old: &str, new: &str| narrows(&operation(old), &operation(new));
        assert!(judged("max_cost = 9", "max_cost = 8"));
        assert!(judged("max_cost = 9", ""));
        assert!(!judged("max_cost = 8", "max_cost = 9"));
        assert!(!judged("", "max_cost = 3"));
    }

    #[test]
    fn another_default_plan_may_narrow() {
        let (free, pro) = (
            "[[plans]]\nname = \"free\"\n",
            "[[plans]]\nname = \"pro\"\n",
        );
        for (old, new) in [(free, format!("{pro}{free}")), ("", free.to_owned())] {
            assert!(narrows(&toml(old), &toml(&new)), "{new}");
        }
        let limited = format!("{free}rate_limit = {{ limit = 9, period = \"1m\" }}");
        let slower = format!("{free}rate_limit = {{ limit = 8, period = \"1m\" }}");
        assert!(narrows(&toml(&limited), &toml(&slower)));
        assert!(!narrows(&toml(&slower), &toml(&limited)));
        assert!(!narrows(&toml(&limited), &toml(free)));
        assert!(narrows(&toml(free), &toml(&limited)));
    }
}
