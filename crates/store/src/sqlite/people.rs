//! Rows about the people of the console.

use async_trait::async_trait;
use keystile_core::model::{
    Invitation, InvitationId, Member, MemberId, OrganizationId, Person, PersonId, Record, Session,
    Subject,
};
use rusqlite::params_from_iter;
use rusqlite::types::Value;

use super::errors::unavailable;
use super::reads::only;
use super::rows::{INVITATIONS, MEMBERS, PEOPLE, SESSIONS, Table};
use super::stored::{self, Met, Reader};
use super::{SqliteStore, lists};
use crate::{Page, PeopleStore, StoreError};

#[async_trait]
impl PeopleStore for SqliteStore {
    async fn person(&self, id: PersonId) -> Result<Option<Person>, StoreError> {
        self.one(Subject::Person(id), only!(Person)).await
    }

    async fn person_by_email(&self, email: &str) -> Result<Option<Person>, StoreError> {
        let wanted = email.to_owned();
        let asked = Asked {
            table: &PEOPLE,
            which: "t.email = ?1 AND t.removed_at IS NULL",
            value: Value::Text(wanted.clone()),
        };
        let is_it = move |row: &Person| row.email == wanted && row.removed_at.is_none();
        self.found(asked, only!(Person), is_it).await
    }

    async fn person_by_reset(&self, digest: &[u8; 32]) -> Result<Option<Person>, StoreError> {
        let wanted = *digest;
        let asked = Asked {
            table: &PEOPLE,
            which: "t.reset_digest = ?1",
            value: Value::Blob(wanted.to_vec()),
        };
        let is_its = move |row: &Person| row.reset.as_ref().is_some_and(|one| one.digest == wanted);
        self.found(asked, only!(Person), is_its).await
    }

    async fn people(&self, page: Page<PersonId>) -> Result<Vec<Person>, StoreError> {
        let page = page.map(PersonId::as_u128);
        let people = self.list(|_| Ok(lists::people()), page, only!(Person));
        let living = |row: &Person| row.removed_at.is_none();
        Ok(people.await?.into_iter().filter(living).collect())
    }

    async fn member(&self, id: MemberId) -> Result<Option<Member>, StoreError> {
        self.one(Subject::Member(id), only!(Member)).await
    }

    async fn members_of_person(&self, person: PersonId) -> Result<Vec<Member>, StoreError> {
        let asked = Asked {
            table: &MEMBERS,
            which: "t.person = ?1 AND t.removed_at IS NULL",
            value: Value::Blob(person.to_bytes().to_vec()),
        };
        let is_one = move |row: &Member| row.person == person && row.removed_at.is_none();
        self.all(asked, only!(Member), is_one).await
    }

    async fn members_of_place(
        &self,
        organization: Option<OrganizationId>,
        page: Page<MemberId>,
    ) -> Result<Vec<Member>, StoreError> {
        let page = page.map(MemberId::as_u128);
        let query = move |_: &_| Ok(lists::members(organization));
        let members = self.list(query, page, only!(Member)).await?;
        let is_one = |row: &Member| row.organization == organization && row.removed_at.is_none();
        Ok(members.into_iter().filter(is_one).collect())
    }

    async fn session_by_digest(&self, digest: &[u8; 32]) -> Result<Option<Session>, StoreError> {
        let wanted = *digest;
        let asked = Asked::by_digest(&SESSIONS, digest);
        let is_it = move |row: &Session| row.digest == wanted;
        self.found(asked, only!(Session), is_it).await
    }

    async fn sessions_of(&self, person: PersonId) -> Result<Vec<Session>, StoreError> {
        let asked = Asked {
            table: &SESSIONS,
            which: "t.person = ?1",
            value: Value::Blob(person.to_bytes().to_vec()),
        };
        let is_one = move |row: &Session| row.person == person;
        self.all(asked, only!(Session), is_one).await
    }

    async fn invitation(&self, id: InvitationId) -> Result<Option<Invitation>, StoreError> {
        self.one(Subject::Invitation(id), only!(Invitation)).await
    }

    async fn invitation_by_digest(
        &self,
        digest: &[u8; 32],
    ) -> Result<Option<Invitation>, StoreError> {
        let wanted = *digest;
        let asked = Asked::by_digest(&INVITATIONS, digest);
        let is_it = move |row: &Invitation| row.digest == wanted;
        self.found(asked, only!(Invitation), is_it).await
    }

    async fn invitations_of_place(
        &self,
        organization: Option<OrganizationId>,
    ) -> Result<Vec<Invitation>, StoreError> {
        let asked = Asked {
            table: &INVITATIONS,
            which: "t.organization IS ?1",
            value: lists::place(organization),
        };
        let is_one = move |row: &Invitation| row.organization == organization;
        self.all(asked, only!(Invitation), is_one).await
    }
}

/// Rows of a table that are looked for through an index.
struct Asked {
    table: &'static Table,
    which: &'static str,
    value: Value,
}

impl Asked {
    fn by_digest(table: &'static Table, digest: &[u8; 32]) -> Self {
        Self {
            table,
            which: "t.digest = ?1",
            value: Value::Blob(digest.to_vec()),
        }
    }

    fn sql(&self) -> String {
        format!(
            "SELECT {} FROM {} t WHERE {} ORDER BY t.id",
            self.table.statements().columns,
            self.table.name,
            self.which
        )
    }
}

impl SqliteStore {
    /// The one row that is asked for; refused when it is not sound or another one.
    async fn found<T: Send + 'static>(
        &self,
        asked: Asked,
        of: fn(Record) -> Option<T>,
        is_it: impl Fn(&T) -> bool + Send + 'static,
    ) -> Result<Option<T>, StoreError> {
        let integrity = self.integrity.clone();
        let found = self.readers.read(move |connection| {
            let met = connection
                .prepare_cached(&asked.sql())
                .and_then(|mut statement| {
                    let mut rows = statement.query([&asked.value])?;
                    let row = rows.next()?;
                    Ok(row.map(|row| Reader::new(&integrity).meet(asked.table, row)))
                })
                .map_err(|error| unavailable(&error))?;
            let it = |record: &Record| of(record.clone()).is_some_and(|row| is_it(&row));
            let met = met.map(|met| met.only_if(it));
            stored::accept(met, || format!("a row of table {}", asked.table.name))
        });
        Ok(found.await?.and_then(of))
    }

    /// All rows that are asked for; those that are not sound or others are left out.
    async fn all<T: Send + 'static>(
        &self,
        asked: Asked,
        of: fn(Record) -> Option<T>,
        is_one: impl Fn(&T) -> bool,
    ) -> Result<Vec<T>, StoreError> {
        let integrity = self.integrity.clone();
        let found = self.readers.read(move |connection| {
            let read = || {
                let (mut sound, mut reader) = (Vec::new(), Reader::new(&integrity));
                let mut statement = connection.prepare_cached(&asked.sql())?;
                let mut rows = statement.query(params_from_iter([&asked.value]))?;
                while let Some(row) = rows.next()? {
                    match reader.meet(asked.table, row) {
                        Met::Sound(record, _) => sound.push(record),
                        Met::Forged(record) => {
                            lists::leave_out(&record.subject().to_string(), stored::FORGED);
                        }
                        Met::Unreadable(problem) => {
                            lists::leave_out(asked.table.name, &problem.0);
                        }
                    }
                }
                Ok(sound)
            };
            read().map_err(|error: rusqlite::Error| unavailable(&error))
        });
        let records = found.await?.into_iter();
        Ok(records.filter_map(of).filter(is_one).collect())
    }
}
