//! What a manifest may not say: one mistake at a time, and several at once.

use proptest::prelude::*;

use crate::manifest::{Manifest, Rules, ScopeEntry};
use crate::model::Kind;

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
cost = 2
max_cost = 9
rate_limit = { limit = 1, period = "1s" }

[[plans]]
name = "free"
credits = { live = 100, every = "month" }

[credits]
thresholds = [10, 100]
reservation = "1h"

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
    assert_eq!(rules.reservation_seconds, 3600);
    let costs = rules.operations.as_slice().iter();
    let costs: Vec<_> = costs.map(|one| (one.cost, one.max_cost)).collect();
    assert_eq!(costs, [(1, 1), (2, 9)]);
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
            "cost = 1\npublic_cost = true",
            "max_cost = 1",
            "/operations/0/max_cost: anyone who reads a page",
        ),
        (
            "max_cost = 9",
            "max_cost = 2",
            "/operations/1/max_cost: must be more than the cost, which is 2",
        ),
        (
            "max_cost = 9",
            "max_cost = 1",
            "/operations/1/max_cost: must be more",
        ),
        (
            "reservation = \"1h\"",
            "reservation = \"8d\"",
            "/credits/reservation: credits stay reserved for at most 7d",
        ),
        (
            "reservation = \"1h\"",
            "reservation = \"3660d\"",
            "/credits/reservation: credits stay",
        ),
        (
            "reservation = \"1h\"",
            "reservation = \"0s\"",
            "/credits/reservation: `0s` is no time at all",
        ),
        (
            "reservation = \"1h\"",
            "reservation = \"\"",
            "/credits/reservation: ",
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
            "prefix = \"s\"",
            "/foreign_formats/0/prefix: ",
        ),
        (
            "prefix = \"sk_live_\"",
            "prefix = \"st\"",
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
        .replace("max_cost = 9", "max_cost = 2")
        .replace("reservation = \"1h\"", "reservation = \"8d\"")
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
        [
            "/product/slug",
            "/operations/1/scope",
            "/operations/1/max_cost",
            "/plans/0/name",
            "/credits/reservation",
        ]
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

#[test]
fn credits_stay_reserved_for_a_second_to_a_week_and_a_quarter_of_an_hour_unless_said() {
    let seconds = |reservation: &str| {
        let text = FULL.replace("reservation = \"1h\"", reservation);
        Rules::check(&Manifest::from_toml(&text).unwrap())
            .unwrap()
            .reservation_seconds
    };
    assert_eq!(seconds(""), 900);
    assert_eq!(seconds("reservation = \"1s\""), 1);
    assert_eq!(seconds("reservation = \"7d\""), 604_800);
}

proptest! {
    #[test]
    fn no_damage_to_the_text_makes_it_panic(at in 0_usize..900, damage in "[\\[\\]\"'=.{}a-z0-9\\n-]{0,3}", lost in 0_usize..12) {
        let mut text = FULL.to_owned();
        let start = at.min(text.len());
        text.replace_range(start..(start + lost).min(text.len()), &damage);
        if let Ok(manifest) = Manifest::from_toml(&text) {
            let _ = Rules::check(&manifest);
            prop_assert_eq!(Manifest::from_toml(&manifest.to_toml()).unwrap(), manifest);
        }
    }
}

#[test]
fn foreign_keys_may_begin_like_ours() {
    for prefix in ["sk_full_live_", "sk_full_live_x", "sk_", "pk_live_"] {
        let written = format!("prefix = \"{prefix}\"");
        let manifest = FULL.replacen("prefix = \"sk_live_\"", &written, 1);
        let rules = Rules::check(&Manifest::from_toml(&manifest).unwrap()).unwrap();
        assert!(rules.foreign_format(&format!("{prefix}old")).is_some());
    }
}
