//! The portal: the pages of one organization's keys inside the operator's own site.
//!
//! The operator's backend asks for a link, which opens the portal once and within minutes. What the
//! guest may do is sealed into the link and into what the browser holds afterwards, and nothing of
//! either is stored. But it is judged anew by every request: with the operator key that asked for
//! the link, with the organization, and with the time, all of its portals end.

mod abilities;
mod link;
mod session;
mod theme;

pub(crate) use abilities::PortalAbility;
pub(crate) use link::{NewPortalLink, create_portal_link};
pub(crate) use session::{Guest, OpenedLinks, guest, open_portal};
pub(crate) use theme::Theme;
