//! The console: pages for people, made here and sent whole.
//!
//! A page is plain HTML that works without script; what scripts add is in `static/`. `routes.rs` is
//! the table of everything that can be asked for and who may; `door.rs` is the way from a request
//! to its page; `pages/` has one file a page. It knows the use-cases and no SQL.

mod assets;
mod cookie;
mod door;
mod forgery;
mod form;
mod grave;
mod pages;
mod paging;
mod parts;
mod place;
mod portal;
mod refused;
mod rights;
mod routes;
mod shell;
mod shown;
mod side;
mod visit;
mod words;

#[cfg(test)]
mod tests;

pub(crate) use door::{Asked, answer};

/// Whether a manifest is sent there, which is larger than other forms.
pub(crate) fn takes_manifest(path: &str) -> bool {
    path.starts_with("/console/products/")
}

/// Whether an address is one of the console's.
pub(crate) fn holds(path: &str) -> bool {
    side::Side::of(path).is_some()
}

/// Whether an address is one of the portal's, which is public.
pub(crate) fn is_portal(path: &str) -> bool {
    side::Side::of(path) == Some(side::Side::Portal)
}
