//! Who may come in.

use keystile_store::Page as Part;
use maud::html;

use crate::console::parts;
use crate::console::shown::{Entry, Page, Shown};
use crate::console::visit::Visit;
use crate::problem::Problem;

/// So many members are shown.
const SHOWN: u32 = 200;

/// `GET /console/organizations/{organization}/members`
pub(in crate::console) async fn show(visit: Visit) -> Result<Shown, Problem> {
    let organization = visit.organization()?.id;
    let part = Part {
        before: None,
        limit: SHOWN,
    };
    let members = visit
        .app
        .store
        .members_of_place(Some(organization), part)
        .await?;
    let mut rows = Vec::new();
    for member in members {
        let person = visit.app.store.person(member.person).await?;
        rows.extend(person.map(|person| (member, person)));
    }
    let now = visit.now();
    let body = html! {
        (parts::page_head("Members", Some(html! { "People who may look after this organization's keys." }), None))
        section.card aria-label="Members" {
            @if rows.is_empty() {
                (parts::empty("Nobody yet", "Only those who look after the whole installation come in.", None))
            } @else {
                table {
                    thead { tr { th scope="col" { "Name" } th scope="col" { "Role" } th scope="col" { "Since" } } }
                    tbody {
                        @for (member, person) in &rows {
                            tr {
                                td { b { (parts::theirs(&person.name)) } small { (parts::theirs(&person.email)) } }
                                td data-label="Role" { (member.role.as_str()) }
                                td data-label="Since" { (parts::time(member.created_at, now)) }
                            }
                        }
                    }
                }
            }
        }
    };
    Ok(Page::live("Members", Entry::Members, body))
}
