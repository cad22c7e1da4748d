//! What answers show of the ledger: each entry with what it does to every sum of the account, so
//! that whoever adds them up comes to what `…/credits` says.

use keystile_core::credit::{Charge, Movement, Place, ReturnReason, Returned};
use keystile_core::model::{EntryId, KeyId, Mode, SpendId, Timestamp};
use keystile_store::Listed;
use schemars::JsonSchema;
use serde::Serialize;

use super::view::PartView;
use crate::app::App;
use crate::manage::unread;
use crate::problem::Problem;

/// One entry of the ledger.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "LedgerEntry")]
pub(crate) struct EntryView {
    /// Its id, for ever; of `spent` and `reserved` that of the spend.
    pub(crate) id: String,
    pub(crate) at: Timestamp,
    pub(crate) mode: Mode,
    /// What happened.
    pub(crate) r#type: EntryType,
    /// How many credits it is about; absent where the credits that remain reached a threshold.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) amount: Option<u64>,
    /// What it does to each sum of the account.
    pub(crate) changes: Changes,
    /// The spend that it is, or that it changes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) spend_id: Option<SpendId>,
    /// The key that made the call.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) key: Option<KeyId>,
    /// The operation of the call, as the manifest writes it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) operation: Option<String>,
    /// The grants that credits were added to, came from, or went back to.
    pub(super) grants: Vec<PartView>,
    /// Of `granted`: when what is left of it ends.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) expires_at: Option<Timestamp>,
    /// Of `reserved`: until when, unless it is settled or released before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) reserved_until: Option<Timestamp>,
    /// Of `credits.low` and `credits.exhausted`: what was reached.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) threshold: Option<u64>,
    /// Of `credits.low` and `credits.exhausted`: how many credits remained.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) remaining: Option<u64>,
}

/// What an entry of the ledger says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "LedgerEntryType")]
pub(crate) enum EntryType {
    /// Credits were granted.
    Granted,
    /// What was left of a grant ended with its time.
    Expired,
    /// What was left of a grant ended because it was declared void.
    Voided,
    /// A call was charged.
    Spent,
    /// Credits were set aside for a call.
    Reserved,
    /// The cost of a call became known; the rest of its reservation is free.
    Settled,
    /// All or a part of a charge was given back.
    Refunded,
    /// A charge was taken back, because its call was refused after all.
    Reversed,
    /// A reservation was given back.
    Released,
    /// A reservation ended with its time.
    RanOut,
    /// The credits that remain reached a threshold of the manifest.
    #[serde(rename = "credits.low")]
    CreditsLow,
    /// Nothing remains.
    #[serde(rename = "credits.exhausted")]
    CreditsExhausted,
}

/// What an entry adds to each sum of its account; less than nothing takes away.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "LedgerChanges")]
pub(crate) struct Changes {
    pub(crate) granted: i64,
    pub(crate) spent: i64,
    pub(crate) reserved: i64,
    pub(crate) expired: i64,
    pub(crate) remaining: i64,
}

impl EntryType {
    /// As JSON and exports write it.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Granted => "granted",
            Self::Expired => "expired",
            Self::Voided => "voided",
            Self::Spent => "spent",
            Self::Reserved => "reserved",
            Self::Settled => "settled",
            Self::Refunded => "refunded",
            Self::Reversed => "reversed",
            Self::Released => "released",
            Self::RanOut => "ran_out",
            Self::CreditsLow => "credits.low",
            Self::CreditsExhausted => "credits.exhausted",
        }
    }
}

impl Changes {
    /// Credits are taken from what remains.
    fn taken(amount: u64) -> Self {
        let remaining = -signed(amount);
        Self {
            remaining,
            ..Self::default()
        }
    }

    /// Credits go back where they came from; those of a grant that has ended end with it.
    fn given_back(returned: &[Returned], at: Timestamp) -> Self {
        let mut changes = Self::default();
        for one in returned {
            let is_over = one.ends_at.is_some_and(|end| end <= at);
            let sum = match is_over {
                true => &mut changes.expired,
                false => &mut changes.remaining,
            };
            *sum += signed(one.part.amount);
        }
        changes
    }
}

