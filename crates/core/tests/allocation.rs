//! Verifying takes no memory, whatever the verdict.

mod population;

use std::convert::Infallible;

use keystile_core::decision::Code;
use keystile_core::engine::Engine;
use keystile_core::model::{Key, ModeFilter, Record, SessionId, Timestamp, VisitorId};
use keystile_core::request::{Asked, Credential, Origin, Place, RequestFacts};
use keystile_core::session::{NewSession, issue};
use keystile_core::snapshot::Applied;
use population::{NOW, START, Size};

const ISSUER: &str = "https://keys.example.com";

fn engine() -> Engine {
    population::engine(Size {
        keys: 40,
        organizations: 10,
    })
}

/// Puts key 7 in the index as `change` makes it.
fn put(engine: &Engine, change: impl FnOnce(&mut Key)) {
    let mut key = population::key(7, 7);
    change(&mut key);
    let row = vec![Applied::Put(Record::Key(Box::new(key)), true)];
    engine.index().apply(2, row).expect("a change that fits");
}

/// Verifies once to let thread-local state come into being, and then counts.
fn verify_counted(engine: &Engine, facts: &RequestFacts<'_>) -> (Code, u64) {
    let product = population::node(engine.index());
    let verify = || {
        let verified = engine.verify(&product, facts).verdict;
        let Ok(told) = engine.introspect(&product, |_| Ok::<_, Infallible>(*facts));
        assert_eq!(verified.err(), told.verdict.err());
        verified.map_or_else(keystile_core::decision::DenyReason::code, |_| Code::Ok)
    };
    let code = verify();
    let counted = allocation_counter::measure(|| {
        verify();
    });
    (code, counted.count_total)
}

fn assert_takes_nothing(engine: &Engine, facts: &RequestFacts<'_>, expected: Code) {
    assert_eq!(verify_counted(engine, facts), (expected, 0));
}

fn key_text() -> String {
    population::text(7, 0).reveal().to_owned()
}

#[test]
fn allowing_takes_no_memory() {
    let (engine, text) = (engine(), key_text());
    assert_takes_nothing(&engine, &population::call(&text), Code::Ok);
    assert_takes_nothing(&engine, &population::gateway_call(&text), Code::Ok);
}

/// The token of a session that was made with key 7.
fn token(engine: &Engine) -> String {
    let key = population::key(7, 7);
    let (organization, _, environment) = population::owners(7);
    let new = NewSession {
        id: SessionId::from_u128(1),
        visitor: VisitorId::from_u128(2),
        key: key.id,
        value: &key_text(),
        product: &organization.product,
        organization: organization.id,
        environment: environment.id,
        origin: None,
        scope: "a b".to_owned(),
        now: NOW,
        lifetime_seconds: 300,
        key_expires_at: None,
    };
    let keyring = engine.keyring();
    let (token, _) = issue(&new, ISSUER, &keyring.signing()[0]).expect("a token that fits");
    token.reveal().to_owned()
}

#[test]
fn a_token_that_is_known_takes_no_memory() {
    let engine = engine().with_issuer(Some(ISSUER.to_owned()));
    let good = token(&engine);
    assert_takes_nothing(&engine, &population::call(&good), Code::Ok);
    assert_takes_nothing(&engine, &population::gateway_call(&good), Code::Ok);
    assert_eq!(engine.signatures_checked(), 1);
    let call = population::call(&good);
    let elsewhere = RequestFacts {
        place: Place::Named("staging"),
        ..call
    };
    assert_takes_nothing(&engine, &elsewhere, Code::WrongEnvironment);
    let ended = RequestFacts {
        now: NOW.plus_millis(300_000),
        ..call
    };
    assert_takes_nothing(&engine, &ended, Code::InvalidSession);
    for bad in ["st_", "st_a.b.c", &format!("{good}A")] {
        assert_takes_nothing(&engine, &population::call(bad), Code::InvalidSession);
    }
}

#[test]
fn refusing_what_is_no_key_takes_no_memory() {
    let (engine, text) = (engine(), key_text());
    let call = population::call(&text);
    let masked = format!("{}\u{2022}\u{2022}", &text[..12]);
    let garbled = text.replacen(
        &text[20..21],
        if &text[20..21] == "0" { "1" } else { "0" },
        1,
    );
    let unknown = population::text(99, 0);
    let cases = [
        (Credential::Missing, Code::MissingCredential),
        (Credential::Conflicting, Code::ConflictingCredentials),
        (Credential::NotText, Code::MalformedKey),
        (Credential::Text(""), Code::MalformedKey),
        (Credential::Text(&masked), Code::MalformedKey),
        (Credential::Text(&garbled), Code::MalformedKey),
        (Credential::Text(unknown.reveal()), Code::UnknownKey),
    ];
    for (credential, expected) in cases {
        assert_takes_nothing(&engine, &RequestFacts { credential, ..call }, expected);
    }
}

