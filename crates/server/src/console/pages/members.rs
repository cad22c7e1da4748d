//! Who may come in, and as what: of one organization, or of the whole installation.

use keystile_core::model::{Invitation, KeyId, Member, MemberId, OrganizationId, Person, Role};
use maud::{Markup, html};

use crate::console::paging::{self, Cut};
use crate::console::parts::{self, Field, asks, wrong_at};
use crate::console::rights::Ability;
use crate::console::shown::{Dialog, Entry, Page, Shown};
use crate::console::visit::Visit;
use crate::manage::people;
use crate::problem::Problem;

/// So many members are shown on a page.
const SHOWN: u32 = 50;

/// The roles, the smallest first, with what each is for.
const ROLES: [(Role, &str); 4] = [
    (Role::Viewer, "Looks around: keys, usage, credits."),
    (Role::Developer, "Makes, changes and ends keys."),
    (Role::Admin, "Also projects, members and the audit log."),
    (Role::Owner, "Everything, and makes other owners."),
];

/// Which place the path is about; `None` is the whole installation.
fn place(visit: &Visit) -> Option<OrganizationId> {
    visit
        .place
        .organization
        .as_ref()
        .map(|organization| organization.id)
}

fn address(visit: &Visit) -> String {
    place(visit).map_or_else(
        || "/console/members".to_owned(),
        |id| format!("/console/organizations/{id}/members"),
    )
}

/// The highest role that the visitor may give here.
fn highest(visit: &Visit) -> Role {
    let visitor = visit.visitor.as_ref();
    visitor
        .and_then(|one| one.role_at(place(visit)))
        .unwrap_or(Role::Viewer)
}

/// `GET …/members`
pub(in crate::console) async fn show(visit: Visit) -> Result<Shown, Problem> {
    let at = address(&visit);
    let (store, here) = (&visit.app.store, place(&visit));
    let part = paging::part(visit.before("before"), SHOWN);
    let members = store.members_of_place(here, part).await?;
    let Cut {
        rows: members,
        next,
    } = paging::cut(members, SHOWN, |member| member.id);
    let mut rows = Vec::new();
    for member in members {
        let person = visit.app.store.person(member.person).await?;
        rows.extend(person.map(|person| (member, person)));
    }
    let invitations = visit.app.store.invitations_of_place(place(&visit)).await?;
    let now = visit.now();
    let open: Vec<_> = invitations
        .into_iter()
        .filter(|one| one.ends_at > now)
        .collect();
    let explained = match place(&visit) {
        Some(_) => "People who may look after this organization's keys.",
        None => "People who may look after every organization of this installation.",
    };
    let add = asks("btn", &format!("{at}/invite"), "Invite somebody");
    let body = html! {
        (parts::page_head("Members", Some(html! { (explained) }), Some(add)))
        section.card aria-label="Members" {
            @if rows.is_empty() {
                (parts::empty("Nobody yet", "Invite somebody; those who look after the whole installation come in anyway.", None))
            } @else {
                table {
                    thead { tr { th scope="col" { "Name" } th scope="col" { "Role" } th scope="col" { "Since" } th scope="col" { span.vh { "Actions" } } } }
                    tbody { @for (member, person) in &rows { (row(&visit, &at, member, person)) } }
                }
            }
            @if let Some(next) = next { a.more href={ "?before=" (next) } { "Older members" } }
        }
        @if !open.is_empty() { (waiting(&visit, &at, &open)) }
    };
    Ok(Page::live("Members", Entry::Members, body))
}

fn row(visit: &Visit, at: &str, member: &Member, person: &Person) -> Markup {
    let is_self = visit
        .visitor
        .as_ref()
        .is_some_and(|one| one.person.id == person.id);
    let may = member.role <= highest(visit);
    html! {
        tr {
            td {
                b { (parts::theirs(&person.name)) } @if is_self { " " (parts::tag("good", "you")) }
                small { (parts::theirs(&person.email)) }
            }
            td data-label="Role" { (member.role.as_str()) }
            td data-label="Since" { (parts::time(member.created_at, visit.now())) }
            td.act {
                @if may { (asks("btn quiet", &format!("{at}/{}/role", member.id), "Change role")) }
                @if !is_self && visit.may(Ability::ResetPeople) {
                    (asks("btn quiet", &format!("{at}/{}/reset", member.id), "Reset access"))
                }
                @if may || is_self {
                    (asks("btn quiet bad", &format!("{at}/{}/remove", member.id), if is_self { "Leave" } else { "Remove" }))
                }
            }
        }
    }
}