/// Accounts hold at most 2^53 - 1, so every amount has a sign to spare.
fn signed(amount: u64) -> i64 {
    i64::try_from(amount).unwrap_or(i64::MAX)
}

/// The name of an entry for lists and cursors.
pub(super) fn id_of(listed: &Listed) -> String {
    let spend = listed.place.spend_id(listed.at);
    match listed.entry.movement {
        Movement::Spent(_) | Movement::Reserved { .. } => spend.to_string(),
        _ => EntryId::from_u128(spend.as_u128()).to_string(),
    }
}

/// Where the entry of that name stands.
pub(super) fn place_of(id: &str) -> Option<Place> {
    let spend = id.parse::<SpendId>().ok();
    let entry = || {
        let id = id.parse::<EntryId>().ok()?;
        Some(SpendId::from_u128(id.as_u128()))
    };
    Place::of(spend.or_else(entry)?)
}

/// An entry as answers show it.
pub(super) async fn show(app: &App, listed: Listed) -> Result<EntryView, Problem> {
    let reverses_reservation = match &listed.entry.movement {
        Movement::Returned {
            spend,
            reason: ReturnReason::Reversed,
            ..
        } => was_only_reserved(app, *spend).await?,
        _ => false,
    };
    Ok(EntryView::of(&listed, reverses_reservation))
}

/// Whether a charge that was reversed was a reservation then: of all entries, only this one does
/// not say it itself.
async fn was_only_reserved(app: &App, spend: SpendId) -> Result<bool, Problem> {
    let charged = app.store.charged(spend).await.map_err(unread)?;
    Ok(charged.is_some_and(|one| one.reserved_until.is_some() && one.settled.is_none()))
}

impl EntryView {
    fn of(listed: &Listed, reverses_reservation: bool) -> Self {
        let blank = |r#type| Self {
            id: id_of(listed),
            at: listed.at,
            mode: listed.entry.account.mode,
            r#type,
            amount: None,
            changes: Changes::default(),
            spend_id: None,
            key: None,
            operation: None,
            grants: Vec::new(),
            expires_at: None,
            reserved_until: None,
            threshold: None,
            remaining: None,
        };
        match &listed.entry.movement {
            Movement::Granted {
                grant,
                amount,
                ends_at,
                ..
            } => Self {
                expires_at: *ends_at,
                ..blank(EntryType::Granted).moving(*grant, *amount, |amount| Changes {
                    granted: amount,
                    remaining: amount,
                    ..Changes::default()
                })
            },
            Movement::Expired { grant, amount } => {
                blank(EntryType::Expired).moving(*grant, *amount, ended)
            }
            Movement::Voided { grant, amount } => {
                blank(EntryType::Voided).moving(*grant, *amount, ended)
            }
            Movement::Spent(charge) => {
                let spent = signed(charge.amount);
                let changes = Changes::taken(charge.amount);
                let changes = Changes { spent, ..changes };
                blank(EntryType::Spent).charging(listed, charge, changes)
            }
            Movement::Reserved { charge, ends_at } => {
                let reserved = signed(charge.amount);
                let changes = Changes::taken(charge.amount);
                let changes = Changes {
                    reserved,
                    ..changes
                };
                let entry = blank(EntryType::Reserved).charging(listed, charge, changes);
                Self {
                    reserved_until: Some(*ends_at),
                    ..entry
                }
            }
            Movement::Settled {
                spend,
                key,
                amount,
                returned,
            } => {
                let mut changes = Changes::given_back(returned, listed.at);
                let spent = signed(*amount);
                changes.reserved = -(spent + changes.remaining + changes.expired);
                changes.spent = spent;
                blank(EntryType::Settled).changing((*spend, *key), *amount, returned, changes)
            }
            Movement::Returned {
                spend,
                key,
                amount,
                reason,
                returned,
                ..
            } => {
                let mut changes = Changes::given_back(returned, listed.at);
                let from = match reason.ends_reservation() || reverses_reservation {
                    true => &mut changes.reserved,
                    false => &mut changes.spent,
                };
                *from = -signed(*amount);
                blank(given_back_as(*reason)).changing((*spend, *key), *amount, returned, changes)
            }
            Movement::Reached {
                threshold,
                remaining,
            } => Self {
                threshold: Some(*threshold),
                remaining: Some(*remaining),
                ..blank(match threshold {
                    0 => EntryType::CreditsExhausted,
                    _ => EntryType::CreditsLow,
                })
            },
        }
    }

    /// About a grant.
    fn moving(
        self,
        id: keystile_core::model::GrantId,
        amount: u64,
        changes: impl Fn(i64) -> Changes,
    ) -> Self {
        Self {
            amount: Some(amount),
            changes: changes(signed(amount)),
            grants: vec![PartView { id, amount }],
            ..self
        }
    }

    /// A charge.
    fn charging(self, listed: &Listed, charge: &Charge, changes: Changes) -> Self {
        Self {
            amount: Some(charge.amount),
            changes,
            spend_id: Some(listed.place.spend_id(listed.at)),
            key: Some(charge.key),
            operation: charge.operation.as_deref().map(str::to_owned),
            grants: charge.parts.iter().map(PartView::from).collect(),
            ..self
        }
    }

    /// What became of a charge.
    fn changing(
        self,
        (spend, key): (SpendId, KeyId),
        amount: u64,
        returned: &[Returned],
        changes: Changes,
    ) -> Self {
        Self {
            amount: Some(amount),
            changes,
            spend_id: Some(spend),
            key: Some(key),
            grants: returned.iter().map(|one| (&one.part).into()).collect(),
            ..self
        }
    }
}

