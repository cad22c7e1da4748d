//! Row MACs, the journal's chain, and the sum that proves that no row is missing or old.
//!
//! Whoever can write the database but lacks the key material can neither alter a row (its MAC
//! fails), nor swap, add, remove or bring back one: every row's MAC has a second half that is
//! never stored, and the sum of all second halves stands, sealed, beside the head of the journal.
//! Each change subtracts what it replaces and adds what it writes, so keeping the sum costs
//! nothing, and one pass over the rows at start, which reads them anyway, proves it.

use std::fmt;

use subtle::ConstantTimeEq;

use super::mac::Mac;
use super::material::derive;
use super::{Encoder, SecretBytes};
use crate::model::Record;

/// The half of a row's MAC that is stored with the row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct RowTag(pub [u8; 16]);

/// The sum of the unstored halves of all row MACs, modulo 2^128. Order does not matter.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
pub struct SetSum(u128);

impl fmt::Debug for SetSum {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SetSum(redacted)")
    }
}

impl SetSum {
    /// The sum of no rows.
    pub const NOTHING: Self = Self(0);

    /// With one more row.
    #[must_use]
    pub const fn plus(self, row: Self) -> Self {
        Self(self.0.wrapping_add(row.0))
    }

    /// With one row less.
    #[must_use]
    pub const fn minus(self, row: Self) -> Self {
        Self(self.0.wrapping_sub(row.0))
    }
}

/// One link of the journal's chain: an HMAC over the link before it and this row's content.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ChainLink(pub [u8; 32]);

impl ChainLink {
    /// What the first row is chained to.
    pub const GENESIS: Self = Self([0; 32]);
}

/// The end of the ledger: its last group, and that group's link of the ledger's chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LedgerEnd {
    /// The number of the last group; 0 before the first.
    pub number: u64,
    /// Its link.
    pub link: ChainLink,
}

impl LedgerEnd {
    /// Before the first group.
    pub const NOTHING: Self = Self {
        number: 0,
        link: ChainLink::GENESIS,
    };
}

/// The end of the journal, as far as it binds what is sealed beside it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SealedHead {
    /// The number of the last row.
    pub seq: u64,
    /// Its link.
    pub link: ChainLink,
    /// Where the ledger ended when this was sealed.
    pub ledger: LedgerEnd,
}

impl SealedHead {
    fn bytes(&self) -> [[u8; 32]; 3] {
        let mut numbers = [0; 32];
        let both = [self.seq.to_be_bytes(), self.ledger.number.to_be_bytes()];
        let slots = numbers.iter_mut().zip(both.into_iter().flatten());
        slots.for_each(|(slot, byte)| *slot = byte);
        [numbers, self.link.0, self.ledger.link.0]
    }
}

/// The keys for all of them.
#[derive(Clone)]
pub struct Integrity {
    rows: Mac,
    chain: Mac,
    head: Mac,
    ledger: Mac,
}

impl fmt::Debug for Integrity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Integrity(redacted)")
    }
}

impl Integrity {
    /// Derives the keys from one.
    #[must_use]
    pub fn new(secret: &SecretBytes) -> Self {
        let key = |purpose: &[u8]| Mac::new(derive(secret, purpose).expose());
        Self {
            rows: key(b"keystile/1/rows"),
            chain: key(b"keystile/1/chain"),
            head: key(b"keystile/1/head"),
            ledger: key(b"keystile/1/ledger"),
        }
    }

    /// The two halves of a row's MAC; `buffer` is scratch space.
    #[must_use]
    pub fn row(&self, record: &Record, buffer: &mut Vec<u8>) -> (RowTag, SetSum) {
        buffer.clear();
        record.encode(&mut Encoder::new(buffer));
        let (tag, element) = halves(self.rows.of(buffer));
        (RowTag(tag), SetSum(u128::from_be_bytes(element)))
    }

    /// The next link of the chain.
    #[must_use]
    pub fn link(&self, before: ChainLink, content: &[u8]) -> ChainLink {
        ChainLink(self.chain.of_parts(&[&before.0, content]))
    }

    /// Seals the sum of all rows for storing beside the head of the journal.
    #[must_use]
    pub fn seal_sum(&self, head: &SealedHead, sum: SetSum) -> [u8; 48] {
        let masked = sum.0 ^ self.mask(head);
        let mut sealed = [0_u8; 48];
        let tag = self.sum_tag(head, sum);
        let parts = masked.to_be_bytes().into_iter().chain(tag);
        sealed
            .iter_mut()
            .zip(parts)
            .for_each(|(slot, byte)| *slot = byte);
        sealed
    }

    /// Opens what `seal_sum` made; `None` when it or the head was altered.
    #[must_use]
    pub fn open_sum(&self, head: &SealedHead, sealed: &[u8]) -> Option<SetSum> {
        let (masked, tag) = sealed.split_first_chunk::<16>()?;
        let sum = SetSum(u128::from_be_bytes(*masked) ^ self.mask(head));
        bool::from(self.sum_tag(head, sum).as_slice().ct_eq(tag)).then_some(sum)
    }

