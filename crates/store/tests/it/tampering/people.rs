//! Rows about people: whoever alters them gets in nowhere.

use keystile_core::model::{Member, MemberId, PersonId, SessionId};
use keystile_store::conformance::sample::{invitation, member, person, session};
use keystile_store::{PeopleStore, StoreError};

use super::schema::mislead;
use super::*;

/// A closed database: row 1 two people, each with a membership and a session, and an invitation;
/// row 2 lowers the first membership, row 3 ends the first session. What was before is kept.
fn people() -> SqliteBench {
    let bench = SqliteBench::default();
    let store = bench.store();
    run(async {
        let records = [
            Record::Person(person(1)),
            Record::Person(person(2)),
            Record::Member(member(3, 1, None)),
            Record::Member(member(4, 2, None)),
            Record::Session(session(5, 1)),
            Record::Session(session(6, 2)),
            Record::Invitation(invitation(7, None)),
        ];
        let writes = records.map(Write::Insert).into();
        commit(&store, change(Action::PersonCreated, writes)).await;
        for table in ["members", "sessions"] {
            let keep = format!("CREATE TABLE old_{table} AS SELECT * FROM {table}");
            bench.intruder().execute_batch(&keep).unwrap();
        }
        let lowered = Member {
            role: keystile_core::model::Role::Viewer,
            ..member(3, 1, None)
        };
        let write = Write::Update {
            record: Record::Member(lowered),
            replaces: 1,
        };
        commit(&store, change(Action::MemberChanged, vec![write])).await;
        let end = Write::Remove {
            subject: Subject::Session(SessionId::from_u128(5)),
            replaces: 1,
        };
        commit(&store, change(Action::SessionEnded, vec![end])).await;
    });
    bench
}

#[test]
fn each_field_about_people_that_is_altered_is_named_and_refused() {
    for (table, number, set) in [
        ("people", 2, "email = 'eve@example.com'"),
        ("people", 2, "password = '$argon2id$'"),
        ("people", 2, "totp = x'00'"),
        ("people", 2, "totp_step = 1"),
        ("people", 2, "recovery = '[\"a\"]'"),
        ("people", 2, "reset_digest = x'00', reset_ends_at = 1"),
        ("people", 2, "removed_at = 1"),
        ("members", 3, "role = 'owner'"),
        ("members", 3, "organization = zeroblob(16)"),
        ("members", 4, "removed_at = 1"),
        ("sessions", 6, "digest = zeroblob(32)"),
        ("sessions", 6, "ends_at = ends_at + 1"),
        ("sessions", 6, "confirmed_at = confirmed_at + 1"),
        (
            "sessions",
            6,
            "person = (SELECT id FROM people ORDER BY id)",
        ),
        ("invitations", 7, "role = 'owner'"),
        ("invitations", 7, "ends_at = ends_at + 1"),
        ("invitations", 7, "email = 'eve@example.com'"),
    ] {
        let bench = people();
        let sql = format!("UPDATE {table} SET {set} WHERE id = ?1");
        let changed = bench.intruder().execute(&sql, [bytes(number)]).unwrap();
        assert_eq!(changed, 1);
        let found = findings(&bench);
        assert!(!found.is_empty(), "{table}: {set}");
        let store = bench.store();
        let refused = run(async {
            match table {
                "people" => store.person(PersonId::from_u128(number)).await.err(),
                "members" => store.member(MemberId::from_u128(number)).await.err(),
                "sessions" => {
                    let digest = match set.starts_with("digest") {
                        true => [0; 32],
                        false => session(6, 2).digest,
                    };
                    store.session_by_digest(&digest).await.err()
                }
                _ => {
                    let digest = invitation(7, None).digest;
                    store.invitation_by_digest(&digest).await.err()
                }
            }
        });
        assert!(
            matches!(refused, Some(StoreError::Tampered { .. })),
            "{table}: {set}: {refused:?}"
        );
    }
}

#[test]
fn s08_an_ended_session_and_a_former_role_that_are_brought_back_are_named() {
    let bench = people();
    let back = "INSERT INTO sessions SELECT * FROM old_sessions WHERE id = ?1";
    bench.intruder().execute(back, [bytes(5)]).unwrap();
    let subject = Subject::Session(SessionId::from_u128(5));
    assert_names(&findings(&bench), &subject, "brought back");
    let bench = people();
    let back = "REPLACE INTO members SELECT * FROM old_members WHERE id = ?1";
    bench.intruder().execute(back, [bytes(3)]).unwrap();
    let subject = Subject::Member(MemberId::from_u128(3));
    assert_names(&findings(&bench), &subject, "brought back");
}

#[test]
fn an_index_that_leads_to_another_person_is_noticed() {
    let bench = people();
    mislead(&bench, "people", "people_by_email", 1, 2);
    let store = bench.store();
    let refused = run(store.person_by_email(&person(1).email));
    assert!(
        matches!(refused, Err(StoreError::Tampered { .. })),
        "{refused:?}"
    );

    let bench = people();
    let store = bench.store();
    let again = vec![Write::Insert(Record::Session(session(8, 1)))];
    run(commit(&store, change(Action::SessionBegun, again)));
    drop(store);
    mislead(&bench, "sessions", "sessions_by_digest", 8, 6);
    let store = bench.store();
    let refused = run(store.session_by_digest(&session(8, 1).digest));
    assert!(
        matches!(refused, Err(StoreError::Tampered { .. })),
        "{refused:?}"
    );

    let bench = people();
    mislead(&bench, "members", "members_by_person", 3, 4);
    let store = bench.store();
    let listed = run(store.members_of_person(PersonId::from_u128(1))).unwrap();
    let foreign = listed
        .iter()
        .filter(|row| row.person != PersonId::from_u128(1));
    assert_eq!(foreign.count(), 0);
}