#[test]
fn refusing_a_call_takes_no_memory() {
    let (engine, text) = (engine(), key_text());
    let call = population::call(&text);
    let gateway = population::gateway_call(&text);
    let operation = |method, path| Asked::Operation { method, path };
    let at = |host| Place::At {
        host,
        target: "/v1/events",
        otherwise: None,
    };
    let cases = [
        (
            RequestFacts {
                place: Place::Named("staging"),
                ..call
            },
            Code::WrongEnvironment,
        ),
        (
            RequestFacts {
                place: Place::Mode(ModeFilter::Test),
                ..call
            },
            Code::WrongEnvironment,
        ),
        (
            RequestFacts {
                place: at("elsewhere.example"),
                ..gateway
            },
            Code::UnknownHost,
        ),
        (
            RequestFacts {
                place: at("no host at all"),
                ..gateway
            },
            Code::UnknownHost,
        ),
        (
            RequestFacts {
                from_browser: true,
                ..call
            },
            Code::SecretKeyInBrowser,
        ),
        (
            RequestFacts {
                asked: operation("GET", "/v1/nothing"),
                ..call
            },
            Code::UnknownOperation,
        ),
        (
            RequestFacts {
                asked: operation("get", "/v1/events"),
                ..call
            },
            Code::UnknownOperation,
        ),
        (
            RequestFacts {
                asked: operation("GET", "/v1/../events"),
                ..call
            },
            Code::UnknownOperation,
        ),
        (
            RequestFacts {
                asked: operation("GET", "/v1/%65vents"),
                ..call
            },
            Code::UnknownOperation,
        ),
    ];
    for (facts, expected) in cases {
        assert_takes_nothing(&engine, &facts, expected);
    }
}

#[test]
fn refusing_by_the_keys_own_state_and_lists_takes_no_memory() {
    let (engine, text) = (engine(), key_text());
    let call = population::call(&text);
    let check = |facts: &RequestFacts<'_>, expected, change: fn(&mut Key)| {
        put(&engine, change);
        assert_takes_nothing(&engine, facts, expected);
    };
    check(&call, Code::RevokedKey, |key| key.revoked_at = Some(START));
    check(&call, Code::ExpiredKey, |key| key.expires_at = Some(NOW));
    check(&call, Code::DisabledKey, |key| key.enabled = false);
    check(&call, Code::InsufficientScope, |key| {
        key.scopes = Some(vec!["b".into()].into());
    });
    let origins: fn(&mut Key) =
        |key| key.allowed_origins = Some(vec!["https://a.example".into()].into());
    check(&call, Code::OriginNotAllowed, origins);
    let evil = RequestFacts {
        origin: Origin::Of("https://evil.example"),
        ..call
    };
    check(&evil, Code::OriginNotAllowed, origins);
    let good = RequestFacts {
        origin: Origin::Of("https://A.example:443"),
        ..call
    };
    check(&good, Code::Ok, origins);
    let ips: fn(&mut Key) = |key| key.allowed_ips = Some(vec!["192.0.2.0/24".into()].into());
    check(&call, Code::IpNotAllowed, ips);
    let ip = Some(std::net::IpAddr::from([192, 0, 2, 7]));
    check(&RequestFacts { ip, ..call }, Code::Ok, ips);
}

#[test]
fn refusing_for_what_the_key_belongs_to_takes_no_memory() {
    let (engine, text) = (engine(), key_text());
    let call = population::call(&text);
    let (organization, project, environment) = population::owners(7);
    let suspended = keystile_core::model::Organization {
        enabled: false,
        ..organization
    };
    let disabled = keystile_core::model::Environment {
        enabled: false,
        ..environment
    };
    let deleted_at = Some(Timestamp::from_millis(1));
    let deleted = keystile_core::model::Project {
        deleted_at,
        ..project
    };
    let steps = [
        (
            Record::Organization(suspended),
            true,
            Code::OrganizationSuspended,
        ),
        (
            Record::Environment(disabled.clone()),
            true,
            Code::DisabledKey,
        ),
        (Record::Project(deleted), true, Code::RevokedKey),
        (Record::Environment(disabled), false, Code::Undecided),
    ];
    for (seq, (record, sound, expected)) in (2..).zip(steps) {
        engine
            .index()
            .apply(seq, vec![Applied::Put(record, sound)])
            .expect("it fits");
        assert_takes_nothing(&engine, &call, expected);
    }
}

#[test]
fn the_counter_counts() {
    let counted = allocation_counter::measure(|| drop(std::hint::black_box(Box::new(7))));
    assert_eq!(counted.count_total, 1);
}

/// With lists, limits and counting, from the second call with a key on.
#[test]
fn counting_an_allowed_call_takes_no_memory() {
    let engine = population::engine_with_everything(Size {
        keys: 40,
        organizations: 10,
    });
    let (text, product) = (key_text(), population::node(engine.index()));
    let facts = population::gateway_call(&text);
    let call = || {
        let Ok(mut decision) = engine.introspect(&product, |_| Ok::<_, Infallible>(facts));
        engine.admit(&mut decision, || 1_000, facts.ip);
        let key = decision.key.as_ref().expect("a key");
        let operation = decision
            .operation
            .and_then(|index| decision.rules.number_of(index));
        let index = engine.index();
        index.note_allowed(key.found(), facts.now, facts.ip, operation);
        decision.allowance.expect("a limit").remaining
    };
    let first = call();
    let counted = allocation_counter::measure(|| assert_eq!(call(), first - 1));
    assert_eq!(counted.count_total, 0);
}
