//! The people of the console: found by what they are asked for, unique where they must be.

use keystile_core::model::{
    Action, Actor, Invitation, Member, Person, PersonId, Record, Reset, Role, Session, SessionId,
    Subject, Timestamp,
};

use super::feed::scan;
use super::sample::{START, change, commit, digest, invitation, member, person, session, set_up};
use crate::{AuditFilter, CommitError, Guard, Page, Scanned, Store, Write};

fn insert(records: impl IntoIterator<Item = Record>) -> Vec<Write> {
    records.into_iter().map(Write::Insert).collect()
}

fn update(record: Record, replaces: u64) -> Vec<Write> {
    vec![Write::Update { record, replaces }]
}

/// People with these numbers, in one journal row.
async fn come(store: &dyn Store, numbers: impl IntoIterator<Item = u128>) {
    let people = numbers
        .into_iter()
        .map(|number| Record::Person(person(number)));
    commit(store, change(Action::PersonCreated, insert(people))).await;
}

/// Somebody of row 1 goes.
async fn go(store: &dyn Store, number: u128) {
    let removed = Person {
        removed_at: Some(START),
        ..person(number)
    };
    let write = update(Record::Person(removed), 1);
    commit(store, change(Action::PersonRemoved, write)).await;
}

pub async fn people_are_found_by_id_and_by_address(store: &dyn Store) {
    come(store, [1, 2, 3]).await;
    let two = Person {
        seq: 1,
        ..person(2)
    };
    assert_eq!(store.person(two.id).await.unwrap(), Some(two.clone()));
    let found = store.person_by_email(&two.email).await.unwrap();
    assert_eq!(found, Some(two.clone()));
    for unknown in ["person-9@example.com", "PERSON-2@example.com", ""] {
        assert_eq!(store.person_by_email(unknown).await.unwrap(), None);
    }
    go(store, 2).await;
    assert_eq!(store.person_by_email(&two.email).await.unwrap(), None);
    let kept = store.person(two.id).await.unwrap().unwrap();
    assert_eq!(kept.removed_at, Some(START), "they are found by their id");
    let mut page = Page {
        before: None,
        limit: 1,
    };
    let mut listed = Vec::new();
    while let Some(one) = store.people(page).await.unwrap().pop() {
        page.before = Some(one.id);
        listed.push(one.id.as_u128());
    }
    assert_eq!(listed, [3, 1]);
}

pub async fn every_field_about_people_comes_back_as_it_was_written(store: &dyn Store) {
    let owners = set_up(store).await;
    let place = Some(owners.organization.id);
    let full = Person {
        email: "na\u{ef}ve@\u{2602}.example".into(),
        password: Some("$argon2id$".into()),
        password_at: Some(Timestamp::from_millis(-1)),
        totp: Some(vec![0, 255]),
        totp_step: Some(u64::try_from(i64::MAX).unwrap()),
        recovery: Some(vec!["a".to_owned(), "\"".to_owned()].into()),
        reset: Some(Reset {
            digest: [9; 32],
            ends_at: START,
        }),
        seq: 2,
        ..person(10)
    };
    let bare = Person {
        seq: 2,
        ..person(11)
    };
    let member = Member {
        role: Role::Viewer,
        seq: 2,
        ..member(12, 10, place)
    };
    let session = Session {
        ends_at: Timestamp::from_millis(i64::MAX),
        seq: 2,
        ..session(13, 10)
    };
    let invitation = Invitation {
        email: Some("ada@example.com".into()),
        seq: 2,
        ..invitation(14, place)
    };
    let records = [
        Record::Person(full.clone()),
        Record::Person(bare.clone()),
        Record::Member(member.clone()),
        Record::Session(session.clone()),
        Record::Invitation(invitation.clone()),
    ];
    commit(store, change(Action::PersonCreated, insert(records))).await;
    let found = store.person_by_reset(&[9; 32]).await.unwrap();
    assert!(found.as_ref() == Some(&full));
    assert!(store.person_by_reset(&[8; 32]).await.unwrap().is_none());
    assert!(store.person(full.id).await.unwrap() == Some(full));
    assert!(store.person(bare.id).await.unwrap() == Some(bare));
    assert_eq!(store.member(member.id).await.unwrap(), Some(member));
    let found = store.session_by_digest(&session.digest).await.unwrap();
    assert!(found == Some(session));
    let found = store.invitation(invitation.id).await.unwrap();
    assert!(found == Some(invitation));
}

