//! What a journal row holds and which bytes its link of the chain covers; the same for every
//! database. It knows no SQL.

use keystile_core::key::{ChainLink, Encoder, Integrity, RowTag, WrappedKey};
use keystile_core::model::{
    Action, Actor, AuditEntry, EnvironmentId, GrantId, InvitationId, KeyId, MemberId,
    OrganizationId, PersonId, Personal, ProjectId, RequestId, SessionId, Subject, Timestamp,
};
use sha2::{Digest, Sha256};

/// A row of the journal, word for word as the database keeps it, so that the chain is checked
/// over what is stored and not over what it was read as.
#[derive(Debug, Clone)]
pub(crate) struct JournalRow {
    pub(crate) seq: u64,
    pub(crate) at: Timestamp,
    pub(crate) actor: String,
    pub(crate) action: String,
    pub(crate) product: Option<String>,
    pub(crate) organization: Option<[u8; 16]>,
    pub(crate) request_id: Option<[u8; 16]>,
    /// The hash of the personal fields with their salt.
    pub(crate) personal: Option<[u8; 32]>,
    /// The hash of all wrapped keys, in a row that replaced them.
    pub(crate) keyring: Option<[u8; 32]>,
    pub(crate) details: String,
    /// What was written: see [`encode_marks`].
    pub(crate) marks: Vec<u8>,
}

impl JournalRow {
    /// Its link of the chain, after the link `before`.
    pub(crate) fn link(&self, integrity: &Integrity, before: ChainLink) -> ChainLink {
        let mut content = Vec::with_capacity(256 + self.marks.len() + self.details.len());
        self.encode(&mut Encoder::new(&mut content));
        integrity.link(before, &content)
    }

    /// Changing this breaks every existing chain, so a new layout needs a new leading tag.
    fn encode(&self, out: &mut Encoder<'_>) {
        out.text("journal/1");
        out.number(self.seq);
        out.time(self.at);
        out.text(&self.actor);
        out.text(&self.action);
        out.maybe_text(self.product.as_deref());
        out.maybe_bytes(self.organization.as_ref().map(<[u8; 16]>::as_slice));
        out.maybe_bytes(self.request_id.as_ref().map(<[u8; 16]>::as_slice));
        out.maybe_bytes(self.personal.as_ref().map(<[u8; 32]>::as_slice));
        out.maybe_bytes(self.keyring.as_ref().map(<[u8; 32]>::as_slice));
        out.text(&self.details);
        out.bytes(&self.marks);
    }

    /// The row as people read it; `None` when it cannot be what Keystile wrote.
    pub(crate) fn entry(&self, personal: Option<Personal>) -> Option<AuditEntry> {
        let subjects = decode_marks(&self.marks)?
            .into_iter()
            .map(|mark| mark.subject)
            .collect();
        let product = self.product.as_deref().map(str::parse).transpose();
        Some(AuditEntry {
            seq: self.seq,
            at: self.at,
            actor: serde_json::from_str(&self.actor).ok()?,
            action: Action::from_text(&self.action)?,
            product: product.ok()?,
            organization: self.organization.map(OrganizationId::from_bytes),
            subjects,
            details: serde_json::from_str(&self.details).ok()?,
            request_id: self.request_id.map(RequestId::from_bytes),
            personal,
        })
    }
}

/// That a journal row wrote a record, leaving this tag, or removed it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Mark {
    pub(crate) subject: Subject,
    /// The tag of the written row; `None` when it was removed.
    pub(crate) tag: Option<RowTag>,
}

/// The marks of a journal row, one after the other.
pub(crate) fn encode_marks(marks: &[Mark]) -> Vec<u8> {
    let mut out = Vec::with_capacity(marks.len() * 34);
    for mark in marks {
        encode_subject(&mark.subject, &mut out);
        out.push(u8::from(mark.tag.is_some()));
        if let Some(tag) = mark.tag {
            out.extend_from_slice(&tag.0);
        }
    }
    out
}

fn encode_subject(subject: &Subject, out: &mut Vec<u8>) {
    match subject {
        Subject::Product(slug) => {
            // A slug has at most 40 bytes.
            out.extend_from_slice(&[1, u8::try_from(slug.as_str().len()).unwrap_or(u8::MAX)]);
            out.extend_from_slice(slug.as_str().as_bytes());
        }
        Subject::Organization(id) => tagged(2, &id.to_bytes(), out),
        Subject::Project(id) => tagged(3, &id.to_bytes(), out),
        Subject::Environment(id) => tagged(4, &id.to_bytes(), out),
        Subject::Key(id) => tagged(5, &id.to_bytes(), out),
        Subject::RetiredValue(id, digest) => {
            tagged(6, &id.to_bytes(), out);
            out.extend_from_slice(digest);
        }
        Subject::Grant(id) => tagged(7, &id.to_bytes(), out),
        Subject::Person(id) => tagged(8, &id.to_bytes(), out),
        Subject::Member(id) => tagged(9, &id.to_bytes(), out),
        Subject::Session(id) => tagged(10, &id.to_bytes(), out),
        Subject::Invitation(id) => tagged(11, &id.to_bytes(), out),
    }
}

