//! The table of decisions that all implementations share, asked of the engine itself.

mod population;

use std::collections::HashMap;
use std::convert::Infallible;
use std::sync::Arc;

use keystile_core::decision::{Code, DenyReason};
use keystile_core::engine::Engine;
use keystile_core::key::{ParsedKey, mint};
use keystile_core::manifest::{Rules, ScopeSet};
use keystile_core::model::{
    Environment, Key, Kind, Mode, ModeFilter, Organization, Project, Record, RetiredValue,
    TextList, Timestamp,
};
use keystile_core::request::{Asked, Credential, Origin, Place, RequestFacts};
use keystile_core::snapshot::Index;
use population::{START, Seeded};
use serde_json::Value;

const TABLE: &str = include_str!("../../../conformance/decisions.json");

/// A time of the table.
fn at(millis: i64) -> Timestamp {
    START.plus_millis(millis)
}

fn list(value: &Value) -> Option<TextList> {
    let texts = value.as_array()?.iter();
    let texts = texts.map(|text| text.as_str().expect("a text").to_owned());
    Some(texts.collect::<Vec<_>>().into())
}

/// A key with all it belongs to, as the table says, and the text that rows ask about.
struct Made {
    organization: Organization,
    project: Project,
    environment: Environment,
    former: Option<RetiredValue>,
    key: Key,
    text: String,
}

fn make(number: u64, told: &Value, random: &Seeded) -> Made {
    let (mut organization, mut project, mut environment) = population::owners(number);
    environment.name = told["environment"].as_str().expect("a name").to_owned();
    environment.mode = Mode::of_environment(&environment.name);
    let kind: Kind = serde_json::from_value(told["kind"].clone()).expect("a kind");
    let minted = || mint(kind, None, environment.mode, random).expect("a key");
    let (text, newer) = (minted(), minted());
    let ended = Some(at(1));
    let mut key = Key {
        kind,
        mode: environment.mode,
        scopes: list(&told["scopes"]),
        allowed_origins: list(&told["allowed_origins"]),
        allowed_ips: list(&told["allowed_ips"]),
        expires_at: told["expires_at"].as_i64().map(at),
        digest: population::pepper().digest(text.reveal()),
        start: population::start(&text),
        ..population::key(number, number)
    };
    let mut former = None;
    match told["state"].as_str().unwrap_or_default() {
        "revoked" => key.revoked_at = ended,
        "deleted" => (key.revoked_at, key.deleted_at) = (ended, ended),
        state @ ("replaced" | "retiring") => {
            former = Some(RetiredValue {
                digest: key.digest,
                pepper: 1,
                foreign: None,
                key: key.id,
                start: key.start.clone(),
                ends_at: if state == "replaced" {
                    at(1)
                } else {
                    at(i64::from(u32::MAX))
                },
                seq: 1,
            });
            key.digest = population::pepper().digest(newer.reveal());
            key.start = population::start(&newer);
        }
        "deleted_organization" => organization.deleted_at = ended,
        "deleted_project" => project.deleted_at = ended,
        "deleted_environment" => environment.deleted_at = ended,
        "disabled" => (key.enabled, key.disabled_at) = (false, ended),
        "disabled_project" => project.enabled = false,
        "disabled_environment" => environment.enabled = false,
        "suspended_organization" => organization.enabled = false,
        "revoked_and_suspended" => (key.revoked_at, organization.enabled) = (ended, false),
        "expired" | "" => {}
        other => panic!("the table has a new state: {other}"),
    }
    Made {
        organization,
        project,
        environment,
        former,
        key,
        text: text.reveal().to_owned(),
    }
}