pub async fn an_address_is_taken_until_its_person_is_removed(store: &dyn Store) {
    come(store, [1]).await;
    let mut twin = person(2);
    twin.email = person(1).email;
    let twin = || insert([Record::Person(twin.clone())]);
    let refused = store.commit(change(Action::PersonCreated, twin())).await;
    assert_taken(refused, "email");
    go(store, 1).await;
    commit(store, change(Action::PersonCreated, twin())).await;
    let found = store.person_by_email(&person(1).email).await.unwrap();
    assert_eq!(found.map(|row| row.id), Some(PersonId::from_u128(2)));
}

pub async fn one_living_membership_for_each_person_and_place(store: &dyn Store) {
    let owners = set_up(store).await;
    come(store, [10]).await;
    for (number, place) in [(20, None), (30, Some(owners.organization.id))] {
        let first = member(number, 10, place);
        let twin = Member {
            role: Role::Viewer,
            ..member(number + 1, 10, place)
        };
        let add = |row: &Member| insert([Record::Member(row.clone())]);
        let done = commit(store, change(Action::MemberAdded, add(&first))).await;
        let refused = store.commit(change(Action::MemberAdded, add(&twin))).await;
        assert_taken(refused, "membership");
        let ended = Member {
            removed_at: Some(START),
            ..first
        };
        let end = update(Record::Member(ended), done.seq);
        commit(store, change(Action::MemberRemoved, end)).await;
        commit(store, change(Action::MemberAdded, add(&twin))).await;
    }
}

pub async fn members_are_found_by_person_and_by_place(store: &dyn Store) {
    let owners = set_up(store).await;
    let place = Some(owners.organization.id);
    come(store, [10, 11, 12]).await;
    let gone = Member {
        removed_at: Some(START),
        ..member(24, 12, place)
    };
    let all = [
        member(20, 10, None),
        member(21, 10, place),
        member(22, 11, place),
        member(23, 12, None),
        gone,
    ];
    let writes = insert(all.map(Record::Member));
    commit(store, change(Action::MemberAdded, writes)).await;
    let numbers =
        |rows: Vec<Member>| -> Vec<u128> { rows.iter().map(|row| row.id.as_u128()).collect() };
    let of = async |person| {
        let id = PersonId::from_u128(person);
        numbers(store.members_of_person(id).await.unwrap())
    };
    assert_eq!(of(10).await, [20, 21]);
    assert_eq!(of(11).await, [22]);
    assert_eq!(of(12).await, [23]);
    assert_eq!(of(13).await, [0; 0]);
    let page = Page {
        before: None,
        limit: 100,
    };
    let at = store.members_of_place(None, page).await.unwrap();
    assert_eq!(numbers(at), [23, 20]);
    let at = store.members_of_place(place, page).await.unwrap();
    assert_eq!(numbers(at.clone()), [22, 21]);
    let next = Page {
        before: Some(at[0].id),
        limit: 1,
    };
    let at = store.members_of_place(place, next).await.unwrap();
    assert_eq!(numbers(at), [21]);
}

