//! What is wrong with a ledger, said so that people know where to look.

use keystile_core::credit::{AccountId, Place};
use keystile_core::model::{GrantId, KeyId, Subject};

use crate::Finding;

/// Everything that was found.
#[derive(Default)]
pub(super) struct Findings(pub(super) Vec<Finding>);

impl Findings {
    pub(super) fn general(&mut self, problem: impl Into<String>) {
        self.say(None, problem.into());
    }

    pub(super) fn of_group(&mut self, number: u64, problem: &str) {
        self.say(None, format!("group {number} of the ledger: {problem}"));
    }

    pub(super) fn of_account(&mut self, id: AccountId, problem: &str) {
        let subject = Subject::Organization(id.organization);
        self.say(Some(subject), format!("{}: {problem}", account(id)));
    }

    pub(super) fn of_key(&mut self, id: KeyId, problem: &str) {
        self.say(
            Some(Subject::Key(id)),
            format!("what {id} spent: {problem}"),
        );
    }

    pub(super) fn of_charge(&mut self, at: Place, problem: &str) {
        self.general(format!("the charge of {}: {problem}", place(at)));
    }

    pub(super) fn of_grant(&mut self, id: GrantId, problem: &str) {
        self.say(Some(Subject::Grant(id)), format!("{id}: {problem}"));
    }

    fn say(&mut self, subject: Option<Subject>, problem: String) {
        self.0.push(Finding {
            subject,
            seq: None,
            problem,
        });
    }
}

/// How people are told of an account.
pub(super) fn account(id: AccountId) -> String {
    format!("the {} account of {}", id.mode, id.organization)
}

/// How people are told of a place.
pub(super) fn place(place: Place) -> String {
    format!("entry {} of group {}", place.index, place.group)
}
