//! Makes a script of ours smaller: comments and spaces go, and names that only it knows get short.
//!
//! It knows no JavaScript but that which the embed is written in: every statement ends with `;` or
//! `}`, there is no `function`, `class`, `switch` or label, and a name is either a variable or a
//! property. A name that is ever a property, or that nothing declares, is left as it is; one short
//! name stands for the same long one everywhere, so scopes do not matter.

mod tokens;

use std::collections::{BTreeMap, BTreeSet};

use tokens::{is_name, is_word};

/// What only looks like the declaration of parameters.
const CONDITIONS: [&str; 3] = ["if", "for", "while"];

/// What is served of a script, which comes in parts.
pub(super) fn small(parts: &[&str]) -> String {
    let mut tokens = Vec::new();
    for (part, text) in parts.iter().enumerate() {
        tokens.extend(
            tokens::tokens(text)
                .into_iter()
                .map(|text| Token { text, part }),
        );
    }
    let short = short_names(&tokens);
    let tokens = shortened(tokens.iter().map(|token| {
        let name = short.get(&(token.text.as_str(), token.part));
        name.map_or_else(|| token.text.clone(), Clone::clone)
    }));
    let mut all = String::new();
    for token in &tokens {
        if must_part(&all, token) {
            all.push(' ');
        }
        all.push_str(token);
    }
    all.push('\n');
    all
}

/// The same with fewer signs: constants that follow each other are one statement, a lone parameter
/// stands without brackets, and nothing stands before a closing brace.
fn shortened(tokens: impl Iterator<Item = String>) -> Vec<String> {
    let mut all: Vec<String> = Vec::new();
    // For each brace that is open, whether a constant was the last statement in it.
    let mut constants = vec![false];
    for token in tokens {
        let is_end = |sign: &str| all.last().is_some_and(|last| last == sign);
        match token.as_str() {
            "}" if is_end(";") || is_end(",") => drop(all.pop()),
            "=>" => {
                let at = all.len().saturating_sub(3);
                if let [open, name, close] = &all[at..]
                    && open == "("
                    && close == ")"
                    && is_name(name)
                    && is_name_alone(&all[..at])
                {
                    let name = name.clone();
                    all.truncate(at);
                    all.push(name);
                }
            }
            _ => {}
        }
        if token.ends_with(['(', '[', '{']) {
            constants.push(false);
        }
        if token.starts_with([')', ']', '}']) {
            constants.pop();
        }
        let follows = all
            .last()
            .is_none_or(|last| [";", "{", "}"].contains(&last.as_str()));
        match constants.last_mut() {
            Some(was) if token == "const" => {
                let joins = *was && all.last().is_some_and(|last| last == ";");
                *was = all
                    .last()
                    .is_none_or(|last| last != "(" && last != "export");
                if joins {
                    all.pop();
                    all.push(",".to_owned());
                    continue;
                }
            }
            Some(was) if follows && token != ";" => *was = false,
            _ => {}
        }
        all.push(token);
    }
    all
}

/// Whether parameters begin here rather than arguments.
fn is_name_alone(before: &[String]) -> bool {
    before.last().is_none_or(|last| !is_name(last))
}

/// A word, text or sign, and the part it stands in.
struct Token {
    text: String,
    part: usize,
}

/// Whether two tokens would be another one without a space between.
fn must_part(before: &str, token: &str) -> bool {
    match (before.bytes().last(), token.bytes().next()) {
        (Some(a), Some(b)) => is_word(a) && is_word(b) || a == b && b"+-/".contains(&a),
        _ => false,
    }
}

/// Names that variables get in each part: the more often one stands there, the shorter.
fn short_names(tokens: &[Token]) -> BTreeMap<(&str, usize), String> {
    let texts: Vec<_> = tokens.iter().map(|token| token.text.as_str()).collect();
    let told = Told::of(&texts);
    // How often each stands in each part.
    let mut places: BTreeMap<&str, BTreeMap<usize, usize>> = BTreeMap::new();
    for token in tokens {
        *places
            .entry(&token.text)
            .or_default()
            .entry(token.part)
            .or_default() += 1;
    }
    let is_ours = |name: &&str| told.declared.contains(name) && !told.fixed.contains(name);
    let (ours, others): (BTreeSet<_>, BTreeSet<_>) = places.keys().copied().partition(is_ours);
    let outer = outer_names(tokens);
    let mut taken: BTreeMap<usize, BTreeSet<String>> = BTreeMap::new();
    let mut shared: BTreeSet<String> = BTreeSet::new();
    let describe = |name| {
        let places = &places[name];
        let uses: usize = places.values().sum();
        (places.len() > 1 || outer.contains(name), uses, name)
    };
    let mut sorted: Vec<(bool, usize, &str)> = ours.into_iter().map(describe).collect();
    sorted.sort_unstable_by(|a, b| b.cmp(a));
    let letters = || ('a'..='z').chain('A'..='Z');
    let mut short = BTreeMap::new();
    for (is_shared, _, name) in sorted {
        let places = &places[name];
        let ones = letters().map(String::from);
        let twos = letters().flat_map(|a| letters().map(move |b| format!("{a}{b}")));
        let is_taken =
            |name: &String, part| taken.get(part).is_some_and(|taken| taken.contains(name));
        let is_free = |name: &String| {
            let is_known = others.contains(name.as_str()) || is_shared && shared.contains(name);
            !is_known && !places.keys().any(|part| is_taken(name, part))
        };
        let Some(new) = ones.chain(twos).find(is_free) else {
            continue;
        };
        for part in places.keys() {
            taken.entry(*part).or_default().insert(new.clone());
            short.insert((name, *part), new.clone());
        }
        if is_shared {
            shared.insert(new);
        }
    }
    short
}

