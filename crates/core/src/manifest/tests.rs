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
fn no_key_is_granted_more_than_its_kind_may_hold() {
    let rules = rules(System::Keepem);
    assert_eq!(
        rules.grantable_scopes(Kind::Publishable),
        rules.publishable_scopes()
    );
    assert_eq!(rules.grantable_scopes(Kind::Secret), rules.all_scopes());
    let operator = Rules::operator().unwrap();
    assert!(operator.grantable_scopes(Kind::Publishable).is_empty());
    assert!(!rules.publishable_scopes().is_superset(&rules.all_scopes()));
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
