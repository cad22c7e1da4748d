//! `conformance/keys.json`: what every implementation must read out of the same texts.
//!
//! Keys are made from a counter, so they are the same in every run and nobody's. No whole key
//! stands in the file: every text is a list of parts to be put together, so that scanners, ours
//! among them, do not take it for a leak.

use keystile_core::key::testing::Counting;
use keystile_core::key::{
    Brand, ForeignHash, KeyFormatError, ParsedKey, Pepper, PlainKey, SecretBytes,
};
use keystile_core::key::{mint, preview};
use keystile_core::model::{
    EnvironmentId, ForeignDigest, KeyId, Kind, Mode, OrganizationId, ProjectId,
};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

const ABOUT: &str = "Vectors for keys, shared by every implementation. A `text` is a list of parts \
    to be put together. Written by `cargo xtask generate`; the keys are made from a counter and \
    were never issued.";

/// Two peppers whose bytes nobody would choose.
const PEPPERS: [[u8; 32]; 2] = [[0x0b; 32], [0xc4; 32]];

pub(super) fn text() -> String {
    let file = json!({
        "about": ABOUT,
        "valid": valid(),
        "invalid": invalid(),
        "digests": digests(),
        "foreign_digests": foreign_digests(),
        "ids": ids(),
        "invalid_ids": invalid_ids(),
    });
    let text = format!("{file:#}\n");
    text.chars()
        .map(|c| {
            if c.is_ascii() {
                c.to_string()
            } else {
                escaped(c)
            }
        })
        .collect()
}

/// What cannot be seen should be readable in the file. All texts are within the basic plane.
fn escaped(c: char) -> String {
    format!("\\u{:04x}", u32::from(c))
}

/// Every kind, mode and length of brand, and checksums that begin with zeros.
fn samples() -> Vec<PlainKey> {
    let random = Counting::default();
    let brands = [None, Some("ab"), Some("acme"), Some("a2345678")];
    let mut keys = Vec::new();
    for kind in [Kind::Publishable, Kind::Secret] {
        for mode in [Mode::Live, Mode::Test] {
            for brand in brands {
                keys.push(minted(kind, brand, mode, &random));
            }
        }
    }
    for zeros in ["0", "00"] {
        keys.push(padded(zeros, &random));
    }
    keys
}

fn minted(kind: Kind, brand: Option<&str>, mode: Mode, random: &Counting) -> PlainKey {
    let brand: Option<Brand> = brand.map(|text| text.parse().expect("a brand"));
    mint(kind, brand.as_ref(), mode, random).expect("the counter does not fail")
}

fn padded(zeros: &str, random: &Counting) -> PlainKey {
    let begins_so = |key: &PlainKey| key.reveal()[key.reveal().len() - 6..].starts_with(zeros);
    std::iter::repeat_with(|| minted(Kind::Secret, None, Mode::Test, random))
        .find(begins_so)
        .expect("one of many keys has such a checksum")
}

fn valid() -> Vec<Value> {
    let describe = |key: &PlainKey| {
        let parsed = ParsedKey::parse(key.reveal()).expect("a minted key parses");
        json!({
            "text": parts(key.reveal()),
            "kind": parsed.kind,
            "mode": parsed.mode,
            "brand": parsed.brand,
            "start": parsed.start(),
            "preview": preview(parsed.start()),
        })
    };
    samples().iter().map(describe).collect()
}

/// Cut after the prefix, so that no part is a key.
fn parts(text: &str) -> Vec<&str> {
    let at = text.rfind('_').map_or(0, |last| last + 1);
    let (prefix, rest) = text.split_at(at);
    [prefix, rest]
        .into_iter()
        .filter(|part| !part.is_empty())
        .collect()
}

fn invalid() -> Vec<Value> {
    let random = Counting::default();
    let good = minted(Kind::Secret, Some("acme"), Mode::Test, &random);
    let good = good.reveal();
    let bare = minted(Kind::Secret, None, Mode::Live, &random);
    let bare = bare.reveal();
    let start = ParsedKey::parse(bare).expect("a minted key parses").start();
    let random_part = &good[good.len() - 38..];
    let cases = [
        ("nothing", String::new()),
        ("spaces only", "   ".into()),
        ("56 characters", format!("sk_test_{}", "a".repeat(48))),
        ("the masked preview", preview(start)),
        ("masked with asterisks", format!("{start}********")),
        ("masked with an ellipsis", format!("{start}\u{2026}")),
        ("a space behind", format!("{good} ")),
        ("a tab before", format!("\t{good}")),
        ("a line end behind", format!("{good}\n")),
        ("NUL behind", format!("{good}\0")),
        ("quotes around", format!("\"{bare}\"")),
        ("a byte order mark before", format!("\u{feff}{bare}")),
        ("a zero-width space behind", format!("{bare}\u{200b}")),
        ("a no-break space behind", format!("{bare}\u{a0}")),
        (
            "the scheme still before it",
            format!("Bearer {}", &good[..40]),
        ),
        (
            "full-width letters",
            bare.replacen("sk", "\u{ff53}\u{ff4b}", 1),
        ),
        ("a look-alike letter", bare.replacen('s', "\u{455}", 1)),
        ("percent-encoded", format!("%73{}", &bare[1..])),
        ("upper case", good.to_uppercase()),
        ("another prefix", good.replacen("sk_", "rk_", 1)),
        ("no prefix", random_part.into()),
        ("no mode", format!("sk_{random_part}")),
        ("an unknown mode", good.replacen("test", "demo", 1)),
        (
            "two brands",
            format!("sk_ab_cd_test_{}", &random_part[..36]),
        ),
        ("a brand of one letter", good.replacen("acme", "a", 1)),
        (
            "a brand that begins with a digit",
            good.replacen("acme", "1acm", 1),
        ),
        ("a brand in capitals", good.replacen("acme", "Acme", 1)),
        (
            "a mode where the brand would be",
            good.replacen("acme", "live", 1),
        ),
        ("one character short", good[..good.len() - 1].into()),
        ("one character long", format!("{good}0")),
        ("nothing behind the mode", "pk_live_".into()),
        ("an underscore in the random part", underscored(good)),
        ("one character changed", changed(good, 20)),
        ("two neighbours swapped", swapped(good)),
        (
            "the checksum's last character changed",
            changed(good, good.len() - 1),
        ),
        ("publishable made secret's", good.replacen("sk_", "pk_", 1)),
        ("test made live", good.replacen("_test_", "_live_", 1)),
        ("the brand changed", good.replacen("acme", "acne", 1)),
        ("the brand taken out", good.replacen("acme_", "", 1)),
    ];
    cases.iter().map(|(why, text)| refused(why, text)).collect()
}