fn waiting(visit: &Visit, at: &str, open: &[Invitation]) -> Markup {
    html! {
        section.card aria-labelledby="invited-title" {
            div.head { h2 #invited-title { "Invited" } }
            table {
                thead { tr { th scope="col" { "Whom" } th scope="col" { "Role" } th scope="col" { "Ends in" } th scope="col" { span.vh { "Actions" } } } }
                tbody {
                    @for one in open {
                        tr {
                            td { @match &one.email { Some(email) => (parts::theirs(email)), None => { span.soft { "whoever has the link" } } } }
                            td data-label="Role" { (one.role.as_str()) }
                            td data-label="Ends in" { (parts::left(one.ends_at, visit.now())) }
                            td.act {
                                form method="post" action={ (at) "/invitations/" (one.id) "/withdraw" } {
                                    (visit.ours())
                                    button.btn.quiet.bad type="submit" { "Withdraw" }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn roles(visit: &Visit, chosen: Role) -> Markup {
    let highest = highest(visit);
    html! {
        fieldset {
            legend { "Role" }
            @for (role, words) in ROLES.iter().filter(|(role, _)| *role <= highest) {
                label.choice {
                    input type="radio" name="role" value=(role.as_str()) checked[*role == chosen];
                    span { (role.as_str()) small { (words) } }
                }
            }
        }
    }
}

fn role_of(visit: &Visit) -> Result<Role, Problem> {
    let asked = visit.form.text("role");
    let found = ROLES.iter().find(|(role, _)| role.as_str() == asked);
    let missing = || Problem::field("/role", "choose a role");
    found.map(|(role, _)| *role).ok_or_else(missing)
}

/// `GET …/members/invite`
pub(in crate::console) async fn ask_invite(visit: Visit) -> Result<Shown, Problem> {
    Ok(Shown::Dialog(invite_dialog(&visit, None)))
}

fn invite_dialog(visit: &Visit, problem: Option<&Problem>) -> Dialog {
    let at = address(visit);
    let action = format!("{at}/invite");
    let general = problem.filter(|problem| problem.errors.is_empty());
    let chosen = role_of(visit).unwrap_or(Role::Developer.min(highest(visit)));
    let body = html! {
        form.stack method="post" action=(action) hx-post=(action) hx-target="#dialog" {
            (visit.ours())
            @if let Some(problem) = general { p.say.red { (problem.detail) "." } }
            (Field::text("email", "Email").kind("email", "off").first()
                .hint("Left empty, whoever has the link joins.")
                .value(visit.form.text("email")).wrong(wrong_at(problem, "/email")).input())
            (roles(visit, chosen))
            (parts::submit("main", "Make a link", &at))
        }
    };
    Dialog::ask("Invite somebody", at, body)
}

/// `POST …/members/invite`
pub(in crate::console) async fn invite(visit: Visit) -> Result<Shown, Problem> {
    let email = visit.form.filled("email");
    let invited = match role_of(&visit) {
        Ok(role) => people::invite(&visit.work(), place(&visit), role, email).await,
        Err(problem) => Err(problem),
    };
    let (invitation, token) = match invited {
        Ok(made) => made,
        Err(problem) if problem.status.is_client_error() => {
            let dialog = invite_dialog(&visit, Some(&problem));
            return Ok(Shown::Dialog(dialog.status(problem.status)));
        }
        Err(problem) => return Err(problem),
    };
    let link = visit.app.link("invitation", &token);
    let said = html! {
        "Send this link to them. It works once, within " (parts::left(invitation.ends_at, visit.now()))
        ", and makes them " b { (invitation.role.as_str()) } ". It is shown only now."
    };
    Ok(Shown::Dialog(link_dialog(
        &visit,
        "The invitation",
        &said,
        &link,
    )))
}

/// A link that is shown once.
fn link_dialog(visit: &Visit, title: &str, said: &Markup, link: &str) -> Dialog {
    let at = address(visit);
    let body = html! {
        p { (said) }
        (parts::secret(link))
        (parts::uncopied())
        div.end { a.btn href=(at) data-close { "Done" } }
    };
    Dialog::tell(title, at, body)
}

/// `POST …/members/invitations/{invitation}/withdraw`
pub(in crate::console) async fn withdraw(visit: Visit) -> Result<Shown, Problem> {
    let id = visit.id("invitation")?;
    let found = visit.app.store.invitation(id).await?;
    if found.is_none_or(|found| found.organization != place(&visit)) {
        return Err(Problem::not_found("page"));
    }
    people::withdraw(&visit.work(), id).await?;
    Ok(Shown::Done {
        to: address(&visit),
        notice: Some("The invitation is withdrawn: its link does nothing any more.".to_owned()),
    })
}

/// The member of the path, who must be one of this place.
async fn member(visit: &Visit) -> Result<(Member, Person), Problem> {
    let missing = || Problem::not_found("page");
    let id: MemberId = visit.id("member")?;
    let member = visit.app.store.member(id).await?.ok_or_else(missing)?;
    if member.organization != place(visit) || member.removed_at.is_some() {
        return Err(missing());
    }
    let person = visit.app.store.person(member.person).await?;
    Ok((member, person.ok_or_else(missing)?))
}

/// `GET …/members/{member}/role`
pub(in crate::console) async fn ask_role(visit: Visit) -> Result<Shown, Problem> {
    let (member, person) = member(&visit).await?;
    let at = address(&visit);
    let action = format!("{at}/{}/role", member.id);
    let body = html! {
        form.stack method="post" action=(action) hx-post=(action) hx-target="#dialog" {
            (visit.ours())
            p { "What may " b { (parts::theirs(&person.name)) } " do? It holds from their next click on." }
            (roles(&visit, member.role))
            (parts::submit("main", "Change role", &at))
        }
    };
    Ok(Shown::Dialog(Dialog::ask("Change the role", at, body)))
}

/// `POST …/members/{member}/role`
pub(in crate::console) async fn role(visit: Visit) -> Result<Shown, Problem> {
    let (member, person) = member(&visit).await?;
    let role = role_of(&visit)?;
    people::change_role(&visit.work(), member.id, role).await?;
    Ok(Shown::Done {
        to: address(&visit),
        notice: Some(format!("{} is {} now.", person.name, role.as_str())),
    })
}

/// `GET …/members/{member}/reset`
pub(in crate::console) async fn ask_reset(visit: Visit) -> Result<Shown, Problem> {
    let (member, person) = member(&visit).await?;
    let at = address(&visit);
    let action = format!("{at}/{}/reset", member.id);
    let body = html! {
        form.stack method="post" action=(action) hx-post=(action) hx-target="#dialog" {
            (visit.ours())
            p {
                "For " b { (parts::theirs(&person.name)) } ", who has lost their password or their phone. \
                 Their password and their codes count no more, they are signed out everywhere, and you \
                 get a link with which they set a new password."
            }
            (parts::submit("bad main", "Reset access", &at))
        }
    };
    Ok(Shown::Dialog(Dialog::ask("Reset this account?", at, body)))
}

/// `POST …/members/{member}/reset`
pub(in crate::console) async fn reset(visit: Visit) -> Result<Shown, Problem> {
    let (_, person) = member(&visit).await?;
    let token = people::reset_person(&visit.work(), person.id).await?;
    let said = html! {
        "Send this link to " b { (parts::theirs(&person.name)) } ". It works once, within a day. Whoever \
         has it becomes them, so use a way that only they read."
    };
    let link = visit.app.link("reset", &token);
    Ok(Shown::Dialog(link_dialog(
        &visit,
        "The way back in",
        &said,
        &link,
    )))
}

/// `GET …/members/{member}/remove`
pub(in crate::console) async fn ask_remove(visit: Visit) -> Result<Shown, Problem> {
    let (member, person) = member(&visit).await?;
    let at = address(&visit);
    let action = format!("{at}/{}/remove", member.id);
    let seen = people::keys_seen_by(&visit.app, person.id, place(&visit)).await?;
    let body = html! {
        form.stack method="post" action=(action) hx-post=(action) hx-target="#dialog" {
            (visit.ours())
            p {
                b { (parts::theirs(&person.name)) } " is out with their next click. Keys belong to the \
                 organization and go on working."
            }
            @if !seen.is_empty() {
                p.say.amber { "They have seen the secrets of " (seen.len()) " keys. You can regenerate these afterwards." }
            }
            (parts::submit("bad main", "Remove", &at))
        }
    };
    Ok(Shown::Dialog(Dialog::ask("Remove this member?", at, body)))
}

/// `POST …/members/{member}/remove`
pub(in crate::console) async fn remove(visit: Visit) -> Result<Shown, Problem> {
    let (member, person) = member(&visit).await?;
    let seen = people::keys_seen_by(&visit.app, person.id, place(&visit)).await?;
    people::remove_member(&visit.work(), member.id).await?;
    let at = address(&visit);
    if seen.is_empty() {
        let notice = format!("{} is not a member any more.", person.name);
        return Ok(Shown::Done {
            to: at,
            notice: Some(notice),
        });
    }
    let keys = alive(&visit, &seen).await?;
    let body = html! {
        p { b { (parts::theirs(&person.name)) } " is not a member any more, but has seen these secrets:" }
        ul.stack.tight {
            @for (id, name) in &keys {
                li.row {
                    a.grow href={ "/console/keys/" (id) } { (parts::theirs(name)) }
                    (asks("btn", &format!("/console/keys/{id}/regenerate"), "Regenerate"))
                }
            }
        }
        div.end { a.btn href=(at) data-close { "Done" } }
    };
    Ok(Shown::Dialog(Dialog::tell("Removed", at, body)))
}

/// Those of the keys that still work, by name.
async fn alive(visit: &Visit, seen: &[KeyId]) -> Result<Vec<(KeyId, String)>, Problem> {
    let mut keys = Vec::new();
    for id in seen.iter().take(100) {
        let key = visit.app.store.key(*id).await?;
        let alive = key.filter(|key| key.revoked_at.is_none() && key.deleted_at.is_none());
        keys.extend(alive.map(|key| (*id, key.name)));
    }
    Ok(keys)
}