fn ended(amount: i64) -> Changes {
    Changes {
        expired: amount,
        remaining: -amount,
        ..Changes::default()
    }
}

fn given_back_as(reason: ReturnReason) -> EntryType {
    match reason {
        ReturnReason::Refunded => EntryType::Refunded,
        ReturnReason::Reversed => EntryType::Reversed,
        ReturnReason::Released => EntryType::Released,
        ReturnReason::RanOut => EntryType::RanOut,
    }
}

#[cfg(test)]
mod tests {
    use keystile_core::credit::{AccountId, Entry, Part};
    use keystile_core::model::{GrantId, OrganizationId};

    use super::*;

    fn reversed(was_only_reserved: bool) -> Changes {
        let at = Timestamp::from_millis(1_795_000_000_000);
        let part = |grant, amount| Part {
            grant: GrantId::from_u128(grant),
            amount,
        };
        let went = |part, ends_at| Returned { part, ends_at };
        let movement = Movement::Returned {
            spend: SpendId::from_u128(1),
            key: KeyId::from_u128(2),
            amount: 5,
            reason: ReturnReason::Reversed,
            returned: vec![went(part(3, 4), None), went(part(4, 1), Some(at))],
            forgets: None,
        };
        let listed = Listed {
            place: Place { group: 1, index: 0 },
            at,
            entry: Entry {
                account: AccountId {
                    organization: OrganizationId::from_u128(5),
                    mode: Mode::Live,
                },
                previous: None,
                movement,
            },
        };
        let entry = EntryView::of(&listed, was_only_reserved);
        assert_eq!(entry.r#type, EntryType::Reversed);
        entry.changes
    }

    #[test]
    fn what_is_reversed_was_spent_or_only_reserved() {
        let back = Changes {
            remaining: 4,
            expired: 1,
            ..Changes::default()
        };
        assert_eq!(reversed(false), Changes { spent: -5, ..back });
        let reserved = -5;
        assert_eq!(reversed(true), Changes { reserved, ..back });
    }

    #[test]
    fn an_id_leads_to_its_place() {
        let place = Place { group: 7, index: 3 };
        let spend = place.spend_id(Timestamp::from_millis(1_795_000_000_000));
        let entry = EntryId::from_u128(spend.as_u128());
        assert_eq!(place_of(&spend.to_string()), Some(place));
        assert_eq!(place_of(&entry.to_string()), Some(place));
        assert_eq!(place_of("entry_00000000000000000000000000"), None);
        assert_eq!(place_of("grant_01h2xcejqtf2nbrexx3vqjhp41"), None);
    }
}
