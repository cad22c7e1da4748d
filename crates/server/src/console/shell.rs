//! The frame around a page: who one is, where one is, and where one can go.

use keystile_core::manifest::Rules;
use maud::{Markup, html};

use super::forgery;
use super::parts::{brand, hidden, live_region, theirs};
use super::rights::Ability;
use super::shown::{Entry, Page, document};
use super::side::Side;
use super::visit::Visit;
use crate::manage::people::Visitor;
use crate::manage::portal::Guest;

/// What the frame tells.
#[derive(Debug, Clone)]
pub(super) struct Frame {
    side: Side,
    /// The origin of the page around the portal.
    parent: Option<String>,
    /// Whoever is signed in.
    name: String,
    form_token: String,
    /// The state of things when the page was made.
    state: String,
    /// The organization that is looked at: its name, and what is said of it.
    organization: Option<(String, String)>,
    /// What the menu leads to.
    menu: Vec<(Entry, String, String)>,
    foot: Vec<(Entry, String, String)>,
}

impl Frame {
    /// The frame for a visit.
    pub(super) fn of(visit: &Visit) -> Self {
        let mut frame = match (&visit.visitor, &visit.guest) {
            (_, Some(guest)) => Self::of_guest(guest),
            (Some(visitor), None) => Self::of_visitor(visitor),
            (None, None) => Self::empty(),
        };
        let cookie = visit.cookie.as_deref();
        let token = cookie.map(|cookie| forgery::token(&visit.app, cookie));
        frame.form_token = token.unwrap_or_default();
        frame.state = visit.state();
        if visit.guest.is_some() {
            return frame;
        }
        let organization = visit.place.organization.as_ref();
        let Some(organization) = organization.filter(|one| !one.product.is_operator()) else {
            frame.put_installation(visit);
            return frame;
        };
        let rules = visit.place.rules.as_deref();
        let product = rules.map_or(organization.product.as_str(), |rules| &rules.name);
        let plan = organization.plan.as_deref();
        let plan = plan.or_else(|| rules?.default_plan().map(|plan| &*plan.name));
        let said = match plan {
            Some(plan) => format!("{product} · {plan} plan"),
            None => product.to_owned(),
        };
        frame.organization = Some((organization.name.clone(), said));
        let at = format!("/console/organizations/{}", organization.id);
        let mut menu = vec![
            (Entry::Overview, "Overview".into(), at.clone()),
            (Entry::Keys, keys_label(rules), format!("{at}/projects")),
            (Entry::Credits, "Credits".into(), format!("{at}/credits")),
        ];
        if visit.may(Ability::SeeAudit) {
            menu.push((Entry::Audit, "Audit log".into(), format!("{at}/audit")));
        }
        menu.push((Entry::Trial, "Try it".into(), format!("{at}/try")));
        frame.menu = menu;
        if visit.may(Ability::ManageMembers) {
            let members = (Entry::Members, "Members".into(), format!("{at}/members"));
            frame.foot.insert(0, members);
        }
        frame
    }

    /// What the menu has for whoever looks after the whole installation.
    fn put_installation(&mut self, visit: &Visit) {
        if !visit.is_everywhere() {
            return;
        }
        let entries = [
            (
                Entry::Products,
                "Products",
                "products",
                Ability::SeeProducts,
            ),
            (
                Entry::OperatorKeys,
                "Operator keys",
                "operator-keys",
                Ability::ManageOperatorKeys,
            ),
            (Entry::Audit, "Audit log", "audit", Ability::SeeAudit),
        ];
        for (entry, name, rest, ability) in entries {
            if visit.may(ability) {
                let href = format!("/console/{rest}");
                self.menu.push((entry, name.to_owned(), href));
            }
        }
        if visit.may(Ability::ManageMembers) {
            let members = (Entry::Members, "Members".into(), "/console/members".into());
            self.foot.insert(0, members);
        }
    }

