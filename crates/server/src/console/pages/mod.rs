//! One file a page, or a step of several with the same subject.

pub(super) mod account;
pub(super) mod audit;
pub(super) mod components;
pub(super) mod credits;
pub(super) mod entry;
pub(super) mod home;
pub(super) mod key;
mod key_form;
mod key_row;
pub(super) mod keys;
pub(super) mod members;
mod once;
pub(super) mod operator_keys;
pub(super) mod overview;
pub(super) mod product;
pub(super) mod projects;
pub(super) mod second;
mod snippets;
mod traffic;
pub(super) mod trial;
pub(super) mod turn;
