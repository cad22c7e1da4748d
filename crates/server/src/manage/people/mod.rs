//! The people of the console: signing in, sessions, invitations, memberships.
//!
//! Everything here works on records alone and knows neither HTTP nor HTML. Whatever it decides, it
//! decides on what the store holds at that moment, so a change is in force with the next request.
//! Where a change concerns somebody's own person, the journal names them as the one who did it,
//! whoever the caller is.

mod accepting;
mod current;
mod guessing;
mod inviting;
mod links;
mod members;
mod passwords;
mod profile;
mod reset;
mod rights;
mod second;
mod seen;
mod sessions;
mod sign_in;
#[cfg(test)]
mod tests;
mod visitor;

pub(crate) use accepting::{NewPerson, accept, accept_as, invitation};
pub(crate) use current::Current;
pub(crate) use inviting::{invite, withdraw};
pub(crate) use links::ensure_setup_link;
pub use links::setup_link;
pub(crate) use members::{change_role, remove_member};
pub(crate) use profile::{change_password, end_other_sessions, rename, sessions};
pub(crate) use reset::{reset_link, reset_person, resetting, set_password};
pub(crate) use second::{begin_totp, disable_totp, enable_totp, replace_recovery_codes};
pub(crate) use seen::keys_seen_by;
pub(crate) use sessions::{end_session, renew, sign_out};
pub(crate) use sign_in::{SignInProblem, confirm, sign_in};
pub(crate) use visitor::{Visitor, visitor};

use guessing::Guessing;
use passwords::Passwords;

/// What is known of people besides their records; it lives as long as the server.
#[derive(Debug, Default)]
pub(crate) struct People {
    /// Which versions of their records are the current ones.
    pub(crate) current: Current,
    passwords: Passwords,
    guessing: Guessing,
}
