//! Fields of forms, with what is wrong with them.

use maud::{Markup, html};

use crate::problem::Problem;

/// One line to be filled in.
pub(in crate::console) struct Field<'a> {
    pub(in crate::console) name: &'a str,
    pub(in crate::console) label: &'a str,
    pub(in crate::console) hint: &'a str,
    pub(in crate::console) kind: &'a str,
    pub(in crate::console) value: &'a str,
    /// What is wrong with what was filled in.
    pub(in crate::console) wrong: Option<String>,
    /// What browsers may fill in by themselves.
    pub(in crate::console) complete: &'a str,
    pub(in crate::console) is_needed: bool,
    pub(in crate::console) is_first: bool,
}

impl<'a> Field<'a> {
    pub(in crate::console) fn text(name: &'a str, label: &'a str) -> Self {
        Self {
            name,
            label,
            hint: "",
            kind: "text",
            value: "",
            wrong: None,
            complete: "off",
            is_needed: false,
            is_first: false,
        }
    }

    pub(in crate::console) fn hint(self, hint: &'a str) -> Self {
        Self { hint, ..self }
    }

    pub(in crate::console) fn kind(self, kind: &'a str, complete: &'a str) -> Self {
        Self {
            kind,
            complete,
            ..self
        }
    }

    pub(in crate::console) fn value(self, value: &'a str) -> Self {
        Self { value, ..self }
    }

    pub(in crate::console) fn needed(self) -> Self {
        Self {
            is_needed: true,
            ..self
        }
    }

    pub(in crate::console) fn first(self) -> Self {
        Self {
            is_first: true,
            ..self
        }
    }

    pub(in crate::console) fn wrong(self, wrong: Option<String>) -> Self {
        Self { wrong, ..self }
    }

    /// As one line.
    pub(in crate::console) fn input(&self) -> Markup {
        let (hint, wrong) = self.ids();
        html! {
            div.field {
                label for={ "f-" (self.name) } { (self.label) }
                input id={ "f-" (self.name) } name=(self.name) type=(self.kind) value=(self.value)
                    autocomplete=(self.complete) required[self.is_needed] autofocus[self.is_first]
                    aria-invalid=[self.wrong.as_ref().map(|_| "true")]
                    aria-describedby=[described(&[&hint, &wrong])];
                (self.below())
            }
        }
    }

    /// As several lines.
    pub(in crate::console) fn area(&self) -> Markup {
        let (hint, wrong) = self.ids();
        html! {
            div.field {
                label for={ "f-" (self.name) } { (self.label) }
                textarea id={ "f-" (self.name) } name=(self.name) spellcheck="false"
                    aria-invalid=[self.wrong.as_ref().map(|_| "true")]
                    aria-describedby=[described(&[&hint, &wrong])] { (self.value) }
                (self.below())
            }
        }
    }

    fn ids(&self) -> (Option<String>, Option<String>) {
        let hint = (!self.hint.is_empty()).then(|| format!("f-{}-hint", self.name));
        let wrong = self
            .wrong
            .as_ref()
            .map(|_| format!("f-{}-wrong", self.name));
        (hint, wrong)
    }

    fn below(&self) -> Markup {
        html! {
            @if !self.hint.is_empty() { small id={ "f-" (self.name) "-hint" } { (self.hint) } }
            @if let Some(wrong) = &self.wrong {
                span.wrong id={ "f-" (self.name) "-wrong" } { (wrong) }
            }
        }
    }
}

fn described(ids: &[&Option<String>]) -> Option<String> {
    let ids: Vec<_> = ids.iter().filter_map(|id| id.as_deref()).collect();
    (!ids.is_empty()).then(|| ids.join(" "))
}

/// A field that nobody sees.
pub(in crate::console) fn hidden(name: &str, value: &str) -> Markup {
    html! { input type="hidden" name=(name) value=(value); }
}

/// The button that sends a form, beside the one that leaves it.
pub(in crate::console) fn submit(class: &str, text: &str, back: &str) -> Markup {
    html! {
        div.end {
            a.btn href=(back) data-close { "Cancel" }
            button type="submit" class={ "btn " (class) } { (text) }
        }
    }
}

/// What a problem says of the field at `pointer`, or of one below it.
pub(in crate::console) fn wrong_at(problem: Option<&Problem>, pointer: &str) -> Option<String> {
    let problem = problem?;
    let of_it = problem.errors.iter().filter(|error| {
        let rest = error.pointer.strip_prefix(pointer);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    });
    let said: Vec<_> = of_it.map(|error| error.message.clone()).collect();
    (!said.is_empty()).then(|| said.join("; "))
}
