//! Taking rights away never gives any: whatever a narrower key, owner or manifest may do, the
//! wider one could do too.

mod population;

use keystile_core::engine::Engine;
use keystile_core::model::{Key, ModeFilter, Record, TextList};
use keystile_core::request::{Asked, Origin, Place, RequestFacts};
use keystile_core::snapshot::Applied;
use population::{MANIFEST, NOW, START, Size};
use proptest::prelude::*;

/// One way to take rights away.
#[derive(Debug, Clone)]
enum Narrowing {
    DropScope(usize),
    DropOrigin(usize),
    DropIp(usize),
    ConfineOrigins,
    ConfineIps,
    ExpireEarlier(i64),
    Disable,
    Revoke,
    SuspendOrganization,
    DisableProject,
    DeleteEnvironment,
    DropOperation,
    ScopeGone,
    Distrust,
}

const ORIGINS: [&str; 3] = [
    "https://a.example",
    "https://*.b.example",
    "http://localhost:3000",
];
const IPS: [&str; 3] = ["192.0.2.0/24", "192.0.2.7", "2001:db8::/48"];
const SCOPES: [&str; 4] = ["a", "b", "more:0", "*"];

fn some_of(all: &'static [&'static str]) -> impl Strategy<Value = Option<TextList>> {
    let list = proptest::sample::subsequence(all, 0..=all.len());
    let list = list.prop_map(|list| list.into_iter().map(String::from).collect());
    prop_oneof![Just(None), list.prop_map(Some)]
}

fn keys() -> impl Strategy<Value = Key> {
    let lists = (some_of(&SCOPES), some_of(&ORIGINS), some_of(&IPS));
    let expires = proptest::option::of(-2_i64..5);
    (lists, expires, any::<bool>()).prop_map(|((scopes, origins, ips), expires, enabled)| Key {
        scopes,
        allowed_origins: origins,
        allowed_ips: ips,
        expires_at: expires.map(|after| NOW.plus_millis(after)),
        enabled: enabled || expires.is_none(),
        ..population::key(0, 0)
    })
}

fn narrowings() -> impl Strategy<Value = Narrowing> {
    prop_oneof![
        any::<usize>().prop_map(Narrowing::DropScope),
        any::<usize>().prop_map(Narrowing::DropOrigin),
        any::<usize>().prop_map(Narrowing::DropIp),
        Just(Narrowing::ConfineOrigins),
        Just(Narrowing::ConfineIps),
        (0_i64..4).prop_map(Narrowing::ExpireEarlier),
        Just(Narrowing::Disable),
        Just(Narrowing::Revoke),
        Just(Narrowing::SuspendOrganization),
        Just(Narrowing::DisableProject),
        Just(Narrowing::DeleteEnvironment),
        Just(Narrowing::DropOperation),
        Just(Narrowing::ScopeGone),
        Just(Narrowing::Distrust),
    ]
}

fn drop_one(list: &mut Option<TextList>, at: usize) {
    if let Some(list) = list.as_mut().filter(|list| !list.is_empty()) {
        let mut left = list.to_vec();
        left.remove(at % list.len());
        *list = left.into();
    }
}

/// What is left after the narrowings so far.
struct Left {
    key: Key,
    trusted: bool,
    manifest: String,
}

impl Left {
    /// Takes one thing more away, and gives the journal row that says so.
    fn narrow(&mut self, narrowing: &Narrowing) -> Vec<Applied> {
        let (mut organization, mut project, mut environment) = population::owners(0);
        let record = match narrowing {
            Narrowing::SuspendOrganization => {
                organization.enabled = false;
                Record::Organization(organization)
            }
            Narrowing::DisableProject => {
                project.enabled = false;
                Record::Project(project)
            }
            Narrowing::DeleteEnvironment => {
                environment.deleted_at = Some(START);
                Record::Environment(environment)
            }
            Narrowing::DropOperation => self.manifest_without("/messages", "/letters"),
            Narrowing::ScopeGone => self.manifest_without("\"b\"", "\"c\""),
            of_the_key => {
                self.narrow_key(of_the_key);
                let record = Record::Key(Box::new(self.key.clone()));
                return vec![Applied::Put(record, self.trusted)];
            }
        };
        vec![Applied::Put(record, true)]
    }