fn tagged(kind: u8, bytes: &[u8], out: &mut Vec<u8>) {
    out.push(kind);
    out.extend_from_slice(bytes);
}

/// Reads what [`encode_marks`] wrote; `None` when it is anything else.
pub(crate) fn decode_marks(mut bytes: &[u8]) -> Option<Vec<Mark>> {
    let mut marks = Vec::with_capacity(bytes.len() / 34);
    while !bytes.is_empty() {
        let subject = decode_subject(&mut bytes)?;
        let tag = match take::<1>(&mut bytes)? {
            [0] => None,
            [1] => Some(RowTag(take(&mut bytes)?)),
            _ => return None,
        };
        marks.push(Mark { subject, tag });
    }
    Some(marks)
}

fn decode_subject(bytes: &mut &[u8]) -> Option<Subject> {
    Some(match take::<1>(bytes)? {
        [1] => {
            let [length] = take(bytes)?;
            let (slug, rest) = bytes.split_at_checked(usize::from(length))?;
            *bytes = rest;
            Subject::Product(std::str::from_utf8(slug).ok()?.parse().ok()?)
        }
        [2] => Subject::Organization(OrganizationId::from_bytes(take(bytes)?)),
        [3] => Subject::Project(ProjectId::from_bytes(take(bytes)?)),
        [4] => Subject::Environment(EnvironmentId::from_bytes(take(bytes)?)),
        [5] => Subject::Key(KeyId::from_bytes(take(bytes)?)),
        [6] => Subject::RetiredValue(KeyId::from_bytes(take(bytes)?), take(bytes)?),
        [7] => Subject::Grant(GrantId::from_bytes(take(bytes)?)),
        [8] => Subject::Person(PersonId::from_bytes(take(bytes)?)),
        [9] => Subject::Member(MemberId::from_bytes(take(bytes)?)),
        [10] => Subject::Session(SessionId::from_bytes(take(bytes)?)),
        [11] => Subject::Invitation(InvitationId::from_bytes(take(bytes)?)),
        _ => return None,
    })
}

fn take<const N: usize>(bytes: &mut &[u8]) -> Option<[u8; N]> {
    let (taken, rest) = bytes.split_first_chunk::<N>()?;
    *bytes = rest;
    Some(*taken)
}

/// Whoever made a change, as a row names them. An actor is a plain structure, whose JSON cannot
/// fail.
pub(crate) fn actor_text(actor: &Actor) -> String {
    serde_json::to_string(actor).unwrap_or_default()
}

/// The hash of personal fields by which the chain covers them, so that they can be erased.
pub(crate) fn personal_hash(salt: &[u8], body: &str) -> [u8; 32] {
    Sha256::new()
        .chain_update(salt)
        .chain_update(body)
        .finalize()
        .into()
}

/// The hash of all wrapped keys by which the chain covers them.
pub(crate) fn keyring_hash(keys: &[WrappedKey]) -> [u8; 32] {
    let mut sorted: Vec<_> = keys.iter().collect();
    sorted.sort_by_key(|key| (key.purpose, key.version));
    let mut bytes = Vec::new();
    let mut out = Encoder::new(&mut bytes);
    for key in sorted {
        out.text(key.purpose.as_str());
        out.number(u64::from(key.version));
        out.bytes(&key.wrapped);
    }
    Sha256::digest(&bytes).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn marks() -> Vec<Mark> {
        let key = KeyId::from_u128(5);
        [
            (
                Subject::Product("demo".parse().unwrap()),
                Some(RowTag([1; 16])),
            ),
            (Subject::Organization(OrganizationId::from_u128(2)), None),
            (
                Subject::Project(ProjectId::from_u128(3)),
                Some(RowTag([3; 16])),
            ),
            (Subject::Environment(EnvironmentId::from_u128(4)), None),
            (Subject::Key(key), Some(RowTag([5; 16]))),
            (Subject::RetiredValue(key, [6; 32]), None),
            (Subject::Grant(GrantId::from_u128(7)), Some(RowTag([7; 16]))),
            (
                Subject::Person(PersonId::from_u128(8)),
                Some(RowTag([8; 16])),
            ),
            (
                Subject::Member(MemberId::from_u128(9)),
                Some(RowTag([9; 16])),
            ),
            (Subject::Session(SessionId::from_u128(10)), None),
            (Subject::Invitation(InvitationId::from_u128(11)), None),
        ]
        .map(|(subject, tag)| Mark { subject, tag })
        .to_vec()
    }

    #[test]
    fn marks_read_back_as_they_were_written() {
        assert_eq!(decode_marks(&encode_marks(&marks())), Some(marks()));
        assert_eq!(decode_marks(&[]), Some(Vec::new()));
    }

    #[test]
    fn marks_that_are_cut_or_unknown_are_no_marks() {
        let bytes = encode_marks(&marks()[4..6]);
        for end in 1..bytes.len() {
            let whole_marks = decode_marks(&bytes[..end]).map(|marks| marks.len());
            assert!(whole_marks.is_none_or(|count| count == 1), "cut at {end}");
        }
        assert_eq!(decode_marks(&[12; 34]), None);
        assert_eq!(decode_marks(&[1, 200, b'a', 0]), None);
    }
}
