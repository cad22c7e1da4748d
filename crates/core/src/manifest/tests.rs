//! The room as a whole: shipped manifests, and what a manifest may not say.

use super::*;
use crate::model::{Kind, Mode};

fn shipped() -> impl Iterator<Item = &'static str> {
    System::ALL.map(Some).into_iter().chain([None]).map(starter)
}

fn rules(system: System) -> Rules {
    Rules::check(&Manifest::from_toml(starter(Some(system))).unwrap()).unwrap()
}

#[test]
fn every_shipped_manifest_is_sound() {
    for text in shipped() {
        let manifest = Manifest::from_toml(text).unwrap();
        Rules::check(&manifest).unwrap_or_else(|problems| panic!("{problems}\n{text}"));
    }
    for system in System::ALL {
        assert_eq!(rules(system).slug.as_str(), system.as_str());
        assert_eq!(System::from_name(system.as_str()), Some(system));
    }
}

#[test]
fn shipped_manifests_can_be_applied_side_by_side() {
    let all: Vec<Rules> = System::ALL.map(rules).into();
    for (index, one) in all.iter().enumerate() {
        for other in all.iter().skip(index + 1) {
            for url in one.base_urls() {
                assert!(
                    other.base_urls().all(|theirs| !url.collides(theirs)),
                    "{url}"
                );
            }
        }
    }
}

#[test]
fn the_operator_manifest_is_sound_and_its_slug_is_taken() {
    let rules = Rules::operator().unwrap();
    assert_eq!(rules.scopes().len(), 12);
    assert_eq!(rules.kind(Kind::Secret).default_scopes, rules.all_scopes());
    assert!(!rules.kind(Kind::Publishable).offered);
    assert_eq!(
        rules.brand.as_ref().map(ToString::to_string).as_deref(),
        Some("keystile")
    );
    let manifest = Manifest::from_toml(OPERATOR_MANIFEST).unwrap();
    let problems = Rules::check(&manifest).unwrap_err();
    assert_eq!(problems.as_slice()[0].pointer, "/product/slug");
}

#[test]
fn toml_and_json_carry_a_manifest_unchanged() {
    for text in shipped().chain([OPERATOR_MANIFEST]) {
        let manifest = Manifest::from_toml(text).unwrap();
        assert_eq!(Manifest::from_toml(&manifest.to_toml()).unwrap(), manifest);
        assert_eq!(
            Manifest::from_json(&manifest.to_value().to_string()).unwrap(),
            manifest
        );
    }
}

#[test]
fn i6_publishable_keys_of_innkept_hold_exactly_two_scopes() {
    let rules = rules(System::Innkept);
    let held = rules.kind(Kind::Publishable).default_scopes;
    assert_eq!(
        rules.scope_names(held).collect::<Vec<_>>(),
        ["read_config", "submit_quote"]
    );
    assert_eq!(held, rules.publishable_scopes());
    assert_eq!(rules.kind(Kind::Secret).default_scopes, rules.all_scopes());
}

#[test]
fn k4_publishable_keys_of_keepem_reach_viewer_operations_only() {
    let rules = rules(System::Keepem);
    let held = rules.kind(Kind::Publishable).default_scopes;
    let reached = rules
        .operations
        .as_slice()
        .iter()
        .filter(|op| held.contains(op.scope));
    assert_eq!(
        reached.map(|op| &*op.text).collect::<Vec<_>>(),
        [
            "POST /v1/viewer-sessions",
            "POST /v1/events/{event}/messages",
            "GET /v1/events/{event}/public"
        ]
    );
}

#[test]
fn d7_both_hosts_of_datakeen_lead_to_one_environment() {
    let rules = rules(System::Datakeen);
    for (host, name) in [
        ("journeys.datakeen.example", "production"),
        ("documents.datakeen.example:443", "production"),
        ("documents.test.datakeen.example", "test"),
    ] {
        let place = rules.environment_at(host, "/api/v1/analyses?x=1").unwrap();
        assert_eq!(&*rules.environments[place.environment].name, name);
        assert_eq!(rules.operations.find("POST", place.target).unwrap().cost, 1);
    }
    assert_eq!(
        rules.environment_at("datakeen.example", "/api/v1/analyses"),
        None
    );
    assert_eq!(rules.environments[0].mode, Mode::Live);
    assert_eq!(rules.environments[1].mode, Mode::Test);
    assert_eq!(rules.test_grant, 20);
}

