//! One's own account: where one is signed in.

use maud::html;

use crate::console::parts;
use crate::console::shown::{Entry, Page, Shown};
use crate::console::visit::Visit;
use crate::manage::people;
use crate::problem::Problem;

/// `GET /console/account`
pub(in crate::console) async fn show(visit: Visit) -> Result<Shown, Problem> {
    let visitor = visit.visitor()?;
    let sessions = visit.app.store.sessions_of(visitor.person.id).await?;
    let now = visit.now();
    let body = html! {
        (parts::page_head(&visitor.person.name, Some(parts::theirs(&visitor.person.email)), None))
        section.card aria-labelledby="sessions-title" {
            div.head { div { h2 #sessions-title { "Where you are signed in" } p { "End what you do not know." } } }
            table {
                thead { tr { th scope="col" { "Since" } th scope="col" { "Ends unless used" } th scope="col" { span.vh { "Actions" } } } }
                tbody {
                    @for session in &sessions {
                        @let is_this = session.id == visitor.session.id;
                        tr {
                            td { (parts::time(session.begun_at, now)) @if is_this { " " (parts::tag("good", "this one")) } }
                            td data-label="Ends unless used" { "in " (parts::left(session.ends_at, now)) }
                            td.act {
                                @if !is_this {
                                    form method="post" action={ "/console/account/sessions/" (session.id) "/end" } {
                                        (visit.ours())
                                        button.btn.quiet.bad type="submit" { "End" }
                                    }
                                }
                            }
                        }
                    }
                }
            }
        }
    };
    Ok(Page::live("Account", Entry::Account, body))
}

/// `POST /console/account/sessions/{session}/end`
pub(in crate::console) async fn end_session(visit: Visit) -> Result<Shown, Problem> {
    people::end_session(&visit.work(), visit.visitor()?, visit.id("session")?).await?;
    Ok(Shown::Done {
        to: "/console/account".to_owned(),
        notice: Some("That session has ended.".to_owned()),
    })
}
