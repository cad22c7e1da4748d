//! What origins match and which entries are refused, row by row of the hostile cases.

use proptest::prelude::*;

use super::*;

fn read(entries: &[&str], mode: Mode) -> Result<OriginList, Vec<EntryProblem>> {
    let entries: Vec<String> = entries.iter().map(ToString::to_string).collect();
    OriginList::check(&entries, mode)
}

fn list(entry: &str) -> OriginList {
    read(&[entry], Mode::Live).unwrap()
}

fn allows(entry: &str, origin: &str) -> bool {
    list(entry).allows(origin, Mode::Live)
}

#[test]
fn o02_an_absent_origin_and_an_empty_list_admit_nobody() {
    assert!(!allows("https://example.com", ""));
    assert!(!allows("https://example.com", "null"));
    assert!(
        !read(&[], Mode::Live)
            .unwrap()
            .allows("https://example.com", Mode::Live)
    );
}

#[test]
fn o03_two_origins_in_one_header_match_nothing() {
    for both in [
        "https://example.com, https://example.com",
        "https://example.com https://a.example",
    ] {
        assert!(!allows("https://example.com", both));
    }
}

#[test]
fn o04_case_does_not_matter() {
    assert!(allows("https://Example.COM", "HTTPS://eXample.com"));
    assert_eq!(
        list("HTTPS://Example.COM:443").to_texts(),
        ["https://example.com"]
    );
}

#[test]
fn o05_an_origin_with_more_than_scheme_host_and_port_is_refused() {
    for origin in [
        "https://example.com/",
        "https://example.com/x",
        "https://example.com?x",
        "https://example.com#x",
        "https://u@example.com",
        "https://u:p@example.com",
        " https://example.com",
        "https://example.com ",
        "https:example.com",
        "//example.com",
        "https://example.com.",
        "https://example.com:",
        "https://example.com:0443",
        "https://example.com\0",
        "https:///example.com",
        "https:\\\\example.com",
    ] {
        assert!(!allows("https://example.com", origin), "{origin}");
    }
    for entry in [
        "https://example.com/",
        "https://example.com/x",
        "https://u@example.com",
    ] {
        assert!(read(&[entry], Mode::Live).is_err(), "{entry}");
    }
}

#[test]
fn o07_another_port_is_another_origin() {
    assert!(allows("https://example.com", "https://example.com:443"));
    assert!(!allows("https://example.com", "https://example.com:8443"));
    assert!(allows(
        "https://example.com:8443",
        "https://example.com:8443"
    ));
    assert!(!allows("https://example.com:8443", "https://example.com"));
}

#[test]
fn o08_http_is_another_origin_than_https() {
    assert!(!allows("https://example.com", "http://example.com"));
    assert!(!allows("https://example.com", "http://example.com:443"));
    assert!(!allows("https://example.com", "ftp://example.com"));
}

#[test]
fn o09_names_that_merely_look_related_are_refused() {
    for entry in ["https://example.com", "https://*.example.com"] {
        for host in [
            "evil-example.com",
            "example.com.evil.net",
            "notexample.com",
            "a.example.co",
        ] {
            assert!(!allows(entry, &format!("https://{host}")), "{entry} {host}");
        }
    }
}

#[test]
fn o10_a_wildcard_is_exactly_one_label() {
    assert!(allows("https://*.example.com", "https://A.Example.com"));
    for origin in [
        "https://example.com",
        "https://a.b.example.com",
        "https://.example.com",
    ] {
        assert!(!allows("https://*.example.com", origin), "{origin}");
    }
    for entry in [
        "https://a.*.com",
        "https://*a.example.com",
        "https://*.*.example.com",
        "https://*.1.2.3.4",
    ] {
        assert!(read(&[entry], Mode::Live).is_err(), "{entry}");
    }
}