pub async fn a_session_is_found_by_its_digest_until_it_is_removed(store: &dyn Store) {
    come(store, [1, 2]).await;
    let all = [session(10, 1), session(11, 1), session(12, 2)];
    let writes = insert(all.map(Record::Session));
    commit(store, change(Action::SessionBegun, writes)).await;
    let digest = session(10, 1).digest;
    let found = store.session_by_digest(&digest).await.unwrap().unwrap();
    assert_eq!((found.id, found.seq), (SessionId::from_u128(10), 2));
    let of_one = store.sessions_of(PersonId::from_u128(1)).await.unwrap();
    let ids: Vec<_> = of_one.iter().map(|row| row.id.as_u128()).collect();
    assert_eq!(ids, [10, 11]);
    let mut twin = session(13, 2);
    twin.digest = digest;
    let twin = insert([Record::Session(twin)]);
    let refused = store.commit(change(Action::SessionBegun, twin)).await;
    assert_taken(refused, "value");
    let end = || Write::Remove {
        subject: Subject::Session(SessionId::from_u128(10)),
        replaces: 2,
    };
    commit(store, change(Action::SessionEnded, vec![end()])).await;
    assert_eq!(store.session_by_digest(&digest).await.unwrap(), None);
    let again = store.commit(change(Action::SessionEnded, vec![end()]));
    let again = again.await;
    assert!(matches!(again, Err(CommitError::Conflict(_))), "{again:?}");
}

pub async fn invitations_are_found_by_digest_and_by_place(store: &dyn Store) {
    let owners = set_up(store).await;
    let place = Some(owners.organization.id);
    let all = [
        invitation(10, None),
        invitation(11, place),
        invitation(12, place),
    ];
    let writes = insert(all.map(Record::Invitation));
    commit(store, change(Action::InvitationCreated, writes)).await;
    let into = async |place| {
        let rows = store.invitations_of_place(place).await.unwrap();
        rows.iter().map(|row| row.id.as_u128()).collect::<Vec<_>>()
    };
    assert_eq!(into(None).await, [10]);
    assert_eq!(into(place).await, [11, 12]);
    let found = store.invitation_by_digest(digest(11).as_bytes()).await;
    let found = found.unwrap().unwrap();
    let used = Write::Remove {
        subject: Subject::Invitation(found.id),
        replaces: found.seq,
    };
    commit(store, change(Action::InvitationWithdrawn, vec![used])).await;
    assert_eq!(store.invitation(found.id).await.unwrap(), None);
    assert_eq!(into(place).await, [12]);
}

pub async fn s20_a_person_has_so_many_sessions_and_no_more(store: &dyn Store) {
    come(store, [1, 2]).await;
    let begin = |number, person| {
        let record = Record::Session(session(number, person));
        let mut change = change(Action::SessionBegun, insert([record]));
        change.guards = vec![Guard::SessionsOfPerson {
            person: PersonId::from_u128(person),
            at_most: 2,
        }];
        change
    };
    for number in [10, 11] {
        commit(store, begin(number, 1)).await;
    }
    commit(store, begin(12, 2)).await;
    let refused = store.commit(begin(13, 1)).await.unwrap_err();
    let whose = Subject::Person(PersonId::from_u128(1));
    assert!(matches!(&refused, CommitError::Conflict(with) if *with == whose));
    let mut swap = begin(13, 1);
    swap.writes.push(Write::Remove {
        subject: Subject::Session(SessionId::from_u128(10)),
        replaces: 2,
    });
    commit(store, swap).await;
}

/// Somebody comes with a membership, if nobody owns the installation.
async fn claim(store: &dyn Store, number: u128, row: Member) -> Result<u64, CommitError> {
    let records = [Record::Person(person(number)), Record::Member(row)];
    let mut change = change(Action::PersonCreated, insert(records));
    change.guards = vec![Guard::NobodyOwnsInstallation];
    store.commit(change).await.map(|done| done.seq)
}

pub async fn s16_an_installation_without_owner_gets_one_once(store: &dyn Store) {
    let owners = set_up(store).await;
    let admin = Member {
        role: Role::Admin,
        ..member(20, 10, None)
    };
    claim(store, 10, admin).await.unwrap();
    let elsewhere = member(21, 11, Some(owners.organization.id));
    claim(store, 11, elsewhere).await.unwrap();
    claim(store, 12, member(22, 12, None)).await.unwrap();
    let late = claim(store, 13, member(23, 13, None)).await;
    assert!(matches!(late, Err(CommitError::HasOwner)), "{late:?}");
    let nobody = store.person(PersonId::from_u128(13)).await.unwrap();
    assert_eq!(nobody, None);
}