/// The world of the table, and the texts of its keys by name.
fn world(table: &Value) -> (Engine, HashMap<String, String>) {
    let (index, random) = (Index::new(), Seeded::new(3));
    let load = |record| index.load(record, true).expect("a record that fits");
    let manifest = table["manifest"].as_str().expect("a manifest");
    load(Record::Product(population::product(manifest)));
    let mut texts = HashMap::new();
    for (number, told) in (1..).zip(table["keys"].as_array().expect("keys")) {
        let made = make(number, told, &random);
        load(Record::Organization(made.organization));
        load(Record::Project(made.project));
        load(Record::Environment(made.environment));
        made.former
            .into_iter()
            .map(Record::RetiredValue)
            .for_each(load);
        load(Record::Key(Box::new(made.key)));
        let name = told["name"].as_str().expect("a name");
        texts.insert(name.to_owned(), made.text);
    }
    index.loaded(1).expect("all records fit");
    (Engine::new(Arc::new(index), population::keyring()), texts)
}

fn facts<'r>(row: &'r Value, text: &'r str, now: Timestamp, rules: &Rules) -> RequestFacts<'r> {
    let origin = row["origin"].as_str();
    let lower = origin.map(str::to_ascii_lowercase).unwrap_or_default();
    let place = match (row["environment"].as_str(), row["mode"].as_str()) {
        (Some(name), _) => Place::Named(name),
        (None, Some("live")) => Place::Mode(ModeFilter::Live),
        (None, Some("test")) => Place::Mode(ModeFilter::Test),
        (None, _) => Place::Mode(ModeFilter::Any),
    };
    let scope = |scope: &Value| {
        let name = scope.as_str().expect("a scope");
        ScopeSet::only(rules.scope_id(name).expect("a known scope"))
    };
    let asked = match (row["operation"].as_str(), row["scope"].as_array()) {
        (Some(operation), _) => {
            let (method, path) = operation.split_once(' ').expect("an operation");
            Asked::Operation { method, path }
        }
        (None, Some(scopes)) => {
            let all = scopes.iter().map(scope);
            let union = |all: ScopeSet, one: ScopeSet| {
                let (all, one) = (all.words(), one.words());
                ScopeSet::from_words(std::array::from_fn(|word| all[word] | one[word]))
            };
            Asked::Scopes(all.fold(ScopeSet::EMPTY, union))
        }
        (None, None) => Asked::Authenticate,
    };
    RequestFacts {
        credential: Credential::Text(text),
        place,
        asked,
        origin: origin.map_or(Origin::Absent, Origin::Of),
        from_browser: lower == "null" || lower.starts_with("http"),
        ip: row["ip"].as_str().map(|ip| ip.parse().expect("an address")),
        now,
    }
}

#[test]
fn the_engine_decides_as_the_table_says() {
    let table: Value = serde_json::from_str(TABLE).expect("a table");
    let (engine, texts) = world(&table);
    let product = population::node(engine.index());
    let now = at(table["asked_at"].as_i64().expect("a time"));
    let rows = table["rows"].as_array().expect("rows");
    for row in rows {
        let text = match row["text"].as_array() {
            Some(parts) => parts
                .iter()
                .map(|part| part.as_str().expect("a part"))
                .collect(),
            None => texts[row["key"].as_str().expect("a key")].clone(),
        };
        let ask = |rules: &Rules| Ok::<_, Infallible>(facts(row, &text, now, rules));
        let Ok(decision) = engine.introspect(&product, ask);
        let code = decision.verdict.map_or_else(DenyReason::code, |_| Code::Ok);
        assert_eq!(row["code"], code.as_str(), "{row}");
        let missing = match decision.verdict {
            Err(DenyReason::InsufficientScope { missing }) => {
                Value::from(decision.rules.scope_name(missing))
            }
            _ => Value::Null,
        };
        assert_eq!(row["missing_scope"], missing, "{row}");
        let Ok(explained) = engine.explain(&product, ask);
        let first = explained.checks.iter().find_map(|(_, failed)| *failed);
        let first = first.map_or(Code::Ok, DenyReason::code);
        assert_eq!(row["code"], first.as_str(), "explained: {row}");
    }
    assert!(rows.len() >= 300, "{} rows", rows.len());
    assert!(texts.values().all(|text| ParsedKey::parse(text).is_ok()));
}
