//! Keys of other systems in the engine: which texts are looked for as such, and under what digest.

mod population;

use keystile_core::decision::{Code, DenyReason};
use keystile_core::engine::{Decision, Engine};
use keystile_core::key::{
    ForeignHash, KeyFormatError, KeyMaterial, Keyring, Pepper, Purpose, SecretBytes,
};
use keystile_core::model::{ForeignDigest, Key, Record};
use keystile_core::request::{Credential, PreparedKey, RequestFacts};
use keystile_core::snapshot::{Applied, Found};
use population::Size;

const OLD: &str = "kp_0f9e8d7c6b5a49382716";
const LONG_DIGEST: &str = "wide.0f9e8d7c6b5a49382716";

/// What the manifest says of keys of other systems.
const FORMATS: &str = r#"
[[foreign_formats]]
prefix = "kp_"
kind = "secret"
mode = "live"

[[foreign_formats]]
prefix = "wide."
kind = "secret"
mode = "live"
digest = "sha512"

[[foreign_formats]]
prefix = "sk_live_"
kind = "secret"
mode = "live"
"#;

fn engine() -> Engine {
    let engine = population::engine(Size {
        keys: 8,
        organizations: 8,
    });
    let manifest = population::MANIFEST.to_owned() + FORMATS;
    apply(&engine, Record::Product(population::product(&manifest)));
    engine
}

fn apply(engine: &Engine, record: Record) {
    let seq = engine.index().applied() + 1;
    let row = vec![Applied::Put(record, true)];
    engine.index().apply(seq, row).expect("a record that fits");
}

/// Gives key 7 this foreign value.
fn adopt(engine: &Engine, text: &str, digest: ForeignDigest) {
    let hash = ForeignHash::of(text, digest);
    let key = Key {
        digest: population::pepper().digest_foreign(&hash),
        foreign: Some(digest),
        start: "kp_".into(),
        ..population::key(7, 7)
    };
    apply(engine, Record::Key(Box::new(key)));
}

fn decide<'e>(engine: &'e Engine, credential: Credential<'_>) -> Decision<'e, Found> {
    let facts = RequestFacts {
        credential,
        ..population::call("")
    };
    engine.verify(&population::node(engine.index()), &facts)
}

fn code(engine: &Engine, text: &str) -> Code {
    let decision = decide(engine, Credential::Text(text));
    decision.verdict.map_or_else(DenyReason::code, |_| Code::Ok)
}

#[test]
fn a_foreign_key_works_under_the_digest_that_its_format_says() {
    let engine = engine();
    for (text, digest, other) in [
        (OLD, ForeignDigest::Sha256, ForeignDigest::Sha512),
        (LONG_DIGEST, ForeignDigest::Sha512, ForeignDigest::Sha256),
    ] {
        adopt(&engine, text, other);
        assert_eq!(code(&engine, text), Code::UnknownKey);
        adopt(&engine, text, digest);
        assert_eq!(code(&engine, text), Code::Ok);
        let nearly = format!("{text}0");
        assert_eq!(code(&engine, &nearly), Code::UnknownKey);
    }
}

#[test]
fn k02_k11_only_texts_that_a_format_fits_are_looked_for() {
    let engine = engine();
    adopt(&engine, OLD, ForeignDigest::Sha256);
    let too_long = format!("kp_{}", "a".repeat(253));
    for text in [
        "",
        "xp_0f9e8d7c6b5a49382716",
        "KP_0f9e8d7c6b5a49382716",
        " kp_0f9e8d7c6b5a49382716",
        "kp_0f9e8d7c6b5a49382716 ",
        "kp_0f9e\0",
        "kp_é",
        "kp_0f9e\u{200b}",
        &too_long,
    ] {
        assert_eq!(code(&engine, text), Code::MalformedKey, "{text:?}");
    }
    let longest = format!("kp_{}", "a".repeat(252));
    assert_eq!(code(&engine, &longest), Code::UnknownKey);
    let masked = decide(&engine, Credential::Text("kp_0f9e\u{2022}\u{2022}"));
    let expected = DenyReason::MalformedKey(KeyFormatError::MaskedPreview);
    assert_eq!(masked.verdict, Err(expected));
}