#[test]
fn o12_unicode_matches_its_ascii_form_and_mixed_scripts_are_flagged() {
    assert!(allows(
        "https://bücher.example",
        "https://xn--bcher-kva.example"
    ));
    assert!(allows(
        "https://*.bücher.example",
        "https://a.xn--bcher-kva.example"
    ));
    assert_eq!(list("https://bücher.example").remarks(), []);
    let mixed = list("https://ex\u{430}mple.com");
    assert_eq!(mixed.remarks(), [(0, OriginRemark::MixedScripts)]);
    assert!(!mixed.allows("https://example.com", Mode::Live));
}

#[test]
fn o13_broken_labels_are_refused() {
    let long_host = format!("https://{}example.com", "a.".repeat(150));
    let long_label = format!("https://{}.example.com", "a".repeat(64));
    for origin in [
        "https://xn--a.example.com",
        "https://xn--\u{0}.example.com",
        &long_host,
        &long_label,
    ] {
        assert!(!allows("https://*.example.com", origin), "{origin}");
    }
    for entry in ["https://xn--a.example.com", &long_label] {
        assert!(read(&[entry], Mode::Live).is_err(), "{entry}");
    }
}

#[test]
fn o14_addresses_have_one_form() {
    assert!(allows(
        "https://[2001:DB8::0:1]:8443",
        "https://[2001:db8::1]:8443"
    ));
    assert!(allows("https://192.0.2.7", "https://192.0.2.7"));
    for odd in [
        "https://3221225991",
        "https://0xc0000207",
        "https://192.0.519",
        "https://[fe80::1%25eth0]",
    ] {
        assert!(read(&[odd], Mode::Live).is_err(), "{odd}");
        assert!(!allows("https://192.0.2.7", odd), "{odd}");
    }
}

#[test]
fn o15_any_port_of_localhost_is_for_test_keys_and_one_port_for_any_key() {
    for entry in [
        "http://localhost",
        "http://localhost:*",
        "http://127.0.0.1",
        "http://[::1]:*",
    ] {
        let problems = read(&[entry], Mode::Live).unwrap_err();
        assert!(
            problems[0].message.contains("name the port"),
            "{problems:?}"
        );
    }
    let any = read(&["http://localhost"], Mode::Test).unwrap();
    assert_eq!(any.to_texts(), ["http://localhost:*"]);
    assert!(any.allows("http://localhost:5173", Mode::Test));
    assert!(any.allows("http://localhost", Mode::Test));
    assert!(!any.allows("http://localhost:5173", Mode::Live));
    assert!(!any.allows("https://localhost:5173", Mode::Test));
    let one = list("http://localhost:3000");
    assert!(one.allows("http://localhost:3000", Mode::Live));
    assert!(!one.allows("http://localhost:3001", Mode::Live));
    assert_eq!(one.remarks(), [(0, OriginRemark::Localhost)]);
    assert_eq!(
        list("http://localhost:80").to_texts(),
        ["http://localhost:80"]
    );
    assert!(read(&["https://example.com:*"], Mode::Test).is_err());
}

#[test]
fn o17_no_entry_is_silently_broad() {
    for entry in [
        "*",
        "null",
        "https://*",
        "http://*",
        "https://*:443",
        "*.com",
        "https://*.com",
        "https://*.co.uk",
        "https://*.github.io",
        "https://*.localhost",
        "https://*.example",
        "*://example.com",
        "",
        "https://",
        "example.com",
        "https://*.",
        "https://*.GitHub.io",
    ] {
        assert!(read(&[entry], Mode::Test).is_err(), "{entry}");
    }
    assert!(allows("https://*.me.github.io", "https://a.me.github.io"));
    assert!(allows("https://me.github.io", "https://me.github.io"));
}

#[test]
fn o18_patterns_are_refused() {
    for entry in [
        "https://(a|b).example.com",
        "https://a.example.com|https://b.example.com",
        "https://.*",
        "https://[a-z]+.example.com",
        "^https://example.com$",
        "https://example.com,https://a.example",
        "https://a?.example.com",
        "https://example\\.com",
        "https://{a,b}.example.com",
    ] {
        assert!(read(&[entry], Mode::Live).is_err(), "{entry}");
    }
}

