//! Comparing what the ledger granted with the records of grants, one by one.

use std::collections::HashMap;

use keystile_core::credit::{AccountId, Book};
use keystile_core::model::{Grant, GrantId, Occasion, Timestamp};

use super::findings::{Findings, place};

/// Credits that were granted, as an entry or a record says it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Given {
    pub(super) account: AccountId,
    pub(super) amount: u64,
    pub(super) ends_at: Option<Timestamp>,
    pub(super) recurring: bool,
}

/// What a record says, and what was met of it.
struct Recorded {
    given: Given,
    is_void: bool,
    was_given: bool,
    was_voided: bool,
}

/// All grants whose records are sound.
#[derive(Default)]
pub(in crate::sqlite) struct Grants(HashMap<GrantId, Recorded>);

impl Grants {
    /// Adds the record of one.
    pub(in crate::sqlite) fn note(&mut self, grant: &Grant) {
        let given = Given {
            account: AccountId {
                organization: grant.organization,
                mode: grant.mode,
            },
            amount: grant.amount,
            ends_at: grant.expires_at,
            recurring: grant.occasion.as_ref().is_some_and(Occasion::recurs),
        };
        let recorded = Recorded {
            given,
            is_void: grant.voided_at.is_some(),
            was_given: false,
            was_voided: false,
        };
        self.0.insert(grant.id, recorded);
    }

    /// An entry says that it was given.
    pub(super) fn given(
        &mut self,
        id: GrantId,
        (given, at): (Given, keystile_core::credit::Place),
        findings: &mut Findings,
    ) {
        let at = place(at);
        let Some(recorded) = self.0.get_mut(&id) else {
            return findings.of_grant(id, &format!("{at} granted it, but its record is missing"));
        };
        if std::mem::replace(&mut recorded.was_given, true) {
            return findings.of_grant(id, &format!("{at} granted it once more"));
        }
        if recorded.given != given {
            let (amount, says) = (given.amount, recorded.given.amount);
            let problem = format!(
                "{at} granted {amount} credits, but its record is another one, of {says} credits"
            );
            findings.of_grant(id, &problem);
        }
    }

    /// An entry says that it was declared void.
    pub(super) fn voided(&mut self, id: GrantId) {
        if let Some(recorded) = self.0.get_mut(&id) {
            recorded.was_voided = true;
        }
    }

    /// What no entry spoke of was granted before the first one: its sum is known there.
    pub(super) fn finish(
        self,
        before: &HashMap<AccountId, u64>,
        book: &Book,
        findings: &mut Findings,
    ) {
        let mut missing = before.clone();
        let mut unmet: HashMap<AccountId, (u64, GrantId)> = HashMap::new();
        for (id, recorded) in self.0 {
            let Given {
                account, amount, ..
            } = recorded.given;
            if !recorded.was_given {
                let (sum, last) = unmet.entry(account).or_insert((0, id));
                *sum = sum.saturating_add(amount);
                *last = id;
                if !missing.contains_key(&account) {
                    findings.of_grant(id, "no entry of the ledger granted it");
                }
            }
            let left = book
                .account(account)
                .map_or(0, |account| account.left_of(id));
            let is_unsaid = recorded.was_given && !recorded.was_voided;
            if recorded.is_void && (left > 0 || is_unsaid) {
                findings.of_grant(id, "it is void, but no entry of the ledger says so");
            }
            if recorded.was_voided && !recorded.is_void {
                findings.of_grant(
                    id,
                    "an entry declared it void, but its record does not say so",
                );
            }
        }
        for (account, granted) in missing.drain() {
            let recorded = unmet.get(&account).map_or(0, |(sum, _)| *sum);
            if recorded != granted {
                let problem = format!(
                    "{granted} credits were granted before the entries that are kept, but the \
                     records say {recorded}"
                );
                findings.of_account(account, &problem);
            }
        }
    }
}
