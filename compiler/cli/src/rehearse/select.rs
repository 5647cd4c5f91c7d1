//! Which stacks are rehearsed: patterns of the user against the fleet's stacks, in the order of dependency.

use aipress_core::Stack;
use aipress_core::diag::{Code, Diagnostic, list, suggest};

const NO_STACK: Code = Code(613);

/// A stack to rehearse.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chosen {
    /// The stack.
    pub stack: Stack,
    /// Its folder below `terraform/`, such as `shards/eu1-001`.
    pub name: String,
    /// Stacks of a lower level are applied before, of a higher one after; those of one level do not wait for each other.
    pub level: usize,
}

/// The folder below `terraform/`, which is also what the pipeline calls the stack; none for what is no Terraform root.
#[must_use]
pub fn name(stack: &Stack) -> Option<String> {
    match stack {
        Stack::Bootstrap => Some("bootstrap".to_owned()),
        Stack::Platform => Some("platform".to_owned()),
        Stack::Edge(name) => Some(format!("edges/{name}")),
        Stack::Shard(name) => Some(format!("shards/{name}")),
        Stack::Common => None,
    }
}

fn level(stack: &Stack) -> usize {
    match stack {
        Stack::Bootstrap => 0,
        Stack::Platform => 1,
        Stack::Shard(_) => 2,
        Stack::Edge(_) | Stack::Common => 3,
    }
}

/// Chooses the stacks that any pattern matches, all of them without a pattern; `*` stands for any text.
///
/// # Errors
/// A pattern that matches nothing.
pub fn choose(stacks: &[Stack], patterns: &[String]) -> Result<Vec<Chosen>, Diagnostic> {
    let mut all: Vec<Chosen> = stacks
        .iter()
        .filter_map(|stack| Some(Chosen { name: name(stack)?, level: level(stack), stack: stack.clone() }))
        .collect();
    all.sort_by(|a, b| (a.level, &a.name).cmp(&(b.level, &b.name)));
    if let Some(pattern) = patterns.iter().find(|pattern| !all.iter().any(|one| matches(pattern, &one.name))) {
        return Err(unknown(pattern, &all));
    }
    all.retain(|one| patterns.is_empty() || patterns.iter().any(|pattern| matches(pattern, &one.name)));
    Ok(all)
}

fn unknown(pattern: &str, all: &[Chosen]) -> Diagnostic {
    let names = || all.iter().map(|one| one.name.as_str());
    let help = match suggest(pattern, names()) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("name one of {}, or a pattern such as `shards/*`.", list(names(), "or", 12)),
    };
    Diagnostic::error_without_place(NO_STACK, format!("no stack of the fleet matches `{pattern}`")).help(help)
}

/// Whether a pattern matches a name; `*` stands for any text.
#[must_use]
pub fn matches(pattern: &str, name: &str) -> bool {
    let Some((head, rest)) = pattern.split_once('*') else { return pattern.trim_end_matches('/') == name };
    name.strip_prefix(head)
        .is_some_and(|name| (0..=name.len()).any(|at| name.get(at..).is_some_and(|end| matches(rest, end))))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chosen(patterns: &[&str]) -> Result<Vec<String>, Diagnostic> {
        let stacks = [
            Stack::Edge("e1".into()),
            Stack::Shard("us1-002".into()),
            Stack::Shard("eu1-001".into()),
            Stack::Platform,
            Stack::Bootstrap,
            Stack::Common,
        ];
        let patterns: Vec<String> = patterns.iter().map(|text| (*text).to_owned()).collect();
        choose(&stacks, &patterns).map(|all| all.into_iter().map(|one| one.name).collect())
    }

    #[test]
    fn all_stacks_come_in_the_order_in_which_they_are_applied() {
        assert_eq!(chosen(&[]).unwrap(), ["bootstrap", "platform", "shards/eu1-001", "shards/us1-002", "edges/e1"]);
    }

    #[test]
    fn a_star_stands_for_any_text() {
        assert_eq!(chosen(&["shards/*"]).unwrap(), ["shards/eu1-001", "shards/us1-002"]);
        assert_eq!(chosen(&["*-00*1", "edges/"]).unwrap_err().code, NO_STACK);
        assert_eq!(chosen(&["shards/*2", "bootstrap"]).unwrap(), ["bootstrap", "shards/us1-002"]);
    }

    #[test]
    fn a_misspelt_stack_is_an_error_with_the_nearest_name() {
        let problem = chosen(&["shards/eu1-01"]).unwrap_err();
        assert_eq!(problem.help, "did you mean `shards/eu1-001`?");
    }
}