#[test]
fn o19_lists_are_capped() {
    let many: Vec<String> = (0..101)
        .map(|n| format!("https://a{n}.example.com"))
        .collect();
    let problems = OriginList::check(&many, Mode::Live).unwrap_err();
    assert_eq!(problems.len(), 1);
    assert_eq!(problems[0].index, 100);
    assert!(OriginList::check(&many[..100], Mode::Live).is_ok());
    let long = format!("https://{}.com", "a.".repeat(122));
    assert_eq!(long.len(), 256);
    assert!(read(&[&long], Mode::Live).is_err());
}

#[test]
fn every_problem_is_told_and_duplicates_are_kept_once() {
    let problems = read(&["*", "https://example.com", "null"], Mode::Live).unwrap_err();
    let indexes: Vec<_> = problems.iter().map(|problem| problem.index).collect();
    assert_eq!(indexes, [0, 2]);
    let twice = read(
        &["https://example.com", "HTTPS://EXAMPLE.COM:443"],
        Mode::Live,
    )
    .unwrap();
    assert_eq!(twice.to_texts(), ["https://example.com"]);
}

#[test]
fn stored_entries_are_read_without_asking_the_public_suffixes_again() {
    let read = |entry: &str| OriginList::stored(&[entry.to_owned()]);
    assert!(read("https://*.github.io").allows("https://me.github.io", Mode::Live));
    assert!(!read("http://localhost:*").allows("http://localhost:1", Mode::Live));
    for garbage in ["garbage", "*", "https://*"] {
        assert_eq!(read(garbage), OriginList::default(), "{garbage}");
    }
    assert!(OriginList::parse(&["https://*.github.io".to_owned()]).is_err());
}

proptest! {
    #[test]
    fn canonical_entries_read_as_themselves(
        https: bool,
        wildcard: bool,
        host in "[a-zA-Z][a-z0-9-]{0,8}\\.example\\.(com|org)|localhost|127\\.0\\.0\\.1",
        port in proptest::option::of(1_u16..),
    ) {
        let text = format!(
            "{}://{}{host}{}",
            if https { "https" } else { "HTTP" },
            if wildcard { "*." } else { "" },
            port.map(|port| format!(":{port}")).unwrap_or_default(),
        );
        if let Ok(list) = read(&[&text], Mode::Test) {
            let again = OriginList::parse(&list.to_texts()).unwrap();
            prop_assert_eq!(again, list);
        }
    }

    #[test]
    fn no_text_makes_it_panic(text in "\\PC{0,40}", origin in "https?://[\\[\\]a-z0-9.:*%-]{0,20}") {
        let _ = read(&[&text, &origin], Mode::Test);
        let _ = list("https://*.example.com").allows(&origin, Mode::Live);
        prop_assert!(!list("https://*.example.com").allows(&text, Mode::Live));
    }
}

#[test]
fn o04_o07_o08_one_origin_is_the_same_however_it_is_written() {
    for (one, other) in [
        ("https://shop.example", "HTTPS://Shop.Example:443"),
        ("http://[::1]:80", "http://[0:0::1]"),
        ("capacitor://localhost", "capacitor://localhost"),
    ] {
        assert!(same_origin(one, other), "{one} {other}");
    }
    for (one, other) in [
        ("https://shop.example", "http://shop.example"),
        ("https://shop.example", "https://shop.example:8443"),
        ("https://shop.example", "https://www.shop.example"),
        ("https://shop.example", "https://shop.example/"),
        ("capacitor://localhost", "capacitor://LOCALHOST"),
        ("https://shop.example", "null"),
    ] {
        assert!(!same_origin(one, other), "{one} {other}");
    }
}
