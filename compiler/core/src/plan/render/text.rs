//! A plan for the terminal.

use super::super::{Action, FieldChange, Plan};
use super::{Group, SECTIONS, groups, homes, safe, summary};
use crate::diag::list;

/// Names that a row of several things shows.
const NAMES: usize = 8;

/// Writes a plan as lines; signs at their beginning say what happens, words say it again.
#[must_use]
pub fn text(plan: &Plan) -> String {
    let mut out = format!("Plan from {} to {}\n", safe(&plan.base), safe(&plan.head));
    for (thing, title) in SECTIONS {
        let groups = groups(plan, thing);
        if groups.is_empty() {
            continue;
        }
        out.push_str(&format!("\n{title}\n"));
        for group in &groups {
            row(&mut out, group);
        }
    }
    if !plan.files.is_empty() {
        out.push_str("\nOutput files\n");
        for file in &plan.files {
            out.push_str(&format!("  {} {}\n", sign(file.action), safe(&file.path)));
        }
    }
    for diff in plan.files.iter().filter_map(|file| file.diff.as_ref()) {
        out.push('\n');
        out.extend(diff.lines().flat_map(|line| [safe_line(line), "\n".to_owned()]));
    }
    out.push_str(&format!("\n{}\n", summary(plan)));
    out
}

fn row(out: &mut String, group: &Group<'_>) {
    let change = group.row;
    let names = match group.names.as_slice() {
        [one] => safe(one),
        many => safe(&list(many, "and", NAMES)).replace('`', ""),
    };
    let home = homes(change).map(|home| format!(" {}", safe(&home))).unwrap_or_default();
    out.push_str(&format!("  {} {names} {}{home}\n", sign(change.action), word(change.action)));
    for field in &change.fields {
        out.push_str(&format!("      {}\n", safe(&line(field))));
    }
}

fn line(field: &FieldChange) -> String {
    let values = match (&field.old, &field.new) {
        (Some(old), Some(new)) => format!("{old} -> {new}"),
        (None, Some(new)) => format!("{new} (new)"),
        (Some(old), None) => format!("{old} (removed)"),
        (None, None) => String::new(),
    };
    let place = match &field.place {
        Some(place) if place.old => format!("  [was {}:{}]", place.path, place.line),
        Some(place) => format!("  [{}:{}]", place.path, place.line),
        None => String::new(),
    };
    format!("{}: {values}{place}", field.path)
}

fn safe_line(line: &str) -> String {
    safe(&line.replace('\t', "    "))
}

fn sign(action: Action) -> char {
    match action {
        Action::Create => '+',
        Action::Update => '~',
        Action::Replace => '±',
        Action::Move => '>',
        Action::Remove => '-',
    }
}

pub(super) fn word(action: Action) -> &'static str {
    match action {
        Action::Create => "added",
        Action::Update => "changed",
        Action::Replace => "replaced",
        Action::Move => "moved",
        Action::Remove => "removed",
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::example;
    use super::*;

    #[test]
    fn a_plan_reads_from_what_destroys_to_what_is_new() {
        let expected = "\
Plan from main to HEAD

Sites
  - old removed from s2 / e1
  > shop moved from s1 to s2
  ~ blog and cafe changed
      cache.page.ttl: 5m -> 10m  [tenants/platform.yaml:7]
  + acme added on s1 / e1

Output files
  ~ terraform/a.tf

1 site added, 2 sites changed, 1 site moved, 1 site removed, 1 output file differs
";
        assert_eq!(text(&example()), expected);
    }

    #[test]
    fn a_value_cannot_command_the_terminal() {
        let mut plan = example();
        plan.rows[0].name = "a\u{1b}[2J\nb".into();
        assert!(text(&plan).contains("+ a?[2J?b added"));
    }
}