pub async fn the_last_owner_stays(store: &dyn Store) {
    come(store, [1, 2]).await;
    let rows = [member(10, 1, None), member(11, 2, None)];
    let writes = insert(rows.clone().map(Record::Member));
    commit(store, change(Action::MemberAdded, writes)).await;
    let guarded = |action, write| {
        let mut change = change(action, write);
        change.guards = vec![Guard::SomebodyOwnsInstallation];
        change
    };
    let lower = |row: &Member| {
        let row = Member {
            role: Role::Admin,
            ..row.clone()
        };
        guarded(Action::MemberChanged, update(Record::Member(row), 2))
    };
    // Each of them alone could go.
    commit(store, lower(&rows[0])).await;
    let refused = store.commit(lower(&rows[1])).await;
    assert!(matches!(refused, Err(CommitError::NoOwner)), "{refused:?}");
    let gone = Person {
        removed_at: Some(START),
        ..person(2)
    };
    let removal = guarded(Action::PersonRemoved, update(Record::Person(gone), 1));
    let refused = store.commit(removal).await;
    assert!(matches!(refused, Err(CommitError::NoOwner)), "{refused:?}");
}

pub async fn people_are_scanned_and_followed(store: &dyn Store) {
    come(store, [1]).await;
    let records = [
        Record::Member(member(10, 1, None)),
        Record::Session(session(11, 1)),
        Record::Invitation(invitation(12, None)),
    ];
    let subjects: Vec<_> = records.iter().map(Record::subject).collect();
    commit(store, change(Action::SessionBegun, insert(records))).await;
    let (report, seen) = scan(store).await;
    assert_eq!((report.suspects, seen.len()), (Vec::new(), 4));
    let ended = subjects[1..].iter().map(|subject| Write::Remove {
        subject: subject.clone(),
        replaces: 2,
    });
    commit(store, change(Action::SessionEnded, ended.collect())).await;
    let rows = store.after(1, 10).await.unwrap();
    let known = &rows[0].records[..];
    assert!(matches!(known, [Scanned::Sound(Record::Member(_))]));
    assert_eq!(rows[0].removed, subjects[1..]);
    assert_eq!(rows[1].removed, subjects[1..]);
    let (report, seen) = scan(store).await;
    assert_eq!((report.suspects, seen.len()), (Vec::new(), 2));
    assert_eq!(store.verify_audit().await.unwrap().findings, []);
}

pub async fn rows_of_a_person_are_found_everywhere_and_in_one_organization(store: &dyn Store) {
    let owners = set_up(store).await;
    let done_by = |person, place| {
        let mut change = change(Action::KeyRevealed, Vec::new());
        change.actor = Actor::Person {
            id: PersonId::from_u128(person),
        };
        change.organization = place;
        change
    };
    let place = Some(owners.organization.id);
    for (person, place) in [(1, place), (2, place), (1, None), (1, place)] {
        commit(store, done_by(person, place)).await;
    }
    let found = async |person, organization| {
        let filter = AuditFilter {
            actor: Some(done_by(person, None).actor),
            organization,
            ..AuditFilter::default()
        };
        let page = Page {
            before: None,
            limit: 10,
        };
        let rows = store.audit(filter, page).await.unwrap();
        rows.iter().map(|row| row.seq).collect::<Vec<_>>()
    };
    assert_eq!(found(1, None).await, [5, 4, 2]);
    assert_eq!(found(1, place).await, [5, 2]);
    assert_eq!(found(2, place).await, [3]);
    assert!(found(3, None).await.is_empty());
}

fn assert_taken<T: std::fmt::Debug>(result: Result<T, CommitError>, expected: &str) {
    let error = result.unwrap_err();
    assert!(
        matches!(error, CommitError::Taken { field } if field == expected),
        "{error:?}"
    );
}