    /// The frame where nothing is known but who is signed in.
    pub(super) fn of_visitor(visitor: &Visitor) -> Self {
        let organizations = (
            Entry::Organizations,
            "Organizations".into(),
            "/console".into(),
        );
        Self {
            name: visitor.person.name.clone(),
            menu: vec![organizations],
            foot: vec![(Entry::Account, "Account".into(), "/console/account".into())],
            ..Self::empty()
        }
    }

    /// The frame of the portal, which leads nowhere.
    pub(super) fn of_guest(guest: &Guest) -> Self {
        Self {
            side: Side::Portal,
            parent: guest.origin.clone(),
            ..Self::empty()
        }
    }

    fn empty() -> Self {
        Self {
            side: Side::Console,
            parent: None,
            name: String::new(),
            form_token: String::new(),
            state: String::new(),
            organization: None,
            menu: Vec::new(),
            foot: Vec::new(),
        }
    }

    /// A page in it.
    pub(super) fn page(&self, page: &Page, notice: Option<&str>) -> Markup {
        let body = html! {
            main #main data-refresh=[page.is_live.then_some(&self.state)] data-parent=[self.parent.as_deref()] { (page.body) }
            @if let Some(notice) = notice {
                div.toast role="status" {
                    span { (notice) }
                    button type="button" aria-label="Close this message" { "×" }
                }
            }
        };
        self.around(&page.title, page.entry, &body)
    }

    /// A question on a page of its own.
    pub(super) fn plain(&self, title: &str, body: &Markup) -> Markup {
        self.around(title, Entry::None, &html! { main #main { (body) } })
    }

    fn around(&self, title: &str, entry: Entry, body: &Markup) -> Markup {
        if self.side == Side::Portal {
            let whole = html! {
                (body)
                dialog #dialog aria-labelledby="dialog-title" {}
                (live_region())
            };
            return document(self.side, title, None, &whole);
        }
        let whole = html! {
            a.skip href="#main" { "Skip to content" }
            div.shell {
                nav.side aria-label="Main" {
                    (brand())
                    (self.switcher())
                    ul.menu { @for item in &self.menu { (self.item(item, entry)) } }
                    ul.menu.foot {
                        @for item in &self.foot { (self.item(item, entry)) }
                        li {
                            form method="post" action="/console/sign-out" {
                                (hidden(forgery::FIELD, &self.form_token))
                                button type="submit" { "Sign out" span.vh { ", " (self.name) } }
                            }
                        }
                    }
                    a.find href="/console/search" data-ask {
                        "Search" kbd { "Ctrl K" }
                    }
                }
                (body)
            }
            dialog #dialog aria-labelledby="dialog-title" {}
            (live_region())
        };
        let title = match &self.organization {
            Some((name, _)) => format!("{title} · {name}"),
            None => title.to_owned(),
        };
        document(self.side, &title, None, &whole)
    }

    fn switcher(&self) -> Markup {
        let Some((name, said)) = &self.organization else {
            return html! {};
        };
        let first = name.chars().find(|c| c.is_alphanumeric()).unwrap_or('·');
        html! {
            a.switcher href="/console" title="Another organization" {
                span.avatar aria-hidden="true" { (first.to_uppercase()) }
                span { b { (theirs(name)) } small { (said) } }
                svg viewBox="0 0 16 16" aria-hidden="true" { path d="m5 6 3-3 3 3M5 10l3 3 3-3" {} }
            }
        }
    }

    fn item(&self, (entry, name, href): &(Entry, String, String), current: Entry) -> Markup {
        let is_current = *entry == current && current != Entry::None;
        html! {
            li { a href=(href) aria-current=[is_current.then_some("page")] { (name) } }
        }
    }
}

/// What the product calls the page of keys: the last level of its way through the menu.
pub(super) fn keys_label(rules: Option<&Rules>) -> String {
    let menu = rules.map(|rules| &rules.console.menu);
    let last = menu.and_then(|menu| menu.last());
    last.map_or_else(|| "API keys".to_owned(), ToString::to_string)
}

/// `Settings › API Keys`, where the product's menu has several levels.
pub(super) fn keys_way(rules: &Rules) -> Option<String> {
    let menu = &rules.console.menu;
    (menu.len() > 1).then(|| menu.join(" › "))
}
