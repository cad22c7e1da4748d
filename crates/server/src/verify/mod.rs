//! The read path's doors. Each unpacks its protocol into facts, asks the engine, and encodes the
//! decision; what a reason means on the wire stands in one table, `outcome.rs`.

mod answer;
mod asker;
mod batch;
mod credential;
mod decide;
mod described;
mod facts;
mod form;
mod json;
mod nginx;
mod operator;
mod outcome;
mod possession;
mod question;
mod questions;
mod spend;
mod strangers;
mod told;
mod unpaid;

pub(crate) use asker::{Entitled, LastAsker};
pub(crate) use batch::{BatchRequest, BatchVerdicts, verify_batch};
pub(crate) use decide::Stage;
pub(crate) use described::VerifyAnswer;
pub(crate) use facts::{client_address, origin};
pub(crate) use json::{SCOPE, verify_one};
pub(crate) use nginx::{Gate, Subrequest, UnpaidGate, forward_auth};
pub(crate) use operator::authorize;
pub(crate) use possession::{CHALLENGE, Possession, Refused, holder, tell_holder, who_may_revoke};
pub(crate) use question::Question;
pub(crate) use told::Told;
pub(crate) use unpaid::{Request, Verdict};