fn refused(why: &str, text: &str) -> Value {
    let code = ParsedKey::parse(text).map_or_else(KeyFormatError::code, |_| "none");
    json!({ "why": why, "text": parts(text), "code": code })
}

fn changed(text: &str, at: usize) -> String {
    let other = if &text[at..=at] == "0" { "1" } else { "0" };
    format!("{}{other}{}", &text[..at], &text[at + 1..])
}

fn swapped(text: &str) -> String {
    let differ = |pair: &&[u8]| pair.first() != pair.last();
    let tail = text.len() - 38;
    let at = tail
        + text.as_bytes()[tail..]
            .windows(2)
            .position(|pair| differ(&pair))
            .unwrap_or(0);
    let (a, b) = (&text[at..=at], &text[at + 1..at + 2]);
    format!("{}{b}{a}{}", &text[..at], &text[at + 2..])
}

fn underscored(text: &str) -> String {
    let at = text.len() - 10;
    format!("{}_{}", &text[..at], &text[at + 1..])
}

fn digests() -> Vec<Value> {
    let samples = samples();
    let texts = samples.iter().map(PlainKey::reveal);
    let digest = |(key, pepper): (&str, [u8; 32])| {
        let digest = Pepper::new(1, &SecretBytes::new(pepper)).digest(key);
        json!({ "pepper": hex(&pepper), "text": parts(key), "digest": hex(digest.as_bytes()) })
    };
    texts
        .step_by(3)
        .zip(PEPPERS.into_iter().cycle())
        .map(digest)
        .collect()
}

fn foreign_digests() -> Vec<Value> {
    let texts = [
        "",
        "kp_4f1d2a",
        "not a key of ours, \u{e9}",
        &"long ".repeat(50),
    ];
    let digest = |(text, pepper): (&&str, [u8; 32])| {
        let hash = ForeignHash::of(text, ForeignDigest::Sha256);
        let digest = Pepper::new(1, &SecretBytes::new(pepper)).digest_foreign(&hash);
        json!({
            "pepper": hex(&pepper),
            "text": [text],
            "sha256": hex(&Sha256::digest(text.as_bytes())),
            "digest": hex(digest.as_bytes()),
        })
    };
    texts
        .iter()
        .zip(PEPPERS.into_iter().cycle())
        .map(digest)
        .collect()
}

fn ids() -> Vec<Value> {
    let id = |prefix: &str, uuid: u128, text: String| json!({ "prefix": prefix, "uuid": dashed(uuid), "text": text });
    // The examples of the TypeID specification, and one id of each kind.
    let example = 0x0188_bac7_4afa_78aa_bc3b_bd1e_ef28_d881;
    let mut ids: Vec<_> = [0, 1, 10, 16, 32, u128::MAX, example]
        .into_iter()
        .map(|raw| id("key", raw, KeyId::from_u128(raw).to_string()))
        .collect();
    let raw = 0x019d_8f2e_1c00_7abc_8def_0123_4567_89ab;
    ids.push(id("org", raw, OrganizationId::from_u128(raw).to_string()));
    ids.push(id("prj", raw, ProjectId::from_u128(raw).to_string()));
    ids.push(id("env", raw, EnvironmentId::from_u128(raw).to_string()));
    ids
}

fn invalid_ids() -> Vec<Value> {
    let cases = [
        ("another prefix", "org_01h2xcejqtf2nbrexx3vqjhp41"),
        ("no prefix", "01h2xcejqtf2nbrexx3vqjhp41"),
        ("an underscore alone", "_01h2xcejqtf2nbrexx3vqjhp41"),
        ("more than 128 bits", "key_81h2xcejqtf2nbrexx3vqjhp41"),
        ("upper case", "key_01H2XCEJQTF2NBREXX3VQJHP41"),
        (
            "a letter outside the alphabet",
            "key_01h2xcejqtf2nbrexx3vqjhpl1",
        ),
        ("one character short", "key_01h2xcejqtf2nbrexx3vqjhp4"),
        ("one character long", "key_01h2xcejqtf2nbrexx3vqjhp410"),
        ("a space before", " key_01h2xcejqtf2nbrexx3vqjhp41"),
        ("a UUID", "key_0188bac7-4afa-78aa-bc3b-bd1eef28d881"),
        ("nothing behind the prefix", "key_"),
    ];
    cases
        .iter()
        .map(|(why, text)| json!({ "why": why, "prefix": "key", "text": text }))
        .collect()
}

fn dashed(uuid: u128) -> String {
    let hex = format!("{uuid:032x}");
    [
        &hex[..8],
        &hex[8..12],
        &hex[12..16],
        &hex[16..20],
        &hex[20..],
    ]
    .join("-")
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
