//! One-time codes beside the password (RFC 6238), and the recovery codes that stand in for them.

use http::StatusCode;
use maud::{Markup, html};

use crate::console::parts::{self, Field};
use crate::console::shown::{Dialog, Shown};
use crate::console::visit::Visit;
use crate::console::words;
use crate::manage::people::{self, SignInProblem};
use crate::problem::Problem;

const HERE: &str = "/console/account";

/// `GET /console/account/codes`
pub(in crate::console) async fn ask_begin(visit: Visit) -> Result<Shown, Problem> {
    let body = html! {
        p { "An app on your phone shows a new code every 30 seconds. Signing in then takes your password and a code." }
        form.stack method="post" action="/console/account/codes" hx-post="/console/account/codes" hx-target="#dialog" {
            (visit.ours())
            (parts::submit("main", "Begin", HERE))
        }
    };
    Ok(Shown::Dialog(Dialog::ask(
        "Ask for a code too",
        HERE.to_owned(),
        body,
    )))
}

/// `POST /console/account/codes`
pub(in crate::console) async fn begin(visit: Visit) -> Result<Shown, Problem> {
    let setup = people::begin_totp(&visit.work(), visit.visitor()?).await?;
    let body = html! {
        p { "Let your app read this code, or put the secret into it. Then type the code that it shows." }
        (parts::qr(&setup.uri, "The secret as a QR code"))
        (parts::secret(&setup.secret))
        p { a href=(setup.uri.as_str()) { "Open it in an app" } }
        (code_form(&visit, None))
    };
    Ok(Shown::Dialog(Dialog::ask(
        "Put this into your app",
        HERE.to_owned(),
        body,
    )))
}

fn code_form(visit: &Visit, wrong: Option<String>) -> Markup {
    let action = "/console/account/codes/enable";
    html! {
        form.stack method="post" action=(action) hx-post=(action) hx-target="#dialog" {
            (visit.ours())
            (Field::text("code", "The code it shows now").kind("text", "one-time-code").needed().wrong(wrong).input())
            (parts::submit("main", "Enable", HERE))
        }
    }
}

/// `POST /console/account/codes/enable`
pub(in crate::console) async fn enable(visit: Visit) -> Result<Shown, Problem> {
    let code = visit.form.text("code");
    match people::enable_totp(&visit.work(), visit.visitor()?, code).await {
        Ok(codes) => {
            let codes: Vec<_> = codes.iter().map(|code| code.reveal().to_owned()).collect();
            Ok(Shown::Dialog(recovery(&codes)))
        }
        Err(SignInProblem::Problem(problem)) => Err(problem),
        Err(SignInProblem::Slow { seconds }) => Ok(again(&visit, words::too_many_tries(seconds))),
        Err(_) => Ok(again(
            &visit,
            "this is not the code that it shows now; is the clock of your phone right?".to_owned(),
        )),
    }
}

fn again(visit: &Visit, wrong: String) -> Shown {
    let body = html! {
        p { "The secret is in your app already; only the code was wrong." }
        (code_form(visit, Some(wrong)))
    };
    let dialog = Dialog::ask("The code, once more", HERE.to_owned(), body);
    Shown::Dialog(dialog.status(StatusCode::UNPROCESSABLE_ENTITY))
}

/// Codes for when the phone is lost, shown once.
fn recovery(codes: &[String]) -> Dialog {
    let body = html! {
        p { "Each of these signs you in once, in place of a code. Keep them where your phone is not. They are shown only now." }
        (parts::secret(&codes.join("\n")))
        (parts::uncopied())
        div.end { a.btn href=(HERE) data-close { "I have stored them" } }
    };
    Dialog::tell("Your recovery codes", HERE.to_owned(), body)
}

/// `POST /console/account/codes/recovery`
pub(in crate::console) async fn replace(visit: Visit) -> Result<Shown, Problem> {
    let codes = people::replace_recovery_codes(&visit.work(), visit.visitor()?).await?;
    let codes: Vec<_> = codes.iter().map(|code| code.reveal().to_owned()).collect();
    Ok(Shown::Dialog(recovery(&codes)))
}

/// `GET /console/account/codes/disable`
pub(in crate::console) async fn ask_disable(visit: Visit) -> Result<Shown, Problem> {
    let action = "/console/account/codes/disable";
    let body = html! {
        p { "From then on your password alone signs you in. Recovery codes end too." }
        form.stack method="post" action=(action) hx-post=(action) hx-target="#dialog" {
            (visit.ours())
            (parts::submit("bad main", "Ask for no code", HERE))
        }
    };
    Ok(Shown::Dialog(Dialog::ask(
        "Ask for no code any more?",
        HERE.to_owned(),
        body,
    )))
}

/// `POST /console/account/codes/disable`
pub(in crate::console) async fn disable(visit: Visit) -> Result<Shown, Problem> {
    people::disable_totp(&visit.work(), visit.visitor()?).await?;
    Ok(Shown::Done {
        to: HERE.to_owned(),
        notice: Some("Your password alone signs you in.".to_owned()),
    })
}
