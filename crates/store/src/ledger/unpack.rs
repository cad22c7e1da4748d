//! How what was written down is read again; everything is `None` where it is not what it should be.

use std::sync::Arc;

use keystile_core::credit::{
    Account, AccountId, Balance, Charge, Entry, KeySpending, Movement, Part, Place, Remember,
    Reservation, ReturnReason, Returned, Sums,
};
use keystile_core::model::{GrantId, KeyId, Mode, OrganizationId, SpendId, Timestamp};

use super::pack::{ENTRIES, reason_number};
use crate::packed::Unpacker;

/// Unpacks a group of entries; `None` when it is not one.
pub(crate) fn unpack_entries(bytes: &[u8]) -> Option<Vec<Entry>> {
    let mut bytes = begin(bytes)?;
    let mut entries = Vec::new();
    while !bytes.is_done() {
        entries.push(entry(&mut bytes)?);
    }
    Some(entries)
}

/// Unpacks one entry of a group.
pub(crate) fn unpack_entry(bytes: &[u8], index: u16) -> Option<Entry> {
    let mut bytes = begin(bytes)?;
    for _ in 0..index {
        entry(&mut bytes)?;
    }
    entry(&mut bytes)
}

/// Unpacks an account; `None` when it is not one.
pub(crate) fn unpack_account(bytes: &[u8]) -> Option<Account> {
    let mut bytes = Unpacker::new(bytes);
    let sums = Sums {
        granted: bytes.number()?,
        spent: bytes.number()?,
        reserved: bytes.number()?,
        expired: bytes.number()?,
        recurring_until: maybe_time(&mut bytes)?,
        last: maybe_place(&mut bytes)?,
    };
    let balances = bytes.list(|bytes| {
        Some(Balance {
            grant: GrantId::from_bytes(bytes.array()?),
            remaining: bytes.number()?,
            ends_at: maybe_time(bytes)?,
        })
    })?;
    let reservations = bytes.list(|bytes| {
        Some(Reservation {
            spend: SpendId::from_bytes(bytes.array()?),
            key: KeyId::from_bytes(bytes.array()?),
            amount: bytes.number()?,
            ends_at: time(bytes)?,
            parts: bytes.list(returned)?,
            remembered: maybe_name(bytes)?,
        })
    })?;
    bytes.is_done().then_some(Account {
        sums,
        balances,
        reservations: reservations.into_iter().collect(),
    })
}

/// Unpacks what a key spent; `None` when it is not that.
pub(crate) fn unpack_key(bytes: &[u8]) -> Option<KeySpending> {
    let mut bytes = Unpacker::new(bytes);
    let key = KeySpending {
        total: bytes.number()?,
        day: i64::from_be_bytes(bytes.array()?),
        of_day: bytes.number()?,
        month: i64::from_be_bytes(bytes.array()?),
        of_month: bytes.number()?,
        last: maybe_place(&mut bytes)?,
    };
    bytes.is_done().then_some(key)
}

/// Unpacks what became of a charge; `None` when it is not that.
pub(crate) fn unpack_change(bytes: &[u8]) -> Option<(Option<u64>, u64)> {
    let mut bytes = Unpacker::new(bytes);
    let settled = match bytes.byte()? {
        0 => None,
        1 => Some(bytes.number()?),
        _ => return None,
    };
    let returned = bytes.number()?;
    bytes.is_done().then_some((settled, returned))
}

fn begin(bytes: &[u8]) -> Option<Unpacker<'_>> {
    let mut bytes = Unpacker::new(bytes);
    (bytes.byte()? == ENTRIES).then_some(bytes)
}

fn time(bytes: &mut Unpacker<'_>) -> Option<Timestamp> {
    let millis = i64::from_be_bytes(bytes.array()?);
    Some(Timestamp::from_millis(millis))
}

fn maybe<T>(
    bytes: &mut Unpacker<'_>,
    read: impl Fn(&mut Unpacker<'_>) -> Option<T>,
) -> Option<Option<T>> {
    match bytes.byte()? {
        0 => Some(None),
        1 => read(bytes).map(Some),
        _ => None,
    }
}

fn maybe_time(bytes: &mut Unpacker<'_>) -> Option<Option<Timestamp>> {
    maybe(bytes, time)
}

fn maybe_name(bytes: &mut Unpacker<'_>) -> Option<Option<u128>> {
    maybe(bytes, |bytes| bytes.array().map(u128::from_be_bytes))
}

fn maybe_place(bytes: &mut Unpacker<'_>) -> Option<Option<Place>> {
    let group = bytes.number()?;
    if group == 0 {
        return Some(None);
    }
    let index = u16::try_from(bytes.number()?).ok()?;
    Some(Some(Place { group, index }))
}

fn part(bytes: &mut Unpacker<'_>) -> Option<Part> {
    Some(Part {
        grant: GrantId::from_bytes(bytes.array()?),
        amount: bytes.number()?,
    })
}

fn returned(bytes: &mut Unpacker<'_>) -> Option<Returned> {
    Some(Returned {
        part: part(bytes)?,
        ends_at: maybe_time(bytes)?,
    })
}

fn charge(bytes: &mut Unpacker<'_>) -> Option<Charge> {
    Some(Charge {
        key: KeyId::from_bytes(bytes.array()?),
        amount: bytes.number()?,
        parts: bytes.list(part)?,
        operation: Some(bytes.text()?)
            .filter(|text| !text.is_empty())
            .map(Arc::from),
        remember: match maybe_name(bytes)? {
            None => None,
            Some(name) => Some(Remember {
                name,
                fingerprint: u64::from_be_bytes(bytes.array()?),
            }),
        },
    })
}

fn entry(bytes: &mut Unpacker<'_>) -> Option<Entry> {
    Some(Entry {
        account: AccountId {
            organization: OrganizationId::from_bytes(bytes.array()?),
            mode: match bytes.byte()? {
                0 => Mode::Live,
                1 => Mode::Test,
                _ => return None,
            },
        },
        previous: maybe_place(bytes)?,
        movement: movement(bytes)?,
    })
}

fn movement(bytes: &mut Unpacker<'_>) -> Option<Movement> {
    Some(match bytes.byte()? {
        1 => {
            let Part { grant, amount } = part(bytes)?;
            Movement::Granted {
                grant,
                amount,
                ends_at: maybe_time(bytes)?,
                recurring: bytes.byte()? == 1,
            }
        }
        kind @ (2 | 3) => {
            let Part { grant, amount } = part(bytes)?;
            match kind {
                2 => Movement::Expired { grant, amount },
                _ => Movement::Voided { grant, amount },
            }
        }
        4 => Movement::Spent(charge(bytes)?),
        5 => Movement::Reserved {
            charge: charge(bytes)?,
            ends_at: time(bytes)?,
        },
        6 => Movement::Settled {
            spend: SpendId::from_bytes(bytes.array()?),
            key: KeyId::from_bytes(bytes.array()?),
            amount: bytes.number()?,
            returned: bytes.list(returned)?,
        },
        7 => Movement::Returned {
            spend: SpendId::from_bytes(bytes.array()?),
            key: KeyId::from_bytes(bytes.array()?),
            amount: bytes.number()?,
            reason: {
                let number = bytes.byte()?;
                let mut all = ReturnReason::ALL.into_iter();
                all.find(|reason| reason_number(*reason) == number)?
            },
            returned: bytes.list(returned)?,
            forgets: maybe_name(bytes)?,
        },
        8 => Movement::Reached {
            threshold: bytes.number()?,
            remaining: bytes.number()?,
        },
        _ => return None,
    })
}