#[test]
fn a_publishable_key_never_holds_more_than_publishable_scopes() {
    let rules = rules(System::Keepem);
    let list = |names: &[&str]| names.iter().map(ToString::to_string).collect::<Vec<_>>();
    let problem = rules
        .compile_scopes(Kind::Publishable, &list(&["chat:send", "events:read"]))
        .unwrap_err();
    assert_eq!(problem.index, 1);
    assert!(
        rules
            .compile_scopes(Kind::Publishable, &list(&["*"]))
            .is_err()
    );
    assert_eq!(
        rules.compile_scopes(Kind::Secret, &list(&["*"])),
        Ok(rules.all_scopes())
    );
    let problem = rules
        .compile_scopes(Kind::Secret, &list(&["chat:sent"]))
        .unwrap_err();
    assert!(
        problem.message.contains("did you mean `chat:send`"),
        "{problem}"
    );
    let resolved = rules.resolve_scopes(
        Kind::Publishable,
        &list(&["*", "gone", "events:read", "chat:send"]),
    );
    assert_eq!(
        rules.scope_names(resolved).collect::<Vec<_>>(),
        ["chat:send"]
    );
    assert_eq!(
        rules.resolve_scopes(Kind::Secret, &list(&["*"])),
        rules.all_scopes()
    );
}

/// A sound manifest with everything in it, to be broken one line at a time.
const FULL: &str = r#"
[product]
slug = "full"
name = "Full"
brand = "full"

[[environments]]
name = "production"
base_urls = ["https://api.full.example"]

[[environments]]
name = "test"

[keys.publishable]
scopes = ["read"]
total_rate_limit = { limit = 6000, period = "1m" }

[keys.secret]
auto_create = ["test"]
reveal = "recoverable"

[[scopes]]
name = "read"
publishable = true

[[scopes]]
name = "write"

[[operations]]
match = "GET /v1/{thing}"
scope = "read"
cost = 1
public_cost = true

[[operations]]
match = "PUT /v1/{thing}"
scope = "write"
rate_limit = { limit = 1, period = "1s" }

[[plans]]
name = "free"
credits = { live = 100, every = "month" }

[credits]
thresholds = [10, 100]

[[foreign_formats]]
prefix = "sk_live_"
kind = "secret"
mode = "live"
digest = "sha512"
"#;

fn problems_after(from: &str, to: &str) -> Vec<String> {
    assert!(FULL.contains(from), "{from} is not in the manifest");
    let manifest = Manifest::from_toml(&FULL.replacen(from, to, 1)).unwrap();
    let problems = Rules::check(&manifest).map(|_| ()).unwrap_err().into_vec();
    problems.iter().map(ToString::to_string).collect()
}

#[test]
fn the_full_manifest_is_sound() {
    let rules = Rules::check(&Manifest::from_toml(FULL).unwrap()).unwrap();
    assert_eq!(*rules.credit_thresholds, [100, 10]);
    assert_eq!(
        rules
            .operations
            .get(1)
            .unwrap()
            .rate_limit
            .unwrap()
            .period_seconds,
        1
    );
    assert!(rules.foreign_format("sk_live_old").is_some());
    assert!(rules.foreign_format("sk_test_old").is_none());
    assert_eq!(rules.kind(Kind::Secret).idle_after_seconds, Some(7_776_000));
}