#[test]
fn k04_a_text_that_parses_as_one_of_ours_is_ours_and_nothing_else() {
    let engine = engine();
    let ours = population::text(3, 0);
    assert_eq!(code(&engine, ours.reveal()), Code::Ok);
    // Even if somebody imported the digest of a key of ours, its text would not be looked for so.
    let unknown = population::text(99, 0);
    adopt(&engine, unknown.reveal(), ForeignDigest::Sha256);
    assert_eq!(code(&engine, unknown.reveal()), Code::UnknownKey);
    // A text of the overlapping prefix that fails the checksum is a foreign one.
    let foreign = "sk_live_0123456789abcdef";
    assert_eq!(code(&engine, foreign), Code::UnknownKey);
    adopt(&engine, foreign, ForeignDigest::Sha256);
    assert_eq!(code(&engine, foreign), Code::Ok);
}

#[test]
fn without_a_format_a_foreign_key_is_malformed_and_with_one_again_it_works() {
    let engine = engine();
    adopt(&engine, OLD, ForeignDigest::Sha256);
    let plain = Record::Product(population::product(population::MANIFEST));
    let product = population::node(engine.index());
    let prepared =
        PreparedKey::new(OLD, &product.rules(), &engine.keyring()).expect("a format fits");
    assert!(decide(&engine, Credential::Prepared(&prepared)).is_allowed());
    apply(&engine, plain);
    assert_eq!(code(&engine, OLD), Code::MalformedKey);
    assert!(PreparedKey::new(OLD, &product.rules(), &engine.keyring()).is_none());
    let decision = decide(&engine, Credential::Prepared(&prepared));
    let prefix = DenyReason::MalformedKey(KeyFormatError::Prefix);
    assert_eq!(decision.verdict, Err(prefix), "prepared under older rules");
}

#[test]
fn k19_a_foreign_key_under_an_older_pepper_is_found_and_its_next_digest_told() {
    let engine = engine();
    adopt(&engine, OLD, ForeignDigest::Sha256);
    let product = population::node(engine.index());
    let early = PreparedKey::new(OLD, &product.rules(), &engine.keyring()).expect("a format fits");
    let newest = SecretBytes::new([0x77; 32]);
    engine.replace_keyring(with_pepper(2, &newest));
    let late = PreparedKey::new(OLD, &product.rules(), &engine.keyring()).expect("a format fits");
    let expected = Pepper::new(2, &newest);
    let expected = expected.digest_foreign(&ForeignHash::of(OLD, ForeignDigest::Sha256));
    for credential in [
        Credential::Text(OLD),
        Credential::Prepared(&early),
        Credential::Prepared(&late),
    ] {
        let decision = decide(&engine, credential);
        assert!(decision.is_allowed());
        let newer = decision.newer.expect("it was found under pepper 1");
        assert_eq!((newer.digest, newer.pepper), (expected, 2));
    }
    let rehashed = Key {
        digest: expected,
        pepper: 2,
        foreign: Some(ForeignDigest::Sha256),
        ..population::key(7, 7)
    };
    apply(&engine, Record::Key(Box::new(rehashed)));
    let decision = decide(&engine, Credential::Text(OLD));
    assert!(decision.is_allowed() && decision.newer.is_none());
}

fn with_pepper(version: u32, secret: &SecretBytes) -> Keyring {
    let material = |purpose, version, secret| KeyMaterial {
        purpose,
        version,
        secret,
    };
    let all = vec![
        material(Purpose::Pepper, version, secret.clone()),
        material(Purpose::Pepper, 1, SecretBytes::new([0x5e; 32])),
        material(Purpose::Integrity, 1, SecretBytes::new([1; 32])),
        material(Purpose::Sealing, 1, SecretBytes::new([2; 32])),
        material(Purpose::Signing, 1, SecretBytes::new([3; 32])),
    ];
    Keyring::from_material(all).expect("every purpose has a key")
}

#[test]
fn verifying_a_foreign_key_takes_no_memory() {
    let engine = engine();
    adopt(&engine, OLD, ForeignDigest::Sha256);
    let longest = format!("wide.{}", "a".repeat(250));
    let too_long = format!("{longest}a");
    for (text, expected) in [
        (OLD, Code::Ok),
        ("kp_unknown", Code::UnknownKey),
        (&longest, Code::UnknownKey),
        (&too_long, Code::MalformedKey),
    ] {
        assert_eq!(code(&engine, text), expected);
        let counted = allocation_counter::measure(|| {
            code(&engine, text);
        });
        // `population::node` shares what is there.
        assert_eq!(counted.count_total, 0, "{expected}");
    }
}