/// Names that stand outside all brackets of their part: other parts see them.
fn outer_names(tokens: &[Token]) -> BTreeSet<&str> {
    let (mut outer, mut depth, mut part) = (BTreeSet::new(), 0_i32, 0);
    for token in tokens {
        if part != token.part {
            (depth, part) = (0, token.part);
        }
        let text = token.text.as_str();
        depth -= i32::from(text.starts_with([')', ']', '}']));
        if depth <= 0 && is_name(text) {
            outer.insert(text);
        }
        depth += i32::from(text.ends_with(['(', '[', '{']));
    }
    outer
}

/// What the tokens tell of names.
#[derive(Default)]
struct Told<'t> {
    /// Something declares them.
    declared: BTreeSet<&'t str>,
    /// They are known outside, or are properties somewhere.
    fixed: BTreeSet<&'t str>,
}

/// A bracket that is open, and whether a declaration is under way in it.
struct Open {
    bracket: &'static str,
    declares: bool,
}

impl<'t> Told<'t> {
    fn of(tokens: &[&'t str]) -> Self {
        let mut told = Self::default();
        let mut open = vec![Open {
            bracket: "{",
            declares: false,
        }];
        let get = |at: usize| tokens.get(at).copied().unwrap_or_default();
        for (at, token) in tokens.iter().copied().enumerate() {
            let (before, after) = (get(at.wrapping_sub(1)), get(at + 1));
            let Some(inside) = open.last_mut() else { break };
            match token {
                "const" | "let" => inside.declares = true,
                ";" => inside.declares = false,
                _ => {}
            }
            if is_name(token) {
                let in_braces = inside.bracket == "{";
                let is_listed = in_braces && ["{", ","].contains(&before) && !inside.declares;
                let is_method = in_braces
                    && after == "("
                    && ["{", ",", "async", "get"].contains(&before)
                    && get(closing(tokens, at + 1) + 1) == "{";
                let is_property = [".", "?."].contains(&before)
                    || is_listed && [",", "}", ":"].contains(&after)
                    || before == "get" && in_braces
                    || is_method;
                let is_exported = get(at.wrapping_sub(2)) == "export"
                    || token.bytes().all(|byte| byte.is_ascii_uppercase());
                if is_property || is_exported {
                    told.fixed.insert(token);
                }
                let is_first = ["const", "let"].contains(&before);
                if is_first || inside.declares && before == "," || after == "=>" {
                    told.declared.insert(token);
                }
            }
            match token {
                "(" => {
                    let end = closing(tokens, at);
                    let is_parameters = get(end + 1) == "=>"
                        || get(end + 1) == "{" && !CONDITIONS.contains(&before);
                    if is_parameters {
                        told.parameters(&tokens[at..end]);
                    }
                    open.push(Open {
                        bracket: "(",
                        declares: false,
                    });
                }
                "[" => open.push(Open {
                    bracket: "[",
                    declares: false,
                }),
                "{" => open.push(Open {
                    bracket: "{",
                    declares: false,
                }),
                ")" | "]" | "}" => drop(open.pop()),
                text if text.ends_with("${") => match text.starts_with('}') {
                    true => {}
                    false => open.push(Open {
                        bracket: "(",
                        declares: false,
                    }),
                },
                text if text.starts_with('}') => drop(open.pop()),
                _ => {}
            }
        }
        told
    }

    /// The names that are parameters themselves.
    fn parameters(&mut self, tokens: &[&'t str]) {
        let mut depth = 0;
        for (at, token) in tokens.iter().copied().enumerate() {
            match token {
                "(" | "{" | "[" => depth += 1,
                ")" | "}" | "]" => depth -= 1,
                _ => {}
            }
            let before = at.checked_sub(1).map_or("", |before| tokens[before]);
            if depth == 1 && is_name(token) && ["(", ",", "..."].contains(&before) {
                self.declared.insert(token);
            }
        }
    }
}

/// Where the bracket that opens here closes.
fn closing(tokens: &[&str], at: usize) -> usize {
    let mut depth = 0_i32;
    for (place, token) in tokens.iter().enumerate().skip(at) {
        match *token {
            "(" => depth += 1,
            ")" => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return place;
        }
    }
    tokens.len()
}

#[cfg(test)]
mod tests {
    use super::small;

    #[test]
    fn variables_get_short_names_and_properties_keep_theirs() {
        let script = "// Why.\nconst first = (input, { key, other: there }) => {\n  let total = 1, rest;\n  return input.total + there[`${input} ${key}`];\n};\n";
        let expected =
            "const a=(b,{key,other:there})=>{let total=1,c;return b.total+there[`${b} ${key}`]};\n";
        assert_eq!(small(&[script]), expected);
    }

    #[test]
    fn parts_share_short_names_but_for_those_that_stand_in_both() {
        let parts = [
            "const add = (left, right) => left + right;\n",
            "const five = () => {\n  const two = 2;\n  const three = 3;\n  return add(two, three);\n};\n",
        ];
        let expected = "const c=(b,a)=>b+a,d=()=>{const a=2,b=3;return c(a,b)};\n";
        assert_eq!(small(&parts), expected);
    }

    #[test]
    fn texts_and_patterns_stay_as_they_are() {
        let script = "const shape = /[/\"] x/g;\nconst text = \"a // b\" + 'c \"d\"';\n";
        let expected = "const b=/[/\"] x/g,a=\"a // b\"+'c \"d\"';\n";
        assert_eq!(small(&[script]), expected);
    }
}
