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
mod parts;
mod place;
mod refused;
mod rights;
mod routes;
mod shell;
mod shown;
mod visit;
mod words;

#[cfg(test)]
mod tests;

pub(crate) use door::{Asked, answer};

/// Whether an address is one of the console's.
pub(crate) fn holds(path: &str) -> bool {
    path.strip_prefix("/console")
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}
