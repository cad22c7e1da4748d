//! Taking rights away never gives any: whatever a narrower key, owner or manifest may do, the
//! wider one could do too.

#[path = "../population/mod.rs"]
mod population;

mod presented;

use std::sync::{LazyLock, Mutex, PoisonError};

use keystile_core::engine::Engine;
use keystile_core::limit::{Allowance, Limiter, Needed, Subject};
use keystile_core::model::{Key, ModeFilter, RateLimit, Record, TextList};
use keystile_core::request::{Asked, Origin, Place, RequestFacts};
use keystile_core::snapshot::Applied;
use population::{MANIFEST, NOW, START, Size};
use presented::{Presented, presented};
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
    ScopeNotPublishable,
    RefuseBrowsers,
    NoForeignKeys,
    Distrust,
}

const ORIGINS: [&str; 3] = [
    "https://a.example",
    "https://*.b.example",
    "http://localhost:3000",
];
const IPS: [&str; 3] = ["192.0.2.0/24", "192.0.2.7", "2001:db8::/48"];
const ISSUER: &str = "https://keys.example.com";
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

/// The product that nothing was taken from.
fn whole_manifest() -> String {
    let more = "name = \"more:0\"\n";
    let manifest = MANIFEST.replace(more, &format!("{more}publishable = true\n"));
    let secret = "[keys.secret]\n";
    let manifest = manifest.replace(secret, &format!("{secret}refuse_in_browser = false\n"));
    manifest + "\n[[foreign_formats]]\nprefix = \"kp_\"\nkind = \"secret\"\nmode = \"live\"\n"
}

/// One installation for all cases: making one takes longer than trying a case on it.
struct Installation {
    engine: Engine,
    seq: u64,
    /// The manifest in force.
    manifest: String,
}

static INSTALLATION: LazyLock<Mutex<Installation>> = LazyLock::new(|| {
    let nothing = Size {
        keys: 0,
        organizations: 1,
    };
    Mutex::new(Installation {
        engine: population::engine(nothing).with_issuer(Some(ISSUER.into())),
        seq: 1,
        manifest: MANIFEST.into(),
    })
});

impl Installation {
    /// Puts everything back, with this key.
    fn begin(&mut self, key: Key) -> Left {
        let (organization, project, environment) = population::owners(0);
        let left = Left {
            key,
            trusted: true,
            manifest: whole_manifest(),
        };
        self.apply_manifest(&left.manifest);
        let rows = [
            Record::Organization(organization),
            Record::Project(project),
            Record::Environment(environment),
            Record::Key(Box::new(left.key.clone())),
        ];
        self.apply(rows.map(|record| Applied::Put(record, true)).into());
        left
    }

    fn apply(&mut self, row: Vec<Applied>) {
        self.seq += 1;
        self.engine.index().apply(self.seq, row).expect("it fits");
    }

    /// Reading a manifest takes long, so it is done only for another one.
    fn apply_manifest(&mut self, manifest: &str) {
        if self.manifest != manifest {
            let product = Record::Product(population::product(manifest));
            self.apply(vec![Applied::Put(product, true)]);
            self.manifest = manifest.to_owned();
        }
    }