    fn manifest_without(&mut self, from: &str, to: &str) -> Record {
        self.manifest = self.manifest.replace(from, to);
        Record::Product(population::product(&self.manifest))
    }

    fn narrow_key(&mut self, narrowing: &Narrowing) {
        let key = &mut self.key;
        match narrowing {
            Narrowing::DropScope(at) => drop_one(&mut key.scopes, *at),
            Narrowing::DropOrigin(at) => drop_one(&mut key.allowed_origins, *at),
            Narrowing::DropIp(at) => drop_one(&mut key.allowed_ips, *at),
            Narrowing::ConfineOrigins => {
                key.allowed_origins
                    .get_or_insert_with(|| vec![ORIGINS[0].into()].into());
            }
            Narrowing::ConfineIps => {
                key.allowed_ips
                    .get_or_insert_with(|| vec![IPS[0].into()].into());
            }
            Narrowing::ExpireEarlier(by) => {
                let end = key.expires_at.unwrap_or(NOW.plus_millis(2));
                key.expires_at = Some(end.plus_millis(-by));
            }
            Narrowing::Disable => key.enabled = false,
            Narrowing::Revoke => key.revoked_at = Some(NOW),
            _ => self.trusted = false,
        }
    }
}

/// Every call of a small world.
fn calls(text: &str) -> Vec<RequestFacts<'_>> {
    let named = population::call(text);
    let asked = [
        named.asked,
        Asked::Operation {
            method: "GET",
            path: "/v1/events",
        },
        Asked::Operation {
            method: "POST",
            path: "/v1/events",
        },
        Asked::Authenticate,
    ];
    let places = [
        Place::Named("production"),
        Place::Named("staging"),
        Place::Mode(ModeFilter::Any),
        Place::Mode(ModeFilter::Test),
    ];
    let origins = [
        Origin::Absent,
        Origin::Of("https://a.example"),
        Origin::Of("https://x.b.example"),
        Origin::Of("null"),
    ];
    let ips = [None, Some([192, 0, 2, 7]), Some([192, 0, 2, 8])];
    let mut calls = Vec::new();
    for asked in asked {
        for place in places {
            for origin in origins {
                for ip in ips {
                    calls.push(RequestFacts {
                        asked,
                        place,
                        origin,
                        ip: ip.map(Into::into),
                        ..named
                    });
                }
            }
        }
    }
    calls
}

fn verdicts(engine: &Engine, calls: &[RequestFacts<'_>]) -> Vec<bool> {
    let product = population::node(engine.index());
    calls
        .iter()
        .map(|call| engine.verify(&product, call).is_allowed())
        .collect()
}

proptest! {
    #[test]
    fn narrowing_never_widens(
        key in keys(),
        steps in proptest::collection::vec(narrowings(), 1..4),
    ) {
        let engine = population::engine(Size { keys: 0, organizations: 1 });
        let begin = vec![Applied::Put(Record::Key(Box::new(key.clone())), true)];
        engine.index().apply(2, begin).expect("it fits");
        let mut left = Left { key, trusted: true, manifest: MANIFEST.into() };
        let text = population::text(0, 0);
        let calls = calls(text.reveal());
        let mut before = verdicts(&engine, &calls);
        for (seq, step) in (3..).zip(&steps) {
            engine.index().apply(seq, left.narrow(step)).expect("it fits");
            let after = verdicts(&engine, &calls);
            for ((before, after), call) in before.iter().zip(&after).zip(&calls) {
                prop_assert!(*before || !*after, "{step:?} allowed {call:?}");
            }
            before = after;
        }
    }
}

#[test]
fn the_calls_tried_are_allowed_before_anything_is_taken_away() {
    let engine = population::engine(Size {
        keys: 1,
        organizations: 1,
    });
    let text = population::text(0, 0);
    let allowed = verdicts(&engine, &calls(text.reveal()))
        .into_iter()
        .filter(|yes| *yes)
        .count();
    assert!(allowed > 20, "{allowed}");
}