#[test]
fn each_mistake_is_reported_where_it_stands() {
    let cases = [
        ("slug = \"full\"", "slug = \"Full\"", "/product/slug: "),
        (
            "slug = \"full\"",
            "slug = \"keystile\"",
            "/product/slug: `keystile` is the built-in",
        ),
        ("name = \"Full\"", "name = \" \"", "/product/name: "),
        ("brand = \"full\"", "brand = \"live\"", "/product/brand: "),
        (
            "brand = \"full\"",
            "brand = \"full\"\ndocs_url = \"javascript:x\"",
            "/product/docs_url: ",
        ),
        (
            "brand = \"full\"",
            "brand = \"full\"\ncredential_headers = []",
            "/product/credential_headers: ",
        ),
        (
            "brand = \"full\"",
            "brand = \"full\"\ncredential_headers = [\"Cookie\"]",
            "/product/credential_headers/0: `cookie` has another meaning",
        ),
        (
            "brand = \"full\"",
            "brand = \"full\"\ncredential_headers = [\"X-Key\", \"x-key\"]",
            "/product/credential_headers/1: `x-key` stands twice",
        ),
        (
            "name = \"test\"",
            "name = \"Test\"",
            "/environments/1/name: ",
        ),
        (
            "name = \"test\"",
            "name = \"production\"",
            "/environments/1/name: `production` stands twice",
        ),
        (
            "name = \"test\"",
            "name = \"test\"\nbase_urls = [\"https://API.full.example:443/\"]",
            "/environments/1/base_urls/0: `https://api.full.example` is already claimed",
        ),
        (
            "scopes = [\"read\"]",
            "scopes = [\"write\"]",
            "/keys/publishable/scopes/0: `write` is not marked",
        ),
        (
            "scopes = [\"read\"]",
            "scopes = [\"*\"]",
            "/keys/publishable/scopes/0: a publishable key cannot",
        ),
        (
            "scopes = [\"read\"]",
            "idle_after = \"3 months\"",
            "/keys/publishable/idle_after: ",
        ),
        (
            "period = \"1m\"",
            "period = \"32d\"",
            "/keys/publishable/total_rate_limit/period: ",
        ),
        (
            "[\"test\"]",
            "[\"tset\"]",
            "/keys/secret/auto_create/0: there is no environment `tset` (did",
        ),
        (
            "\"recoverable\"",
            "\"once\"",
            "/keys/secret/auto_create: a secret made automatically",
        ),
        (
            "name = \"write\"",
            "name = \"write it\"",
            "/scopes/1/name: ",
        ),
        (
            "name = \"write\"",
            "name = \"read\"",
            "/scopes/1/name: `read` stands twice",
        ),
        (
            "public_cost = true",
            "public_cost = false",
            "/operations/0/cost: anyone who reads a page",
        ),
        (
            "scope = \"write\"",
            "scope = \"wirte\"",
            "/operations/1/scope: there is no scope `wirte` (did",
        ),
        (
            "PUT /v1/{thing}",
            "GET /v1/{other}",
            "/operations/1/match: a request can match both",
        ),
        (
            "PUT /v1/{thing}",
            "GET /{a}/{b}/../c",
            "/operations/1/match: ",
        ),
        ("name = \"free\"", "name = \"Free\"", "/plans/0/name: "),
        ("live = 100, ", "", "/plans/0/credits: grants nothing"),
        (
            "[10, 100]",
            "[10, 10]",
            "/credits/thresholds/1: `10` stands twice",
        ),
        (
            "prefix = \"sk_live_\"",
            "prefix = \"sk_full_live_x\"",
            "/foreign_formats/0/prefix: ",
        ),
        (
            "prefix = \"sk_live_\"",
            "prefix = \"sk_\"",
            "/foreign_formats/0/prefix: ",
        ),
        (
            "prefix = \"sk_live_\"",
            "prefix = \"st_x\"",
            "/foreign_formats/0/prefix: ",
        ),
    ];
    for (from, to, expected) in cases {
        let found = problems_after(from, to);
        assert!(
            found.iter().any(|line| line.starts_with(expected)),
            "{to}: {found:#?}"
        );
    }
}

#[test]
fn mistakes_in_different_parts_are_reported_together() {
    let text = FULL
        .replace("slug = \"full\"", "slug = \"F\"")
        .replace("scope = \"write\"", "scope = \"w\"")
        .replace("name = \"free\"", "name = \"\"");
    let problems = Rules::check(&Manifest::from_toml(&text).unwrap())
        .map(|_| ())
        .unwrap_err();
    let pointers: Vec<_> = problems
        .as_slice()
        .iter()
        .map(|p| p.pointer.as_str())
        .collect();
    assert_eq!(
        pointers,
        ["/product/slug", "/operations/1/scope", "/plans/0/name"]
    );
}

#[test]
fn the_257th_scope_is_refused() {
    let mut manifest = Manifest::from_toml(FULL).unwrap();
    let scope = manifest.scopes[1].clone();
    for number in 2..256 {
        manifest.scopes.push(ScopeEntry {
            name: format!("s{number}"),
            ..scope.clone()
        });
    }
    let rules = Rules::check(&manifest).unwrap();
    assert_eq!(rules.all_scopes().len(), 256);
    assert_eq!(rules.scope_name(rules.scope_id("s255").unwrap()), "s255");
    manifest.scopes.push(ScopeEntry {
        name: "s256".to_owned(),
        ..scope
    });
    assert!(
        Rules::check(&manifest)
            .unwrap_err()
            .to_string()
            .contains("at most 256 scopes")
    );
}