    fn narrow(&mut self, left: &mut Left, step: &Narrowing) {
        let row = left.narrow(step);
        let manifest = left.manifest.clone();
        self.apply_manifest(&manifest);
        self.apply(row);
    }
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
        Just(Narrowing::ScopeNotPublishable),
        Just(Narrowing::RefuseBrowsers),
        Just(Narrowing::NoForeignKeys),
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
    /// Takes one thing more away, from the manifest or by the journal row that it gives.
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
            Narrowing::DropOperation => return self.manifest_without("/messages", "/letters"),
            Narrowing::ScopeGone => return self.manifest_without("\"b\"", "\"c\""),
            Narrowing::ScopeNotPublishable => {
                let more = "name = \"more:0\"\n";
                return self.manifest_without(&format!("{more}publishable = true\n"), more);
            }
            Narrowing::RefuseBrowsers => {
                return self.manifest_without("refuse_in_browser = false\n", "");
            }
            Narrowing::NoForeignKeys => {
                return self.manifest_without("prefix = \"kp_\"", "prefix = \"kq_\"");
            }
            of_the_key => {
                self.narrow_key(of_the_key);
                let record = Record::Key(Box::new(self.key.clone()));
                return vec![Applied::Put(record, self.trusted)];
            }
        };
        vec![Applied::Put(record, true)]
    }

    fn manifest_without(&mut self, from: &str, to: &str) -> Vec<Applied> {
        self.manifest = self.manifest.replace(from, to);
        Vec::new()
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
                    let from_browser = origin == Origin::Of("null");
                    calls.push(RequestFacts {
                        asked,
                        place,
                        origin,
                        from_browser,
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
        presented in presented(),
        key in keys(),
        steps in proptest::collection::vec(narrowings(), 1..4),
    ) {
        let mut installation = INSTALLATION.lock().unwrap_or_else(PoisonError::into_inner);
        let mut left = installation.begin(presented.give_to(key));
        let text = presented.text(&installation.engine);
        let calls = calls(&text);
        let mut before = verdicts(&installation.engine, &calls);
        for step in &steps {
            installation.narrow(&mut left, step);
            let after = verdicts(&installation.engine, &calls);
            for ((before, after), call) in before.iter().zip(&after).zip(&calls) {
                prop_assert!(*before || !*after, "{step:?} allowed {call:?}");
            }
            before = after;
        }
    }

    /// Of two keys that were used alike, the one with less left to it now is never let through
    /// where the other is not: fewer calls, or as many in a longer time.
    #[test]
    fn a_tighter_limit_never_allows_what_a_wider_one_refuses(
        wide in 1..12_u32,
        fewer in 0..12_u32,
        period in 1..30_u32,
        longer in prop_oneof![Just(0), 0..60_u32],
        gaps in proptest::collection::vec(prop_oneof![0..50_u64, 0..9_000_u64], 1..40),
        changed_after in 0..40_usize,
    ) {
        // With so much room, two windows never have to share it.
        let limiter = Limiter::new(1 << 16);
        let of = |number, limit, period_seconds| Needed {
            subject: Subject::Key(number),
            limit: RateLimit { limit, period_seconds },
        };
        let kept = of(1, wide, period);
        let narrowed = of(2, wide.saturating_sub(fewer), period + longer);
        let mut tick = 77;
        let (before, after) = gaps.split_at(changed_after.min(gaps.len() - 1));
        for gap in before {
            tick += gap;
            let as_before = of(2, wide, period);
            prop_assert_eq!(limiter.take([kept], tick), limiter.take([as_before], tick));
        }
        tick += after[0];
        let (kept, narrowed) = (limiter.take([kept], tick), limiter.take([narrowed], tick));
        prop_assert!(narrowed.is_err() || kept.is_ok(), "{narrowed:?} although {kept:?}");
        let left = |taken: Result<Option<Allowance>, Allowance>| match taken {
            Ok(left) => left.map_or(0, |left| left.remaining),
            Err(_) => 0,
        };
        prop_assert!(left(narrowed) <= left(kept));
    }
}

#[test]
fn the_calls_tried_are_allowed_before_anything_is_taken_away() {
    for presented in [
        Presented::Secret,
        Presented::Publishable,
        Presented::Foreign,
        Presented::Session(false),
        Presented::Session(true),
    ] {
        let mut installation = INSTALLATION.lock().unwrap_or_else(PoisonError::into_inner);
        let scopes = Some(["a", "more:0"].map(String::from).into_iter().collect());
        let key = Key {
            scopes,
            ..population::key(0, 0)
        };
        drop(installation.begin(presented.give_to(key)));
        let text = presented.text(&installation.engine);
        let all = verdicts(&installation.engine, &calls(&text));
        let allowed = all.into_iter().filter(|yes| *yes).count();
        assert!(allowed > 5, "{presented:?}: {allowed}");
    }
}
