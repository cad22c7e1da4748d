//! The write path: use-cases that know the store and the rules, and nothing of HTTP.
//!
//! Each reads what it needs, works out the records as they shall be, and hands the store one
//! change. Should something have changed in between, it starts over. It returns when the index of
//! this process has applied the change, so whatever begins afterwards is decided on the new state.

pub(crate) mod bootstrap;
pub(crate) mod credits;
mod environments;
mod field;
mod foreign;
mod keys;
mod material;
mod minting;
mod operator_keys;
mod organizations;
pub(crate) mod people;
pub(crate) mod portal;
mod products;
mod projects;
mod reveal;
mod rotation;
mod work;

pub(crate) use bootstrap::operator_environment;
pub(crate) use credits::{
    NewGrant, change_spend, check_amount, create_grant, plans_with_credits, renew, renew_many,
    unread, void_grant, write_ends_down,
};
pub(crate) use environments::{NewEnvironment, create_environment};
pub(crate) use field::check_limit;
pub(crate) use foreign::{
    Adopted, Adoption, Import, ImportRow, MOST_ROWS, Outcome, Ownership, adopt_key, import_keys,
};
pub(crate) use keys::{KeyChange, NewKey, Rights, create_key, mark_key_exposed, update_key};
pub(crate) use material::{
    rehash, retire_signing_keys, rotate_master_key, rotate_pepper, rotate_sealing_key,
    rotate_signing_key,
};
pub(crate) use minting::{Minted, MintedEnvironment, MintedProject};
pub(crate) use operator_keys::{NewOperatorKey, create_operator_key};
pub(crate) use organizations::{
    CreatedOrganization, NewOrganization, OrganizationChange, check_named, create_organization,
    update_organization,
};
pub(crate) use products::{apply_manifest, invalid as invalid_manifest};
pub(crate) use projects::{NodeChange, create_project, update_environment, update_project};
pub(crate) use reveal::{destroy_left_secrets, reveal_key};
pub(crate) use rotation::{LONGEST_GRACE, end_grace, end_key, rotate_key};
pub(crate) use work::{Request, Work};