    /// The next link of the ledger's chain.
    #[must_use]
    pub fn ledger_link(&self, before: ChainLink, content: &[u8]) -> ChainLink {
        ChainLink(self.ledger.of_parts(&[b"link", &before.0, content]))
    }

    /// The two halves of the MAC of a row that the ledger keeps besides its groups.
    #[must_use]
    pub fn ledger_row(&self, content: &[u8]) -> (RowTag, SetSum) {
        let (tag, element) = halves(self.ledger.of_parts(&[b"row", content]));
        (RowTag(tag), SetSum(u128::from_be_bytes(element)))
    }

    /// Hides the sum of those rows for storing it in a group, whose link then covers it.
    #[must_use]
    pub fn hide_ledger_sum(&self, before: LedgerEnd, sum: SetSum) -> [u8; 16] {
        (sum.0 ^ self.ledger_mask(before)).to_be_bytes()
    }

    /// The sum that `hide_ledger_sum` hid; whether it was altered, the group's link tells.
    #[must_use]
    pub fn ledger_sum(&self, before: LedgerEnd, hidden: [u8; 16]) -> SetSum {
        SetSum(u128::from_be_bytes(hidden) ^ self.ledger_mask(before))
    }

    /// A hash that only Keystile can make, of what a client chose.
    #[must_use]
    pub fn ledger_name(&self, content: &[u8]) -> u128 {
        let hash = self.ledger.of_parts(&[b"name", content]);
        u128::from_be_bytes(halves(hash).0)
    }

    fn mask(&self, head: &SealedHead) -> u128 {
        let [numbers, link, ledger] = head.bytes();
        let bytes = self.head.of_parts(&[b"mask", &numbers, &link, &ledger]);
        u128::from_be_bytes(halves(bytes).0)
    }

    fn sum_tag(&self, head: &SealedHead, sum: SetSum) -> [u8; 32] {
        let [numbers, link, ledger] = head.bytes();
        let sum = sum.0.to_be_bytes();
        self.head
            .of_parts(&[b"sum", &numbers, &link, &ledger, &sum])
    }

    fn ledger_mask(&self, before: LedgerEnd) -> u128 {
        let number = before.number.to_be_bytes();
        let bytes = self.ledger.of_parts(&[b"mask", &number, &before.link.0]);
        u128::from_be_bytes(halves(bytes).0)
    }
}

fn halves(bytes: [u8; 32]) -> ([u8; 16], [u8; 16]) {
    match bytes.as_chunks() {
        ([first, second], _) => (*first, *second),
        _ => ([0; 16], [0; 16]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Product, Timestamp};

    fn product(manifest: &str, seq: u64) -> Record {
        let at = Timestamp::from_millis(1);
        Record::Product(Product {
            slug: "demo".parse().unwrap(),
            manifest: manifest.into(),
            created_at: at,
            updated_at: at,
            seq,
        })
    }

    #[test]
    fn any_changed_field_changes_the_tag() {
        let keys = Integrity::new(&SecretBytes::new([1; 32]));
        let mut buffer = Vec::new();
        let one = keys.row(&product("a", 1), &mut buffer);
        for other in [product("b", 1), product("a", 2)] {
            assert_ne!(keys.row(&other, &mut buffer).0, one.0);
        }
        assert_eq!(keys.row(&product("a", 1), &mut buffer), one);
    }

    #[test]
    fn the_sum_forgets_what_was_replaced_and_ignores_order() {
        let keys = Integrity::new(&SecretBytes::new([1; 32]));
        let mut buffer = Vec::new();
        let mut of = |record: Record| keys.row(&record, &mut buffer).1;
        let (a, b, c) = (
            of(product("a", 1)),
            of(product("b", 2)),
            of(product("c", 3)),
        );
        let sum = SetSum::default().plus(a).plus(b).minus(a).plus(c);
        assert_eq!(sum, SetSum::default().plus(c).plus(b));
    }

    #[test]
    fn a_sealed_sum_opens_only_for_its_head() {
        let keys = Integrity::new(&SecretBytes::new([1; 32]));
        let link = keys.link(ChainLink::GENESIS, b"first");
        let ledger = LedgerEnd { number: 3, link };
        let seq = 7;
        let head = SealedHead { seq, link, ledger };
        let sum = keys.row(&product("a", 1), &mut Vec::new()).1;
        let mut sealed = keys.seal_sum(&head, sum);
        assert_eq!(keys.open_sum(&head, &sealed), Some(sum));
        let nothing = ChainLink::GENESIS;
        let others = [
            SealedHead { seq: 8, ..head },
            SealedHead {
                link: nothing,
                ..head
            },
            SealedHead {
                ledger: LedgerEnd { number: 4, link },
                ..head
            },
            SealedHead {
                ledger: LedgerEnd {
                    number: 3,
                    link: nothing,
                },
                ..head
            },
        ];
        for other in &others {
            assert_eq!(keys.open_sum(other, &sealed), None, "{other:?}");
        }
        sealed[3] ^= 1;
        assert_eq!(keys.open_sum(&head, &sealed), None);
    }
}
